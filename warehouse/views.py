"""The view `station` and its sisters, and the marts: one .sql file each in `warehouse/marts`, its header comment its contract."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect

from warehouse.contracts import read_contract
from warehouse.functions import install_functions
from warehouse.scripts import quoted, run_script
from warehouse.tables import METADATA, is_ops

FOLDER: Final = Path(__file__).parent / "marts"


@dataclass(frozen=True, slots=True)
class View:
    """One view. `comment` says what it tells, `grain` what a row is, `question` what it answers; `columns` name → meaning and unit.

    `is_filled`: analysts get it as a table, filled at publication: it rests on a table that they may not read (`reads_ops`), or would be too slow.
    """

    name: str
    comment: str
    grain: str
    question: str
    columns: dict[str, str]
    query: str
    reads_ops: bool
    is_filled: bool


@cache
def views(folder: Path = FOLDER) -> tuple[View, ...]:
    """Every view in the order in which they are to be made: `station` before the marts that rest on it."""
    return tuple(_read(path) for path in sorted(folder.glob("*.sql"), key=lambda path: (path.stem.startswith("mart_"), path.stem)))


def install_views(connection: Connection) -> None:
    """Make every view and function anew, with their comments, on a warehouse with every table."""
    drop_views(connection)
    for view in views():
        run_script(connection, [f"create view {view.name} as {view.query}", *described(view)])
    install_functions(connection)


def drop_views(connection: Connection) -> None:
    """Drop every view, so that tables can change under them."""
    for name in inspect(connection).get_view_names():
        connection.exec_driver_sql(f"drop view if exists {name} cascade")


def described(view: View, kind: str = "view") -> list[str]:
    """Statements that put the view's contract on it as comments; `kind` is table where it was filled as one."""
    whole = f"comment on {kind} {view.name} is {quoted(f'{view.comment} {view.grain}')}"
    return [whole, *(f"comment on column {view.name}.{name} is {quoted(meaning)}" for name, meaning in view.columns.items())]


def _read(path: Path) -> View:
    contract = read_contract(path)
    ops = [table.name for table in METADATA.sorted_tables if is_ops(table)]
    reads_ops = any(re.search(rf"\b(from|join)\s+{name}\b", contract.statement) for name in ops)
    return View(
        name=path.stem,
        comment=contract.comment,
        grain=contract.grain,
        question=contract.question,
        columns=contract.columns,
        query=contract.statement,
        reads_ops=reads_ops,
        is_filled=reads_ops or bool(contract.filled),
    )
