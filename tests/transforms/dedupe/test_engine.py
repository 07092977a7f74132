from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transforms.dedupe.some import judgements, listing, listings, no_judgements
from transforms.dedupe import Matched, load_model, match
from transforms.dedupe.engine import PAIR_COLUMNS, exclusive
from transforms.dedupe.features import features
from transforms.dedupe.model import model_of, sealed

MODEL = load_model()

SPOT = {"lng_wgs84": 118.38, "lat_wgs84": 31.33, "road": "青阳路", "number": "38", "county_code": "340202", "county": "镜湖区"}
BANK = {
    **SPOT,
    "name": "中国工商银行芜湖青阳支行",
    "name_core": "青阳",
    "organisation": "中国工商银行",
    "kind": "bank_outlet",
    "phones": "0553-3812345",
}
UNION = {**BANK, "name": "工会驿站(工行青阳支行站)", "kind": "bank_outlet"}
HALL = {**SPOT, "name": "移动青阳营业厅", "name_core": "青阳", "organisation": "中国移动", "kind": "telecom_hall", "phones": "0553-3812345"}
OTHER = {
    "name": "柏庄名都店",
    "name_core": "柏庄名都",
    "kind": "merchant",
    "road": "九华路",
    "number": "7",
    "lng_wgs84": 118.4,
    "lat_wgs84": 31.3,
}


def town() -> pd.DataFrame:
    return listings(
        listing("bank:1", **BANK),
        listing("union:1", **UNION),
        listing("mobile:1", **HALL),
        listing("union:2", **{**HALL, "name": "工会驿站(移动青阳营业厅站)"}),
        listing("civic:9", **OTHER),
        listing("union:9", **OTHER),
        listing("new_list:7", name="南门公园", name_core="南门公园"),
    )


def groups(found: Matched) -> set[frozenset[str]]:
    return {frozenset(part) for part in found.clusters.groupby("cluster")["listing_id"].apply(list)}


def test_a_bank_and_a_hall_behind_one_door_are_two_stations() -> None:
    assert groups(match(town(), MODEL, no_judgements())) == {
        frozenset({"bank:1", "union:1"}),
        frozenset({"mobile:1", "union:2"}),
        frozenset({"civic:9", "union:9"}),
        frozenset({"new_list:7"}),
    }


def test_trades_firms_and_sorts_that_never_share_a_station_have_codes_of_their_own() -> None:
    self_service = {**BANK, "name": "中国工商银行青阳自助银行", "kind": "bank_self_service"}
    rows = {"bank:1": BANK, "mobile:1": HALL, "rural:1": {**BANK, "organisation": "徽商银行"}, "bank:2": self_service, "civic:9": OTHER}
    known = features(listings(*(listing(listing_id, **row) for listing_id, row in rows.items())))
    place = {listing_id: at for at, listing_id in enumerate(known.ids)}
    trade, firm, sort = exclusive(known)
    bank, hall, rural, atm, shop = (place[each] for each in ("bank:1", "mobile:1", "rural:1", "bank:2", "civic:9"))
    assert trade[bank] == trade[rural] == trade[atm] != trade[hall]
    assert min(trade[bank], trade[hall]) >= 0 > trade[shop], "a merchant may share with anyone"
    assert firm[bank] == firm[atm] != firm[rural]
    assert sort[bank] != sort[atm]
    assert firm[shop] == sort[shop] == -1


@pytest.mark.parametrize("kind", [BANK, HALL])
def test_two_firms_of_one_trade_behind_one_door_are_two_stations(kind: dict[str, object]) -> None:
    other = "徽商银行" if kind is BANK else "中国电信"
    found = match(listings(listing("bank:1", **kind), listing("union:1", **{**kind, "organisation": other})), MODEL, no_judgements())
    assert groups(found) == {frozenset({"bank:1"}), frozenset({"union:1"})}


def test_pairs_carry_their_levels() -> None:
    pairs = match(town(), MODEL, no_judgements()).pairs
    assert tuple(pairs.columns) == PAIR_COLUMNS
    assert pairs["weight_mb"].dtype == "int64"
    assert (pairs["left_id"] < pairs["right_id"]).all()
    pair = pairs[(pairs["left_id"] == "bank:1") & (pairs["right_id"] == "union:1")].iloc[0]
    assert json.loads(str(pair["levels"]))["where"] == "d10+number"
    assert {"core", "door", "phone", "grid"} <= set(str(pair["keys"]).split(";"))


def test_people_outrank_the_model() -> None:
    found = match(town(), MODEL, judgements(("bank:1", "union:1", "not"), ("mobile:1", "new_list:7", "same"), ("civic:9", "gone:1", "not")))
    assert groups(found) == {
        frozenset({"bank:1"}),
        frozenset({"union:1"}),
        frozenset({"mobile:1", "union:2", "new_list:7"}),
        frozenset({"civic:9", "union:9"}),
    }
    asked = found.pairs.set_index(["left_id", "right_id"])
    assert not bool(asked.loc[("mobile:1", "new_list:7"), "review"])


def test_contradicting_judgements_keep_apart_and_are_told() -> None:
    found = match(
        town(), MODEL, judgements(("bank:1", "civic:9", "same"), ("civic:9", "new_list:7", "same"), ("bank:1", "new_list:7", "not"))
    )
    cluster = found.clusters.set_index("listing_id")["cluster"]
    assert cluster["bank:1"] != cluster["new_list:7"]
    assert found.contradictions.values.tolist() == [["civic:9", "new_list:7"]]


