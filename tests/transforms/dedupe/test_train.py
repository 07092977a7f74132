from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.transforms.dedupe.some import listing, listings, no_judgements
from transforms.dedupe.engine import match
from transforms.dedupe.model import SHIPPED, load_model, write_model
from transforms.dedupe.strata import AstrayError
from transforms.dedupe.train import document_of, train


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
