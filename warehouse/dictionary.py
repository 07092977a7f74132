"""The dictionary in the database: the view `dictionary` tells each column of each table and view, and who may read it.

Plain SQL: a view over VALUES, made from the models, the marts' contracts and `examples.csv` (values of the sample city; for personal columns and
those that the sample leaves empty an invented one, which says so).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Table, text

from warehouse.readers import Reader, may_read, readers_of, readers_of_view
from warehouse.scripts import quoted, run_script
from warehouse.tables import METADATA, interval_of
from warehouse.views import View, views

NAME: Final = "dictionary"
EXAMPLES: Final = Path(__file__).with_name("examples.csv")

#: Columns of the view: name → meaning.
COLUMNS: Final[Mapping[str, str]] = {
    "table_name": "table or view",
    "column_name": "its column",
    "type": "text, integer, number, boolean, date or time (UTC)",
    "meaning": "what it tells",
    "unit": "unit of a number; empty text where it has none",
    "datum": "datum of a position; empty text where it is none",
    "is_nullable": "whether it may be empty",
    "source": "what it comes from: an owner's field, a stage of the night, a person, or the tables that a view reads",
    "example": "a value of the sample city; (invented) where that would be personal or the sample has none",
    "readable_by": "the widest circle that may read it: operator, analyst or public",
}
COMMENT: Final = "Every column of every table and view that its reader may read. Grain: one row a column."

#: How databases call types → our word.
_TYPES: Final = (
    (r"varchar|text|character.*", "text"),
    (r"bigint|integer|hugeint|smallint", "integer"),
    (r"double.*|real|decimal.*|numeric.*|float", "number"),
    (r"bool.*", "boolean"),
    (r"date", "date"),
    (r"timestamp.*", "time"),
)

#: Last words of names that tell a unit, in tables and marts alike.
_UNITS: Final[Mapping[str, str]] = {
    "days": "days", "nights": "nights", "ms": "milliseconds", "mb": "milli-bits", "m": "metres", "km": "kilometres", "min": "minutes", "minutes": "minutes",
    "metres": "metres", "count": "count", "rows": "rows", "listings": "listings", "stations": "stations", "bytes": "bytes", "share": "fraction 0-1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One column; see COLUMNS."""

    table_name: str
    column_name: str
    type: str
    meaning: str
    unit: str
    datum: str
    is_nullable: bool
    source: str
    example: str
    readable_by: Reader


def entries(connection: Connection, reader: Reader = "operator") -> tuple[Entry, ...]:
    """Every column that is there and that `reader` may read, tables before views; the views must be made, for the database knows the types of their columns."""
    types = _types(connection)
    told = [*_of_tables(types), *_of_views(types), *_of_itself()]
    return tuple(each for each in told if may_read(reader, each.readable_by))


def install_dictionary(connection: Connection, reader: Reader = "operator", schema: str = "") -> None:
    """Make the view for `reader` (in `schema` where one is given), with its comments. The views must be there."""
    name = f"{schema}.{NAME}" if schema else NAME
    told = [f"comment on column {name}.{column} is {quoted(meaning)}" for column, meaning in COLUMNS.items()]
    run_script(
        connection, [f"create view {name} as {_query(entries(connection, reader))}", f"comment on view {name} is {quoted(COMMENT)}", *told]
    )


def _query(told: Sequence[Entry]) -> str:
    rows = ",\n".join(f"({', '.join(map(_literal, astuple(each)))})" for each in told)
    return f"select * from (values\n{rows}\n) as told({', '.join(field.name for field in fields(Entry))})"


def _literal(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else quoted(value)


def _types(connection: Connection) -> dict[tuple[str, str], str]:
    query = "select table_name, column_name, data_type from information_schema.columns where table_catalog = current_database() and table_schema = current_schema()"
    return {(row.table_name, row.column_name): _word(row.data_type) for row in connection.execute(text(query))}


def _word(type_: str) -> str:
    return next((word for pattern, word in _TYPES if re.fullmatch(pattern, type_.lower())), type_.lower())


def _of_tables(types: Mapping[tuple[str, str], str]) -> Iterator[Entry]:
    for table in METADATA.sorted_tables:
        for column in (each for each in table.columns if (table.name, each.name) in types):
            yield Entry(
                table.name,
                column.name,
                types[table.name, column.name],
                column.comment or "",
                column.info["unit"] or _unit(column.name, types[table.name, column.name]),
                column.info["datum"],
                bool(column.nullable),
                _made_by(table, column.name),
                _example(table.name, column.name),
                readers_of(column),
            )


def _of_views(types: Mapping[tuple[str, str], str]) -> Iterator[Entry]:
    known = dict(METADATA.tables)
    for view in views():
        read = _read_by(view)
        for name, meaning in view.columns.items():
            same = next((known[table].c[name] for table in read if table in known and name in known[table].c), None)
            yield Entry(
                view.name,
                name,
                types[view.name, name],
                meaning,
                same.info["unit"] if same is not None and same.info["unit"] else _unit(name, types[view.name, name]),
                same.info["datum"] if same is not None else "",
                bool(same.nullable) if same is not None and same.comment == meaning else "empty" in meaning,
                f"view over {', '.join(read)}",
                _example(view.name, name),
                readers_of_view(view.name),
            )


def _of_itself() -> Iterator[Entry]:
    for name, meaning in COLUMNS.items():
        kind = "boolean" if name == "is_nullable" else "text"
        yield Entry(
            table_name=NAME,
            column_name=name,
            type=kind,
            meaning=meaning,
            unit="",
            datum="",
            is_nullable=False,
            source="the models and the marts' contracts",
            example=_example(NAME, name),
            readable_by="public",
        )


def _unit(name: str, type_: str) -> str:
    return _UNITS.get(name.rpartition("_")[2], "") if type_ in ("integer", "number") else ""


def _made_by(table: Table, name: str) -> str:
    interval = interval_of(table)
    if interval and name in (interval.opened, interval.closed):
        return "load: the night on which the row differed from the one before"
    return str(table.c[name].info["made_by"] or table.info["made_by"])


def _read_by(view: View) -> list[str]:
    """Tables and views that the view reads, in name order."""
    there = {*METADATA.tables, *(each.name for each in views())}
    return sorted({name for name in re.findall(r"\b(?:from|join)\s+(\w+)", view.query) if name in there})


def _example(table: str, column: str) -> str:
    return _examples().get((table, column), "")


@cache
def _examples() -> dict[tuple[str, str], str]:
    with EXAMPLES.open(encoding="utf-8", newline="") as rows:
        return {(row["table"], row["column"]): row["example"] for row in csv.DictReader(rows)}
