"""What is learnt in each stratum of a register's pairs: by EM near, where all pairs are at hand; by counting beyond.

Near pairs are enumerated exhaustively, so everything is learnt there. What same-station pairs look like in name and identifiers is then
held for the others, u being learnt from pairs drawn evenly from each; how their places differ, and how many they are, is learnt from names so
rare that whoever bears them is one station. With one stratum for all, F1 fell from 0.93 to 0.53 on a synthetic city; with u of the whole city
for pairs of one quarter, where half of the places go by its name, from 0.95 to 0.80 on another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Final

import numpy as np

from transforms.dedupe.candidates import candidates
from transforms.dedupe.coded import Ints, Marks
from transforms.dedupe.compare import Levels, compare
from transforms.dedupe.drawn import Drawn
from transforms.dedupe.em import (
    WHERE,
    Belief,
    Patterns,
    Rates,
    apart_counts,
    astride,
    counts_of,
    expect_maximise,
    maximise,
    patterns_of,
    said,
)
from transforms.dedupe.features import Features, Floats
from transforms.dedupe.geometry import distances
from transforms.dedupe.levels import COMPARISONS, NAMESAKES, QUARTER_M, STRATA

_NAMED: Final = list(NAMESAKES)

#: Where EM starts (bits): what anyone would expect of each part. EM replaces all of it; it only says which class is "the same".
_START: Final[Mapping[str, Mapping[str, float]]] = {
    "where": {
        "d10": 1,
        "d30": 1,
        "d150": -1,
        "number": 1,
        "building": -3,
        "road_differs": -1,
        "number_differs": -1,
        "d400": -2,
        "d1000": -5,
        "d_far": -8,
    },
    "name": {
        "equal_long": 5,
        "equal": 4,
        "equal_area": 2,
        "begins_long": 3,
        "begins": 2,
        "within_long": 3,
        "within": 2,
        "nearly": 2,
        "close_begins": 1,
        "close": 1,
        "some_begins": -2,
        "some": -2,
        "differs": -4,
        "marker": -4,
        "org_same": 1,
        "org_differs": -2,
    },
    "kind": {"kind_same": 1, "kind_family": -3, "kind_differs": -5},
    "namesakes": {},
    "phone": {"phone_same": 5, "contact_same": 4, "phone_differs": -1},
    "credit": {"credit_same": 4, "credit_differs": -3},
    "plaque": {"plaque_shared": 1},
    "hours": {"hours_same": 1, "hours_differs": -1},
    "facilities": {"facilities_same": 1, "facilities_close": 1, "facilities_differs": -1},
    "opened": {"opened_same": 4, "opened_month": 2, "opened_differs": -3},
}
_START_PRIOR: Final = -6.0


class AstrayError(ValueError):
    """EM ended where no model of stations can be; the message says which belief it broke, and nothing is written."""


def pair_codes(city: Features, names: Sequence[str]) -> Ints:
    """Code of the source pair for two source codes of the city: shape (sources, sources)."""
    order = {pair: at for at, pair in enumerate(combinations_with_replacement(names, 2))}
    table = [[order[min(a, b), max(a, b)] for b in city.sources] for a in city.sources]
    return np.array(table, dtype=np.int64).reshape(len(city.sources), len(city.sources))


@dataclass(frozen=True, slots=True)
class Said:
    """Judged pairs of a city as positions (left < right), and what was said of each: 1 the same, 0 not."""

    left: Ints
    right: Ints
    known: Floats


#: Nobody judged anything.
NOBODY: Final = Said(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))


def gathered(city: Features, codes: Ints, left: Ints, right: Ints, stratum: str) -> tuple[Levels, Ints, Floats]:
    """Levels and source pairs of the pairs that lie in the stratum; nobody judged them."""
    levels = compare(city, left, right)
    chosen = levels.stratum == STRATA.index(stratum)
    return levels.take(chosen), codes[city.source[left[chosen]], city.source[right[chosen]]], np.full(int(chosen.sum()), np.nan)


def pooled(parts: Sequence[tuple[Levels, Ints, Floats]]) -> Patterns:
    """Patterns of several cities' pairs together: levels, codes of the source pair, and what is known of each pair."""
    codes = {comparison.name: np.concatenate([levels.codes[comparison.name] for levels, *_ in parts]) for comparison in COMPARISONS}
    return patterns_of(codes, np.concatenate([sources for _, sources, _ in parts]), np.concatenate([known for *_, known in parts]))


@dataclass(frozen=True, slots=True)
class Met:
    """Candidates of a city with their levels and verdicts, the codes of its source pairs, and which candidates bear a unique equal name."""

    known: Features
    sources: Ints
    left: Ints
    right: Ints
    levels: Levels
    told: Floats
    unique: Marks
    judged: Said
    across: bool


def met_of(known: Features, sources: Ints, *, across: bool = False, judged: Said = NOBODY) -> Met:
    """The candidates of `known`, those of two lists alone where `across`, and every judged pair."""
    found = candidates(known)
    left, right = _across(known, found.left, found.right) if across else (found.left, found.right)
    pairs = np.concatenate([judged.left * len(known) + judged.right, left.astype(np.int64) * len(known) + right])
    distinct, first = np.unique(pairs, return_index=True)
    told = np.concatenate([judged.known, np.full(len(left), np.nan)])[first]
    left, right = distinct // len(known), distinct % len(known)
    return Met(known, sources, left, right, compare(known, left, right), told, _unique(known, left, right), judged, across)


def _across(known: Features, left: Ints, right: Ints) -> tuple[Ints, Ints]:
    kept = known.source[left] != known.source[right]
    return left[kept], right[kept]


