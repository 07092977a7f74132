"""Statements that take no parameters, by the hundred: comments, views, functions."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection


def run_script(connection: Connection, statements: Iterable[str]) -> None:
    """Run statements that take no parameters, in one go: a file has hundreds of comments."""
    script = ";\n".join(statements)
    takes_percent = connection.dialect.paramstyle in ("format", "pyformat")  # psycopg reads a % of ours as the place of a parameter
    connection.exec_driver_sql(script.replace("%", "%%") if takes_percent else script)


def quoted(value: str) -> str:
    """The value as an SQL literal, for statements that take no parameters (comments)."""
    return "'" + value.replace("'", "''") + "'"
