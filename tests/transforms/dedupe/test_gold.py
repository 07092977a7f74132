"""The gold set stops a model that takes plain cases the other way, whoever trained it."""

import csv
import json
from typing import Any

import pytest

from benchmarks.dedupe_large import large
from transforms.dedupe.gold import GOLD, astray, gold
from transforms.dedupe.levels import COMPARISONS, STRATA
from transforms.dedupe.model import Model, load_model, model_of, sealed
from transforms.dedupe.strata import AstrayError
from transforms.dedupe.train import check_gold


def turned(model: Model, comparison: str, level: str, weight_mb: int) -> Model:
    """The model with one weight set in all strata."""
    document: dict[str, Any] = json.loads(json.dumps(model.document))
    for name in STRATA:
        document["strata"][name]["weights"][comparison][level] = weight_mb
    return model_of(sealed(document))


def test_the_shipped_model_agrees_with_all_of_it() -> None:
    assert astray(load_model()) == ()


def test_every_case_names_levels_that_there_are_and_both_verdicts_stand_in_it() -> None:
    with GOLD.open(encoding="utf-8", newline="") as lines:
        written = [line["why"] for line in csv.DictReader(lines)]
    assert len(set(written)) == len(written) >= 15
    assert {case["verdict"] for case in gold()} == {"same", "not"}
    for case in gold():
        assert case["stratum"] in STRATA
        assert all(case[each.name] in each.levels for each in COMPARISONS)


def test_a_model_that_takes_differing_names_for_one_place_is_stopped_with_the_case() -> None:
    wrong = turned(load_model(), "name", "org_missing+differs", 20_000)
    with pytest.raises(AstrayError, match="一个门牌里的两家"):
        check_gold(wrong)


def test_a_model_that_takes_equal_names_for_two_places_is_stopped() -> None:
    assert any("城里只此一处" in sentence for sentence in astray(turned(load_model(), "name", "org_missing+equal_long", -9000)))


def test_lists_that_teach_it_wrong_are_given_the_shipped_model(monkeypatch: pytest.MonkeyPatch) -> None:
    from transforms.dedupe import fit as fitting

    def never(model: Model) -> None:
        raise AstrayError("训练结果不合常理")

    monkeypatch.setattr(fitting, "check_gold", never)
    found = fitting.fit(large(3000).standardised)
    assert found.why_not == "训练结果不合常理"
