from __future__ import annotations

import itertools
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedupe.identity import Identified, IdentityError, identify, station_id

LISTINGS = [f"union:{number}" for number in range(6)]
NIGHTS = ["2026-06-01", "2026-06-02"]

partitions = st.lists(st.integers(0, 3), min_size=len(LISTINGS), max_size=len(LISTINGS))
histories = st.lists(st.tuples(st.sampled_from(NIGHTS), st.integers(0, 2)), min_size=len(LISTINGS), max_size=len(LISTINGS))


def clusters(partition: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"listing_id": LISTINGS, "cluster": partition}).astype({"listing_id": "str"})


def ever(history: list[tuple[str, int]] | None = None) -> pd.DataFrame:
    seen = history or [(NIGHTS[0], 50)] * len(LISTINGS)
    return pd.DataFrame(
        {
            "listing_id": LISTINGS,
            "source": "union",
            "row_key": [listing_id.split(":")[1] for listing_id in LISTINGS],
            "first_seen_on": [night for night, _ in seen],
            "trust": [trust for _, trust in seen],
        }
    )


def nothing() -> pd.DataFrame:
    return pd.DataFrame({"listing_id": [], "station_id": []}, dtype="str")


def ids(found: Identified) -> dict[str, str]:
    return dict(zip(found.station_listing["listing_id"], found.station_listing["station_id"], strict=True))


def test_an_id_is_minted_from_the_anchor() -> None:
    found = identify(clusters([0, 0, 1, 1, 2, 2]), ever(), "3402", nothing())
    assert ids(found)["union:1"] == station_id("union:0", "3402")
    assert ids(found)["union:1"].startswith("yz3402-")
    assert len(ids(found)["union:1"]) == len("yz3402-") + 10


#: Two listings whose hashes begin with the same ten digits.
TWINS = ("union:123190", "union:623608")


@pytest.mark.parametrize("first", TWINS)
def test_of_two_that_mint_one_id_whoever_came_first_keeps_it(first: str) -> None:
    other = next(each for each in TWINS if each != first)
    seen = pd.DataFrame({"listing_id": list(TWINS), "first_seen_on": [NIGHTS[each != first] for each in TWINS], "trust": 50})
    alone = pd.DataFrame({"listing_id": list(TWINS), "cluster": [0, 1]})
    found = ids(identify(alone, seen, "3402", nothing()))
    assert station_id(TWINS[0], "3402") == station_id(TWINS[1], "3402") == found[first]
    assert found[other].startswith(found[first])
    assert found[other] != found[first]
    again = ids(identify(alone, seen.iloc[::-1], "3402", nothing(), found.values()))
    assert again == found
    assert identify(alone, seen, "3402", nothing(), found.values()).redirects.empty


def test_both_tables_come_in_order() -> None:
    found = identify(
        clusters([0, 0, 0, 0, 1, 1]), ever().iloc[::-1], "3402", nothing(), [station_id(f"union:{at}", "3402") for at in range(6)]
    )
    assert found.station_listing["listing_id"].is_monotonic_increasing
    assert found.redirects["from_id"].is_monotonic_increasing
    assert len(found.redirects) > 1


@pytest.mark.parametrize(
    ("history", "anchor"),
    [
        pytest.param([(NIGHTS[1], 90), (NIGHTS[0], 10)], "union:1", id="seen first"),
        pytest.param([(NIGHTS[0], 10), (NIGHTS[0], 90)], "union:1", id="more trusted"),
        pytest.param([(NIGHTS[0], 50), (NIGHTS[0], 50)], "union:0", id="lower key"),
    ],
)
def test_the_anchor(history: list[tuple[str, int]], anchor: str) -> None:
    found = identify(clusters([0, 0, 1, 2, 3, 4]), ever(history + [(NIGHTS[0], 50)] * 4), "3402", nothing())
    assert ids(found)["union:0"] == station_id(anchor, "3402")


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_where_all_else_is_equal_the_lesser_id_anchors_whatever_the_row_keys_and_the_rows_say(order: list[int]) -> None:
    """An owner that renumbers its list changes row keys, and no station's id."""
    told = ever().iloc[:2].assign(row_key=["9", "1"]).iloc[order]
    found = identify(clusters([0] * 6).iloc[order], told, "3402", nothing())
    assert set(ids(found).values()) == {station_id("union:0", "3402")}


