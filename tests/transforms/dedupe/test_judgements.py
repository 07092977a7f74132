"""Whom a verdict is about when numbers change, when a person is asked again, and verdicts that cannot all be true."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from tests.transforms.dedupe.some import listing, listings
from transforms.dedupe import load_model
from transforms.dedupe.evidence import news_mb, weight_of
from transforms.dedupe.judgements import MATERIAL_MB, applied, asked_again, content_of, contradictions
from transforms.dedupe.levels import COMPARISONS

MODEL = load_model()
OLD = {"name": "工会驿站(青阳支行站)", "address": "青阳路38号"}
BANK = {"name": "工商银行青阳支行", "address": "青阳路38号"}
ELSEWHERE = {"name": "中山路驿站", "address": "中山路1号"}
COLUMNS = ["left_id", "right_id", "verdict", "left", "right", "seen"]


def told(source: str, **content: str) -> str:
    return json.dumps({"source": source, **content}, ensure_ascii=False)


def verdict(
    left_id: str, right_id: str, said: str, left: str | None = None, right: str | None = None, seen: str | None = None
) -> list[Any]:
    return [left_id, right_id, said, left, right, seen]


def frame(*verdicts: list[Any]) -> pd.DataFrame:
    return pd.DataFrame(list(verdicts), columns=COLUMNS).astype("str")


def here(*rows: tuple[str, dict[str, str], bool], absent: str = "") -> pd.DataFrame:
    found = listings(*(listing(listing_id, **fields) for listing_id, fields, _ in rows))
    return found.assign(
        is_open=[standing for *_, standing in rows], carried_cause=["absent_once" if row[0] == absent else "" for row in rows]
    )


JUDGED = verdict("bank:1", "union:1", "not", told("bank", **BANK), told("union", **OLD))


@pytest.mark.parametrize(
    ("rows", "absent", "pairs"),
    [
        ([("bank:1", BANK, True), ("union:1", OLD, True)], "", {("bank:1", "union:1")}),
        ([("bank:1", BANK, True), ("union:1", OLD, True), ("union:7", OLD, True)], "", {("bank:1", "union:1")}),
        ([("bank:1", BANK, True), ("union:1", OLD, False), ("union:7", OLD, True)], "", {("bank:1", "union:1"), ("bank:1", "union:7")}),
        ([("bank:1", BANK, True), ("union:1", OLD, True), ("union:7", OLD, True)], "union:1", {("bank:1", "union:1"), ("bank:1", "union:7")}),
        ([("bank:1", BANK, True), ("union:7", OLD, True)], "", {("bank:1", "union:1"), ("bank:1", "union:7")}),
        ([("bank:1", BANK, True), ("union:1", ELSEWHERE, True), ("union:7", OLD, True)], "", {("bank:1", "union:7")}),
        ([("bank:1", BANK, True), ("union:1", {**OLD, "name": "工会驿站(青阳路)"}, True), ("union:7", OLD, True)], "", {("bank:1", "union:1")}),
        ([("bank:1", BANK, True), ("union:1", ELSEWHERE, True)], "", {("bank:1", "union:1")}),
        ([("bank:1", BANK, True), ("union:1", OLD, False), ("union:7", OLD, True), ("union:8", OLD, True)], "", {("bank:1", "union:1")}),
        ([("bank:1", BANK, True), ("union:1", OLD, False), ("civic:7", OLD, True)], "", {("bank:1", "union:1")}),
        ([("bank:1", BANK, False), ("bank:5", BANK, True), ("union:1", OLD, False), ("union:0", OLD, True)], "", {("bank:1", "union:1"), ("bank:5", "union:0")}),
    ],
    ids=[
        "as it was",
        "a second listing of that content",
        "closed and listed anew",
        "missing tonight and listed anew",
        "gone and listed anew",
        "its number given to another place",
        "only renamed",
        "renamed and moved",
        "two that read so",
        "another source that reads so",
        "both sides new",
    ],
)  # fmt: skip
def test_a_verdict_follows_its_content(rows: list[tuple[str, dict[str, str], bool]], absent: str, pairs: set[tuple[str, str]]) -> None:
    found = applied(frame(JUDGED), here(*rows, absent=absent))
    assert set(zip(found["left_id"], found["right_id"], strict=True)) == pairs
    assert set(found["verdict"]) == {"not"}


def test_a_verdict_on_the_very_pair_beats_one_that_followed_its_content() -> None:
    known = here(("bank:1", BANK, True), ("union:1", OLD, False), ("union:7", OLD, True))
    newer = verdict("bank:1", "union:7", "same", told("bank", **BANK), told("union", **OLD))
    found = applied(frame(newer, JUDGED), known).set_index(["left_id", "right_id"])["verdict"]
    assert found[("bank:1", "union:7")] == "same"
    assert found[("bank:1", "union:1")] == "not"


def test_content_changes_sides_with_its_listing() -> None:
    known = here(("bank:1", BANK, False), ("bank:9", BANK, True), ("aunion:1", OLD, True))
    found = applied(frame(verdict("aunion:1", "bank:1", "same", told("aunion", **OLD), told("bank", **BANK))), known)
    assert json.loads(str(found.set_index("right_id").loc["bank:9", "right"]))["name"] == BANK["name"]


def test_a_verdict_without_content_stays_with_its_ids() -> None:
    plain = frame(JUDGED).drop(columns=["left", "right", "seen"])
    assert applied(plain, here(("union:7", OLD, True))) is plain


def test_content_tells_nothing_of_a_person() -> None:
    one = listings(listing("union:1", **OLD, contact_name="王芳", contact_phone="13800000000")).iloc[0]
    assert content_of(one.to_dict()) == {"source": "union", **OLD}


NEAR = {
    "stratum": "near", "where": "d30+number", "name": "org_missing+some", "kind": "kind_same+premises_missing", "phone": "phone_missing", "credit": "credit_missing",
    "plaque": "plaque_missing", "hours": "hours_missing", "facilities": "facilities_missing", "opened": "opened_missing",
}  # fmt: skip
SOURCES = ("bank", "union")


def test_the_same_evidence_is_no_news_whatever_model_weighs_it() -> None:
    assert news_mb(NEAR, NEAR, SOURCES, MODEL) == 0


def test_what_is_no_longer_said_is_no_news_but_what_is_newly_said_is() -> None:
    equal = {**NEAR, "phone": "phone_same"}
    assert news_mb(equal, NEAR, SOURCES, MODEL) == 0
    gained = weight_of(equal, SOURCES, MODEL) - weight_of(NEAR, SOURCES, MODEL)
    assert news_mb(NEAR, equal, SOURCES, MODEL) == gained
    assert gained > 0


def test_a_move_counts_with_the_stratum_that_it_leads_to() -> None:
    away = {**NEAR, "stratum": "far", "where": "d_far+road_differs"}
    moved = news_mb(NEAR, away, SOURCES, MODEL)
    near, far = MODEL.strata["near"], MODEL.strata["far"]
    where = next(name for name in ("where",) if name in near.weights)
    levels = list(MODEL.document["strata"]["near"]["weights"][where])
    place = int(far.weights[where][levels.index(away["where"])]) - int(near.weights[where][levels.index(NEAR["where"])])
    assert moved == place + far.prior - near.prior + far.source_weight(*SOURCES) - near.source_weight(*SOURCES)


def test_a_level_that_the_code_no_longer_has_is_no_news() -> None:
    assert news_mb({**NEAR, "phone": "phone_sung"}, {**NEAR, "phone": "phone_same"}, SOURCES, MODEL) == 0


MORE = {**NEAR, "name": "org_missing+equal_long"}
LESS = {**NEAR, "name": "org_missing+differs", "where": "d150+road_differs"}


def test_what_one_reworded_field_says_does_not_ask_a_person_again() -> None:
    """A step of one level of the address: about a bit, and owners reword addresses every week."""
    reworded = next(
        {**NEAR, "where": level}
        for level in next(each for each in COMPARISONS if each.name == "where").levels
        if 500 <= news_mb(NEAR, {**NEAR, "where": level}, SOURCES, MODEL) < 1800
    )
    pairs = pd.DataFrame({"left_id": ["bank:1"], "right_id": ["union:1"], "levels": [json.dumps(reworded)]})
    judged = frame(verdict("bank:1", "union:1", "not", seen=json.dumps({"weight_mb": 1, "levels": NEAR})))
    assert not asked_again(pairs, judged, {"bank:1": "bank", "union:1": "union"}, MODEL).any()


@pytest.mark.parametrize(
    ("said", "now", "again"),
    [
        ("not", NEAR, False),
        ("not", MORE, True),
        ("not", LESS, False),
        ("same", MORE, False),
        ("same", LESS, True),
        ("unsure", MORE, True),
        ("unsure", LESS, True),
        ("unsure", NEAR, False),
    ],
)
def test_a_person_is_asked_again_only_when_evidence_moved_against_the_verdict(said: str, now: dict[str, str], again: bool) -> None:
    assert news_mb(NEAR, MORE, SOURCES, MODEL) >= MATERIAL_MB
    assert news_mb(NEAR, LESS, SOURCES, MODEL) <= -MATERIAL_MB
    pairs = pd.DataFrame({"left_id": ["bank:1"], "right_id": ["union:1"], "levels": [json.dumps(now)]})
    judged = frame(verdict("bank:1", "union:1", said, seen=json.dumps({"weight_mb": 1, "levels": NEAR})))
    assert asked_again(pairs, judged, {"bank:1": "bank", "union:1": "union"}, MODEL).tolist() == [again]
    unseen = frame(verdict("bank:1", "union:1", said)).assign(seen=None)
    assert asked_again(pairs, unseen, {"bank:1": "bank", "union:1": "union"}, MODEL).tolist() == [False]


@pytest.mark.parametrize(
    ("verdicts", "chains"),
    [
        ({("a", "b"): "same", ("b", "c"): "same", ("a", "c"): "not"}, [("a", "b", "c")]),
        ({("a", "b"): "same", ("b", "c"): "same", ("a", "c"): "unsure"}, []),
        ({("a", "b"): "not", ("b", "c"): "not", ("a", "c"): "same"}, []),
        ({("a", "b"): "same", ("b", "c"): "same", ("a", "d"): "same", ("c", "d"): "same", ("c", "x"): "same", ("a", "x"): "not"}, [("a", "b", "c", "x")]),
        ({("a", "b"): "same", ("c", "d"): "same", ("a", "d"): "not", ("b", "c"): "not"}, []),
    ],
)  # fmt: skip
def test_contradictions_are_found_with_their_shortest_chain(verdicts: dict[tuple[str, str], str], chains: list[tuple[str, ...]]) -> None:
    assert contradictions(verdicts) == chains
