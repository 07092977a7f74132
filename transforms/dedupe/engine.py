"""The engine: standardised listings in; pairs with their levels and weights, and clusters out. One call a night; no training, no state.

`match` says what is right; `transforms.dedupe.incremental` arrives at the same by way of the night before.
"""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from transforms.dedupe.candidates import ALL_KEYS, Candidates, candidates
from transforms.dedupe.cluster import Constraints, Distinct, cluster, never_meet
from transforms.dedupe.coded import Ints, Marks, sorted_distinct, texts
from transforms.dedupe.compare import Levels, compare
from transforms.dedupe.features import Features, Read, features_of, read
from transforms.dedupe.judgements import Judged, judged
from transforms.dedupe.levels import COMPARISONS, STRATA
from transforms.dedupe.model import Model
from transforms.dedupe.one_to_one import partners
from transforms.dedupe.recall import KeyRecall, key_recall
from transforms.dedupe.score import weigher

#: Trades of which no two ever share a station, however alike the rest: their outlets share doors, addresses and mall names.
APART: Final = ("bank", "telecom")

PAIR_COLUMNS: Final = ("left_id", "right_id", "weight_mb", "levels", "keys", "review")


@dataclass(frozen=True, slots=True)
class Matched:
    """What the engine found.

    `pairs`: left_id < right_id, weight_mb (milli-bits), levels (JSON object comparison → level, and `stratum`), keys (names joined by ;),
    review (between the two review thresholds and not judged); levels and keys are categories, for few differ; those above the store threshold and every judged one, sorted.
    `clusters`: listing_id, cluster (the position of its first listing in listing_id order); every listing once.
    `blocks`: a line a blocking key; `cuts`: components that had to be cut; `contradictions`: "same" verdicts left out. `recall`: how many true
    pairs the keys met, where a truth was given.
    """

    pairs: pd.DataFrame
    clusters: pd.DataFrame
    blocks: pd.DataFrame
    cuts: pd.DataFrame
    contradictions: pd.DataFrame
    recall: KeyRecall | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """Listings as they are compared, and the pairs that are: what takes no model."""

    known: Features
    met: Candidates


def ready(own: Read) -> Ready:
    """What `match` and `match_lists` begin with, of listings as they were read."""
    known = features_of(own)
    return Ready(known, candidates(known))


def match_lists(listings: pd.DataFrame, model: Model, truth: pd.Series | None = None, begun: Ready | None = None) -> Matched:
    """Find the partners of two clean lists: pairs across them alone, each listing in at most one; no trades, firms or sorts that never share
    a station. `truth` and `begun`: as `match` takes them. Raises ValueError on other than two sources."""
    begun = begun or ready(read(listings))
    known, met = begun.known, begun.met
    if len(known.sources) != 2:
        raise ValueError(f"一对一需要恰好两份名单，现有 {len(known.sources)} 份")
    across = known.source[met.left] != known.source[met.right]
    met = Candidates(met.left[across], met.right[across], met.keys[across], met.blocks)
    weights = weigher(known, model)(met.left, met.right)
    first = known.source[met.left] == 0
    left, right = np.where(first, met.left, met.right), np.where(first, met.right, met.left)
    meets = ~never_meet(exclusive(known), left, right)
    silent = Judged((), frozenset(), pd.DataFrame({"left_id": [], "right_id": []}, dtype="str"))
    return Matched(
        pairs=_pairs(known, met, weights, model, silent),
        clusters=told_clusters(ids_of(known), partners(len(known), left[meets], right[meets], weights[meets], model.thresholds["same"])),
        blocks=met.blocks,
        cuts=pd.DataFrame(columns=["members", "first", "raised_to_mb", "links_cut"]),
        contradictions=silent.contradictions,
        recall=None if truth is None else key_recall(known.ids, met, truth),
    )


