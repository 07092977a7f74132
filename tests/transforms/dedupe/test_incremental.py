"""A night by way of the one before arrives at what all of it again arrives at, a hundred random nights long."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.dedupe_listings import sample_listings
from tests.transforms.dedupe.some import judgements
from transforms.dedupe import candidates, cluster, features, incremental, load_model, match
from transforms.dedupe.candidates import ALL_KEYS
from transforms.dedupe.coded import Coded, Ints
from transforms.dedupe.compare import compare
from transforms.dedupe.engine import Matched, packed_patterns
from transforms.dedupe.features import Numbers, features_of, read
from transforms.dedupe.incremental import State, match_again, state_fingerprint
from transforms.dedupe.incremental_file import read_state, write_state
from transforms.dedupe.model import Model, model_of, sealed
from transforms.dedupe.score import weigher

MODEL = load_model()

#: What a night's edit copies from one listing to another: together as owners change them.
TOLD = (
    ("name", "name_core", "organisation"),
    ("road", "number"),
    ("building", "floor", "room"),
    ("city_code",),
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
    ("first_seen_on", "gone_on"),
)


@pytest.fixture(scope="module")
def quarter() -> pd.DataFrame:
    """400 listings of the sample city that are near each other, moved together until they fill some fifty cells of the grid."""
    city = sample_listings(11).drop(columns=["station", "faults"])
    middle = city[["lng_wgs84", "lat_wgs84"]].median()
    far = (city[["lng_wgs84", "lat_wgs84"]] - middle).abs().sum(axis=1, skipna=False)
    near = pd.DataFrame(city.loc[far.sort_values(kind="stable").index[:400]]).reset_index(drop=True)
    for name in middle.index:
        offset = near[name] - middle[name]
        near[name] = middle[name] + offset * (0.005 / offset.abs().max())
    nights = pd.Series([f"2026-06-{1 + at % 9:02d}" for at in range(400)], dtype="str")
    cities = np.where(near.index % 4 == 0, "3401", "3402")
    return near.assign(
        city_code=pd.Series(cities, dtype="str"),
        first_seen_on=nights,
        gone_on=nights.str.replace("-06-", "-07-").where(near.index % 5 == 0),
    )


def assert_same(found: Matched, wanted: Matched) -> None:
    for field in fields(Matched):
        if field.name != "recall":  # of a truth, which a night has not
            pd.testing.assert_frame_equal(getattr(found, field.name), getattr(wanted, field.name), obj=field.name)


def small_caps(patch: pytest.MonkeyPatch, cap: int, grid: int) -> None:
    """Blocks, shared numbers and components that are large at a few members: what a large city has, a quarter has."""
    caps = {key.name: min(key.cap, grid if key.name == "grid" else cap) for key in ALL_KEYS}
    small = {key.name: replace(key, cap=caps[key.name]) for key in ALL_KEYS}
    patch.setattr(candidates, "KEYS", tuple(small[key.name] for key in candidates.KEYS))
    for name in ("phone", "typo", "word", "near_word", "grid"):
        patch.setattr(candidates, f"_{name.upper()}", small[name])
    patch.setattr(candidates, "ALL_KEYS", tuple(small.values()))
    patch.setattr(features, "SHARED_BY_AT_MOST", 2)
    patch.setattr(cluster, "COMPONENT_BOUND", 6)
    patch.setattr(incremental, "_MOST", 1.0)
    patch.setattr(incremental, "_AT_ONCE", 50)


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
                value: Any = None if self.dice.random() < 0.2 else self.listings.at[other, name]
                self.listings[name] = self.listings[name].where(self.listings.index != at, value)
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


@pytest.mark.parametrize(
    ("seed", "cap", "grid"),
    [(1, 60, 60), (2, 3, 60), *(pytest.param(*life, marks=pytest.mark.soak) for life in ((3, 4, 4), (4, 6, 10), (5, 5, 6), (6, 60, 8)))],
)
def test_random_nights(
    monkeypatch: pytest.MonkeyPatch, quarter: pd.DataFrame, wholes: list[int], tmp_path: Path, seed: int, cap: int, grid: int
) -> None:
    small_caps(monkeypatch, cap, grid)
    life, state = Life(quarter, seed), None
    distinct = frozenset(quarter["source"].unique()[:seed])
    for night in range(25):
        life.night()
        if night == 12:
            life.model = other_model()
        said = judgements(*life.verdicts)
        found, state = match_again(life.listings, life.model, said, state, "code", distinct)
        assert_same(found, match(life.listings, life.model, said, distinct))
        if night % 3 == 0:
            assert write_state(state, tmp_path / "found")
            state = read_state(tmp_path / "found", state_fingerprint("code", life.model, distinct))
    assert len(wholes) == 2  # the first night, and that of another model


def test_where_more_than_a_fifth_has_changed_all_is_done_again(quarter: pd.DataFrame, wholes: list[int]) -> None:
    first = quarter.head(200)
    state = None
    for changed, times in ((0, 1), (39, 1), (100, 2)):
        listings = first.assign(hours=first["hours"].where(first.index >= changed, "24/7"))
        found, state = match_again(listings, MODEL, judgements(), state, "code")
        assert_same(found, match(listings, MODEL, judgements()))
        assert len(wholes) == times


def test_the_first_latin_name_and_the_last_do_all_again(quarter: pd.DataFrame, wholes: list[int]) -> None:
    """One makes the character sets of all names wider, by which fewer of them meet by chance."""
    plain = quarter.head(120)
    latin = plain.assign(name_core=plain["name_core"].where(plain.index != 7, "THE OLD MILL"))
    state = None
    for listings, times in ((plain, 1), (latin, 2), (latin.iloc[1:], 2), (plain, 3)):
        found, state = match_again(listings, MODEL, judgements(), state, "code")
        assert_same(found, match(listings, MODEL, judgements()))
        assert len(wholes) == times


def test_more_plaques_than_bits_do_all_again(monkeypatch: pytest.MonkeyPatch, quarter: pd.DataFrame, wholes: list[int]) -> None:
    monkeypatch.setattr(features, "MASKED", 2)
    plaques = [f"plaque_{at % 5}" for at in range(120)]
    many = quarter.head(120).assign(plaques=plaques)
    first = many.assign(plaques=["plaque_0", *plaques[1:]])
    other = many.assign(plaques=["a_plaque", *plaques[1:]])
    state = None
    for listings, times in ((many, 1), (first, 1), (other, 2), (many, 3)):
        found, state = match_again(listings, MODEL, judgements(), state, "code")
        assert_same(found, match(listings, MODEL, judgements()))
        assert len(wholes) == times


def test_values_that_no_listing_has_any_more_are_given_up(
    quarter: pd.DataFrame, wholes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incremental, "_STALE", 1.08)
    state = None
    for night in range(6):
        listings = quarter.head(60).assign(name_core=[chr(0x4E00 + at + 100 * night * (at < 10)) + "花园" for at in range(60)])
        found, state = match_again(listings, MODEL, judgements(), state, "code")
        assert_same(found, match(listings, MODEL, judgements()))
    assert 1 < len(wholes) < 6


def test_what_was_kept_is_taken_only_as_it_was_written(quarter: pd.DataFrame, tmp_path: Path) -> None:
    path, of = tmp_path / "found", state_fingerprint("code", MODEL)
    _, state = match_again(quarter.head(40), MODEL, judgements(), None, "code")
    assert read_state(path, of) is None
    assert write_state(state, path)
    assert path.stat().st_mode & 0o777 == 0o600
    written = path.read_bytes()
    assert read_state(path, of) is not None
    assert read_state(path, state_fingerprint("other code", MODEL)) is None
    assert read_state(path, state_fingerprint("code", other_model())) is None
    for at in np.random.default_rng(1).integers(0, len(written), 40).tolist():
        path.write_bytes(written[:at])
        assert read_state(path, of) is None
    for each in told_of(written):
        at = each + 1
        path.write_bytes(written[:at] + bytes([written[at] ^ 1]) + written[at + 1 :])
        assert read_state(path, of) is None


def told_of(written: bytes) -> list[int]:
    """Places in the file's mark, digest, length, contents, and the first and last of its arrays."""
    return [0, 20, 49, 200, len(written) - 2, len(written) // 2 // 64 * 64 + 7]


def test_a_disk_that_takes_nothing_leaves_what_was_kept(quarter: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "found"
    _, state = match_again(quarter.head(40), MODEL, judgements(), None, "code")
    assert write_state(state, path)
    written = path.read_bytes()
    size = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, size[1]))
    try:
        assert not write_state(state, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, size)
    assert path.read_bytes() == written
    assert list(tmp_path.iterdir()) == [path]
    assert not write_state(state, tmp_path / "nowhere" / "found")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 1 << 32))
