"""Two real lists of one district of Nanjing through whole nights: fetched, read, standardised, deduplicated, merged, loaded and published.

Nothing was made for these lists: the model is the shipped one, trained without labels on sample cities.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd
import pytest

from tests.night.books import assert_conserved
from tests.night.town import Household, iso
from tests.pairwise import Pair, pairs_of, pairwise

#: A tripwire, not an aim: the shipped model was measured at 0.818 and 0.825, the one before it at 0.784 and 0.787. Some 6 % of the labels are
#: wrong, and pairs that they do not name count as wrong though some are right, so that no engine comes near to 1.
LEAST_F1: Final = 0.79

#: Of two lists of shops, fewer than one row in a hundred may be told anything but that its county is unknown: more is a rule that reads real lists wrongly.
MOST_WARNED: Final = 0.01


@pytest.fixture(scope="module")
def published(nanjing_home: Household) -> Household:
    """Nanjing after its first night."""
    assert nanjing_home.run(iso(0)).state == "published"
    return nanjing_home


@pytest.fixture(scope="module")
def truth(nanjing: Path) -> set[Pair]:
    """The pairs of listings that are one place, as labelled."""
    named = pd.read_csv(nanjing / "matches.csv", dtype="str")
    return set(zip("delivery:" + named["id_right"], "reviews:" + named["id_left"], strict=True))


def test_every_row_is_accounted_for(published: Household, entities: pd.DataFrame) -> None:
    assert_conserved(published)
    night = published.query("select source, rows_read, accepted, held_back, ignored from source_night").set_index("source")
    assert dict(night["rows_read"]) == dict(entities["source"].value_counts())
    assert (night["rows_read"] == night["accepted"] + night["held_back"] + night["ignored"]).all()


def test_a_rule_does_not_flag_a_real_list_broadly(published: Household, entities: pd.DataFrame, tell: Callable[[str], None]) -> None:
    rows = published.query("select rule, severity, count(*) as n from issue where source is not null group by all order by n desc, rule")
    tell("Nanjing, issues of rows: " + ", ".join(f"{rule} {n}" for rule, _, n in rows.itertuples(index=False)))
    assert rows["n"].sum() <= MOST_WARNED * len(entities)
    idle = published.query("select message from issue where rule = 'check_did_not_run'")["message"]
    assert idle.empty, "a column that no list of the city fills is no reason for alarm"


def test_stations_hold_every_listing_once(published: Household, entities: pd.DataFrame) -> None:
    bridge = published.query("select listing_id, station_id from station_listing where valid_to is null")
    assert set(bridge["listing_id"]) == set(entities["source"] + ":" + entities["id"])
    assert bridge["listing_id"].is_unique
    stations = published.query("select station_id, lng_wgs84, lat_wgs84 from station where status = 'open'")
    assert set(stations["station_id"]) == set(bridge["station_id"])
    assert stations["station_id"].is_unique
    assert stations.notna().all(axis=None)
    assert published.query("select count(*) as n from station_history where valid_to is null")["n"].iloc[0] == len(stations)


def test_one_place_on_both_lists_is_one_station(published: Household, truth: set[Pair], tell: Callable[[str], None]) -> None:
    bridge = published.query("select listing_id, station_id from station_listing where valid_to is null")
    clusters = pairwise({pair for pair in pairs_of(bridge["listing_id"], bridge["station_id"]) if _is_across(pair)}, truth)
    best = pairwise(_one_to_one(published.query("select left_id, right_id, weight_mb from pair where valid_to is null")), truth)
    tell(f"Nanjing, stations: {clusters}")
    tell(f"Nanjing, best one to one, weight 0 and up: {best}")
    assert clusters.f1 >= LEAST_F1
    assert best.f1 >= LEAST_F1


def test_the_same_lists_the_next_night_change_nothing(published: Household) -> None:
    before = published.query("select * from station order by station_id")
    assert published.run(iso(1)).state == "published"
    after = published.query("select * from station order by station_id")
    pd.testing.assert_frame_equal(before, after)
    assert published.query(f"select count(*) as n from station_event where night = '{iso(1)}'")["n"].iloc[0] == 0
    assert_conserved(published)


def _is_across(pair: Pair) -> bool:
    """Whether the two listings are of different lists."""
    return pair[0].partition(":")[0] != pair[1].partition(":")[0]


def _one_to_one(pairs: pd.DataFrame) -> set[Pair]:
    """Pairs across the lists by falling weight, each listing in one pair at most."""
    found: dict[str, str] = {}
    for left, right, _ in (
        pairs[pairs["weight_mb"] >= 0]
        .sort_values(["weight_mb", "left_id", "right_id"], ascending=[False, True, True])
        .itertuples(index=False)
    ):
        if _is_across((left, right)) and left not in found and right not in found.values():
            found[left] = right
    return set(found.items())
