from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from transforms.dedupe.model import SHIPPED, ModelError, load_model, write_model


def shipped() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(SHIPPED.read_text("utf-8"))
    return document


def test_the_shipped_model_loads_and_says_where_it_is_from() -> None:
    model = load_model()
    assert model.document["evidence"]["seeds"] == [1, 4, 5]
    assert all(model.document["thresholds"][name]["reason"] for name in model.thresholds)
    assert all(weights.dtype == "int64" for stratum in model.strata.values() for weights in stratum.weights.values())


def test_a_source_never_seen_takes_the_default() -> None:
    near = load_model().strata["near"]
    assert near.source_weight("hotel_list", "union") == near.sources["other"]
    assert near.source_weight("hotel_list", "hotel_list") == near.sources["same"]
    assert near.source_weight("union", "civilization") == near.source_weight("civilization", "union")


def test_written_and_read_again(tmp_path: Path) -> None:
    write_model(shipped(), tmp_path / "model.json")
    assert load_model(tmp_path / "model.json").fingerprint == load_model().fingerprint


def test_edited_by_hand(tmp_path: Path) -> None:
    document = shipped()
    document["thresholds"]["same"]["mb"] += 1
    (tmp_path / "model.json").write_text(json.dumps(document), "utf-8")
    with pytest.raises(ModelError, match="指纹"):
        load_model(tmp_path / "model.json")


def test_another_version(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps({**shipped(), "version": 99}), "utf-8")
    with pytest.raises(ModelError, match="版本"):
        load_model(tmp_path / "model.json")


def test_cut_short(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(SHIPPED.read_text("utf-8")[:1000], "utf-8")
    with pytest.raises(ModelError, match="读不出来"):
        load_model(tmp_path / "model.json")


def test_a_level_missing(tmp_path: Path) -> None:
    document = shipped()
    del document["strata"]["near"]["weights"]["phone"]["phone_same"]
    write_model(document, tmp_path / "model.json")
    with pytest.raises(ModelError, match="phone_same"):
        load_model(tmp_path / "model.json")


def test_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="读不出来"):
        load_model(tmp_path / "none.json")


def test_a_number_that_is_off_speaks_no_louder_than_it_should() -> None:
    """A same number is the best that an address can say; one door off says no more against one place than many doors off; and neither outweighs a name."""
    where = load_model().document["strata"]["near"]["weights"]["where"]
    for distance in ("d30", "d80", "d150"):
        number, building, near, differs = (
            where[f"{distance}+{level}"] for level in ("number", "building", "number_near", "number_differs")
        )
        assert number >= building > near >= differs >= -4000
    opened = load_model().document["strata"]["near"]["weights"]["opened"]
    assert opened["opened_same"] >= 0 >= opened["opened_differs"]
