"""The view `dictionary`: it tells every column, in each file as far as its reader may read; and who may read what is decided once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from tests.warehouse.nights import Claim, night_tables
from tests.warehouse.reading import rows_of
from warehouse.dictionary import EXAMPLES, NAME, Entry, entries, install_dictionary
from warehouse.engine import open_warehouse
from warehouse.load import load_night
from warehouse.publish import Publisher
from warehouse.readers import ANALYST, PUBLIC, READERS, columns_for, readers_of
from warehouse.tables import METADATA, is_ops, public_columns
from warehouse.views import views

COLUMNS = "select table_name, column_name from duckdb_columns() where not internal and database_name = current_database() and table_name <> 'alembic_version'"


@pytest.fixture
def connection(warehouse: Engine) -> Iterator[Connection]:
    """A warehouse with its views."""
    with warehouse.begin() as connection:
        yield connection


@pytest.fixture
def told(connection: Connection) -> tuple[Entry, ...]:
    """What operators may read."""
    return entries(connection)


def test_it_tells_each_column_of_each_published_file_and_no_other(publisher: Publisher) -> None:
    with publisher.begin("2026-06-01", "测试") as draft:
        with draft.engine.begin() as connection:
            load_night(connection, "2026-06-01", night_tables([Claim("union", "1")]))
        publication = draft.publish()
    for path in (publication.warehouse, publication.analyst):
        engine = open_warehouse(path, read_only=True)
        with engine.connect() as connection:
            assert rows_of(connection, f"select table_name, column_name from {NAME} except {COLUMNS}") == []
            assert rows_of(connection, f"{COLUMNS} except select table_name, column_name from {NAME}") == []
            if path == publication.analyst:
                assert rows_of(connection, f"select distinct readable_by from {NAME} order by 1") == [("analyst",), ("public",)]
        engine.dispose()


def test_everything_of_a_column_is_told(told: tuple[Entry, ...]) -> None:
    for each in told:
        assert each.meaning, each
        assert each.source, each
        assert each.example, f"{each.table_name}.{each.column_name}: python -m tests.docs.examples"
        assert each.type in {"text", "integer", "number", "boolean", "date", "time"}, each


def test_unit_and_datum_of_a_table_stand_in_its_comments_too(connection: Connection) -> None:
    for table in METADATA.sorted_tables:
        for column in table.columns:
            for word in (column.info["unit"], column.info["datum"]):
                assert word in (column.comment or ""), column


def test_positions_have_their_datum(told: tuple[Entry, ...]) -> None:
    found = {(each.unit, each.datum) for each in told if each.column_name.endswith("_wgs84")}
    assert found == {("degrees", "WGS-84")}


def test_the_view_can_be_asked(connection: Connection) -> None:
    install_dictionary(connection)
    assert rows_of(
        connection, f"select unit, is_nullable, readable_by from {NAME} where table_name = 'pair' and column_name = 'weight_mb'"
    ) == [("milli-bits", False, "analyst")]
    comments = rows_of(connection, f"select comment from duckdb_columns() where table_name = '{NAME}'")
    assert len(comments) == 10
    assert all(comment for (comment,) in comments)


def test_each_reader_is_told_of_what_it_may_read(connection: Connection) -> None:
    public, analyst = (entries(connection, reader) for reader in READERS[:0:-1])
    assert {each.readable_by for each in public} == {"public"}
    assert {each.readable_by for each in analyst} == {"analyst", "public"}
    assert {each.table_name for each in public} == (PUBLIC.keys() & {*METADATA.tables, *(view.name for view in views()), NAME})


def test_each_table_and_view_is_decided_with_a_reason() -> None:
    decided = {*PUBLIC, *ANALYST}
    assert not PUBLIC.keys() & ANALYST.keys()
    assert {table.name for table in METADATA.sorted_tables if not is_ops(table)} | {view.name for view in views()} <= decided
    assert not decided & {table.name for table in METADATA.sorted_tables if is_ops(table)}


def test_the_public_reads_nothing_personal_and_no_owners_words() -> None:
    assert columns_for("public", METADATA.tables["listing"]) == ()
    for table in METADATA.sorted_tables:
        for column in table.columns:
            if column.info["personal"] or column.info["ops"] or is_ops(table):
                assert readers_of(column) == "operator"
    for view in views():
        assert not (view.reads_ops and view.name in PUBLIC), view.name


def test_analysts_read_what_their_file_holds() -> None:
    for table in METADATA.sorted_tables:
        assert columns_for("analyst", table) == public_columns(table)


def test_no_example_of_a_personal_column_is_real(told: tuple[Entry, ...]) -> None:
    for each in told:
        table = METADATA.tables.get(each.table_name)
        if table is not None and table.c[each.column_name].info["personal"]:
            assert each.example.endswith("(invented)"), each
    assert re.findall(r"(?<!\d)1[3-9]\d{9}(?!\d)", Path(EXAMPLES).read_text("utf-8").replace("13900000000 (invented)", "")) == []
