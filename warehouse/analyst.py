"""The analysts' file: what of the warehouse they may read, in a file of its own, so that nothing else can be read from it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, Table

from warehouse.engine import open_warehouse
from warehouse.tables import METADATA, public_columns
from warehouse.views import View, describe, quoted, views


def write_analyst(engine: Engine, path: Path) -> None:
    """Write the file `path` from the warehouse behind `engine`, which has its views.

    Holds the tables and columns that are not for operators alone, in the warehouse's order, and every view; a mart that rests on an ops
    table is a table here. `path` must not exist.
    """
    with engine.connect() as connection:
        connection.exec_driver_sql(f"attach {quoted(str(path))} as analyst")
        for table in METADATA.sorted_tables:
            if columns := public_columns(table):
                named = ", ".join(f'"{name}"' for name in columns)
                connection.exec_driver_sql(f"create table analyst.{table.name} as select {named} from {table.name}")
        for view in _filled():
            connection.exec_driver_sql(f"create table analyst.{view.name} as select * from {view.name}")
        connection.commit()
        connection.exec_driver_sql("detach analyst")
    analyst = open_warehouse(path)
    with analyst.begin() as connection:
        for table in METADATA.sorted_tables:
            _comment(connection, table)
        for view in views():
            if not view.reads_ops:
                connection.exec_driver_sql(f"create view {view.name} as {view.query}")
            describe(connection, view, "table" if view.reads_ops else "view")
    with analyst.connect() as connection:
        connection.exec_driver_sql("checkpoint")
    analyst.dispose()


def _filled() -> list[View]:
    return [view for view in views() if view.reads_ops]


def _comment(connection: Connection, table: Table) -> None:
    columns = public_columns(table)
    if columns:
        connection.exec_driver_sql(f"comment on table {table.name} is {quoted(table.comment or '')}")
    for name in columns:
        connection.exec_driver_sql(f'comment on column {table.name}."{name}" is {quoted(table.c[name].comment or "")}')
