"""What every table shares: types, the comment that each column must carry, and marks for who may read it and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, String, Table
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

from transforms.records.fields import FIELDS, Field, Stage


class Base(DeclarativeBase):
    """Models carry no schema and no foreign keys (DuckDB cannot alter a row that one points to). Text is String: Text reads as drift.

    What is JSON is kept as text: a JSON type reorders an owner's headers on one database and not on the other.
    """

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: String(),
        int: BigInteger(),
        float: Double(),
        bool: Boolean(),
        date: Date(),
        datetime: DateTime(),
    }


@dataclass(frozen=True, slots=True)
class Interval:
    """How a table keeps state that outlives a night: each row holds on the nights [opened, closed); closed is NULL while it stands.

    `key` names what a row is about: at most one standing row a key. A row whose other columns change is closed and opened anew, except
    for `kept` columns, which stay as they were when the row was opened (where a row stood in a list that grows every night).
    """

    key: tuple[str, ...]
    opened: str = "valid_from"
    closed: str = "valid_to"
    kept: tuple[str, ...] = ()


#: Marks a table or column that only operators may read: it never reaches analyst.duckdb.
OPS: Final = {"ops": True}


def about(comment: str, *, interval: Interval | None = None, ops: bool = False, made_by: str = "") -> dict[str, Any]:
    """`__table_args__` of a table. `made_by`: the stage of the night, or whoever else, that its values come from."""
    return {"comment": comment, "info": {"interval": interval, "ops": ops, "made_by": made_by}}


def told(
    comment: str,
    *,
    primary_key: bool = False,
    ops: bool = False,
    personal: bool = False,
    unit: str = "",
    datum: str = "",
    made_by: str = "",
) -> MappedColumn[Any]:
    """A column with its comment, which tells its `unit` and `datum` too. `personal`: may hold a person's name, number or words. `made_by` where it is not the table's."""
    info = {"ops": ops, "personal": personal, "unit": unit, "datum": datum, "made_by": made_by}
    return mapped_column(comment=comment, primary_key=primary_key, info=info)


def of(stage: Stage, name: str, *, primary_key: bool = False) -> MappedColumn[Any]:
    """A column that holds a field of the dictionary: its comment is the field's, and a personal field is for operators alone."""
    field = _dictionary(stage)[name]
    return told(
        f"{field.title}: {field.meaning}",
        primary_key=primary_key,
        ops=field.personal,
        personal=field.personal,
        unit=field.unit,
        datum=field.datum,
        made_by=_MADE_BY[stage],
    )


#: Where the fields of a stage come from.
_MADE_BY: Final[dict[Stage, str]] = {
    "row": "the owner's list",
    "listing": "the owner's row, standardised",
    "station": "its listings and corrections, merged",
}


@cache
def _dictionary(stage: Stage) -> dict[str, Field]:
    return {field.name: field for field in FIELDS if stage in field.on}


def interval_of(table: Table) -> Interval | None:
    """The table's interval, None when its rows belong to one night or to no night."""
    interval: Interval | None = table.info["interval"]
    return interval


def is_ops(table: Table) -> bool:
    """Whether the whole table is for operators alone."""
    return bool(table.info["ops"])


def public_columns(table: Table) -> tuple[str, ...]:
    """Names of the columns that analysts may read; empty for an ops table."""
    return () if is_ops(table) else tuple(column.name for column in table.columns if not column.info["ops"])
