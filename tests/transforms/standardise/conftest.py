"""The city that ships, and the layout of a list."""

from __future__ import annotations

from pathlib import Path

import pytest

from transforms.records import City, Layout, load_city
from transforms.standardise.places import Places

WUHU = Path(__file__).resolve().parents[3] / "sources" / "wuhu"


@pytest.fixture(scope="session")
def city() -> City:
    return load_city(WUHU)


@pytest.fixture(scope="session")
def places(city: City) -> Places:
    return Places(city)


@pytest.fixture
def layout() -> Layout:
    return Layout("union", "union_station", {}, datum="GCJ-02", plaques=("gonghui_yizhan",))
