"""When a list may replace the one before, and how a renumbered one is recognised."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.kit.gate import Brought, arrival, gate
from sources.kit.renumbering import content
from sources.kit.retrieval import Outcome, Retrieval
from sources.kit.source import Accepted
from tests.sources.lists import HALLS
from transforms.records import RULES, issue_rows, no_issues


def _listings(numbers: Sequence[int], key: str = "H") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row_key": [f"{key}{number}" for number in numbers],
            "name": [f"第{number}营业厅" for number in numbers],
            "address": [f"青阳路{number}号" for number in numbers],
        }
    ).astype("str")


def _open(count: int) -> pd.DataFrame:
    listings = _listings(range(count))
    return listings.assign(listing_id="halls:" + listings["row_key"], missed=0)


def _rules(issues: pd.DataFrame) -> list[str]:
    return [str(rule) for rule in issues["rule"]]


def _failing(rule: str, count: int) -> pd.DataFrame:
    keys = [f"H{number}" for number in range(count)]
    return issue_rows(RULES[rule], pd.DataFrame({"source": "halls", "row_key": keys, "line": keys}))


@pytest.mark.parametrize(
    ("before", "kept", "stops"),
    [(100, 100, False), (100, 90, False), (100, 89, True), (100, 50, True), (100, 0, True), (8, 6, False), (8, 5, True), (0, 0, False)],
)
def test_more_than_a_tenth_may_not_vanish_at_once(before: int, kept: int, stops: bool) -> None:
    verdict = gate(HALLS, Brought(kept, _listings(range(kept))), _open(before))
    assert verdict.stopped is stops
    assert _rules(verdict.issues) == (["source_vanishing"] if stops else [])


def test_half_of_a_list_is_told_with_its_figures() -> None:
    message = gate(HALLS, Brought(50, _listings(range(50))), _open(100)).issues["message"].iloc[0]
    assert "100" in message
    assert "50" in message


def test_rows_held_back_have_not_vanished() -> None:
    held = frozenset(f"H{number}" for number in range(50, 100))
    assert not gate(HALLS, Brought(100, _listings(range(50)), held_keys=held), _open(100)).stopped


def test_rows_missed_before_do_not_vanish_again() -> None:
    before = _open(100).assign(missed=[0] * 90 + [1] * 10)
    assert not gate(HALLS, Brought(85, _listings(range(85))), before).stopped


def test_what_changes_do_not_name_has_not_vanished() -> None:
    none = Brought(0, _listings([]), is_delta=True)
    assert not gate(HALLS, none, _open(100)).stopped
    closing = Brought(11, _listings([]), closed_keys=frozenset(f"H{number}" for number in range(11)), is_delta=True)
    assert _rules(gate(HALLS, closing, _open(100)).issues) == ["source_vanishing"]


def test_an_operator_may_accept_it_and_it_is_still_told() -> None:
    verdict = gate(HALLS, Brought(50, _listings(range(50))), _open(100), Accepted(rules=frozenset({"source_vanishing"})))
    assert not verdict.stopped
    assert _rules(verdict.issues) == ["source_vanishing"]


@pytest.mark.parametrize(("failing", "read", "stops"), [(20, 100, False), (21, 100, True), (4, 10, False), (5, 10, True)])
def test_a_critical_rule_that_fails_broadly_stops_the_source(failing: int, read: int, stops: bool) -> None:
    brought = Brought(read, _listings(range(read)), issues=_failing("row_key_repeated", failing))
    verdict = gate(HALLS, brought, _open(0))
    assert verdict.stopped is stops
    if stops:
        assert "编号重复" in verdict.issues["message"].iloc[0]


def test_a_warning_on_every_row_stops_nothing() -> None:
    assert gate(HALLS, Brought(100, _listings(range(100)), issues=_failing("community_unknown", 100)), _open(100)).issues.empty


@pytest.mark.parametrize("is_delta", [False, True])
def test_a_list_with_new_numbers_keeps_its_listings(is_delta: bool) -> None:
    closed = frozenset(f"H{number}" for number in range(100)) if is_delta else frozenset()
    brought = Brought(200, _listings(range(100), key="N"), closed_keys=closed, is_delta=is_delta)
    verdict = gate(HALLS, brought, _open(100))
    assert not verdict.stopped
    assert _rules(verdict.issues) == ["source_renumbered"]
    assert verdict.renumbered == {f"N{number}": f"halls:H{number}" for number in range(100)}


def test_new_numbers_may_be_the_old_ones_in_another_order() -> None:
    shifted = _listings(range(100)).assign(row_key=[f"H{(number + 1) % 100}" for number in range(100)])
    verdict = gate(HALLS, Brought(100, shifted), _open(100))
    assert not verdict.stopped
    assert verdict.renumbered["H1"] == "halls:H0"
    assert len(verdict.renumbered) == 100


def test_new_numbers_with_a_few_changes_are_still_recognised_and_too_many_are_not() -> None:
    for changed, is_recognised in ((20, True), (21, False)):
        listings = _listings(range(100), key="N")
        listings.loc[: changed - 1, "name"] += "（新址）"
        verdict = gate(HALLS, Brought(100, listings), _open(100), Accepted(rules=frozenset({"source_vanishing"})))
        assert bool(verdict.renumbered) is is_recognised


def test_a_place_edited_on_the_night_of_new_numbers_keeps_its_listing() -> None:
    tonight = _listings(range(100), key="N")
    tonight.loc[3, "address"] = "黄山路3号"
    tonight.loc[4, "name"] = "改名的营业厅"
    tonight.loc[5, ["name", "address"]] = ["别处的营业厅", "黄山路5号"]
    found = gate(HALLS, Brought(100, tonight), _open(100)).renumbered
    assert (found["N3"], found["N4"]) == ("halls:H3", "halls:H4")
    assert "N5" not in found, "nothing tells that it is the same place"


def test_twins_prove_nothing() -> None:
    before = _open(100)
    before.loc[:9, ["name", "address"]] = ["便民点", "黄山路1号"]
    tonight = before[["name", "address"]].assign(row_key=[f"N{number}" for number in range(100)])
    verdict = gate(HALLS, Brought(100, tonight), before)
    assert len(verdict.renumbered) == 90
    assert not set(verdict.renumbered.values()) & {f"halls:H{number}" for number in range(10)}


def test_a_few_corrected_numbers_are_no_renumbering() -> None:
    tonight = pd.concat([_listings(range(95)), _listings(range(95, 100), key="N")], ignore_index=True)
    assert gate(HALLS, Brought(100, tonight), _open(100)).renumbered == {}


def test_an_owner_that_rewrites_its_addresses_is_not_renumbered() -> None:
    tonight = _listings(range(100)).assign(address="芜湖市" + _listings(range(100))["address"])
    verdict = gate(HALLS, Brought(100, tonight), _open(100))
    assert verdict.renumbered == {}
    assert verdict.issues.empty


@settings(deadline=None, max_examples=40)
@given(st.permutations(range(12)), st.sampled_from(["H", "N"]))
def test_every_renumbering_gives_each_listing_one_key(order: list[int], key: str) -> None:
    tonight = _listings(range(12)).assign(row_key=[f"{key}{number}" for number in order])
    found = gate(HALLS, Brought(12, tonight), _open(12)).renumbered
    contents = dict(zip(tonight["row_key"], content(tonight), strict=True))
    before = dict(zip(_open(12)["listing_id"], content(_open(12)), strict=True))
    assert len(set(found.values())) == len(found)
    assert all(contents[row_key] == before[listing_id] for row_key, listing_id in found.items())


@pytest.mark.parametrize(
    ("outcome", "rule"),
    [
        (Outcome.EMPTY, "source_empty"),
        (Outcome.PARTIAL, "source_partial"),
        (Outcome.NOT_DECLARED_FORMAT, "source_not_as_declared"),
        (Outcome.UNREACHABLE, "source_unreachable"),
        (Outcome.REFUSED, "source_unreachable"),
        (Outcome.NOT_CONFIGURED, "source_unreachable"),
    ],
)
def test_a_failed_retrieval_stops_the_source_with_its_sentence(outcome: Outcome, rule: str) -> None:
    verdict = arrival(HALLS, Retrieval("halls", "2026-06-01", outcome, message="取不到"))
    assert verdict.stopped
    assert _rules(verdict.issues) == [rule]
    assert verdict.issues["message"].iloc[0] in ("取不到", RULES[rule].sentence)


@pytest.mark.parametrize("outcome", [Outcome.OK, Outcome.UNCHANGED, Outcome.NOT_DUE])
def test_a_retrieval_that_did_not_fail_stops_nothing(outcome: Outcome) -> None:
    verdict = arrival(HALLS, Retrieval("halls", "2026-06-01", outcome))
    assert not verdict.stopped
    assert list(verdict.issues.columns) == list(no_issues().columns)
