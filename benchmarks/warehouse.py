"""Time the warehouse: loading a large city, its next night, asking it, and how a year of nights grows.

python -m benchmarks.warehouse                 prints the figures and rewrites their part of benchmarks/RESULTS.md
python -m benchmarks.warehouse --count 50000   a smaller city; RESULTS.md stays as it is

Every measure takes a `Place`: how to connect to a warehouse and what it weighs. DuckDB is one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, Engine, text

from benchmarks.city import City, iso
from benchmarks.night import timed
from benchmarks.results import machine, rewrite
from flows.settings import Settings, prepare_process
from tests.night.town import Household, served_town
from tests.night.town import iso as town_iso
from transforms.merge import merge, merge_again, touched
from warehouse.analyst import write_analyst
from warehouse.dictionary import install_dictionary
from warehouse.engine import open_warehouse
from warehouse.interval import NIGHTLY
from warehouse.load import NightTables, load_night
from warehouse.migrate import migrate
from warehouse.tables import METADATA, interval_of
from warehouse.views import install_views, views

#: Listings of the city whose year is told, rows that go through `to_sql` of each table, and how often a query is asked (the median counts).
_YEAR_LISTINGS, _TO_SQL_ROWS, _ASKED = 10_000, 2_000, 3

_AS_OF: Final = "select * from station_as_of(date '{day}')"

#: Frame of a night → its table, where the names differ.
_TABLES: Final = {"station": "station_history"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a warehouse lies: `connect` opens a new, empty database of that name; `weight` tells the bytes it takes once all is written down."""

    title: str
    connect: Callable[[str], Engine]
    weight: Callable[[Engine], int]


@dataclass(slots=True)
class Figures:
    """What was measured: (what, seconds or ratio as text, asked for, met or missed)."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, value: float, asked: float | None, unit: str = "s", *, at_least: bool = False) -> None:
        """One line: `asked` is the most that may be, or the least; None where nothing was asked."""
        told, met = "", ""
        if asked is not None:
            told = f"{'≥' if at_least else '≤'} {asked:g} {unit}"
            met = "met" if (value >= asked if at_least else value <= asked) else "**missed**"
        self.rows.append((what, f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}", told, met))
        print(f"{what}: {value:.3f} {unit}", flush=True)

    def table(self) -> str:
        """Markdown."""
        lines = ["| what | measured | asked | |", "|---|--:|--:|---|"]
        return "\n".join([*lines, *(f"| {what} | {value} | {asked} | {met} |" for what, value, asked, met in self.rows)])


def on_duckdb(folder: Path) -> Place:
    """Files under `folder`."""

    def weight(engine: Engine) -> int:
        with engine.connect() as connection:
            connection.exec_driver_sql("checkpoint")
        return Path(str(engine.url.database)).stat().st_size

    return Place("DuckDB", lambda name: open_warehouse(folder / f"{name}.duckdb"), weight)


@contextmanager
def empty_warehouse(place: Place, name: str) -> Iterator[Engine]:
    """A migrated warehouse with its views."""
    engine = place.connect(name)
    with engine.begin() as connection:
        migrate(connection)
        install_views(connection)
        install_dictionary(connection)
    try:
        yield engine
    finally:
        engine.dispose()


def loaded(place: Place, engine: Engine, night: int, tables: NightTables) -> float:
    """Seconds until the night is loaded, committed and written down."""
    began = time.perf_counter()
    with engine.begin() as connection:
        load_night(connection, iso(night), tables)
    place.weight(engine)
    return time.perf_counter() - began


def by_to_sql(place: Place, tables: NightTables) -> float:
    """Seconds that pandas `to_sql` would take for the same frames: `_TO_SQL_ROWS` rows of each, in chunks and many a statement, scaled up to all."""
    seconds = 0.0
    with empty_warehouse(place, "to_sql") as engine, engine.begin() as connection:
        for name, frame in _frames(tables).items():
            if name not in NIGHTLY or frame.empty:
                continue
            some = _dated(name, frame.head(_TO_SQL_ROWS))
            began = time.perf_counter()
            some.to_sql(name, connection, if_exists="append", index=False, chunksize=500, method="multi")
            seconds += (time.perf_counter() - began) / len(some) * len(frame)
    return seconds


def _dated(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with the columns that loading adds, dates and numbers as a user of `to_sql` would have them."""
    table = METADATA.tables[name]
    interval = interval_of(table)
    added: dict[str, Any] = {interval.opened: iso(0), interval.closed: None} if interval else {"night": iso(0), "number": range(len(frame))}
    whole = frame.assign(**{column: value for column, value in added.items() if column in table.columns})
    return whole[[column.name for column in table.columns if column.name in whole]].astype(object).where(lambda each: each.notna(), None)


def _frames(tables: NightTables) -> Mapping[str, pd.DataFrame]:
    values = {_TABLES.get(each.name, each.name): getattr(tables, each.name) for each in fields(tables)}
    return {name: frame for name, frame in values.items() if isinstance(frame, pd.DataFrame)}