def test_a_listing_in_no_cluster_stands_alone() -> None:
    found = identify(clusters([0] * 6).iloc[:2], ever(), "3402", nothing())
    assert ids(found)["union:5"] == station_id("union:5", "3402")


def test_a_cluster_of_an_unknown_listing_is_refused() -> None:
    with pytest.raises(IdentityError, match="union:5"):
        identify(clusters([0] * 6), ever().iloc[:5], "3402", nothing())


def test_redirects_collapse_and_a_split_part_takes_back_its_id() -> None:
    apart, pair, all_one = [0, 1, 2, 3, 4, 5], [0, 1, 1, 3, 4, 5], [0, 0, 0, 3, 4, 5]
    first = identify(clusters(apart), ever(), "3402", nothing())
    published = set(first.station_listing["station_id"])
    second = identify(clusters(pair), ever(), "3402", first.station_listing, published)
    third = identify(clusters(all_one), ever(), "3402", second.station_listing, published)
    assert dict(third.redirects.itertuples(index=False)) == {
        station_id("union:1", "3402"): station_id("union:0", "3402"),
        station_id("union:2", "3402"): station_id("union:0", "3402"),
    }
    back = identify(clusters(apart), ever(), "3402", third.station_listing, published)
    assert ids(back) == ids(first)
    assert back.redirects.empty


@settings(max_examples=25, deadline=None)
@given(partitions, histories, st.randoms(use_true_random=False))
def test_row_order_is_nothing(partition: list[int], history: list[tuple[str, int]], dice: Any) -> None:
    prior = identify(clusters(list(range(6))), ever(history), "3402", nothing()).station_listing
    shuffled = list(range(len(LISTINGS)))
    dice.shuffle(shuffled)
    straight = identify(clusters(partition), ever(history), "3402", prior)
    mixed = identify(clusters(partition).iloc[shuffled], ever(history).iloc[shuffled[::-1]], "3402", prior.iloc[shuffled])
    pd.testing.assert_frame_equal(straight.station_listing, mixed.station_listing)
    pd.testing.assert_frame_equal(straight.redirects, mixed.redirects)


@settings(max_examples=25, deadline=None)
@given(st.lists(partitions, min_size=1, max_size=4), partitions, histories)
def test_the_path_is_nothing_and_every_redirect_resolves(path: list[list[int]], end: list[int], history: list[tuple[str, int]]) -> None:
    prior, published = nothing(), set[str]()
    for partition in (*path, end):
        night = identify(clusters(partition), ever(history), "3402", prior, published)
        prior = night.station_listing
        published |= set(prior["station_id"])
        assert set(night.redirects["to_id"]) <= set(prior["station_id"])
        assert not set(night.redirects["from_id"]) & set(prior["station_id"])
        # every id ever published is a station or leads to one
        assert published <= set(prior["station_id"]) | set(night.redirects["from_id"])
    assert ids(night) == ids(identify(clusters(end), ever(history), "3402", nothing()))


@settings(max_examples=25, deadline=None)
@given(st.lists(partitions, min_size=2, max_size=4))
def test_an_id_never_changes_hands(path: list[list[int]]) -> None:
    owner: dict[str, str] = {}
    for partition in path:
        found = ids(identify(clusters(partition), ever(), "3402", nothing()))
        for station in set(found.values()):
            anchor = min(listing_id for listing_id, held in found.items() if held == station)
            assert owner.setdefault(station, anchor) == anchor
    assert all(station_id(anchor, "3402") == station for station, anchor in owner.items())
    assert len(set(itertools.chain(owner.values()))) == len(owner)
