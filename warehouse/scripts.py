"""Statements that take no parameters, by the hundred: comments, views, functions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection


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
