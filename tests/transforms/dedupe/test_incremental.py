"""A night by way of the one before arrives at what all of it again arrives at, a hundred random nights long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.dedupe_listings import sample_listings
from tests.transforms.dedupe.some import judgements
from transforms.dedupe import candidates, cluster, features, incremental, load_model, match
from transforms.dedupe.candidates import ALL_KEYS
from transforms.dedupe.engine import Matched
from transforms.dedupe.incremental import State, match_again
from transforms.dedupe.model import Model, model_of, sealed

MODEL = load_model()

#: What a night's edit copies from one listing to another: together as owners change them.
TOLD = (
    ("name", "name_core", "organisation"),
    ("road", "number"),
    ("lng_wgs84", "lat_wgs84"),
    ("phones",),
    ("contact_phone",),
    ("credit_code",),
    ("kind",),
    ("county_code", "county", "town_code", "community_code", "community"),
    ("landmark",),
    ("plaques",),
    ("facilities",),
    ("hours",),
    ("opened_on",),
    ("source",),
)


@pytest.fixture(scope="module")
def quarter() -> pd.DataFrame:
    """The 400 listings of the sample city that are nearest to one of them."""
    city = sample_listings(11).drop(columns=["station", "faults"])
    middle = city[city["lng_wgs84"].notna()].iloc[0]
    far = (city["lng_wgs84"] - middle["lng_wgs84"]).abs() + (city["lat_wgs84"] - middle["lat_wgs84"]).abs()
    return city.loc[far.sort_values(kind="stable").index[:400]].reset_index(drop=True)


def assert_same(found: Matched, wanted: Matched) -> None:
    for field in fields(Matched):
        pd.testing.assert_frame_equal(getattr(found, field.name), getattr(wanted, field.name), obj=field.name)


def small_caps(patch: pytest.MonkeyPatch, cap: int) -> None:
    """Blocks, shared numbers and components that are large at a few members: what a large city has, a quarter has."""
    small = {key.name: replace(key, cap=min(key.cap, cap)) for key in ALL_KEYS}
    patch.setattr(candidates, "KEYS", tuple(small[key.name] for key in candidates.KEYS))
    for name in ("phone", "typo", "word", "near_word", "grid"):
        patch.setattr(candidates, f"_{name.upper()}", small[name])
    patch.setattr(candidates, "ALL_KEYS", tuple(small.values()))
    patch.setattr(features, "SHARED_BY_AT_MOST", 2)
    patch.setattr(cluster, "COMPONENT_BOUND", 6)
    patch.setattr(incremental, "_MOST", 1.0)


def other_model() -> Model:
    """Another model: other thresholds, another weight of the name."""
    document: dict[str, Any] = {key: value for key, value in MODEL.document.items() if key != "fingerprint"}
    document["thresholds"] = {**document["thresholds"], "link": {"mb": 1500, "reason": "test"}, "store": {"mb": -2000, "reason": "test"}}
    return model_of(sealed(document))


class Life:
    """A register that changes from night to night."""

    def __init__(self, quarter: pd.DataFrame, seed: int) -> None:
        self.dice = np.random.default_rng([20261125, seed])
        self.quarter, self.model = quarter, MODEL
        self.listings = quarter.sample(180, random_state=seed)
        self.verdicts: list[tuple[str, str, str]] = []

    def night(self) -> None:
        """Deletions, insertions, changes, judgements and undos, and another order of rows."""
        self.listings = self.listings.drop(self.listings.index[self._some(4)])
        absent = self.quarter[~self.quarter["listing_id"].isin(self.listings["listing_id"])]
        self.listings = pd.concat([self.listings, absent.iloc[self.dice.permutation(len(absent))[: self.dice.integers(0, 5)]]])
        self.listings = self.listings.reset_index(drop=True)
        for at in self._some(6):
            told, other = TOLD[self.dice.integers(0, len(TOLD))], self.dice.integers(0, len(self.listings))
            for name in told:
                value = None if self.dice.random() < 0.2 else self.listings.at[other, name]
                self.listings.loc[at, name] = value
        if self.dice.random() < 0.3:
            # one number to many: more than may share it, or no longer so
            self.listings.loc[self._some(4), ["phones", "credit_code"]] = ["0553-3800000;0553-3811111", "913400007199042708"]
        for _ in range(self.dice.integers(0, 3)):
            a, b = self.dice.choice(self.listings["listing_id"].to_numpy(), 2, replace=False)
            self.verdicts.append((a, b, str(self.dice.choice(["same", "not", "unsure"]))))
        if self.verdicts and self.dice.random() < 0.3:
            self.verdicts.pop(int(self.dice.integers(0, len(self.verdicts))))
        if self.dice.random() < 0.5:
            self.listings = self.listings.iloc[self.dice.permutation(len(self.listings))].reset_index(drop=True)

    def _some(self, most: int) -> list[int]:
        return [int(at) for at in self.dice.choice(len(self.listings), self.dice.integers(0, most + 1), replace=False)]


@pytest.fixture
def wholes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One element for each time that all is done again."""
    told: list[int] = []
    whole: Callable[..., tuple[Matched, State]] = incremental._whole

    def counted(*given: Any) -> tuple[Matched, State]:
        told.append(1)
        return whole(*given)

    monkeypatch.setattr(incremental, "_whole", counted)
    return told


@pytest.mark.parametrize(("seed", "cap"), [(1, 60), (2, 3), (3, 4), (4, 6)])
def test_a_hundred_random_nights(monkeypatch: pytest.MonkeyPatch, quarter: pd.DataFrame, wholes: list[int], seed: int, cap: int) -> None:
    small_caps(monkeypatch, cap)
    life, state = Life(quarter, seed), None
    for night in range(25):
        life.night()
        if night == 12:
            life.model = other_model()
        said = judgements(*life.verdicts)
        found, state = match_again(life.listings, life.model, said, state, "code")
        assert_same(found, match(life.listings, life.model, said))
    assert len(wholes) == 2  # the first night, and that of another model
