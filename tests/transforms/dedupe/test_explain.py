"""Explanations: the lines add up to the weight of every pair, and what decided is told where the pair alone did not."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from desk.evidence import reason_sentence
from tests.transforms.dedupe.some import judgements, listing, listings, no_judgements
from tests.transforms.dedupe.test_engine import MODEL, OTHER, UNION, town
from transforms.dedupe import match
from transforms.dedupe.evidence import weight_of
from transforms.dedupe.explain import Explanation, explain, levels_of
from transforms.dedupe.levels import COMPARISONS


def explained(
    frame: pd.DataFrame, left: str, right: str, *verdicts: tuple[str, str, str], distinct: frozenset[str] = frozenset()
) -> Explanation:
    """The pair in the register that the engine makes of the frame."""
    clusters = match(frame, MODEL, judgements(*verdicts) if verdicts else no_judgements(), distinct).clusters
    stations = dict(zip(clusters["listing_id"], clusters["cluster"].astype("str"), strict=True))
    said = {(min(a, b), max(a, b)): verdict for a, b, verdict in verdicts}
    return explain(frame, stations, (left, right), MODEL, said, distinct)


def test_the_lines_add_up_to_the_weight_that_is_stored() -> None:
    pairs = match(town(), MODEL, no_judgements()).pairs
    assert len(pairs)
    for row in pairs.itertuples(index=False):
        sources = (str(row.left_id).split(":", maxsplit=1)[0], str(row.right_id).split(":", maxsplit=1)[0])
        assert weight_of(json.loads(str(row.levels)), sources, MODEL) == row.weight_mb
        told = explained(town(), str(row.left_id), str(row.right_id))
        assert told.weight_mb == row.weight_mb
        assert {each.name for each in told.evidence} == {"start", "lists", *(comparison.name for comparison in COMPARISONS)}
        assert told.keys


def test_any_pair_has_the_levels_that_the_engine_would_store() -> None:
    pairs = match(town(), MODEL, no_judgements()).pairs
    asked = list(zip(pairs["left_id"], pairs["right_id"], strict=True))
    found = levels_of(town(), asked, MODEL)
    assert [found[pair][0] for pair in asked] == pairs["weight_mb"].tolist()
    assert [found[pair][1] for pair in asked] == [json.loads(str(levels)) for levels in pairs["levels"]]


def test_a_pair_that_was_never_compared_shares_no_key() -> None:
    told = explained(town(), "new_list:7", "bank:1")
    assert (told.left_id, told.right_id) == ("bank:1", "new_list:7")
    assert told.keys == ()
    assert not told.is_together
    assert told.reason.cause == "weight"


def test_two_trades_behind_one_door() -> None:
    told = explained(town(), "bank:1", "mobile:1")
    assert told.reason.cause == "exclusive"
    assert set(told.reason.chain) == {"bank:1", "mobile:1"}


def test_two_lines_of_a_list_that_never_repeats_itself() -> None:
    twice = pd.concat([town(), listings(listing("union:11", **UNION))], ignore_index=True)
    told = explained(twice, "bank:1", "union:11", distinct=frozenset({"union"}))
    assert told.reason.cause == "distinct"
    assert told.reason.chain == ("union:1", "union:11")
    assert "每行各是一站" in reason_sentence(told, str)


@pytest.mark.parametrize(
    ("pair", "verdicts", "cause", "chain"),
    [
        (("bank:1", "union:1"), (), "weight", ()),
        (("bank:1", "union:1"), (("union:1", "bank:1", "not"),), "judged", ()),
        (("civic:9", "new_list:7"), (("union:9", "new_list:7", "not"),), "judged_others", ("new_list:7", "union:9")),
        (("mobile:1", "new_list:7"), (("mobile:1", "union:2", "same"), ("union:2", "new_list:7", "same")), "judged", ("mobile:1", "union:2", "new_list:7")),
    ],
)  # fmt: skip
def test_what_decided(pair: tuple[str, str], verdicts: tuple[tuple[str, str, str], ...], cause: str, chain: tuple[str, ...]) -> None:
    told = explained(town(), *pair, *verdicts)
    assert told.reason.cause == cause
    assert told.reason.chain == chain
    assert told.verdict == next((verdict for a, b, verdict in verdicts if {a, b} == set(pair)), None)


def between(**fields: Any) -> dict[str, Any]:
    return {**UNION, "organisation": None, "kind": "union_station", "phones": None, **fields}


def test_a_low_pair_is_together_through_the_listings_between() -> None:
    """Two listings that say little of each other, and one that agrees with both; the stations are given, whatever the engine would make of them."""
    frame = listings(
        listing("a:1", name="青阳", name_core="青阳", lng_wgs84=118.38, lat_wgs84=31.33),
        listing("b:1", **between()),
        listing("c:1", name="省行", name_core="某某商厦", road="青阳路", number="38", phones="0553-3812345"),
        listing("d:1", **{**between(), "phones": "0553-3812345"}),
    )
    weights = {pair: weight for pair, (weight, _) in levels_of(frame, [("a:1", "c:1")], MODEL).items()}
    assert weights["a:1", "c:1"] < MODEL.thresholds["same"]
    told = explain(frame, dict.fromkeys(frame["listing_id"], "s"), ("a:1", "c:1"), MODEL, {})
    assert told.reason.cause == "through"
    assert told.reason.chain[0] == "a:1"
    assert told.reason.chain[-1] == "c:1"
    assert len(told.reason.chain) > 2


def test_a_high_pair_is_apart_because_the_rest_of_their_stations_is() -> None:
    """d agrees with b, but the station that b is in does not agree with d on the whole."""
    frame = listings(
        listing("b:1", **between()),
        listing("d:1", **between()),
        *(listing(f"e:{at}", **{**OTHER, "name": f"别处{at}", "name_core": f"别处{at}"}) for at in range(3)),
    )
    stations = {"b:1": "s", "d:1": "t", **{f"e:{at}": "s" for at in range(3)}}
    told = explain(frame, stations, ("b:1", "d:1"), MODEL, {})
    assert told.weight_mb >= MODEL.thresholds["same"]
    assert told.reason.cause == "mean"
    assert told.reason.mean_mb is not None
    assert told.reason.mean_mb < MODEL.thresholds["same"]
    assert told.reason.chain[0] == "d:1"
