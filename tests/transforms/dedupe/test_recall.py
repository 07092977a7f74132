"""True pairs are counted by the keys that met them."""

from __future__ import annotations

import pandas as pd

from tests.transforms.dedupe.some import no_judgements
from tests.transforms.dedupe.test_engine import MODEL, town
from transforms.dedupe import match, match_lists
from transforms.dedupe.candidates import ALL_KEYS, candidates
from transforms.dedupe.features import features
from transforms.dedupe.recall import KeyRecall, key_recall

TRUTH = pd.Series({"union:1": "s1", "bank:1": "s1", "mobile:1": "s2", "union:2": "s2", "new_list:7": "s2", "stranger:1": "s1"})


def by_hand(frame: pd.DataFrame, truth: pd.Series) -> KeyRecall:
    """Pair by pair."""
    known = features(frame)
    met = candidates(known)
    true = [
        int(keys)
        for a, b, keys in zip(met.left, met.right, met.keys, strict=True)
        if known.ids[a] in truth and known.ids[b] in truth and truth[known.ids[a]] == truth[known.ids[b]]
    ]
    lines = [(key.name, sum(keys >> at & 1 for keys in true), sum(keys == 1 << at for keys in true)) for at, key in enumerate(ALL_KEYS)]
    return KeyRecall(pd.DataFrame(lines, columns=["key", "met", "only"]), len(true))


def test_true_pairs_are_counted_a_key_as_by_hand() -> None:
    found = match(town(), MODEL, no_judgements(), truth=TRUTH).recall
    assert found is not None
    expected = by_hand(town(), TRUTH)
    assert found.met == expected.met == 2, "two more share no key, and what the truth does not name is nobody's"
    pd.testing.assert_frame_equal(found.keys, expected.keys)
    assert found.keys.set_index("key").loc["phone", "met"] == 2


def test_a_pair_met_by_one_key_alone_is_told_as_such() -> None:
    frame = pd.DataFrame({"listing_id": ["a", "b", "c"], "source": ["x", "y", "y"], "credit_code": ["9134A", "9134A", None]})
    known = features(frame.astype("str"))
    found: KeyRecall = key_recall(known.ids, candidates(known), pd.Series({"a": "1", "b": "1", "c": "1"}))
    lines = found.keys.set_index("key")
    assert lines.loc[["credit"]].to_numpy().tolist() == [[1, 1]]
    assert lines.loc[lines.index != "credit"].to_numpy().sum() == 0


def test_without_a_truth_there_is_none_and_one_to_one_has_it_too() -> None:
    assert match(town(), MODEL, no_judgements()).recall is None
    two = town()[town()["source"].isin(["bank", "union"])]
    found = match_lists(two, MODEL, TRUTH).recall
    assert found is not None
    assert found.met == 1, "pairs across the two lists alone"
