"""The analysts' file: what of the warehouse they may read, in a file of its own, so that nothing else can be read from it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, Table

from warehouse.dictionary import install_dictionary
from warehouse.engine import open_warehouse
from warehouse.functions import install_functions
from warehouse.scripts import quoted, run_script
from warehouse.tables import METADATA, public_columns
from warehouse.views import described, views


def write_analyst(engine: Engine, path: Path) -> None:
    """Write the file `path` from the warehouse behind `engine`, which has its views.

    Holds the tables and columns that are not for operators alone, in the warehouse's order, and every view and function; a view that rests on an ops
    table, or would be too slow, is a table here. `path` must not exist.
    """
    with engine.connect() as connection:
        connection.exec_driver_sql(f"attach {quoted(str(path))} as analyst")
        run_script(
            connection, [*map(_filled, _tables()), *(f"create table analyst.{name} as select * from {name}" for name in _filled_marts())]
        )
        connection.commit()
        connection.exec_driver_sql("detach analyst")
    analyst = open_warehouse(path)
    with analyst.begin() as connection:
        run_script(connection, (statement for table in _tables() for statement in _described(table)))
        for view in views():
            if not view.is_filled:
                connection.exec_driver_sql(f"create view {view.name} as {view.query}")
            run_script(connection, described(view, "table" if view.is_filled else "view"))
        install_functions(connection)
        install_dictionary(connection, "analyst")
    with analyst.connect() as connection:
        connection.exec_driver_sql("checkpoint")
    analyst.dispose()


def _tables() -> list[Table]:
    return [table for table in METADATA.sorted_tables if public_columns(table)]


def _filled_marts() -> list[str]:
    return [view.name for view in views() if view.is_filled]


def _filled(table: Table) -> str:
    named = ", ".join(f'"{name}"' for name in public_columns(table))
    return f"create table analyst.{table.name} as select {named} from {table.name}"


def _described(table: Table) -> list[str]:
    columns = (f'comment on column {table.name}."{name}" is {quoted(table.c[name].comment or "")}' for name in public_columns(table))
    return [f"comment on table {table.name} is {quoted(table.comment or '')}", *columns]
