"""What judgements teach the model: F1 on a sample city after 0, 50, 200 and 1,000 of its pairs were judged, the judged pairs left out of the score.

    python -m benchmarks.dedupe_learning [--seeds 31 32] [--judgements 0 50 200 1000] [--data DIR]

Judged are the pairs that `yizhan review` would ask first, then those nearest to the threshold, and rightly. The model is trained on the city itself as
`yizhan model train` does, without and with the judgements; both are scored on the same pairs, those that nobody judged, and no judgement constrains a cluster: only what the
weights learnt counts. The last figure is what a city has of it: the judgements bind, and all pairs count. `--data` names the folder of real lists: two of
Nanjing then learn from 0, 50 and 200 of theirs. Its truth knows nothing of pairs within one list, which repeat themselves too: they are neither asked nor scored.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.dedupe_accuracy import NO_JUDGEMENTS
from benchmarks.dedupe_listings import sample_listings, true_pairs
from benchmarks.results import machine, rewrite
from sources.kit.any_list import read_lists
from transforms.dedupe import Matched, Model, load_model, match
from transforms.dedupe.doubts import review_queue
from transforms.dedupe.model import model_of, sealed
from transforms.dedupe.train import blended, document_of, train
from transforms.dedupe.truth import read_truth
from transforms.standardise.anywhere import listings_of

Pair = tuple[str, str]


def trained(listings: pd.DataFrame, verdicts: dict[Pair, str]) -> Model:
    """A model of this city, with the thresholds of the one that ships."""
    document = document_of(train([listings], verdicts), load_model().document["thresholds"], {})
    return model_of(sealed(blended(document, load_model())))


def within_one(listings: pd.DataFrame) -> Callable[[Pair], bool]:
    """Whether a pair is of one list."""
    source = dict(zip(listings["listing_id"], listings["source"], strict=True))
    return lambda pair: source[pair[0]] == source[pair[1]]


def asked_first(matched: Matched, model: Model, unknown: Callable[[Pair], bool]) -> list[Pair]:
    """Pairs in the order in which people would be asked, but those that the truth does not know of."""
    stations = dict(zip(matched.clusters["listing_id"], matched.clusters["cluster"].astype("str"), strict=True))
    pairs = matched.pairs.rename(columns={"review": "is_review"}).assign(verdict=pd.Series(None, index=matched.pairs.index, dtype="str"))
    queue = review_queue(pairs, stations, {}, model.thresholds["same"])
    nearest = pairs.iloc[(pairs["weight_mb"] - model.thresholds["same"]).abs().argsort(kind="stable")]
    both = pd.concat([queue[["left_id", "right_id"]], nearest[["left_id", "right_id"]]])
    return [pair for pair in dict.fromkeys(both.itertuples(index=False, name=None)) if not unknown(pair)]


def f1(matched: Matched, truth: set[Pair], without: set[Pair], unknown: Callable[[Pair], bool]) -> float:
    """F1 over the pairs that nobody judged and that the truth knows of."""
    found = {pair for pair in true_pairs(matched.clusters.rename(columns={"cluster": "station"})) - without if not unknown(pair)}
    return 2 * len(found & (truth - without)) / max(len(found) + len(truth - without), 1)


def main() -> None:
    """Print a line a city and number of judgements; with the real lists, rewrite the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[31, 32])
    parser.add_argument("--judgements", type=int, nargs="*", default=[0, 50, 200, 1000])
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    lines = ["| lists | judged | same | without them | with them | binding |", "|---|--:|--:|--:|--:|--:|"]
    for seed in asked.seeds:
        listings = sample_listings(seed)
        lines += learn(f"sample city, seed {seed}", listings, true_pairs(listings), asked.judgements, lambda _: False)
    if asked.data:
        lists, truth = nanjing(asked.data)
        lines += learn("Nanjing, as a city", lists, truth, [0, 50, 200], within_one(lists))
        rewrite("learning figures", f"{machine()}.\n\n" + "\n".join(lines))


def nanjing(data: Path) -> tuple[pd.DataFrame, set[Pair]]:
    """The listings and the true pairs of the two lists."""
    folder = data / "nanjing"
    lists = read_lists([folder / "entities.csv"], {"source": "belong"}, "gcj02")
    station = read_truth(folder / "matches.csv", lists.rows["listing_id"])
    listings, _ = listings_of(lists.rows)
    return listings, true_pairs(pd.DataFrame({"listing_id": station.index, "station": station.to_numpy()}))


def learn(name: str, listings: pd.DataFrame, truth: set[Pair], judgements: Sequence[int], unknown: Callable[[Pair], bool]) -> list[str]:
    """A line of the table a number of judgements; prints each."""
    lines = []
    alone = trained(listings, {})
    unlearned = match(listings, alone, NO_JUDGEMENTS)
    order = asked_first(unlearned, alone, unknown)
    for count in judgements:
        verdicts = {pair: "same" if pair in truth else "not" for pair in order[:count]}
        without = set(verdicts)
        model = trained(listings, verdicts) if count else alone
        learned = match(listings, model, NO_JUDGEMENTS) if count else unlearned
        said = pd.DataFrame(
            [(*pair, verdict) for pair, verdict in verdicts.items()], columns=["left_id", "right_id", "verdict"], dtype="str"
        )
        same = sum(verdict == "same" for verdict in verdicts.values())
        figures = (
            f1(unlearned, truth, without, unknown),
            f1(learned, truth, without, unknown),
            f1(match(listings, model, said), truth, set(), unknown),
        )
        lines.append(f"| {name} | {len(verdicts):,} | {same} | {' | '.join(f'{figure:.4f}' for figure in figures)} |")
        print(lines[-1], flush=True)
    return lines


if __name__ == "__main__":
    main()