def asked(connection: Connection, query: str) -> float:
    """Median seconds of the query, all its rows fetched in columns."""
    took = []
    for _ in range(_ASKED):
        began = time.perf_counter()
        result = connection.execute(text(query))
        cursor = result.cursor
        if hasattr(cursor, "to_arrow_table"):
            cursor.to_arrow_table()
        else:
            result.fetchall()
        took.append(time.perf_counter() - began)
    return sorted(took)[len(took) // 2]


def measure_large(place: Place, count: int, figures: Figures) -> None:
    """Load `count` listings, their next night with 1 % changed, and ask."""
    city = City(count)
    tables = city.tables(0)
    rows = sum(len(frame) for frame in _frames(tables).values())
    what = f"{len(tables.listing):,} listings, {len(tables.station):,} stations, {rows:,} rows in all"
    with empty_warehouse(place, "large") as engine:
        first = loaded(place, engine, 0, tables)
        figures.add(f"load {what}", first, 20)
        figures.add(
            f"`to_sql` of the same frames takes longer ({_TO_SQL_ROWS:,} rows of each table, in proportion)",
            by_to_sql(place, tables) / first,
            10,
            "×",
            at_least=True,
        )
        before = city.ranked()
        city.change(0.01)
        measure_merge(before, city.ranked(), tables.station, figures)
        second = loaded(place, engine, 1, city.tables(1))
        figures.add("next night, 1 % changed, of the first load", second / first * 100, 10, "%")
        with engine.connect() as connection:
            figures.add("the register as of a night", asked(connection, _AS_OF.format(day=iso(0))), 1)
            for view in views():
                if view.name.startswith("mart_"):
                    figures.add(f"`{view.name}`", asked(connection, f"select * from {view.name}"), 2)
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            write_analyst(engine, Path(folder) / "analyst.duckdb")
            figures.add("write the analysts' file, filled marts and all", time.perf_counter() - began, None)


def measure_merge(before: pd.DataFrame, after: pd.DataFrame, stations: pd.DataFrame, figures: Figures) -> None:
    """How long a night takes to merge every station, and to find and merge those of which a listing changed."""
    nothing = pd.DataFrame({name: [] for name in ("scope", "key", "field", "value", "decision_id")}, dtype="str")
    began = time.perf_counter()
    merge(after, nothing)
    whole = time.perf_counter() - began
    began = time.perf_counter()
    merge_again(after, nothing, None, stations, touched(before, after, frozenset()).stations)
    again = time.perf_counter() - began
    figures.add("merge every station of the next night", whole, None)
    figures.add("merge what changed, found by comparing all listings with those before", again, None)


def measure_year(place: Place, count: int, nights: int, figures: Figures) -> None:
    """How a warehouse grows over `nights` nights, 1 % changed on each, against the plain text of the rows that they opened."""
    city = City(count)
    with empty_warehouse(place, "year") as engine:
        loaded(place, engine, 0, city.tables(0))
        before = place.weight(engine)
        for night in range(1, nights + 1):
            city.change(0.01)
            loaded(place, engine, night, city.tables(night))
        grown = place.weight(engine) - before
        with engine.connect() as connection:
            changed = sum(_written(connection, name) for name in NIGHTLY)
    figures.add(
        f"a year of {count:,} listings: growth of {grown / 1e6:.0f} MB against {changed / 1e6:.0f} MB of changed rows as text",
        grown / changed,
        1.5,
        "×",
    )


def _written(connection: Connection, name: str) -> int:
    """Bytes, as text, of the rows that came after the first night."""
    table = METADATA.tables[name]
    interval = interval_of(table)
    columns = " + ".join(f'coalesce(octet_length(encode(cast("{column.name}" as varchar))), 0) + 1' for column in table.columns)
    since = interval.opened if interval else "night"
    return int(connection.exec_driver_sql(f"select coalesce(sum({columns}), 0) from {name} where {since} > date '{iso(0)}'").scalar_one())


def measure_sample(root: Path, figures: Figures) -> None:
    """The sample night as it is published on DuckDB, and each mart asked on it."""
    root.mkdir()
    with served_town(root, scale=1.0) as town:
        household = Household(root / "var", town.env)
        town.move(0)
        with timed() as spent:
            household.run(town_iso(0))
        figures.add("publish the sample night (load and publish)", spent["load"] + spent["publish"], 1)
        current = household.house.publisher.current()
        assert current is not None  # noqa: S101 - it was just published
        engine = open_warehouse(current.warehouse, read_only=True)
        with engine.connect() as connection:
            for view in views():
                if view.name.startswith("mart_"):
                    figures.add(f"sample city: `{view.name}`", asked(connection, f"select * from {view.name}") * 1000, 200, "ms")
        engine.dispose()


def main() -> None:
    """Measure, print, and rewrite the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1_000_000, help="listings of the large city")
    parser.add_argument("--nights", type=int, default=365, help="nights of the year")
    options = parser.parse_args()
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        prepare_process(Settings(home=root / "var"))
        for place in (on_duckdb(root),):
            figures = Figures()
            measure_sample(root / "sample", figures)
            measure_large(place, options.count, figures)
            measure_year(place, _YEAR_LISTINGS, options.nights, figures)
            parts.append(f"### {place.title}\n\n{figures.table()}")
    told = "\n\n".join(parts)
    print(told)
    if (options.count, options.nights) == (1_000_000, 365):
        rewrite("warehouse", f"## The warehouse\n\n{machine()}. `python -m benchmarks.warehouse`.\n\n{told}")


if __name__ == "__main__":
    main()
