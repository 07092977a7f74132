"""Invariant 5: a night that takes over what did not change and one that works out every row anew arrive at the same tables."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tests.night.chronicle import Chronicle
from tests.night.town import Town, assert_same, iso, served_town

#: Nights of the chronicle and the one before each; the tenth renumbers a list and comes after a Monday that was missed.
STEPS = ((0, 1), (1, 2), (2, 9))


@pytest.mark.parametrize(("before", "night"), STEPS)
def test_a_full_night_equals_the_incremental_one(before: int, night: int, chronicle: Chronicle, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var", after=before)
    household.run(iso(night), full=True)
    assert_same(household.tables(), chronicle.as_published(night).tables())


@pytest.fixture(scope="module")
def larger_town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town of a third: enough of everything to change every night."""
    with served_town(tmp_path_factory.mktemp("larger"), seed=7, scale=0.3) as town:
        yield town
