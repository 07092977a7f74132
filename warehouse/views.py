"""The view `station` and the marts: one .sql file each in `warehouse/marts`, its header comment its contract."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, inspect

from warehouse.tables import METADATA, is_ops, table

FOLDER: Final = Path(__file__).parent / "marts"

_TOLD: Final = re.compile(r"-- (?P<word>\w+): (?P<told>.+)")
_COLUMN: Final = re.compile(r"--   (?P<word>\w+): (?P<told>.+)")


@dataclass(frozen=True, slots=True)
class View:
    """One view. `comment` says what it tells, `grain` what a row is, `question` what it answers; `columns` name → meaning and unit.

    `reads_ops`: it rests on a table that analysts may not read, so for them it is filled as a table at publication.
    """

    name: str
    comment: str
    grain: str
    question: str
    columns: dict[str, str]
    query: str
    reads_ops: bool


def views(folder: Path = FOLDER) -> tuple[View, ...]:
    """Every view in the order in which they are to be made: `station` before the marts that rest on it."""
    return tuple(_read(path) for path in sorted(folder.glob("*.sql"), key=lambda path: (path.stem.startswith("mart_"), path.stem)))


def install_views(connection: Connection) -> None:
    """Make every view anew, with its comments, on a warehouse with every table."""
    drop_views(connection)
    for view in views():
        run_script(connection, [f"create view {view.name} as {view.query}", *described(view)])


def drop_views(connection: Connection) -> None:
    """Drop every view, so that tables can change under them."""
    for name in inspect(connection).get_view_names():
        connection.exec_driver_sql(f"drop view if exists {name} cascade")


def described(view: View, kind: str = "view") -> list[str]:
    """Statements that put the view's contract on it as comments; `kind` is table where it was filled as one."""
    whole = f"comment on {kind} {view.name} is {quoted(f'{view.comment} {view.grain}')}"
    return [whole, *(f"comment on column {view.name}.{name} is {quoted(meaning)}" for name, meaning in view.columns.items())]


def run_script(connection: Connection, statements: Iterable[str]) -> None:
    """Run statements that take no parameters, in one go: a file has hundreds of comments."""
    script = ";\n".join(statements)
    if connection.dialect.name == "postgresql":  # with parameters, be there none, it would take one statement and read % as its own
        driver: Any = connection.connection.driver_connection
        driver.execute(script)
    else:
        connection.exec_driver_sql(script)


def quoted(value: str) -> str:
    """The value as an SQL literal, for statements that take no parameters (comments)."""
    return "'" + value.replace("'", "''") + "'"


def _read(path: Path) -> View:
    lines = path.read_text("utf-8").splitlines()
    header = [line for line in lines if line.startswith("--")]
    told = {match["word"]: match["told"] for line in header if (match := _TOLD.fullmatch(line))}
    query = "\n".join(line for line in lines if not line.startswith("--"))
    ops = [table.name for table in METADATA.sorted_tables if is_ops(table)]
    return View(
        name=path.stem,
        comment=told[path.stem],
        grain=f"Grain: {told['Grain']}",
        question=told["Question"],
        columns=_columns(header, told.get("Columns")),
        query=query,
        reads_ops=any(re.search(rf"\b(from|join)\s+{name}\b", query) for name in ops),
    )


def _columns(header: list[str], told: str | None) -> dict[str, str]:
    """Name and meaning of the columns: told one by one, or `as in TABLE`."""
    if told is None:
        return {match["word"]: match["told"] for line in header if (match := _COLUMN.fullmatch(line))}
    return {column.name: column.comment or "" for column in table(told.removeprefix("as in ")).columns if column.name != "valid_to"}
