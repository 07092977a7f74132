"""One small town for all tests of the night; each test has a household of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.night.chronicle import Chronicle
from tests.night.morning import Morning
from tests.night.scored import SEED, Scored, scored
from tests.night.town import Household, Town, iso, served_town


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with served_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
def town(_served: Town) -> Iterator[Town]:
    """The town at night 0, put back there after the test."""
    yield _served
    _served.move(0)


@pytest.fixture
def household(tmp_path: Path, town: Town) -> Household:
    """A household without any night yet."""
    return Household(tmp_path / "var", town.env)


@pytest.fixture(scope="session")
def chronicle(tmp_path_factory: pytest.TempPathFactory, _served: Town) -> Chronicle:
    """The town's first three nights, and the tenth, when the telecom firm renumbers its whole list."""
    lived = Chronicle(tmp_path_factory.mktemp("chronicle"), _served, (0, 1, 2, 9))
    _served.move(0)
    return lived


@pytest.fixture(scope="session")
def whole_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scored]:
    """The city at full size after its first night, with its truth: only there has every fault rows enough to be counted."""
    root = tmp_path_factory.mktemp("whole_city")
    with served_town(root, seed=SEED, scale=1.0) as city:
        yield scored(city, Household(root / "var", city.env))


@pytest.fixture(scope="module")
def _first(tmp_path_factory: pytest.TempPathFactory, _served: Town) -> Morning:
    _served.move(0)
    morning = Morning(tmp_path_factory.mktemp("morning") / "var", _served.env)
    morning.run(iso(0))
    return morning


@pytest.fixture
def morning(tmp_path: Path, town: Town, _first: Morning) -> Morning:
    """A household on the morning after its first night."""
    shutil.copytree(_first.home, tmp_path / "var", symlinks=True)
    return Morning(tmp_path / "var", town.env)
