"""Invariant 4: the same lists give the same tables, whatever the order of rows and sources, of hashes, or the number of cores."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from flows.house import House
from sources.kit.raw import Raw
from tests.night.altered import reading, rows_at
from tests.night.chronicle import Chronicle
from tests.night.town import Household, assert_same, iso, served_town

#: Where a row stood is all that may differ between two orders; issues are numbered in the order of their columns, of which it is one.
PLACES = frozenset({"line", "number"})


def shuffled(house: House, seed: int) -> House:
    """The house with its sources, and the rows of every list, in an order drawn by `seed`."""
    dice = random.Random(seed)

    def mixed(raw: Raw) -> Raw:
        return rows_at(raw, dice.sample(range(len(raw.lines)), len(raw.lines)))

    for key in house.sources:
        house = reading(house, key, mixed)
    return replace(house, sources={key: house.sources[key] for key in dice.sample(list(house.sources), len(house.sources))})


def test_the_order_of_rows_and_sources_changes_nothing(chronicle: Chronicle, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var")
    household.run(iso(0), house=shuffled(household.house, 4711))
    assert_same(household.tables(PLACES), chronicle.as_published(0).tables(PLACES))


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_five_orders_of_a_larger_town_change_nothing(tmp_path: Path) -> None:
    """From nothing to night 9, the rows of each night and the sources in an order of their own."""
    with served_town(tmp_path, seed=7, scale=0.3) as town:
        lived = Chronicle(tmp_path / "lived", town, (0, 1, 9))
        for seed in range(5):
            household = lived.household(tmp_path / str(seed))
            for night in lived.nights:
                household.run(iso(night), house=shuffled(household.house, 100 * seed + night))
                assert_same(household.tables(PLACES), lived.as_published(night).tables(PLACES))


def test_hashes_and_cores_change_nothing(chronicle: Chronicle, tmp_path: Path) -> None:
    """A process with another hash seed, on one core, with one source after the other."""
    household = chronicle.household(tmp_path / "var", env={**chronicle.silent, "YIZHAN_WORKERS": "1"})
    run_apart(household, iso(0), {"PYTHONHASHSEED": "4711"}, cores=1)
    assert_same(household.tables(), chronicle.as_published(0).tables())


def run_apart(household: Household, night: str, env: Mapping[str, str], cores: int) -> None:
    """Run the night in a process of its own."""
    command = [sys.executable, "-m", "tests.night.apart", str(household.home), night, str(cores)]
    subprocess.run(command, check=True, env={**os.environ, **env}, timeout=240)
