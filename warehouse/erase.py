"""A person's values taken out of every text of a warehouse, on DuckDB and PostgreSQL alike; and a DuckDB file written anew, so that its bytes are gone too."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, Connection, String, Table, and_, bindparam, func, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from transforms.erasure import Gone, without
from warehouse.bulk import put_rows, rows_of
from warehouse.dictionary import install_dictionary
from warehouse.engine import open_warehouse
from warehouse.migrate import migrate
from warehouse.state import distrust
from warehouse.tables import METADATA, table
from warehouse.views import install_views

#: (source, rows as written before, the same after) → the digest of each of the rows now, and other digests of theirs, before → now.
Digests: TypeAlias = Callable[[str, Sequence[str], Sequence[str]], tuple[Sequence[str], Mapping[str, str]]]

_HEX: Final = re.compile(r"[0-9a-f]{20,64}")

#: Columns that name content by its digest, besides what people decided.
_NAMED_BY_DIGEST: Final = (
    ("listing", "row_digest"),
    ("listing", "row_key"),
    ("quarantine", "row_digest"),
    ("quarantine", "row_key"),
    ("quarantine", "payload"),
    ("issue", "row_key"),
    ("retrieval", "parts"),
    ("decision", "detail"),
    ("correction", "key"),
)


@dataclass(frozen=True, slots=True)
class ErasedHere:
    """What a warehouse held: `counts`: (table, column) → rows that held it; `digests`: of rows, before → after."""

    counts: Mapping[tuple[str, str], int]
    digests: Mapping[str, str] = field(default_factory=dict)


def count_values(connection: Connection, values: Collection[Gone], source: str | None = None) -> Mapping[tuple[str, str], int]:
    """(table, column) → rows that hold one of the values now; with `source` of that source's rows alone. Writes nothing."""
    found: Counter[tuple[str, str]] = Counter()
    for here, column in _texts(source):
        texts = _holding(connection, here, column, values, source)
        if texts:
            found[here.name, column.name] = sum(count for _, count in texts.values())
    return found


def erase_values(
    connection: Connection,
    values: Collection[Gone],
    *,
    source: str | None = None,
    row_digests: Digests | None = None,
    digests: Mapping[str, str] | None = None,
) -> ErasedHere:
    """Take the values out of every text of every table, within the caller's transaction; the rows stay, so every count does.

    `source`: of the rows of one source alone, and of no table that names none. `row_digests` tells the digests of rows that were written anew, for a digest of
    a row from which eleven digits are missing gives them away; `digests`: others that changed (payloads). Run again it finds nothing.
    """
    counts: Counter[tuple[str, str]] = Counter()
    renamed = dict(digests or {})
    for here, column in _texts(source):
        texts = _holding(connection, here, column, values, source)
        if not texts:
            continue
        if column.name == "verbatim" and row_digests:
            renamed |= _rows_renamed(connection, here, texts, row_digests)
        counts[here.name, column.name] += sum(count for _, count in texts.values())
        _replace(connection, here, column, {old: new for old, (new, _) in texts.items()}, source)
    rename_digests(connection, renamed)
    if counts or renamed:
        distrust(connection)  # a station may have the value from a listing that no longer has it
    return ErasedHere(counts, renamed)


def rename_digests(connection: Connection, digests: Mapping[str, str]) -> None:
    """Put the new digests in the place of the old ones wherever a row or payload is named by its own."""
    short = {old[:20]: new[:20] for old, new in digests.items()}  # the key of a row without any
    known = {**short, **digests}
    if not digests:
        return
    for name, column in _NAMED_BY_DIGEST:
        here = table(name)
        texts = connection.execute(select(here.c[column]).distinct().where(here.c[column].is_not(None))).scalars()
        changed = {old: new for old in texts if (new := renamed(old, known)) != old}
        _replace(connection, here, here.c[column], changed, None)


def row_without(row: str, values: Collection[Gone]) -> tuple[str, int]:
    """A row as its owner wrote it (JSON) without the values; a cell that held nothing else is as if nothing had been written."""
    found, cells = 0, {}
    for header, cell in json.loads(row).items():
        left, times = without(cell, values) if isinstance(cell, str) else (cell, 0)
        found += times
        cells[header] = None if times and not left.strip() else left
    return (json.dumps(cells, ensure_ascii=False), found) if found else (row, 0)


