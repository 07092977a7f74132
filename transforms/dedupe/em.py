"""Expectation-maximisation over comparison patterns: weights of evidence without labels (Fellegi and Sunter 1969, Winkler 1988)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from transforms.dedupe.coded import Ints, Marks
from transforms.dedupe.features import Floats
from transforms.dedupe.levels import ADDRESS, COMPARISONS, CORE, ORGANISATION, Comparison

#: Pairs worth of belief that a pair of sources is as every pair of its sort (one list, two lists).
_SOURCE_BELIEF: Final = 40.0
#: Pairs worth of belief that a level says nothing, and that a joint level says no more than its parts. From 0.1 to 0.5 and from 2 to 20 the mean
#: F1 was 0.972-0.979 on sample cities 6 to 9, 0.887-0.898 on Nanjing and 0.928-0.929 on Pittsburgh, both one to one.
_NOTHING: Final = 0.2
_PARTS: Final = 10.0
#: No level is ever impossible: a single pair may still be odd.
_FLOOR: Final = 1e-4

#: EM ends when less than this share of the same-station pairs moves in a round, or after so many rounds.
_STILL: Final = 1e-4
_ROUNDS: Final = 300


@dataclass(frozen=True, slots=True)
class Belief:
    """How core names of one place look: `shares` a level, and how many `parts` of them stand beside one part of what EM finds."""

    shares: Mapping[str, float]
    parts: float


#: Core names of one station's listings in any city. Without it EM drifts, where premises are dense, to the class "same building" (seen on
#: Nanjing: 5 % of near pairs, equal names less likely in it than unequal ones). With one part of belief to one of what EM finds F1 is 0.981 on sample
#: cities 6 to 9 and with three 0.979, but the model that ships knows less of other lists then: on Chicago, in English, 0.903 and 0.911.
BELIEF: Final = Belief(
    {
        "equal_long": 0.24,
        "equal": 0.12,
        "equal_area": 0.2,
        "begins_long": 0.08,
        "begins": 0.06,
        "within_long": 0.04,
        "within": 0.04,
        "nearly": 0.03,
        "close_begins": 0.04,
        "close": 0.03,
        "some_begins": 0.03,
        "some": 0.02,
        "differs": 0.06,
        "marker": 0.01,
    },
    parts=3.0,
)


#: Core names of one place in a city's own lists, or lists of any sort, whose places are known from unique names: EM hardly drifts then, and the lists' own
#: habits count for more. With 3, 1, 0.75 and 0.5 parts to one F1 was 0.901, 0.900, 0.906 and 0.907 on Nanjing and 0.936, 0.937, 0.938 and 0.938 on
#: Pittsburgh, one to one; with a fifth EM went astray on Pittsburgh. Lists of stations name one place in more ways than lists of shops do.
OWN_BELIEF: Final = Belief(
    {
        "equal_long": 0.3,
        "equal": 0.2,
        "equal_area": 0.12,
        "begins_long": 0.08,
        "begins": 0.06,
        "within_long": 0.04,
        "within": 0.04,
        "nearly": 0.03,
        "close_begins": 0.04,
        "close": 0.02,
        "some_begins": 0.02,
        "some": 0.01,
        "differs": 0.03,
        "marker": 0.01,
    },
    parts=0.75,
)


#: How places of one station look where they do not lie near each other, in any city: most lie a gate or a block off, some in another datum, few
#: anywhere. So many pairs' worth of it stands beside what a city shows, which is a dozen pairs of its own.
_APART_PAIRS: Final = 20.0
_APART: Final[tuple[Mapping[str, float], ...]] = (
    {
        "d10": 0.03,
        "d30": 0.03,
        "d80": 0.05,
        "d150": 0.05,
        "d400": 0.4,
        "d1000": 0.15,
        "d2000": 0.05,
        "d_far": 0.05,
        "datum": 0.2,
        "community": 0.5,
        "town": 0.25,
        "county": 0.2,
        "elsewhere": 0.05,
        "unplaced": 0.3,
    },
    {
        "number": 0.35,
        "building": 0.03,
        "alike": 0.1,
        "number_base": 0.07,
        "number_near": 0.1,
        "number_differs": 0.05,
        "road": 0.1,
        "landmark": 0.2,
        "road_differs": 0.1,
        "address_missing": 1.0,
    },
)

#: 一店 and 二店, 东区 and 西区: who numbers places means to tell them apart. At most one in thirty-two such pairs is a slip of the pen (−5 bits): one door,
#: one owner and one kind, which phases of a compound share, do not outweigh it.
_MARKER_RATIO: Final = 1 / 32
#: Two firms in one place are a slip of the pen in at most one in eight such pairs (−3 bits against knowing no firm).
_FIRM_RATIO: Final = 0.125

#: Another number at one spot is a slip of the pen in at least one of sixteen such pairs (−4 bits).
_NUMBER_RATIO: Final = 1 / 16

#: Levels that may not speak against one place, and those that may not speak for it.
_AGREEING: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "opened": (("opened_same", "opened_differs"),),
}

#: Levels of a part that speak ever less for one place, whatever the other part says: farther, no firm known, another trade.
_FALLING: Final[Mapping[str, tuple[tuple[int, tuple[str, ...]], ...]]] = {
    "where": ((0, ("d10", "d30", "d80", "d150", "d400", "d1000", "d2000", "d_far")),),
    "name": ((0, ("org_same", "org_missing")),),
    "kind": (
        (0, ("kind_same", "kind_family", "kind_differs")),
        (1, ("premises_same", "premises_trade", "premises_sort", "premises_differs")),
    ),
}
WHERE: Final = next(comparison for comparison in COMPARISONS if comparison.name == "where")
CORE_LEVELS: Final = list(CORE)

#: Same-station pairs at a level from which its weight is its own: with fewer it leans on its parts and on the beliefs above.
WELL_MET: Final = 20


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct comparison patterns: level codes a comparison, the code of the source pair, and how many pairs show each."""

    codes: Mapping[str, Ints]
    sources: Ints
    counts: Floats
    #: What people said of the pairs of a pattern: 1 the same, 0 not, NaN nothing.
    known: Floats


