"""Everything that a warehouse holds, for comparing one with another."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection, inspect, select, text

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


_VALUE: Final[dict[type, object]] = {
    str: "x",
    int: 7,
    float: 1.5,
    Decimal: 1.5,
    bool: True,
    date: date(2026, 6, 1),
    datetime: datetime(2026, 6, 1, 1, 30),  # noqa: DTZ001 - as it is kept: UTC without saying so
}


def put_a_row_each(connection: Connection, schema: str | None = None) -> dict[str, dict[str, object]]:
    """Put a row into every table that is there, whatever version made it; table → column → value."""
    told = inspect(connection)
    put: dict[str, dict[str, object]] = {}
    for name in sorted(set(told.get_table_names(schema=schema)) - {"alembic_version"}):
        put[name] = {column["name"]: _VALUE[column["type"].python_type] for column in told.get_columns(name, schema=schema)}
        named = ", ".join(f'"{column}"' for column in put[name])
        places = ", ".join(f":{column}" for column in put[name])
        connection.execute(text(f"insert into {f'{schema}.' if schema else ''}{name} ({named}) values ({places})"), put[name])
    return put


def row_of(connection: Connection, name: str, columns: Iterable[str]) -> dict[str, object]:
    """The one row of the table, as far as these columns go."""
    listed = ", ".join(f'"{column}"' for column in columns)
    return dict(connection.execute(text(f"select {listed} from {name}")).mappings().one())