def renamed(text: str, digests: Mapping[str, str]) -> str:
    """The text with every digest in it that has another now."""
    return _HEX.sub(lambda match: digests.get(match[0], match[0]), text)


def write_anew(path: Path, anew: Path) -> None:
    """Write the whole warehouse `path`, of this version, into the new file `anew`: what was deleted or changed in the old one is nowhere in its bytes."""
    before, after = open_warehouse(path, read_only=True), open_warehouse(anew)
    try:
        with before.connect() as source, after.begin() as target:
            migrate(target)
            for each in METADATA.sorted_tables:
                put_rows(target, each.name, each.columns.keys(), rows_of(source, each))
            install_views(target)
            install_dictionary(target)
        with after.connect() as connection:
            connection.exec_driver_sql("checkpoint")
    finally:
        before.dispose()
        after.dispose()


def _texts(source: str | None) -> list[tuple[Table, Column[Any]]]:
    """Every column of text, of the tables that tell a row's source where one is asked for. A row's digest is no text of anybody's."""
    tables = [each for each in METADATA.sorted_tables if source is None or "source" in each.columns]
    return [(here, column) for here in tables for column in here.columns if isinstance(column.type, String)]


def _holding(
    connection: Connection, here: Table, column: Column[Any], values: Collection[Gone], source: str | None
) -> dict[str, tuple[str, int]]:
    """Text that holds one of the values → (what is left of it, how many rows read so). The database gives what may hold one, whatever stands between its signs."""
    asked = select(column, func.count()).where(column.is_not(None))
    if all(value.forms for value in values):
        asked = asked.where(or_(*(_may_hold(column, form) for value in values for form in value.forms)))
    if source is not None:
        asked = asked.where(here.c.source == source)
    found = {}
    for written, count in connection.execute(asked.group_by(column)):
        left, times = (row_without if column.name == "verbatim" else without)(written, values)
        if times:
            found[written] = (left, count)
    return found


def _may_hold(column: Column[Any], form: str) -> ColumnElement[bool]:
    full_width = form.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    patterns = {f"%{'%'.join(form)}%", f"%{'%'.join(full_width)}%"}
    return or_(*(column.like(pattern) for pattern in sorted(patterns)))


def _rows_renamed(connection: Connection, here: Table, texts: Mapping[str, tuple[str, int]], row_digests: Digests) -> dict[str, str]:
    """The digests of rows about to be written anew, before → after. Theirs in the table are among them, whatever their source makes of them today."""
    rows = connection.execute(
        select(here.c.source, here.c.verbatim, here.c.row_digest).distinct().where(here.c.verbatim.in_(list(texts)))
    ).all()
    told: dict[str, str] = {}
    for source in sorted({row.source for row in rows}):
        own = [row for row in rows if row.source == source]
        before = [row.verbatim for row in own]
        after = [texts[each][0] for each in before]
        now, others = row_digests(source, before, after)
        told |= {**others, **dict(zip((row.row_digest for row in own), now, strict=True))}
    return told


def _replace(connection: Connection, here: Table, column: Column[Any], texts: Mapping[str, str], source: str | None) -> None:
    """Put each text in its predecessor's place. What is empty now is none where the column may have none; a statement without a value is no statement."""
    if not texts:
        return
    of_source: list[ColumnElement[bool]] = [] if source is None else [here.c.source == source]
    if here.name == "statement" and column.name == "value":
        gone = [old for old, new in texts.items() if not new.strip(" ;")]
        connection.execute(here.delete().where(column.in_(gone), *of_source))
        texts = {old: new for old, new in texts.items() if new.strip(" ;")}
    if not texts:
        return
    same = and_(column == bindparam("old"), *of_source)
    connection.execute(
        update(here).where(same).values({column.name: bindparam("new")}),
        [{"old": old, "new": _left(here, column, new)} for old, new in texts.items()],
    )


def _left(here: Table, column: Column[Any], text: str) -> str | None:
    if here.name in ("listing", "station_history", "statement") and column.name in ("phones", "contact_phone", "value"):
        text = ";".join(part for part in text.split(";") if part.strip())
    return None if column.nullable and not text.strip() else text
