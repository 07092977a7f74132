"""A night merges what changed and takes the rest over: it says what a merge of everything says."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.merge.example import NIGHT, claim, corrections, listings
from tests.transforms.merge.test_merging_properties import claims
from transforms.merge import merge, merge_again, touched

STATIONS = [f"yz3402-000000000{number}" for number in (1, 2, 3)]
FIELDS = ["name", "batch", "batch_basis", "updated_on", "hours", "lng_wgs84", "kind", "is_on_latest", "station_id", "is_open"]

given_corrections = st.lists(
    st.one_of(
        st.tuples(st.just("station"), st.sampled_from(STATIONS), st.sampled_from(["name", "batch"]), st.sampled_from([None, "none"])),
        st.tuples(st.just("listing"), st.just("union:1"), st.just("name"), st.sampled_from(["丙站"])),
    ),
    max_size=3,
)


@st.composite
def two_nights(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Listings of a night and of a later one: some gone, some new, some read otherwise, every open one seen again."""
    first, other = draw(claims()), {one["listing_id"]: one for one in draw(claims())}
    second = [dict(one) for one in first if draw(st.integers(0, 9))]
    for one in second:
        if one["listing_id"] in other and draw(st.booleans()):
            name = draw(st.sampled_from(FIELDS))
            one[name] = other.pop(one["listing_id"])[name]
    known = {one["listing_id"] for one in first}
    second += [one for key, one in other.items() if key not in known][:2]
    return _seen(first, "2026-06-05"), _seen(second, "2026-06-06")


def _seen(told: list[dict[str, Any]], night: str) -> list[dict[str, Any]]:
    """As a night ranks them: an open listing was seen tonight, a closed one until it closed."""
    return [{**one, "last_seen_on": night if one["is_open"] else "2026-06-04", "gone_on": night} for one in told]


@settings(max_examples=15, deadline=None)
@given(two_nights(), given_corrections, given_corrections)
def test_merging_again_what_was_touched_says_what_merging_all_says(
    nights: tuple[list[dict[str, Any]], list[dict[str, Any]]], then: list[Any], now: list[Any]
) -> None:
    before, after = (listings(*told) for told in nights)
    decided = {key for _, key, _, _ in [*then, *now]}
    first, again = merge(before, corrections(*then)), touched(before, after, decided)
    whole = merge(after, corrections(*now))
    part = merge_again(after, corrections(*now), None, first.stations, again.stations)
    pd.testing.assert_frame_equal(part.stations, whole.stations)
    assert sorted(map(str, part.issues.to_dict("records"))) == sorted(map(str, whole.issues.to_dict("records")))
    assert part.caught_up == whole.caught_up
    for name in ("statements", "plaques", "choices"):
        told, kept = (_of(getattr(whole, name), again.stations, is_in=which) for which in (True, False))
        pd.testing.assert_frame_equal(getattr(part, name), told)
        pd.testing.assert_frame_equal(kept, _of(getattr(first, name), again.stations, is_in=False))


def _of(rows: pd.DataFrame, stations: frozenset[str], *, is_in: bool) -> pd.DataFrame:
    return rows[rows["station_id"].isin(stations) == is_in].reset_index(drop=True)


def two_stations(**said: Any) -> pd.DataFrame:
    return listings(claim("union", "1", **{"station_id": STATIONS[0]} | said), claim("union", "2", station_id=STATIONS[1]))


def test_a_night_on_which_every_list_says_the_same_touches_nothing() -> None:
    assert touched(two_stations(), two_stations(), frozenset()).stations == frozenset()
    seen_again = two_stations().assign(last_seen_on="2026-06-06")
    assert touched(two_stations(), seen_again, frozenset()).stations == frozenset()


@pytest.mark.parametrize(
    ("said", "stations"),
    [
        ({"name": "另一站"}, {STATIONS[0]}),
        ({"is_on_latest": False}, {STATIONS[0]}),
        ({"lng_wgs84": 118.4}, {STATIONS[0]}),
        ({"station_id": STATIONS[2]}, {STATIONS[0], STATIONS[2]}),
        ({"is_open": False, "closed_on": NIGHT}, {STATIONS[0]}),
    ],
)
def test_a_station_is_touched_when_a_listing_of_it_then_or_now_says_otherwise(said: dict[str, Any], stations: set[str]) -> None:
    found = touched(two_stations(), two_stations(**said), frozenset())
    assert (set(found.listings), set(found.stations)) == ({"union:1"}, stations)


def test_a_listing_that_came_and_one_that_went_touch_their_stations() -> None:
    both, one = two_stations(), two_stations().iloc[:1].reset_index(drop=True)
    for before, after in ((both, one), (one, both)):
        found = touched(before, after, frozenset())
        assert (set(found.listings), set(found.stations)) == ({"union:2"}, {STATIONS[1]})


@pytest.mark.parametrize("named", [STATIONS[1], "union:2"], ids=["a station", "a listing"])
def test_what_a_person_decided_of_once_is_merged_every_night(named: str) -> None:
    """What was taken back since no list tells."""
    assert touched(two_stations(), two_stations(), {named}).stations == {STATIONS[1]}


def test_a_future_date_of_an_owner_is_worth_the_night_on_which_it_was_seen() -> None:
    slipped = two_stations(updated_on="2099-01-01")
    again = touched(slipped, slipped.assign(last_seen_on="2026-06-06"), frozenset())
    assert again.stations == {STATIONS[0]}, "it counts as told tonight, so it may win where it did not last night"


def test_a_correction_of_a_code_finds_its_name_among_all_listings() -> None:
    told = listings(
        claim("union", "1", station_id=STATIONS[0]), claim("union", "2", station_id=STATIONS[1], town_code="340202001", town="吉和街道")
    )
    of_town = corrections(("station", STATIONS[0], "town_code", "340202001"))
    before = merge(told, corrections())
    part = merge_again(told, of_town, None, before.stations, {STATIONS[0]})
    assert part.stations["town"].to_list() == ["吉和街道", "吉和街道"]