@dataclass(frozen=True, slots=True)
class Rates:
    """What EM learnt: m and u a comparison (probability of each level among same and different stations), `met` how many same-station
    pairs show each level, log2 weights of source pairs (one a code, then defaults of one list and of two lists), the share of same-station pairs, rounds taken and whether it settled;
    `astride`: how many bits a well-met level's weight differs when EM begins elsewhere."""

    m: dict[str, Floats]
    u: dict[str, Floats]
    met: dict[str, Floats]
    sources: Floats
    share: float
    rounds: int = 0
    settled: bool = False
    astride: float = 0.0
    posterior: Floats = field(default_factory=lambda: np.zeros(0))


def patterns_of(codes: Mapping[str, Ints], sources: Ints, known: Floats | None = None) -> Patterns:
    """Group pairs by pattern; those that a person judged (`known` 1 or 0, NaN elsewhere) apart from those that nobody did.

    A judged pair counts for one pair like any other. Counting for two gains as much, for four less: the questions are doubtful pairs,
    and pressed too hard they teach that every pair is (training cities 1 and 4, 200 judgements: F1 +0.001 and +0.012, +0.002 and +0.008, -0.004 and +0.005).
    """
    judged = np.zeros(len(sources), dtype=np.int64) if known is None else (np.nan_to_num(known, nan=-1) + 1).astype(np.int64)
    columns = [*codes.values(), sources, judged]
    first, counts = _grouped(columns)
    told = judged[first] - 1.0
    return Patterns(
        {name: column[first].astype(np.int64) for name, column in codes.items()},
        sources[first].astype(np.int64),
        counts.astype(np.float64),
        np.where(told >= 0, told, np.nan),
    )


def _grouped(columns: Sequence[Ints]) -> tuple[Ints, Ints]:
    """The first of the rows that are equal in all columns (none negative), in the order of the columns, and how many such rows there are."""
    packed, span = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        width = int(column.max(initial=0)) + 1
        if span * width >= 1 << 62:
            seen, packed = np.unique(packed, return_inverse=True)
            span = len(seen)
        packed, span = packed * width + column, span * width
    _, first, counts = np.unique(packed, return_index=True, return_counts=True)
    return first, counts


def posterior_of(patterns: Patterns, rates: Rates) -> Floats:
    """Probability of one station for each pattern, as the rates say (over-confident where evidence is not independent)."""
    bits = np.full(len(patterns.counts), np.log2(rates.share / (1 - rates.share)))
    for name, codes in patterns.codes.items():
        bits += np.log2(rates.m[name] / rates.u[name])[codes]
    bits += rates.sources[patterns.sources]
    return np.asarray(said(patterns, 1 / (1 + np.exp2(-np.clip(bits, -60, 60)))))


def said(patterns: Patterns, posterior: Floats) -> Floats:
    """The posterior, with what people said in place of what is believed."""
    return np.where(np.isnan(patterns.known), posterior, patterns.known)


