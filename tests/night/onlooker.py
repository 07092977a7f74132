"""An analyst who opens the register again and again, and says what was there: `python -m tests.night.onlooker HOME`.

One line a different sight. Reads through the link like any reader, with DuckDB alone, until its standard input closes.
"""

from __future__ import annotations

import select
import sys
from contextlib import closing
from pathlib import Path
from typing import Final

import duckdb

#: Every table and mart of which a half-written night would show another part.
_SEEN: Final = (
    "select max(night) from night",
    "select count(*), bit_xor(hash(station_id, name, status, sources)) from station",
    "select count(*), bit_xor(hash(listing_id, valid_from, valid_to)) from listing",
    "select count(*), max(night) from station_event",
    "select count(*), max(night) from source_night",
    "select sum(station_count) from mart_station_by_county_batch",
)


def sight(folder: Path) -> str:
    """What a reader sees who opens both files of the publication in force now."""
    publication = folder.resolve()  # a reader that opens two files holds on to one publication
    seen = []
    for name in ("warehouse.duckdb", "analyst.duckdb"):
        with closing(duckdb.connect(str(publication / name), read_only=True)) as reader:
            seen += [reader.execute(query).fetchall() for query in _SEEN]
    return repr(seen)


def main(home: Path) -> None:
    """Look until told to stop."""
    last = ""
    while not select.select([sys.stdin], [], [], 0)[0]:
        now = sight(home / "current")
        if now != last:
            sys.stdout.write(now + "\n")
            sys.stdout.flush()
            last = now


if __name__ == "__main__":
    main(Path(sys.argv[1]))
