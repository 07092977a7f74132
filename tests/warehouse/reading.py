"""Everything that a warehouse holds, for comparing one with another."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from warehouse.tables import METADATA, interval_of

#: Wall-clock history of executions: no part of what a night means.
NOT_COMPARED = frozenset({"run"})


def contents(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table by its name, in key order, less the tables of NOT_COMPARED."""
    return {
        table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
        for table in METADATA.sorted_tables
        if table.name not in NOT_COMPARED
    }


def stored_order(connection: Connection, name: str) -> list[tuple[Any, ...]]:
    """Rows as they lie in the file."""
    return [tuple(row) for row in connection.exec_driver_sql(f"select * from {name}")]


def standing_count(connection: Connection, name: str) -> int:
    """Standing rows of a table that keeps intervals."""
    interval = interval_of(METADATA.tables[name])
    assert interval is not None
    count: int = connection.exec_driver_sql(f"select count(*) from {name} where {interval.closed} is null").scalar_one()
    return count


def rows_of(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """The query's rows."""
    return [tuple(row) for row in connection.exec_driver_sql(query)]
