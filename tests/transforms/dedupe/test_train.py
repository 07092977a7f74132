from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.transforms.dedupe.some import listing, listings, no_judgements
from transforms.dedupe.em import WELL_MET, astride
from transforms.dedupe.engine import match
from transforms.dedupe.fit import fit
from transforms.dedupe.levels import COMPARISONS
from transforms.dedupe.model import SHIPPED, load_model, write_model
from transforms.dedupe.strata import AstrayError
from transforms.dedupe.train import blended, check, document_of, train


def street(count: int) -> pd.DataFrame:
    """`count` places 60 m apart, each on two lists under names that mostly agree."""
    dice = np.random.default_rng(5)
    words = ["".join(dice.choice(list("柏庄伟星碧桂园文绿地金域世纪香樟锦绣翰林滨江东方盛长"), 4)) for _ in range(count)]
    rows = []
    for at, word in enumerate(words):
        for source, off in (("a", 0.0), ("b", 0.0001)):
            core = word if source == "a" or at % 4 else word[:3]
            position = {"lng_wgs84": 118.3 + at % 20 * 0.0006 + off, "lat_wgs84": 31.3 + at // 20 * 0.0006}
            phone = {"phones": f"0553-3{at:06d}"} if at % 2 else {}
            rows.append(listing(f"{source}:{at:04d}", name=core, name_core=core, kind="merchant", **position, **phone))
    return listings(*rows)


def test_weights_are_learnt_without_labels(tmp_path: Path) -> None:
    frame = street(200)
    document = document_of(train([frame]), load_model(SHIPPED).document["thresholds"], {})
    write_model(document, tmp_path / "model.json")
    model = load_model(tmp_path / "model.json")
    found = match(frame, model, no_judgements()).clusters.set_index("listing_id")["cluster"]
    hits = sum(found[f"a:{at:04d}"] == found[f"b:{at:04d}"] for at in range(200))
    assert hits > 190
    assert found.value_counts().max() == 2


def test_the_same_listings_give_the_same_model() -> None:
    frame = street(60)
    assert document_of(train([frame]), {}, {}) == document_of(train([frame.sample(frac=1, random_state=3)]), {}, {})


def test_nothing_near_is_no_ground_for_training() -> None:
    with pytest.raises(AstrayError, match="相近"):
        train([listings(listing("a:1", name_core="青阳路社区"), listing("a:2", name_core="香樟花园"))])


def test_a_few_rightly_judged_pairs_leave_the_rest_as_it_was_and_are_counted() -> None:
    frame = street(200)
    verdicts = {(f"a:{at:04d}", f"b:{at:04d}"): "same" for at in range(0, 40, 4)} | {
        ("a:0001", "b:0002"): "not",
        ("a:0001", "b:0003"): "unsure",
    }
    learnt = train([frame], verdicts)
    assert (learnt.evidence["judged_same"], learnt.evidence["judged_not"]) == (10, 1)
    document = document_of(learnt, load_model(SHIPPED).document["thresholds"], {})
    plain = document_of(train([frame]), load_model(SHIPPED).document["thresholds"], {})
    weights, unjudged = (each["strata"]["near"]["weights"]["phone"]["phone_same"] for each in (document, plain))
    assert abs(weights - unjudged) < 500
    assert document != plain


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        pytest.param({"settled": False}, "没有收敛", id="never at rest"),
        pytest.param({"share": 0.95}, "不合常理", id="nearly all are one"),
        pytest.param({"share": 0.00005}, "不合常理", id="hardly any is"),
        pytest.param({"astride": 1.1}, "不同的起点", id="another beginning, another end"),
    ],
)
def test_rates_that_no_city_has_are_refused(broken: dict[str, Any], told: str) -> None:
    near = train([street(60)]).near
    check(near)
    with pytest.raises(AstrayError, match=told):
        check(replace(near, **broken))


def test_equal_names_that_speak_against_one_place_are_refused() -> None:
    near = train([street(60)]).near
    with pytest.raises(AstrayError, match="名称相同的更不像"):
        check(replace(near, m={**near.m, "name": near.u["name"]}, u={**near.u, "name": near.m["name"]}))


def test_lists_of_which_every_near_pair_is_one_place_teach_nothing() -> None:
    """Two lists of the same places, none near another: there is nothing that one place could be told from."""
    frame = street(60)
    order = frame["row_key"].astype(int)
    apart = frame.assign(lng_wgs84=118.0 + order % 8 * 0.02, lat_wgs84=31.0 + order // 8 * 0.02)
    with pytest.raises(AstrayError, match=r"训练结果认为|训练从不同的起点"):
        train([apart])
    assert str(fit(apart).why_not).startswith("训练")


def test_another_beginning_is_compared_where_pairs_are_many() -> None:
    near = train([street(200)]).near
    assert near.astride < 0.1
    few, many = (
        {name: np.where((met >= WELL_MET) == well, 2.0, 1.0) * near.m[name] for name, met in near.met.items()} for well in (False, True)
    )
    assert astride(near, replace(near, m=few)) == 0
    assert astride(near, replace(near, m=many)) == pytest.approx(1)


def test_what_the_weights_rest_on_is_in_the_model() -> None:
    trained = train([street(100)])
    assert trained.evidence["near_settled"]
    assert trained.evidence["near_astride_mb"] < 100
    assert 0 < trained.evidence["near_levels_well_met"] < trained.evidence["near_levels_met"]
    met = document_of(trained, {}, {})["strata"]["near"]["met"]["phone"]
    assert met["phone_same"] == pytest.approx(50, abs=3)  # every other place has a phone, on both lists


def test_own_weights_are_two_parts_and_those_that_ship_one() -> None:
    shipped = load_model(SHIPPED)
    own = document_of(train([street(200)]), shipped.document["thresholds"], {})
    near, said = blended(own, shipped)["strata"]["near"], shipped.strata["near"]
    assert near["prior"] == (2 * own["strata"]["near"]["prior"] + said.prior) // 3
    assert near["weights"]["kind"] != own["strata"]["near"]["weights"]["kind"]
    for comparison in COMPARISONS:
        for level, weight in zip(comparison.levels, said.weights[comparison.name], strict=True):
            mine = own["strata"]["near"]["weights"][comparison.name][level]
            assert near["weights"][comparison.name][level] == (2 * mine + int(weight)) // 3


def test_that_something_is_missing_says_nothing() -> None:
    """Left free, EM would find the class of well-described listings instead of the same ones."""
    weights = document_of(train([street(200)]), {}, {})["strata"]["near"]["weights"]
    for name in ("phone", "credit", "plaque", "hours", "facilities", "opened"):
        assert weights[name][f"{name}_missing"] == 0


def test_what_people_say_bends_what_is_learnt() -> None:
    """Neighbours of which people say, over and over, that other names are one place: what names say loses weight."""
    frame = street(120)
    wrong = {(f"a:{at:04d}", f"b:{at + 1:04d}"): "same" for at in range(119)}
    said, plain = (
        document_of(train([frame], each), {}, {})["strata"]["near"]["weights"]["name"]["org_missing+differs"] for each in (wrong, {})
    )
    assert said > plain


def test_verdicts_on_listings_that_are_not_there_teach_nothing() -> None:
    frame = street(60)
    assert document_of(train([frame], {("x:1", "y:2"): "same"}), {}, {}) == document_of(train([frame]), {}, {})