def test_how_values_are_numbered_is_nothing(quarter: pd.DataFrame, seed: int) -> None:
    """Pairs, keys, weights and levels are the same for any numbering, and for values that no listing has."""
    dice = np.random.default_rng(seed)
    own = read(quarter.head(150))
    text = {name: Coded(*renumbered(dice, column.code, column.values)) for name, column in own.text.items()}
    phones, contacts = (Numbers(each.counts, *renumbered(dice, each.codes, each.values)) for each in (own.phones, own.contacts))
    one, other = features_of(own), features_of(replace(own, text=text, phones=phones, contacts=contacts))
    met, again = candidates.candidates(one), candidates.candidates(other)
    for name in ("left", "right", "keys"):
        np.testing.assert_array_equal(getattr(met, name), getattr(again, name))
    np.testing.assert_array_equal(weigher(one, MODEL)(met.left, met.right), weigher(other, MODEL)(met.left, met.right))
    told, again_told = (packed_patterns(compare(known, met.left, met.right)) for known in (one, other))
    np.testing.assert_array_equal(told, again_told)


def renumbered(dice: np.random.Generator, code: Ints, values: pd.Series) -> tuple[Ints, pd.Series]:
    """The codes in another numbering, with a value that none has."""
    more = pd.concat([values, pd.Series(["没有的"], dtype="str")], ignore_index=True)
    order = dice.permutation(len(more))
    place = np.append(np.argsort(order), -1).astype(np.int32)
    return place[code], more.iloc[order].reset_index(drop=True)


def test_a_line_of_a_list_apart_that_left_before_the_other_came_is_clustered_again(quarter: pd.DataFrame, wholes: list[int]) -> None:
    plain = quarter.head(120).assign(first_seen_on="2026-06-01", gone_on=pd.Series(None, index=range(120), dtype="str"))
    first = plain.iloc[[0]]
    source, own = str(first["source"].iloc[0]), str(first["listing_id"].iloc[0])
    both = pd.concat([plain, first.assign(listing_id=f"{source}:again", first_seen_on="2026-06-05")], ignore_index=True)
    left = both.assign(gone_on=both["gone_on"].mask(both["listing_id"] == own, "2026-06-05"))
    state, stations = None, []
    for listings in (both, left, both):
        found, state = match_again(listings, MODEL, judgements(), state, "code", frozenset({source}))
        assert_same(found, match(listings, MODEL, judgements(), frozenset({source})))
        clusters = found.clusters.set_index("listing_id")["cluster"]
        stations.append(clusters[own] == clusters[f"{source}:again"])
    assert stations == [False, True, False]
    assert len(wholes) == 1