def _unique(known: Features, left: Ints, right: Ints) -> Marks:
    """Pairs of two lists with an equal core name that no list bears twice (of one list, that it bears twice and no more), and that is no road's
    or community's."""
    core, area, city = known.core.code, known.core_is_area, known.text["city_code"].code
    equal = (core[left] == core[right]) & (core[left] >= 0) & (city[left] == city[right]) & ~(area[left] | area[right])
    if len(known.sources) == 1:
        return np.asarray(equal & (known.namesakes[left] == _NAMED.index("named_twice")))
    return np.asarray(equal & (known.namesakes[left] == _NAMED.index("named_once")) & (known.source[left] != known.source[right]))


def near_rates(met: Sequence[Met], same_list: Ints, belief: Belief, place: Floats | None = None) -> Rates:
    """Rates of near pairs by EM; the place's same-station pairs are `place` where they are known from elsewhere.

    EM runs twice: the second time it begins with the place alone, which is where it ends if the lists cannot tell one station from one building.
    """
    parts = []
    for city in met:
        near = city.levels.near
        sources = city.sources[city.known.source[city.left[near]], city.known.source[city.right[near]]]
        parts.append((city.levels.take(near), sources, city.told[near]))
    patterns = pooled(parts)
    if not len(patterns.counts):
        raise AstrayError("没有一对相近的登记，无从训练")
    known = {} if place is None else {"where": place}
    starts = (_START, {"where": _START["where"]})
    rates, elsewhere = (expect_maximise(patterns, first_guess(patterns, start), same_list, known, belief) for start in starts)
    return replace(rates, astride=astride(rates, elsewhere))


#: Pairs of unique equal names that must lie near each other for the place to be learnt from them.
UNIQUE_AT_LEAST: Final = 40


def called_uniquely(met: Sequence[Met]) -> Floats:
    """Near pairs with a unique equal name, but those that a person held for two, and pairs that one held for the same, at each level of the place: one
    place each, wherever it lies."""
    counts = np.zeros(len(WHERE.levels))
    for city in met:
        one_place = (city.unique & ~(city.told == 0)) | (city.told == 1)
        counts += counts_of(city.levels.codes["where"], city.levels.near & one_place, WHERE)
    return counts


def beyond(
    stratum: str,
    met: Sequence[Met],
    same_list: Ints,
    near: Rates,
    drawn: Sequence[Drawn],
    alike: float,
    belief: Belief,
) -> tuple[Rates, float]:
    """Rates of a stratum beyond the near one, and how many of its pairs are one place: as many to those near as unique equal names lie there
    to those that lie near. No EM: so far apart one pair in ten thousand is of one place, and EM finds another class than theirs.

    `drawn` are pairs of each city among which those of the stratum are as common as in the city. Name and identifiers of one place look as they
    do near. What lies over a kilometre apart under one name is taken for two places that happen to be called `alike` (a pair); as many
    are taken off closer ones.
    """
    parts, pairs_in_all = [], 0.0
    for city, pairs in zip(met, drawn, strict=True):
        left, right = _across(city.known, pairs.left, pairs.right) if city.across else (pairs.left, pairs.right)
        parts.append(gathered(city.known, city.sources, left, right, stratum))
        pairs_in_all += len(parts[-1][1]) / pairs.share
    patterns = pooled(parts)
    chance = counts_of(patterns.codes["where"], patterns.counts, WHERE) / max(patterns.counts.sum(), 1.0)
    equal, judged, near_by = np.zeros(len(WHERE.levels)), np.zeros(len(WHERE.levels)), 0.0
    for city in met:
        there, where = city.levels.stratum == STRATA.index(stratum), city.levels.codes["where"]
        equal += counts_of(where, there & city.unique, WHERE)
        judged += counts_of(where, there & (city.told == 1) & ~city.unique, WHERE)
        near_by += float((city.levels.near & city.unique).sum())
    apart_far = np.array([level.startswith(("d_far+", "d2000+")) for level in WHERE.levels])
    real = np.where(apart_far, 0.0, np.maximum(equal - alike * pairs_in_all * chance, 0.0)) + judged
    rates = maximise(
        patterns,
        np.full(len(patterns.counts), 1e-6),
        same_list,
        {**near.met, "where": apart_counts() + real},
        belief,
        near.sources,
        apart=True,
    )
    one_place = float(near.met["name"].sum()) * float(real.sum()) / max(near_by, 1.0)
    share = float(np.clip(max(one_place, 0.5) / max(pairs_in_all, 1.0), 1e-9, 0.5))
    return replace(rates, share=share, settled=True), one_place


def called_alike(met: Sequence[Met], drawn: Sequence[Drawn]) -> float:
    """How often two places one to two kilometres apart happen to bear a name that is unique but for them; `drawn` are random pairs of each city."""
    alike, counted = 0.0, 0.0
    for city, pairs in zip(met, drawn, strict=True):
        left, right = _across(city.known, pairs.left, pairs.right) if city.across else (pairs.left, pairs.right)
        metres, found = distances(city.known, left, right), distances(city.known, city.left, city.right)
        counted += float(((metres > QUARTER_M) & (metres <= 2 * QUARTER_M)).sum()) / pairs.share
        alike += float(((found > QUARTER_M) & (found <= 2 * QUARTER_M) & city.unique).sum())
    return alike / max(counted, 1.0)


def first_guess(patterns: Patterns, believed: Mapping[str, Mapping[str, float]]) -> Floats:
    """Bits with which EM begins, by what is `believed` of the parts of each level."""
    bits = np.full(len(patterns.counts), _START_PRIOR)
    for comparison in COMPARISONS:
        start = believed.get(comparison.name, {})
        table = np.array([sum(start.get(part, 0.0) for part in level.split("+")) for level in comparison.levels])
        bits += table[patterns.codes[comparison.name]]
    return said(patterns, 1 / (1 + np.exp2(-bits)))