def maximise(
    patterns: Patterns,
    posterior: Floats,
    same_list: Ints,
    known: Mapping[str, Floats],
    belief: Belief,
    fixed_sources: Floats | None = None,
    *,
    apart: bool = False,
) -> Rates:
    """Rates that fit the posterior. `known` are comparisons of whose same-station pairs the counts a level come from elsewhere; `same_list`
    marks the codes of source pairs that are one list twice; `belief` is how core names of one place look; `apart`: the pairs are those that do not lie near each other."""
    yes, no = patterns.counts * posterior, patterns.counts * (1 - posterior)
    met, m, u = {}, {}, {}
    for comparison in COMPARISONS:
        name, codes = comparison.name, patterns.codes[comparison.name]
        known_as = _apart_known() if apart and name == "where" else comparison.knowledge
        met[name] = known[name] if name in known else counts_of(codes, yes, comparison)
        u[name] = _rate_of(counts_of(codes, no, comparison), comparison.shape, known_as)
        m[name] = _ratios(met[name], u[name], comparison.shape, known_as) * u[name]
        if name == "name":
            m[name] = _anchored(m[name], comparison.shape, belief)
        m[name] = _sensible(m[name], u[name], comparison)
    sources = _source_weights(patterns.sources, yes, no, same_list) if fixed_sources is None else fixed_sources
    return Rates(m, u, met, sources, float(np.clip(yes.sum() / max(patterns.counts.sum(), 1.0), 1e-9, 0.999)))


def expect_maximise(
    patterns: Patterns,
    start: Floats,
    same_list: Ints,
    known: Mapping[str, Floats],
    belief: Belief,
    fixed_sources: Floats | None = None,
) -> Rates:
    """EM from the posterior `start` to rest."""
    posterior, rounds, still = start, 0, False
    while rounds < _ROUNDS and not still:
        rounds += 1
        rates = maximise(patterns, posterior, same_list, known, belief, fixed_sources)
        moved = posterior_of(patterns, rates)
        still = bool((patterns.counts * np.abs(moved - posterior)).sum() < _STILL * (patterns.counts * posterior).sum())
        posterior = moved
    return replace(rates, rounds=rounds, settled=still, posterior=posterior)


def astride(one: Rates, other: Rates) -> float:
    """Bits between the weights of two runs, at the level where they differ most among those that WELL_MET same-station pairs show."""
    apart = 0.0
    for name, met in one.met.items():
        bits = np.log2(one.m[name] / one.u[name]) - np.log2(other.m[name] / other.u[name])
        apart = max(apart, float(np.abs(bits[met >= WELL_MET]).max(initial=0.0)))
    return apart


def counts_of(codes: Ints, weight: Floats | Marks, comparison: Comparison) -> Floats:
    """Pairs at each level, each for as much as its weight."""
    return np.bincount(codes, weights=weight, minlength=len(comparison.levels)).astype(np.float64)


def apart_counts() -> Floats:
    """The belief in pairs a level of the place."""
    believed = [np.array([belief[level] for level in part]) for belief, part in zip(_APART, WHERE.parts, strict=True)]
    return _APART_PAIRS * np.outer(*believed).reshape(-1)


def _apart_known() -> tuple[str, ...]:
    """What is known of places that do not lie near each other. Whether both have a position tells then: two that have one and are one place would lie near."""
    return tuple(known.removeprefix("division+").removeprefix("known+").removeprefix("missing+") for known in WHERE.knowledge)


def _rate_of(counts: Floats, shape: tuple[int, ...], knowledge: Sequence[str]) -> Floats:
    """Smoothed share of each level among those at which as much is known: a joint level backs off to the product of its parts.

    That something is missing says nothing by itself. Left free, EM finds the class of well-described listings instead of the same ones
    (seen on Nanjing: all pairs of two banks, since only banks there name their organisation).
    """
    table = counts.reshape(shape)
    total = table.sum()
    # the floor stands under the parts: under a joint level it would make two rare parts met together as likely as one of them
    parts = [np.maximum((table.sum(axis=axis) + 0.5) / (total + 0.5 * size), _FLOOR) for axis, size in _others(shape)]
    if len(parts) == 1:
        return _within_known(parts[0], knowledge)
    joint = np.outer(*parts)
    # as often as it was met against as often as its parts would have it: what was never met is rare, but no rarer than can be known
    return _within_known((joint * (table + _PARTS) / (total * joint + _PARTS)).reshape(-1), knowledge)


