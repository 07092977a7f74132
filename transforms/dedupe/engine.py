"""The engine: standardised listings in; pairs with their levels and weights, and clusters out. One call a night; no training, no state."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from transforms.dedupe.candidates import ALL_KEYS, Candidates, candidates
from transforms.dedupe.cluster import Constraints, cluster
from transforms.dedupe.compare import Levels, compare
from transforms.dedupe.features import Features, Ints, features
from transforms.dedupe.judgements import Judged, judged
from transforms.dedupe.levels import COMPARISONS, STRATA
from transforms.dedupe.model import Model
from transforms.dedupe.score import score

#: Trades of which no two ever share a station, however alike the rest: their outlets share doors, addresses and mall names.
APART: Final = ("bank", "telecom")

PAIR_COLUMNS: Final = ("left_id", "right_id", "weight_mb", "levels", "keys", "review")


@dataclass(frozen=True, slots=True)
class Matched:
    """What the engine found.

    `pairs`: left_id < right_id, weight_mb (milli-bits), levels (JSON object comparison → level, and `stratum`), keys (names joined by ;),
    review (between the two review thresholds and not judged); those above the store threshold and every judged one, sorted.
    `clusters`: listing_id, cluster (the position of its first listing in listing_id order); every listing once.
    `blocks`: a line a blocking key; `cuts`: components that had to be cut; `contradictions`: "same" verdicts left out.
    """

    pairs: pd.DataFrame
    clusters: pd.DataFrame
    blocks: pd.DataFrame
    cuts: pd.DataFrame
    contradictions: pd.DataFrame


def match(listings: pd.DataFrame, model: Model, judgements: pd.DataFrame) -> Matched:
    """Find which `listings` (listing stage and listing_id; closed ones too) are one station.

    `judgements`: left_id, right_id, verdict (same, not, unsure). Deterministic under row order. Raises ValueError on a repeated listing_id.
    """
    known = features(listings)
    verdicts = judged(known, judgements)
    met = _with_judged(candidates(known), verdicts, len(known))
    levels = compare(known, met.left, met.right)
    weights = score(known, met.left, met.right, levels, model)

    def weigh(left: Ints, right: Ints) -> Ints:
        return score(known, left, right, compare(known, left, right), model)

    constraints = Constraints(_exclusive(known), verdicts.apart, verdicts.together)
    found = cluster(len(known), met.left, met.right, weights, model.thresholds["link"], model.thresholds["same"], weigh, constraints)
    return Matched(
        pairs=_pairs(known, met, levels, weights, model, verdicts),
        clusters=pd.DataFrame({"listing_id": pd.Series(known.ids, dtype="str"), "cluster": found.labels}),
        blocks=met.blocks,
        cuts=found.cuts.assign(first=[known.ids[at] for at in found.cuts["first"]]),
        contradictions=verdicts.contradictions,
    )


def _exclusive(known: Features) -> tuple[Ints, Ints, Ints]:
    """Trades that never share a station, and within them firms that never do, and sorts that never do (a bank's branch and the
    self-service bank beside it)."""
    trades = known.text["trade"].to_numpy()
    trade = np.select([trades == name for name in APART], range(len(APART)), -1).astype(np.int64)
    return trade, np.where(trade >= 0, known.organisation.code, -1), np.where(trade >= 0, known.sort, -1)


def _with_judged(met: Candidates, verdicts: Judged, count: int) -> Candidates:
    """The candidates and every judged pair, which need share no key."""
    asked = sorted({*verdicts.together, *verdicts.apart})
    if not asked:
        return met
    extra = np.array(asked, dtype=np.int64)
    codes = np.concatenate([met.left * count + met.right, extra[:, 0] * count + extra[:, 1]])
    keys = np.concatenate([met.keys, np.zeros(len(extra), dtype=np.int64)])
    merged, first = np.unique(codes, return_index=True)
    return Candidates(merged // count, merged % count, keys[first], met.blocks)


def _pairs(known: Features, met: Candidates, levels: Levels, weights: Ints, model: Model, verdicts: Judged) -> pd.DataFrame:
    asked = {*verdicts.together, *verdicts.apart}
    judged_here = (
        np.fromiter(((a, b) in asked for a, b in zip(met.left, met.right, strict=True)), np.bool_, len(met.left))
        if asked
        else np.zeros(len(met.left), np.bool_)
    )
    kept = (weights >= model.thresholds["store"]) | judged_here
    weight = weights[kept]
    doubtful = (weight >= model.thresholds["review_low"]) & (weight < model.thresholds["review_high"])
    ids = np.array(known.ids, dtype=object)
    return pd.DataFrame(
        {
            "left_id": pd.Series(ids[met.left[kept]], dtype="str"),
            "right_id": pd.Series(ids[met.right[kept]], dtype="str"),
            "weight_mb": weight,
            "levels": pd.Series(_told(levels.take(kept)), dtype="str"),
            "keys": pd.Series(_key_names(met.keys[kept]), dtype="str"),
            "review": doubtful & ~judged_here[kept],
        },
        columns=list(PAIR_COLUMNS),
    )


def _told(levels: Levels) -> list[str]:
    """The levels of each pair as JSON text, made once a pattern."""
    table = np.stack([*(levels.codes[comparison.name] for comparison in COMPARISONS), levels.stratum], axis=1)
    names = [(comparison.name, comparison.levels) for comparison in COMPARISONS]
    patterns, which = np.unique(table, axis=0, return_inverse=True)
    texts = []
    for pattern in patterns:
        told = {name: known[code] for (name, known), code in zip(names, pattern[:-1], strict=True)}
        texts.append(json.dumps({"stratum": STRATA[pattern[-1]], **told}, separators=(",", ":")))
    return [texts[at] for at in which.reshape(-1)]


def _key_names(keys: Ints) -> list[str]:
    distinct, which = np.unique(keys, return_inverse=True)
    names = [";".join(key.name for bit, key in enumerate(ALL_KEYS) if value >> bit & 1) for value in distinct.tolist()]
    return [names[at] for at in which]
