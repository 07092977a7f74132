"""Every fault of the sample city comes out of the night as the right issue, on the right row, and on no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.night.scored import Scored

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
#: comparison with the station's other listings: it is as good as the stations are put together, and was 1 when this was written.
PRECISION = {"position_other_datum": 0.9}
RECALL = {"position_other_datum": 0.9}


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
