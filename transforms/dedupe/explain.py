"""Why two listings are, or are not, one station: the evidence on the pair, and what decided where the pair alone does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from transforms.dedupe.candidates import ALL_KEYS, candidates
from transforms.dedupe.cluster import Distinct
from transforms.dedupe.compare import Levels, compare
from transforms.dedupe.engine import distinct_lists, exclusive
from transforms.dedupe.evidence import Evidence, evidence_of
from transforms.dedupe.features import Features, features
from transforms.dedupe.judgements import Pair, chain_of
from transforms.dedupe.levels import COMPARISONS, STRATA
from transforms.dedupe.model import Model
from transforms.dedupe.score import score

#: What decided: the pair's own weight; a person on this pair, or on others of the two stations; a way through other listings; two trades
#: or firms that never share a station; a list of which each line is a station of its own; the mean of all pairs of both stations; or that each joined others first.
Cause = Literal["weight", "judged", "judged_others", "through", "exclusive", "distinct", "mean", "order"]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the pair is together or apart in the register. `chain`: listings on the way (judged, through), or the two others that decided;
    `mean_mb`: mean weight of all pairs of both stations."""

    cause: Cause
    chain: tuple[str, ...] = ()
    mean_mb: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One pair explained. `keys`: Chinese titles of the blocking keys that both share, none when the pair was never a candidate."""

    left_id: str
    right_id: str
    evidence: tuple[Evidence, ...]
    keys: tuple[str, ...]
    is_together: bool
    reason: Reason
    verdict: str | None

    @property
    def weight_mb(self) -> int:
        """The pair's weight: the sum of its evidence."""
        return sum(each.weight_mb for each in self.evidence)


def levels_of(listings: pd.DataFrame, pairs: Sequence[Pair], model: Model) -> dict[Pair, tuple[int, dict[str, str]]]:
    """Weight (milli-bits) and levels, as `pair.levels` writes them, of any pairs of `listings` (all of them: how common a phone is counts)."""
    known = features(listings)
    return _levels_of(known, pairs, model)


def explain(
    listings: pd.DataFrame,
    stations: Mapping[str, str],
    pair: Pair,
    model: Model,
    verdicts: Mapping[Pair, str],
    distinct: AbstractSet[str] = frozenset(),
) -> Explanation:
    """Explain `pair` in a register: `stations` leads each of the `listings` to its station, `verdicts` (same, not, unsure) are those in force.
    `distinct`: sources of which each line is a station of its own.

    Raises KeyError for a listing that is not there.
    """
    known = features(listings)
    place = {listing_id: at for at, listing_id in enumerate(known.ids)}
    left, right = sorted(pair)
    own, other = ([each for each in known.ids if stations.get(each) == stations[side]] for side in (left, right))
    inside = sorted({*own, *other})
    weights = {pair: weight for pair, (weight, _) in _levels_of(known, _pairs(inside), model).items()}
    levels = _levels_of(known, [(left, right)], model)[left, right][1]
    source = known.sources
    sides = (source[known.source[place[left]]], source[known.source[place[right]]])
    is_together = stations[left] == stations[right]
    same = model.thresholds["same"]
    reason = (
        _together(own, weights, verdicts, (left, right), same)
        if is_together
        else _apart(
            (own, other),
            weights,
            verdicts,
            (left, right),
            same,
            _barred(known, distinct_lists(known, listings, distinct), place, own, other),
        )
    )
    return Explanation(
        left,
        right,
        evidence_of(levels, sides, model),
        _keys(known, place[left], place[right]),
        is_together,
        reason,
        verdicts.get((left, right)),
    )


def _together(members: Sequence[str], weights: Mapping[Pair, int], verdicts: Mapping[Pair, str], pair: Pair, same: int) -> Reason:
    if chain := chain_of(_beside(each for each, verdict in verdicts.items() if verdict == "same"), *pair):
        return Reason("judged", chain)
    if weights[pair] >= same:
        return Reason("weight")
    for floor in sorted({*weights.values()}, reverse=True):  # the way whose weakest step is strongest
        if chain := chain_of(_beside(each for each, weight in weights.items() if weight >= floor), *pair):
            return Reason("through", chain)
    raise ValueError(f"{pair} are not among {members}")


def _apart(
    sides: tuple[Sequence[str], Sequence[str]],
    weights: Mapping[Pair, int],
    verdicts: Mapping[Pair, str],
    pair: Pair,
    same: int,
    barred: Reason | None,
) -> Reason:
    across: list[Pair] = [(min(a, b), max(a, b)) for a in sides[0] for b in sides[1]]
    if verdicts.get(pair) == "not":
        return Reason("judged")
    if others := [each for each in across if verdicts.get(each) == "not"]:
        return Reason("judged_others", others[0])
    if barred:
        return barred
    mean = sum(weights[each] for each in across) // len(across)
    if weights[pair] < same and mean < same:
        return Reason("weight")
    if mean < same:
        worst = min(across, key=lambda each: (weights[each], each))
        return Reason("mean", worst, mean)
    return Reason("order", mean_mb=mean)


def _barred(
    known: Features, distinct: Distinct | None, place: Mapping[str, int], own: Iterable[str], other: Iterable[str]
) -> Reason | None:
    """Two listings, one a side, whose trades or firms never share a station, or that are two lines of a list that never repeats itself."""
    across = [(a, b) for a in own for b in other]
    left, right = (np.array([place[each[side]] for each in across], dtype=np.int64) for side in (0, 1))
    for codes in exclusive(known):
        never = (codes[left] >= 0) & (codes[right] >= 0) & (codes[left] != codes[right])
        if never.any():
            return Reason("exclusive", across[int(never.argmax())])
    never = distinct.keeps_apart(left, right) if distinct else np.zeros(len(across), dtype=np.bool_)
    return Reason("distinct", across[int(never.argmax())]) if never.any() else None


def _beside(pairs: Iterable[Pair]) -> dict[str, set[str]]:
    beside: dict[str, set[str]] = {}
    for a, b in pairs:
        beside.setdefault(a, set()).add(b)
        beside.setdefault(b, set()).add(a)
    return beside


def _pairs(ids: Sequence[str]) -> list[Pair]:
    return [(a, b) for at, a in enumerate(ids) for b in ids[at + 1 :]]


def _keys(known: Features, left: int, right: int) -> tuple[str, ...]:
    met = candidates(known)
    keys = met.keys[(met.left == left) & (met.right == right)]
    return tuple(key.title for bit, key in enumerate(ALL_KEYS) if len(keys) and int(keys[0]) >> bit & 1)


def _levels_of(known: Features, pairs: Sequence[Pair], model: Model) -> dict[Pair, tuple[int, dict[str, str]]]:
    place = {listing_id: at for at, listing_id in enumerate(known.ids)}
    left, right = (np.array([place[each[side]] for each in pairs], dtype=np.int64) for side in (0, 1))
    levels = compare(known, left, right)
    weights = score(known, left, right, levels, model)
    return {pair: (int(weights[at]), _named(levels, at)) for at, pair in enumerate(pairs)}


def _named(levels: Levels, at: int) -> dict[str, str]:
    told = {comparison.name: comparison.levels[int(levels.codes[comparison.name][at])] for comparison in COMPARISONS}
    return {"stratum": STRATA[int(levels.stratum[at])], **told}
