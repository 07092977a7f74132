"""Functions that ask about time: `warehouse/functions/<dialect>/<name>.sql`, table macros on DuckDB and functions on PostgreSQL.

Each header comment is the function's contract, the same on both databases.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from warehouse.contracts import Contract, read_contract
from warehouse.scripts import quoted, run_script

FOLDER: Final = Path(__file__).parent / "functions"

#: Dialect → how its comments name a function.
_NAMED: Final = {"duckdb": "macro table", "postgresql": "function"}


def functions(dialect: str = "duckdb", folder: Path = FOLDER) -> tuple[Contract, ...]:
    """The functions as they are on the database of that SQLAlchemy dialect, by name."""
    return tuple(read_contract(path) for path in sorted((folder / dialect).glob("*.sql")))


def install_functions(connection: Connection, only: Collection[str] | None = None) -> None:
    """Make every function (or `only` those) anew, with its comment, on a warehouse (or analysts' file) with its tables and views."""
    dialect = connection.dialect.name
    for function in functions(dialect):
        if only is not None and function.name not in only:
            continue
        kind = _NAMED[dialect]
        told = f"{function.comment} {function.grain}"
        replaced = [f"drop function if exists {function.name}"] if dialect == "postgresql" else []  # its columns may have changed
        run_script(connection, [*replaced, function.statement, f"comment on {kind} {function.name} is {quoted(told)}"])
