"""What any list needs of the engine: partners of two lists, scores by count, and a model learnt or lent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.dedupe_large import large
from tests.flows.dedupe_lists import town
from tests.transforms.dedupe.some import listing
from tests.transforms.dedupe.some import listings as frame_of
from transforms.dedupe import fit as fit_module
from transforms.dedupe import load_model, match_lists
from transforms.dedupe.em import WHERE, Rates
from transforms.dedupe.fit import TEACHES_AT_MOST, fit, for_any_lists, part_of
from transforms.dedupe.levels import STRATA
from transforms.dedupe.one_to_one import partners
from transforms.dedupe.scoring import pair_score
from transforms.dedupe.strata import near_rates
from transforms.dedupe.telling import evidence
from transforms.standardise.anywhere import listings_of


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def test_partners_are_those_with_the_greatest_sum_and_not_the_heaviest_pair() -> None:
    labels = partners(4, ints(0, 0, 1), ints(2, 3, 2), ints(5000, 4000, 4500), 0)
    assert labels.tolist() == [0, 1, 1, 0]


def test_two_clean_lists_do_not_join_what_never_shares_a_station() -> None:
    """A branch on one list and the self-service bank beside it on the other, behind one door; a bank and a telecom hall."""
    door = {"road": "青阳路", "number": "38", "lng_wgs84": 118.38, "lat_wgs84": 31.33, "name_core": "青阳路", "organisation": "徽商银行"}
    branch = listing("a:1", **door, name="徽商银行青阳路支行", kind="bank_outlet")
    machines = listing("b:1", **door, name="徽商银行青阳路24小时自助银行", kind="bank_self_service")
    hall = listing("b:2", **{**door, "organisation": "中国移动"}, name="中国移动青阳路营业厅", kind="telecom_hall")
    same = listing("b:3", **door, name="徽商银行青阳路支行", kind="bank_outlet")
    apart = match_lists(frame_of(branch, machines, hall), load_model()).clusters
    assert apart["cluster"].nunique() == 3
    assert match_lists(frame_of(branch, machines, hall, same), load_model()).clusters["cluster"].nunique() == 3


def test_lists_without_positions_hold_nothing_against_a_pair_for_having_none() -> None:
    """In the lists that ship the model most have a position; that neither has one then says that the two are far, or not one. Here it says nothing."""
    shipped, unplaced = load_model(), for_any_lists(load_model(), several=True, placed=False)
    for name in STRATA[1:]:
        before, after = (model.document["strata"][name] for model in (shipped, unplaced))
        levels = [
            level for level in after["weights"]["where"] if level.startswith(("unplaced+", "county+", "town+", "community+", "elsewhere+"))
        ]
        for group in ("division+known", "missing+missing"):
            asked = [level for level in levels if _known(level) == group]
            of_one = sum(after["u"]["where"][level] * 2 ** (after["weights"]["where"][level] / 1000) for level in asked)
            of_two = sum(after["u"]["where"][level] for level in asked)
            assert of_one == pytest.approx(of_two, rel=0.02), (name, group)
        assert before["weights"]["where"]["d30+number"] == after["weights"]["where"]["d30+number"]


def _known(level: str) -> str:
    return WHERE.knowledge[WHERE.levels.index(level)]


def test_rates_that_no_city_has_lend_the_model_that_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    def never_at_rest(*given: Any) -> Rates:
        return replace(near_rates(*given), settled=False)

    monkeypatch.setattr(fit_module, "near_rates", never_at_rest)
    assert "没有收敛" in str(fit(large(3000).standardised).why_not)


def test_a_pair_below_the_threshold_has_no_partner() -> None:
    assert partners(2, ints(0), ints(1), ints(999), 1000).tolist() == [0, 1]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(6, 11), st.integers(-3000, 9000)), max_size=30, unique_by=lambda pair: pair[:2]))
def test_partners_are_one_to_one_whatever_the_pairs(pairs: list[tuple[int, int, int]]) -> None:
    left, right, weights = (ints(*(pair[at] for pair in pairs)) for at in range(3))
    labels = partners(12, left, right, weights, 0)
    assert np.bincount(labels).max() <= 2
    met = {(a, b) for a, b, weight in pairs if weight >= 0}
    assert {(int(label), at) for at, label in enumerate(labels) if label != at} <= met


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=25))
def test_scores_by_count_equal_scores_by_pairs(labels: list[tuple[int, int]]) -> None:
    found, true = (
        pd.Series([label[side] for label in labels], index=[str(at) for at in range(len(labels))], dtype="int64") for side in (0, 1)
    )
    score = pair_score(found, true)
    every = [(a, b) for a in range(len(labels)) for b in range(a)]
    by_pairs = [sum(labels[a][side] == labels[b][side] for a, b in every) for side in (0, 1)]
    assert [score.found, score.true] == by_pairs
    assert score.hits == sum(labels[a] == labels[b] for a, b in every)


def test_a_town_teaches_and_a_list_without_positions_is_lent_the_model_that_ships() -> None:
    listings = large(3000).standardised
    assert fit(listings).why_not is None
    lent = fit(listings.assign(lng_wgs84=np.nan, lat_wgs84=np.nan))
    assert lent.why_not == "有坐标的不到一半"
    assert lent.model.thresholds == load_model().thresholds


def test_lists_whose_places_never_stand_side_by_side_cannot_teach_what_neighbours_are() -> None:
    rows = town().assign(line="1").replace({"datum": {"wgs84": "WGS-84"}})
    listings, _ = listings_of(rows.drop(columns="station"))
    assert "一个门牌里的两家" in str(fit(listings).why_not) or "一店和二店" in str(fit(listings).why_not)


def test_of_lists_never_seen_half_is_believed_that_a_list_repeats_itself() -> None:
    shipped = load_model()
    several, one = (for_any_lists(shipped, several=each) for each in (True, False))
    for name in STRATA:
        known = shipped.strata[name].sources
        assert several.strata[name].sources == {"same": known["same"] // 2, "other": known["other"] // 2}
        assert one.strata[name].sources == {"same": 0, "other": 0}
        assert several.strata[name].source_weight("union", "bank_icbc") == known["other"] // 2


@pytest.mark.parametrize(("pair", "bounded"), [(("reviews", "union"), False), (("civic", "map"), True)])
def test_an_assignment_takes_as_many_as_are_to_be_expected_within_a_bit_of_even_odds(pair: tuple[str, str], bounded: bool) -> None:
    listings = large(4000).standardised
    two = listings[listings["source"].isin(pair)].reset_index(drop=True)
    model = fit(two, across=True).model
    same = model.thresholds["same"]
    assert (model.thresholds["review_low"], model.thresholds["review_high"]) == (same - 2000, same + 2000)
    if bounded:
        assert abs(same) == 1000
        return
    taken = int((np.bincount(match_lists(two, model).clusters["cluster"]) == 2).sum())
    assert 0 < abs(same) < 1000
    assert taken == pytest.approx(model.document["evidence"]["expected_pairs"], rel=0.02)


def test_what_teaches_is_bounded_and_the_same_for_any_order() -> None:
    many = pd.DataFrame({"listing_id": [str(at) for at in range(30_000)], "city_code": "芜湖", "lng_wgs84": np.arange(30_000) / 1000})
    taught = part_of(many)
    assert len(taught) == TEACHES_AT_MOST
    pd.testing.assert_frame_equal(taught, part_of(many.sample(frac=1, random_state=1)))


def test_evidence_leaves_out_what_nobody_knows() -> None:
    model = load_model()
    levels = {comparison: f"{comparison}_missing" for comparison in ("phone", "credit", "plaque", "hours", "facilities", "opened")}
    told = {"stratum": "near", "where": "d30+number", "name": "org_missing+equal", "kind": "kind_missing+premises_missing", **levels}
    lines = evidence(pd.Series(told).to_json(), model)
    assert [text.split("：")[0] for text, _ in lines] == ["名称", "地点"]