def test_two_lines_of_a_list_that_never_repeats_itself_are_two_stations() -> None:
    twice = pd.concat([town(), listings(listing("union:11", **UNION))], ignore_index=True)
    pair = ("union:1", "union:11")
    assert frozenset({"bank:1", *pair}) in groups(match(twice, MODEL, no_judgements())), "as a rule a list may repeat itself"
    declared = match(twice, MODEL, no_judgements(), frozenset({"union"}))
    assert {frozenset({"bank:1", "union:1"}), frozenset({"union:11"})} <= groups(declared)
    assert pair in set(zip(declared.pairs["left_id"], declared.pairs["right_id"], strict=True)), "what speaks for it is kept"
    assert groups(match(twice, MODEL, no_judgements(), frozenset({"bank", "unknown"}))) == groups(match(twice, MODEL, no_judgements()))
    judged = match(twice, MODEL, judgements((*pair, "same")), frozenset({"union"}))
    assert frozenset({"bank:1", *pair}) in groups(judged), "people outrank a declaration"


def test_what_a_declaration_settles_is_not_asked() -> None:
    doubtful = {**UNION, "name": "工会驿站(青阳路站)", "organisation": None, "kind": "union_station", "phones": None}
    twice = pd.concat([town(), listings(listing("union:11", **doubtful))], ignore_index=True)
    unsure = {name: {**MODEL.document["thresholds"][name], "mb": mb} for name, mb in (("review_low", -99_000), ("review_high", 99_000))}
    model = model_of(sealed({**MODEL.document, "thresholds": {**MODEL.document["thresholds"], **unsure}}))  # every pair is in doubt
    asked = match(twice, model, no_judgements()).pairs.set_index(["left_id", "right_id"])["review"]
    declared = match(twice, model, no_judgements(), frozenset({"union"})).pairs.set_index(["left_id", "right_id"])["review"]
    differ = asked[asked != declared]
    assert len(differ)
    assert differ.all()
    assert all(left.startswith("union:") and right.startswith("union:") for left, right in differ.index)


def test_a_line_that_came_when_another_had_gone_may_be_the_same_place_under_a_new_number() -> None:
    twice = pd.concat([town(), listings(listing("union:11", **UNION))], ignore_index=True)
    stood = twice.assign(first_seen_on="2026-06-01", gone_on=pd.Series(None, index=twice.index, dtype="str"))
    stood.loc[stood["listing_id"] == "union:1", "gone_on"] = "2026-06-05"
    stood.loc[stood["listing_id"] == "union:11", "first_seen_on"] = "2026-06-05"
    whole = frozenset({"bank:1", "union:1", "union:11"})
    assert whole in groups(match(stood, MODEL, no_judgements(), frozenset({"union"})))
    assert whole in groups(match(stood.iloc[::-1], MODEL, no_judgements(), frozenset({"union"})))
    stood.loc[stood["listing_id"] == "union:11", "first_seen_on"] = "2026-06-04"
    assert whole not in groups(match(stood, MODEL, no_judgements(), frozenset({"union"})))


def test_unsure_says_nothing() -> None:
    plain = match(town(), MODEL, no_judgements())
    unsure = match(town(), MODEL, judgements(("bank:1", "mobile:1", "unsure")))
    pd.testing.assert_frame_equal(plain.clusters, unsure.clusters)


def test_no_listings() -> None:
    found = match(town().iloc[:0], MODEL, no_judgements())
    assert found.clusters.empty
    assert tuple(found.pairs.columns) == PAIR_COLUMNS


def test_only_names() -> None:
    frame = pd.DataFrame({"listing_id": ["a", "b"], "source": ["x", "y"], "name_core": ["老新隆李氏牛肉锅贴", "老新隆李氏牛肉锅贴"]})
    assert len(match(frame, MODEL, no_judgements()).clusters) == 2


def test_ten_thousand_of_one_name_do_not_stall() -> None:
    frame = pd.DataFrame({"listing_id": [f"a:{number:05d}" for number in range(10_000)], "source": "a", "name_core": "驿站"})
    found = match(frame, MODEL, no_judgements())
    assert found.pairs.empty
    assert found.blocks["dropped_pairs"].sum() > 0


@given(st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_row_order_is_nothing(dice: Any) -> None:
    rows = pd.concat([town(), town().assign(listing_id="z" + town()["listing_id"])], ignore_index=True)
    order = list(range(len(rows)))
    dice.shuffle(order)
    straight, mixed = match(rows, MODEL, no_judgements()), match(rows.iloc[order], MODEL, no_judgements())
    pd.testing.assert_frame_equal(straight.pairs, mixed.pairs)
    pd.testing.assert_frame_equal(straight.clusters, mixed.clusters)


@pytest.mark.parametrize("verdict", ["same", "not"])
def test_judgements_do_not_depend_on_their_side(verdict: str) -> None:
    there = match(town(), MODEL, judgements(("bank:1", "new_list:7", verdict)))
    back = match(town(), MODEL, judgements(("new_list:7", "bank:1", verdict)))
    pd.testing.assert_frame_equal(there.clusters, back.clusters)