def _ratios(met: Floats, u: Floats, shape: tuple[int, ...], knowledge: Sequence[str]) -> Floats:
    """How much likelier each level is for one place than for two: as often as it was met against as often as u would have it, drawn to 1 where
    both are few; a joint level is drawn to the product of its parts."""
    groups = np.unique(knowledge, return_inverse=True)[1].reshape(-1)
    expected = np.bincount(groups, weights=met)[groups] * u
    table, wanted = met.reshape(shape), expected.reshape(shape)
    parts = [(table.sum(axis=axis) + _NOTHING) / (wanted.sum(axis=axis) + _NOTHING) for axis, _ in _others(shape)]
    ratio = (table + _PARTS * np.outer(*parts)) / (wanted + _PARTS) if len(parts) == 2 else parts[0]
    return _within_known(ratio.reshape(-1) * u, knowledge) / u


def _within_known(rate: Floats, knowledge: Sequence[str]) -> Floats:
    groups = np.unique(knowledge, return_inverse=True)[1].reshape(-1)
    return np.asarray(rate / np.bincount(groups, weights=rate)[groups])


def _others(shape: tuple[int, ...]) -> list[tuple[tuple[int, ...], int]]:
    """For each axis, the other axes and its own size."""
    return [(tuple(other for other in range(len(shape)) if other != axis), size) for axis, size in enumerate(shape)]


def _anchored(rate: Floats, shape: tuple[int, ...], belief: Belief) -> Floats:
    """Rates of the joint name levels with the core's shares drawn to `belief`, with and without organisations; how
    organisations split each share stays."""
    table = rate.reshape(shape).copy()
    believed = np.array([belief.shares.get(level, 0.0) for level in CORE])
    known = believed > 0
    missing = np.array([level == "org_missing" for level in ORGANISATION])
    for rows in (missing, ~missing):
        shares = table[rows].sum(axis=0)
        drawn = (shares + belief.parts * believed * shares[known].sum()) / (1 + belief.parts)
        wanted = np.where(known, drawn, shares)
        table[rows] *= wanted / shares
    return np.asarray(table.reshape(-1))


def _sensible(m: Floats, u: Floats, comparison: Comparison) -> Floats:
    """m held to what is so in any city, where few pairs or a city's chance say otherwise: see _FALLING; and two firms, and names that
    differ only by a number or a direction, speak against one place."""
    ratio = (m / u).reshape(comparison.shape)
    for part, levels in _FALLING.get(comparison.name, ()):
        order = [list(comparison.parts[part]).index(level) for level in levels]
        falling = np.minimum.accumulate(ratio.take(order, axis=part), axis=part)
        if part == 0:
            ratio[order] = falling
        else:
            ratio[:, order] = falling
    if comparison.name == "where":
        number, building, near, differs = (list(ADDRESS).index(level) for level in ("number", "building", "number_near", "number_differs"))
        ratio[:, building] = np.minimum(ratio[:, building], ratio[:, number])
        # a door that is one number off is miscounted more easily than any other; and it stands beside its neighbours, which is no sign against one place
        ratio[:, near] = np.maximum(ratio[:, near], ratio[:, differs])
        ratio[:, [near, differs]] = np.maximum(ratio[:, [near, differs]], _NUMBER_RATIO)
    for same, other in _AGREEING.get(comparison.name, ()):
        at = list(comparison.levels)
        ratio[at.index(same)] = np.maximum(ratio[at.index(same)], 1.0)
        ratio[at.index(other)] = np.minimum(ratio[at.index(other)], 1.0)
    if comparison.name == "name":
        firms = list(ORGANISATION)
        differs, missing = firms.index("org_differs"), firms.index("org_missing")
        ratio[differs] = np.minimum(ratio[differs], _FIRM_RATIO * ratio[missing])
        marker = CORE_LEVELS.index("marker")
        ratio[:, marker] = np.minimum(ratio[:, marker], _MARKER_RATIO)
    return np.asarray(ratio.reshape(-1) * u)


def _source_weights(codes: Ints, yes: Floats, no: Floats, same_list: Ints) -> Floats:
    """log2 of how much more often a pair of sources is met among same than among different stations; last two: defaults (one list, two lists)."""
    size = len(same_list)
    hits, misses = np.bincount(codes, weights=yes, minlength=size), np.bincount(codes, weights=no, minlength=size)
    expected = yes.sum() * misses / max(no.sum(), 1.0)
    defaults = np.ones(2)
    for sort in (0, 1):
        mine = same_list == (1 - sort)
        defaults[sort] = (hits[mine].sum() + 1.0) / (expected[mine].sum() + 1.0)
    base = np.where(same_list == 1, defaults[0], defaults[1])
    ratio = (hits + _SOURCE_BELIEF * base) / (expected + _SOURCE_BELIEF)
    return np.asarray(np.log2(np.append(ratio, defaults)))
