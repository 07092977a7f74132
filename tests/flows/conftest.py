"""Prefect for the tests of the flows: one throw-away server for the session, and a household whose settings the flow finds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.night.town import Household, Town, iso, served_town


@pytest.fixture(scope="session")
def _prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
    patch.setenv("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    patch.setenv("DO_NOT_TRACK", "1")
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield
    patch.undo()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town for the session, at night 0."""
    with served_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
def household(tmp_path: Path, served: Town, monkeypatch: pytest.MonkeyPatch) -> Household:
    """A household without any night yet; this process's settings are its own."""
    household = Household(tmp_path / "var", served.env)
    monkeypatch.setenv("YIZHAN_HOME", str(household.home))
    monkeypatch.setenv("YIZHAN_ENV_FILE", str(household.settings.env_file))
    return household


@pytest.fixture
def prefect(_prefect: None) -> None:
    """Prefect's server is there."""


@pytest.fixture(scope="session")
def _one_night(tmp_path_factory: pytest.TempPathFactory, served: Town) -> Household:
    household = Household(tmp_path_factory.mktemp("one-night") / "var", served.env)
    household.run(iso(0))
    return household


@pytest.fixture
def published(tmp_path: Path, served: Town, _one_night: Household) -> Household:
    """A household that has published night 0, and may be changed."""
    shutil.copytree(_one_night.home, tmp_path / "var", symlinks=True)
    return Household(tmp_path / "var", served.env)
