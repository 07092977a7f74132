"""The columns of an export: name, type, Chinese title and meaning, out of the comments that the published file carries; and what the public may see of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

import duckdb

from desk.words import CAUSES, EVENTS
from transforms.records import FIELDS
from transforms.standardise.words import lines
from warehouse.readers import PUBLIC, columns_for
from warehouse.tables import METADATA

Kind: TypeAlias = Literal["string", "integer", "number", "boolean", "date", "datetime"]

#: Which vocabulary a column's codes are of.
_CODES: Final = {"kind": "kinds", "plaques": "plaques", "plaque": "plaques", "batch": "batches", "facilities": "facilities"}

#: Codes that no vocabulary has, in the words that operators read.
_WORDS: Final = {"status": {"open": "开放", "closed": "停用"}, "close_cause": CAUSES, "cause": CAUSES, "event": EVENTS}

_KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    (r"(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)", "integer"),
    (r"(DOUBLE|FLOAT|DECIMAL.*)", "number"),
    (r"BOOLEAN", "boolean"),
    (r"DATE", "date"),
    (r"TIMESTAMP.*", "datetime"),
)

_STATION: Final = {field.name: field for field in FIELDS if "station" in field.on}


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it is taken away. `title`: Chinese, empty where the dictionary has none; `meaning`: form, unit and datum."""

    name: str
    kind: Kind
    title: str
    meaning: str

    @property
    def codes(self) -> list[tuple[str, str]]:
        """(code, Chinese title) of what its values may be; none for most."""
        if self.name in _WORDS:
            return [*_WORDS[self.name].items()]
        name = _CODES.get(self.name)
        return [(line["code"], line["title"]) for line in lines(name)] if name else []

    def in_gcj02(self) -> Column:
        """A position's column when it is taken in GCJ-02; every other as it is."""
        if not self.name.endswith("_wgs84"):
            return self
        return replace(self, name=self.name.replace("_wgs84", "_gcj02"), meaning=self.meaning.replace("WGS-84", "GCJ-02"))


def columns_of(connection: duckdb.DuckDBPyConnection, table: str) -> list[Column]:
    """The columns of a published table or view, in its order; none where there is no such table."""
    found = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() where table_name = $1 and not internal order by column_index", [table]
    ).fetchall()
    return [_column(*row) for row in found]


def public_part(table: str, columns: Sequence[Column]) -> list[Column]:
    """What of it the public may see: nothing that reaches a person, no ids of rows, nothing that nobody thought of."""
    if table not in PUBLIC:
        return []
    model = METADATA.tables.get(table)  # of a view, which is read whole, there is none
    return list(columns) if model is None else [column for column in columns if column.name in columns_for("public", model)]


def kind_of(sql_type: str) -> Kind:
    """The kind of a column by its SQL type; what is neither figure, truth nor time is text."""
    return next((kind for pattern, kind in _KINDS if re.fullmatch(pattern, sql_type)), "string")


def _column(name: str, sql_type: str, comment: str | None) -> Column:
    title, parted, meaning = (comment or "").partition(": ")
    has_title = bool(parted) and not title.isascii()
    return Column(name, kind_of(sql_type), title if has_title else "", meaning if has_title else comment or "")
