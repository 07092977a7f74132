"""An empty warehouse with every view on each database, made once; each test writes in a transaction that is taken back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import make_url

from sandbox.servers.postgres import Postgres
from tests.warehouse.server import new_database
from warehouse.engine import open_warehouse
from warehouse.tables import METADATA
from warehouse.views import install_views


@pytest.fixture(scope="session")
def duck(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """DuckDB with every table and view."""
    path = tmp_path_factory.mktemp("marts") / "warehouse.duckdb"
    shutil.copyfile(template, path)
    engine = open_warehouse(path)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres(postgres_server: Postgres) -> Iterator[Engine]:
    """PostgreSQL with every table and view, in a schema of their own."""
    address = make_url(new_database(postgres_server)).set(drivername="postgresql+psycopg")
    engine = create_engine(address, connect_args={"options": "-c search_path=marts"})
    with engine.begin() as connection:
        connection.exec_driver_sql("create schema marts")
        METADATA.create_all(connection)
        install_views(connection)
    yield engine
    engine.dispose()


@pytest.fixture(params=["duck", "postgres"])
def empty(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """A connection to an empty warehouse on each database in turn."""
    engine: Engine = request.getfixturevalue(request.param)
    with engine.connect() as connection:
        yield connection
        connection.rollback()
