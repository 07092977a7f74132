"""What the first night makes of a whole city whose truth is known: every fault comes out as the right issue, on the right row and on no
other, and the listings of a station come together."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.night.scored import SEED, Scored
from tests.pairwise import pairs_of, pairwise

#: Fault of the sample city → the rule that tells it.
RULES = {
    "position_missing": "position_missing",
    "position_swapped": "position_swapped",
    "position_zero": "position_zero",
    "other_datum": "position_other_datum",
    "two_phones": "phone_several",
    "bad_check_digit": "credit_code_invalid",
    "closed_listed": "closed_still_listed",
    "row_twice": "row_repeated",
    "unknown_community": "community_unknown",
    "hours_over_midnight": "hours_past_midnight",
    "fullwidth_digits": "text_fullwidth",
    "lugang_variant": "place_name_variant",
    "private_use": "text_private_use",
    "batch_contradiction": "batch_contradicts_owner",
    "name_blank": "name_absent",
    "address_in_name": "name_contains_address",
    "phone_in_name": "name_contains_phone",
}

#: Rules that are told of a row whatever else is wrong with it: those of the contract and of the row suite.
FIRST = frozenset({"row_repeated", "name_absent"})

#: Precision and recall asked for, of what can be known. Every rule looks at its own row and is held to 1. Only the datum is a judgement, by
#: comparison with the station's other listings: it is as good as the stations are put together.
PRECISION = {"position_other_datum": 0.9}
RECALL = {"position_other_datum": 0.9}

#: Pairwise F1 that the register is promised to reach on a city that the model was not trained on.
F1_FLOOR = 0.93


def test_every_fault_has_its_rule(whole_city: Scored) -> None:
    assert {fault for faults in whole_city.truth["faults"] for fault in faults.split(";") if fault} == set(RULES)


@pytest.mark.parametrize("fault", RULES)
def test_a_fault_is_told_as_what_it_is(whole_city: Scored, fault: str, tell: Callable[[str], None]) -> None:
    rule, rows = RULES[fault], whole_city.rows
    # A repeat is told once, of the second row; what else is wrong with it, of the first.
    rows = rows[rows["row_key"].isna()] if rule == "row_repeated" else rows[rows["row_key"].notna()]
    # A row held back before it is cleaned is told with what holds it back; the rest comes out when the owner has mended that.
    held = whole_city.household.query("select source, row_key, rules from quarantine")
    marked = rows.merge(held, how="left", on=["source", "row_key"])
    knowable = marked[marked["rules"].isna()] if rule not in FIRST else marked
    bears = knowable["faults"].str.split(";").map(lambda faults: fault in faults)
    borne = whole_city.truth["faults"].str.split(";").map(lambda faults: fault in faults).sum()
    told = whole_city.household.query(f"select distinct source, row_key, line from issue where rule = '{rule}'")
    # The datum is judged on stations, where rows go by their keys; all other rules know the line.
    key = ["source", "row_key"] if rule == "position_other_datum" else ["source", "line"]
    wanted, found = set(map(tuple, knowable.loc[bears, key].to_numpy())), set(map(tuple, told[key].to_numpy()))
    hits = wanted & found
    recall, precision = len(hits) / len(wanted), len(hits) / len(found)
    tell(f"{fault}: {borne} rows, {len(wanted)} knowable, recall {recall:.3f}, precision {precision:.3f}")
    assert len(wanted) >= 5, "too few to say anything"
    assert recall >= RECALL.get(rule, 1.0), sorted(wanted - found)[:5]
    assert precision >= PRECISION.get(rule, 1.0), sorted(found - wanted)[:5]


def test_what_no_fault_explains_is_not_held_back(whole_city: Scored) -> None:
    held = whole_city.household.query("select source, row_key, rules from quarantine")
    faulty = whole_city.rows.merge(held, on=["source", "row_key"])
    assert len(faulty) == len(held)
    assert faulty["faults"].str.contains("name_blank").all()


def test_the_register_agrees_with_the_truth(whole_city: Scored, tell: Callable[[str], None]) -> None:
    evidence = whole_city.household.house.model.document["evidence"]
    assert SEED not in evidence["seeds"]
    published = whole_city.household.query(
        "select l.source, l.row_key, s.station_id from station_listing s join listing l using (listing_id) where l.valid_to is null"
    )
    known = whole_city.rows[whole_city.rows["row_key"].notna()]
    both = published.merge(known, on=["source", "row_key"])
    assert len(both) == len(published)
    label = both["source"] + ":" + both["row_key"]
    score = pairwise(pairs_of(label, both["station_id"]), pairs_of(label, both["station"]))
    tell(f"sample city, seed {SEED}, {len(both)} listings: {score}")
    assert score.f1 >= F1_FLOOR
