"""Migrations: up from empty leaves no drift, drift is seen when there is some, a newer warehouse is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, text

from tests.warehouse.nights import Claim, night_tables
from tests.warehouse.reading import contents, put_a_row_each, row_of, rows_of
from warehouse.engine import open_warehouse
from warehouse.load import load_night
from warehouse.migrate import FOLDER, NewerWarehouseError, config, drift, head_revision, migrate, revision_of, write_revision
from warehouse.tables import METADATA
from warehouse.views import drop_views, install_views


def test_up_from_empty_leaves_no_drift(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        assert revision_of(connection) == max(path.stem[:4] for path in (FOLDER / "versions").glob("0*.py"))
        assert drift(connection) == []


@pytest.mark.parametrize(
    "change",
    [
        "alter table plaque drop column gone_on",
        "alter table owner add column phone varchar",
        "alter table station_event alter detail set data type bigint using 0",
        "comment on column plaque.plaque is 'something else'",
        "create table extra (night date)",
    ],
    ids=["column gone", "column more", "type", "comment", "table more"],
)
def test_drift_is_seen(warehouse: Engine, change: str) -> None:
    with warehouse.begin() as connection:
        drop_views(connection)
        connection.exec_driver_sql(change)
        assert drift(connection) != []


def test_every_table_and_column_in_the_file_has_its_comment(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        told = {
            (table, column): comment
            for table, column, comment in rows_of(connection, "select table_name, column_name, comment from duckdb_columns()")
        }
        tables = dict(rows_of(connection, "select table_name, comment from duckdb_tables()"))
    for table in METADATA.sorted_tables:
        assert tables[table.name] == table.comment
        for column in table.columns:
            assert told[table.name, column.name] == column.comment


def test_migrating_again_changes_nothing(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        load_night(connection, "2026-06-01", night_tables([Claim("union", "1")]))
        before = contents(connection)
        migrate(connection)
        assert contents(connection) == before


def test_a_file_with_an_index_a_key_loses_the_indexes_and_nothing_else(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        load_night(connection, "2026-06-01", night_tables([Claim("union", "1")]))
        before = contents(connection)
        drop_views(connection)
        for table in METADATA.sorted_tables:
            key = ", ".join(table.primary_key.columns.keys())
            connection.exec_driver_sql(f"alter table {table.name} add primary key ({key})")
        connection.execute(text("update alembic_version set version_num = '0005'"))
        assert rows_of(connection, _INDEXED)[0] == (len(METADATA.tables),)
    with warehouse.begin() as connection:
        migrate(connection)
        assert rows_of(connection, _INDEXED) == [(0,)]
        assert contents(connection) == before
        assert drift(connection) == []


_INDEXED = "select count(*) from duckdb_constraints() where constraint_type = 'PRIMARY KEY' and table_name <> 'alembic_version'"


@pytest.mark.parametrize("revision", sorted(path.stem[:4] for path in (FOLDER / "versions").glob("0*.py")))
def test_up_from_every_version_every_row_is_there_and_nothing_drifts(tmp_path: Path, revision: str) -> None:
    engine = open_warehouse(tmp_path / "old.duckdb")
    with engine.begin() as connection:
        command.upgrade(config(connection), revision)
        put = put_a_row_each(connection)
    with engine.begin() as connection:
        assert migrate(connection) == (revision != head_revision()[0])
        assert drift(connection) == []
        assert {name: row_of(connection, name, row) for name, row in put.items()} == put
    engine.dispose()


def test_a_newer_warehouse_is_refused_in_a_sentence(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
        with pytest.raises(NewerWarehouseError, match=r"9999.*请升级程序"):
            migrate(connection)


def test_a_revision_is_written_from_the_models(warehouse: Engine, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__")))
    with warehouse.begin() as connection:
        drop_views(connection)
        connection.exec_driver_sql("drop table plaque")
        write_revision(connection, "Plaques", folder)
        install_views(connection)
    (revision,) = folder.glob("versions/*_plaques.py")
    written = revision.read_text("utf-8")
    assert "op.create_table" in written
    assert "info=" not in written, "what models note for the code alone stays out"
    compile(written, revision.name, "exec")