def match(
    listings: pd.DataFrame,
    model: Model,
    judgements: pd.DataFrame,
    distinct: AbstractSet[str] = frozenset(),
    truth: pd.Series | None = None,
    begun: Ready | None = None,
) -> Matched:
    """Find which `listings` (listing stage and listing_id; closed ones too) are one station.

    `judgements`: left_id, right_id, verdict (same, not, unsure). `distinct`: sources of which each line is a station of its own.
    `truth`: station by listing id, against which the keys are counted. `begun`: what was made `ready` of these listings, where it was.
    Deterministic under row order. Raises ValueError on a repeated listing_id.
    """
    begun = begun or ready(read(listings))
    known = begun.known
    verdicts = judged(known, judgements)
    met = _with_judged(begun.met, verdicts, len(known))
    weigh = weigher(known, model)
    weights = weigh(met.left, met.right)
    apart = distinct_lists(known, listings, distinct)
    constraints = Constraints(exclusive(known), verdicts.apart, verdicts.together, apart)
    found = cluster(
        len(known),
        met.left,
        met.right,
        weights,
        model.thresholds["link"],
        model.thresholds["same"],
        weigh,
        constraints,
    )
    ids = ids_of(known)
    return Matched(
        pairs=_pairs(known, met, weights, model, verdicts, apart),
        clusters=told_clusters(ids, found.labels),
        blocks=met.blocks,
        cuts=told_cuts(ids, found.cuts),
        contradictions=verdicts.contradictions,
        recall=None if truth is None else key_recall(known.ids, met, truth),
    )


def ids_of(known: Features) -> pa.LargeStringArray:
    """The listings' ids as a column."""
    return pa.array(known.ids, type=pa.large_string())


def told_clusters(ids: pa.LargeStringArray, labels: Ints) -> pd.DataFrame:
    """Clusters as `Matched` has them."""
    return pd.DataFrame({"listing_id": texts(ids), "cluster": labels})


def told_cuts(ids: pa.LargeStringArray, cuts: pd.DataFrame) -> pd.DataFrame:
    """Cuts as `Matched` has them."""
    return cuts.assign(first=[ids[at].as_py() for at in cuts["first"]])


def exclusive(known: Features) -> tuple[Ints, Ints, Ints]:
    """Trades that never share a station, and within them firms that never do, and sorts that never do (a bank's branch and the
    self-service bank beside it)."""
    trades = known.text["trade"]
    apart = trades.values.map({name: at for at, name in enumerate(APART)}).fillna(-1).to_numpy(np.int32)
    trade = trades.per_listing(apart, absent=-1)
    return trade, np.where(trade >= 0, known.organisation.code, -1), np.where(trade >= 0, known.column("sort"), -1)


def distinct_lists(known: Features, listings: pd.DataFrame, distinct: AbstractSet[str]) -> Distinct | None:
    """The lists of the sources `distinct`; a listing stands on its list from first_seen_on to gone_on (ISO dates), always where there are no such columns."""
    own = np.array([at if source in distinct else -1 for at, source in enumerate(known.sources)], dtype=np.int64)
    if not (own >= 0).any():
        return None
    told = listings.set_index("listing_id").reindex(columns=["first_seen_on", "gone_on"]).loc[list(known.ids)].astype("str")
    nights = pd.Index(pd.unique(told.to_numpy().ravel())).dropna().sort_values()
    since, until = (nights.get_indexer(told[name]).astype(np.int64) for name in told)
    source = known.source[: len(known.ids)]
    return Distinct(np.where(source >= 0, own[source], -1), since, np.where(told["gone_on"].isna(), len(nights), until))


