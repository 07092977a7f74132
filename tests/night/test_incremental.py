"""Invariant 5: a night that takes over what did not change and one that works out every row anew arrive at the same tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import flows.gather
from flows.house import House
from tests.night.books import assert_conserved
from tests.night.chronicle import Chronicle, keep
from tests.night.town import Household, assert_same, iso, served_town
from transforms.standardise import standardise

#: Nights of the chronicle and the one before each; the tenth renumbers a list and comes after a Monday that was missed.
STEPS = ((0, 1), (1, 2), (2, 9))


@pytest.mark.parametrize(("before", "night"), STEPS)
def test_a_full_night_equals_the_incremental_one(before: int, night: int, chronicle: Chronicle, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var", after=before)
    household.run(iso(night), full=True)
    assert_same(household.tables(), chronicle.as_published(night).tables())


class Restated(House):
    """The house after a rule changed."""

    def fingerprint(self, night: str) -> str:
        """Another one than before."""
        return f"{super().fingerprint(night)} and a rule"


@pytest.mark.parametrize("rules", [House, Restated], ids=["the same rules", "another rule"])
def test_rules_that_changed_make_a_night_full_by_themselves(
    rules: type[House], chronicle: Chronicle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On night 1 the cleaners find a host in every row. What did not change is seen by them only where the fingerprint tells of it."""

    def hosted(*given: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
        listings, issues = standardise(*given)
        return listings.assign(host="街道办事处"), issues

    household = chronicle.household(tmp_path / "var", after=0)
    before = household.house
    monkeypatch.setattr(flows.gather, "standardise", hosted)
    household.run(iso(1), house=rules(before.settings, before.city, before.sources))
    hosts = household.query("select distinct host from listing where is_open and valid_to is null and carried_since is null")["host"]
    assert ({"街道办事处"} == set(hosts)) == (rules is Restated)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_fourteen_nights_full_equal_fourteen_incremental(tmp_path: Path) -> None:
    """A Monday to a Sunday and again: two Mondays, two Sundays, and on night 9 new numbers. Each full night from the same prior state."""
    with served_town(tmp_path, seed=7, scale=0.3) as town:
        lived = Household(tmp_path / "lived", town.env)
        for night in range(14):
            town.move(night)
            full = Household(tmp_path / f"full-{night}", town.env)
            if night:
                keep(lived, full.home)
            (full.home / "archive").symlink_to(lived.home / "archive")
            lived.run(iso(night))
            full.run(iso(night), full=True)
            assert_same(full.tables(), lived.tables())
        assert_conserved(lived)
        told = lived.query(
            "select night::text as night, source, mode from retrieval join source_night using (night, source) where rows_read > 0"
        )
        seen = set(told[["source", "mode"]].itertuples(index=False, name=None))
        assert {
            ("telecom_mobile", "delta"),
            ("telecom_tower", "delta"),
            ("telecom_tower", "snapshot"),
            ("civilization", "snapshot"),
        } <= seen
        assert lived.query("select * from issue where rule = 'source_renumbered'")["night"].astype(str).to_list() == [iso(9)]
