"""What judgements teach the model: F1 on a sample city after 0, 50, 200 and 1,000 of its pairs were judged, the judged pairs left out of the score.

    python -m benchmarks.dedupe_learning [--seeds 31 32] [--judgements 0 50 200 1000]

Judged are the pairs that `yizhan review` would ask first, then those nearest to the threshold, and rightly. The model is trained on the city itself, by EM
alone and by EM blended with the judgements; both are scored on the same pairs, those that nobody judged, and no judgement constrains a cluster: only what the
weights learnt counts.
"""

from __future__ import annotations

import argparse

import pandas as pd

from benchmarks.dedupe_accuracy import NO_JUDGEMENTS
from benchmarks.dedupe_listings import sample_listings, true_pairs
from transforms.dedupe import Matched, Model, load_model, match
from transforms.dedupe.doubts import review_queue
from transforms.dedupe.model import fingerprint_of, model_of
from transforms.dedupe.train import document_of, train

Pair = tuple[str, str]


def trained(listings: pd.DataFrame, verdicts: dict[Pair, str]) -> Model:
    """A model of this city, with the thresholds of the one that ships."""
    document = document_of(train([listings], verdicts), load_model().document["thresholds"], {})
    document["version"] = load_model().document["version"]
    document["fingerprint"] = fingerprint_of(document)
    return model_of(document)


def asked_first(matched: Matched, model: Model) -> list[Pair]:
    """Pairs in the order in which people would be asked."""
    stations = dict(zip(matched.clusters["listing_id"], matched.clusters["cluster"].astype("str"), strict=True))
    pairs = matched.pairs.rename(columns={"review": "is_review"}).assign(verdict=pd.Series(None, index=matched.pairs.index, dtype="str"))
    queue = review_queue(pairs, stations, {}, model.thresholds["same"])
    nearest = pairs.iloc[(pairs["weight_mb"] - model.thresholds["same"]).abs().argsort(kind="stable")]
    both = pd.concat([queue[["left_id", "right_id"]], nearest[["left_id", "right_id"]]])
    return list(dict.fromkeys(both.itertuples(index=False, name=None)))


def f1(matched: Matched, truth: set[Pair], without: set[Pair]) -> float:
    """F1 over the pairs that nobody judged."""
    found = true_pairs(matched.clusters.rename(columns={"cluster": "station"})) - without
    return 2 * len(found & (truth - without)) / max(len(found) + len(truth - without), 1)


def main() -> None:
    """Print a line a seed and number of judgements."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[31, 32])
    parser.add_argument("--judgements", type=int, nargs="*", default=[0, 50, 200, 1000])
    asked = parser.parse_args()
    for seed in asked.seeds:
        listings = sample_listings(seed)
        truth = true_pairs(listings)
        alone = trained(listings, {})
        unlearned = match(listings, alone, NO_JUDGEMENTS)
        order = asked_first(unlearned, alone)
        for count in asked.judgements:
            verdicts = {pair: "same" if pair in truth else "not" for pair in order[:count]}
            without = set(verdicts)
            learned = match(listings, trained(listings, verdicts), NO_JUDGEMENTS) if count else unlearned
            same = sum(verdict == "same" for verdict in verdicts.values())
            print(
                f"seed {seed}, {len(verdicts)} judged ({same} same): "
                f"F1 without them {f1(unlearned, truth, without):.4f}, with them {f1(learned, truth, without):.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