def _with_judged(met: Candidates, verdicts: Judged, count: int) -> Candidates:
    """The candidates and every judged pair, which need share no key."""
    asked = judged_pairs(verdicts)
    if not len(asked):
        return met
    codes = met.left.astype(np.int64) * count + met.right
    extra = np.setdiff1d(asked[:, 0] * count + asked[:, 1], codes)
    spots = np.searchsorted(codes, extra)
    left, right, keys = (
        np.insert(column, spots, new) for column, new in ((met.left, extra // count), (met.right, extra % count), (met.keys, 0))
    )
    return Candidates(left, right, keys, met.blocks)


def judged_pairs(verdicts: Judged) -> Ints:
    """All judged pairs, in order, a line each."""
    return np.array(sorted({*verdicts.together, *verdicts.apart}), dtype=np.int64).reshape(-1, 2)


def _pairs(
    known: Features, met: Candidates, weights: Ints, model: Model, verdicts: Judged, distinct: Distinct | None = None
) -> pd.DataFrame:
    asked, codes = judged_pairs(verdicts), met.left.astype(np.int64) * len(known) + met.right
    judged_here = np.zeros(len(codes), dtype=np.bool_)
    judged_here[np.searchsorted(codes, asked[:, 0] * len(known) + asked[:, 1])] = True
    kept = np.flatnonzero((weights >= model.thresholds["store"]) | judged_here)
    left, right = met.left[kept], met.right[kept]
    patterns = packed_patterns(compare(known, left, right))
    return told_pairs(ids_of(known), (left, right), met.keys[kept], weights[kept], patterns, judged_here[kept], model, distinct)


def told_pairs(
    ids: pa.LargeStringArray,
    sides: tuple[Ints, Ints],
    keys: Ints,
    weights: Ints,
    patterns: Ints,
    is_judged: Marks,
    model: Model,
    distinct: Distinct | None = None,
) -> pd.DataFrame:
    """Pairs as `Matched` has them."""
    doubtful = (weights >= model.thresholds["review_low"]) & (weights < model.thresholds["review_high"])
    if distinct is not None:  # what its owner declared is not asked
        doubtful &= ~distinct.keeps_apart(*sides)
    left_id, right_id = (texts(ids.take(pa.array(side))) for side in sides)
    return pd.DataFrame(
        {
            "left_id": left_id,
            "right_id": right_id,
            "weight_mb": weights,
            "levels": _told(patterns),
            "keys": _key_names(keys),
            "review": doubtful & ~is_judged,
        },
        columns=list(PAIR_COLUMNS),
    )


#: Bits of each comparison's levels, and of the stratum, in a packed pattern.
_BITS: Final = tuple(len(levels).bit_length() for levels in (*(comparison.levels for comparison in COMPARISONS), STRATA))


def packed_patterns(levels: Levels) -> Ints:
    """The levels of each pair as one number: the same for the same levels, whatever the pairs beside it."""
    packed = np.zeros(len(levels.stratum), dtype=np.int64)
    for codes, bits in zip((*(levels.codes[comparison.name] for comparison in COMPARISONS), levels.stratum), _BITS, strict=True):
        packed = packed << bits | codes
    return packed


def _unpacked(pattern: int) -> list[int]:
    codes = []
    for bits in reversed(_BITS):
        codes.append(pattern & ((1 << bits) - 1))
        pattern >>= bits
    return codes[::-1]


def _told(patterns: Ints) -> pd.Categorical:
    """The levels of each pair as JSON text, held once a pattern."""
    distinct = sorted_distinct(patterns)
    names = [("stratum", STRATA), *((comparison.name, comparison.levels) for comparison in COMPARISONS)]
    parts = [[f"{json.dumps(name)}:{json.dumps(level)}" for level in levels] for name, levels in names]
    told = []
    for *pattern, stratum in map(_unpacked, distinct.tolist()):
        told.append("{" + ",".join([part[code] for part, code in zip(parts, (stratum, *pattern), strict=True)]) + "}")
    return pd.Categorical.from_codes(np.searchsorted(distinct, patterns), pd.Index(told, dtype="str"))


def _key_names(keys: Ints) -> pd.Categorical:
    distinct = np.flatnonzero(np.bincount(keys, minlength=1))
    names = [";".join(key.name for bit, key in enumerate(ALL_KEYS) if value >> bit & 1) for value in distinct.tolist()]
    return pd.Categorical.from_codes(np.searchsorted(distinct, keys), pd.Index(names, dtype="str"))
