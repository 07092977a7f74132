"""A migrated warehouse, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from warehouse.engine import open_warehouse
from warehouse.migrate import migrate
from warehouse.publish import Publisher
from warehouse.views import install_views


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty warehouse."""
    path = tmp_path_factory.mktemp("template") / "warehouse.duckdb"
    engine = open_warehouse(path)
    with engine.begin() as connection:
        migrate(connection)
        install_views(connection)
    engine.dispose()
    return path


@pytest.fixture
def warehouse(template: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty warehouse of the test's own."""
    path = tmp_path / "warehouse.duckdb"
    shutil.copyfile(template, path)
    engine = open_warehouse(path)
    yield engine
    engine.dispose()


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    """A publisher on an empty folder, at two in the morning."""
    return Publisher(tmp_path / "var", clock=lambda: datetime(2026, 6, 1, 2, tzinfo=UTC))
