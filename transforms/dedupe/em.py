"""Expectation-maximisation over comparison patterns: weights of evidence without labels (Fellegi and Sunter 1969, Winkler 1988)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from transforms.dedupe.coded import Ints
from transforms.dedupe.features import Floats
from transforms.dedupe.levels import COMPARISONS, CORE, ORGANISATION, Comparison

#: Pairs worth of belief in the backed-off rate of a level: with fewer real pairs than this the level says what its parts say.
_BELIEF: Final = 20.0
#: The same for the rate of a pair of sources against that of its sort (one list, two lists).
_SOURCE_BELIEF: Final = 40.0
#: No level is ever impossible: a single pair may still be odd.
_FLOOR: Final = 1e-4

#: EM ends when less than this share of the same-station pairs moves in a round, or after so many rounds.
_STILL: Final = 1e-4
_ROUNDS: Final = 300


#: How core names of one station's listings look in any city. Three quarters of the share are taken from here: without it EM drifts, where
#: premises are dense, to the class "same building" (seen on Nanjing: 5 % of near pairs, equal names less likely in it than unequal ones).
_CORE_BELIEF: Final[Mapping[str, float]] = {
    "equal_long": 0.24,
    "equal": 0.12,
    "equal_area": 0.2,
    "within_long": 0.12,
    "within": 0.1,
    "close": 0.1,
    "some": 0.05,
    "differs": 0.06,
    "marker": 0.01,
}


#: 一店 and 二店, 东区 and 西区: who numbers places means to tell them apart. At most one in four such pairs is a slip of the pen (−2 bits).
_MARKER_RATIO: Final = 0.25
_PLACED: Final = ("d30", "d80", "d150", "d400", "d1000", "d2000", "d_far")
CORE_LEVELS: Final = list(CORE)


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
    """What EM learnt: m and u a comparison (probability of each level among same and different stations), log2 weights of source pairs
    (one a code, then defaults of one list and of two lists), the share of same-station pairs, rounds taken and whether it settled."""

    m: dict[str, Floats]
    u: dict[str, Floats]
    sources: Floats
    share: float
    rounds: int = 0
    settled: bool = False
    posterior: Floats = field(default_factory=lambda: np.zeros(0))


def patterns_of(codes: Mapping[str, Ints], sources: Ints, known: Floats | None = None) -> Patterns:
    """Group pairs by pattern; those that a person judged (`known` 1 or 0, NaN elsewhere) apart from those that nobody did.

    A judged pair counts for one pair like any other. Counting for two gains as much, for four less: the questions are doubtful pairs,
    and pressed too hard they teach that every pair is (training cities 1 and 4, 200 judgements: F1 +0.001 and +0.012, +0.002 and +0.008, -0.004 and +0.005).
    """
    frame = pd.DataFrame({**codes, "sources": sources, "known": -1 if known is None else np.nan_to_num(known, nan=-1)})
    names = list(frame.columns)
    grouped = frame.groupby(names, sort=True).size().reset_index(name="count")
    told = grouped["known"].to_numpy(np.float64)
    return Patterns(
        {name: grouped[name].to_numpy(np.int64) for name in codes},
        grouped["sources"].to_numpy(np.int64),
        grouped["count"].to_numpy(np.float64),
        np.where(told >= 0, told, np.nan),
    )


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
    fixed_m: Mapping[str, Floats],
    fixed_sources: Floats | None = None,
    belief: Mapping[str, float] = _CORE_BELIEF,
) -> Rates:
    """Rates that fit the posterior; those in `fixed_m` stay. `same_list` marks the codes of source pairs that are one list twice; `belief`
    is how core names of one place look."""
    yes, no = patterns.counts * posterior, patterns.counts * (1 - posterior)
    m, u = {}, {}
    for comparison in COMPARISONS:
        codes, shape = patterns.codes[comparison.name], comparison.shape
        m[comparison.name] = fixed_m[comparison.name] if comparison.name in fixed_m else rate_of(codes, yes, comparison)
        if comparison.name == "name" and "name" not in fixed_m:
            m["name"] = _anchored(m["name"], shape, belief)
        u[comparison.name] = rate_of(codes, no, comparison)
        m[comparison.name] = _sensible(m[comparison.name], u[comparison.name], comparison)
    sources = _source_weights(patterns.sources, yes, no, same_list) if fixed_sources is None else fixed_sources
    return Rates(m, u, sources, float(np.clip(yes.sum() / max(patterns.counts.sum(), 1.0), 1e-9, 0.999)))


def expect_maximise(
    patterns: Patterns,
    start: Floats,
    same_list: Ints,
    fixed_m: Mapping[str, Floats],
    fixed_sources: Floats | None = None,
    belief: Mapping[str, float] = _CORE_BELIEF,
) -> Rates:
    """EM from the posterior `start` to rest."""
    posterior, rounds, still = start, 0, False
    while rounds < _ROUNDS and not still:
        rounds += 1
        rates = maximise(patterns, posterior, same_list, fixed_m, fixed_sources, belief)
        moved = posterior_of(patterns, rates)
        still = bool((patterns.counts * np.abs(moved - posterior)).sum() < _STILL * (patterns.counts * posterior).sum())
        posterior = moved
    return Rates(rates.m, rates.u, rates.sources, rates.share, rounds, still, posterior)


def rate_of(codes: Ints, weight: Floats, comparison: Comparison) -> Floats:
    """Smoothed share of each level among those at which as much is known: a joint level backs off to the product of its parts.

    That something is missing says nothing by itself. Left free, EM finds the class of well-described listings instead of the same ones
    (seen on Nanjing: all pairs of two banks, since only banks there name their organisation).
    """
    shape = comparison.shape
    counts = np.bincount(codes, weights=weight, minlength=int(np.prod(shape))).reshape(shape)
    total = counts.sum()
    # the floor stands under the parts: under a joint level it would make two rare parts met together as likely as one of them
    parts = [np.maximum((counts.sum(axis=axis) + 0.5) / (total + 0.5 * size), _FLOOR) for axis, size in _others(shape)]
    rate = (counts + _BELIEF * np.outer(*parts)) / (total + _BELIEF) if len(parts) == 2 else parts[0]
    groups = np.unique(comparison.knowledge, return_inverse=True)[1].reshape(-1)
    flat = rate.reshape(-1)
    return np.asarray(flat / np.bincount(groups, weights=flat)[groups])


def _others(shape: tuple[int, ...]) -> list[tuple[tuple[int, ...], int]]:
    """For each axis, the other axes and its own size."""
    return [(tuple(other for other in range(len(shape)) if other != axis), size) for axis, size in enumerate(shape)]


def _anchored(rate: Floats, shape: tuple[int, ...], belief: Mapping[str, float]) -> Floats:
    """Rates of the joint name levels with the core's shares drawn to `belief`, with and without organisations; how
    organisations split each share stays."""
    table = rate.reshape(shape).copy()
    believed = np.array([belief.get(level, 0.0) for level in CORE])
    known = believed > 0
    missing = np.array([level == "org_missing" for level in ORGANISATION])
    for rows in (missing, ~missing):
        shares = table[rows].sum(axis=0)
        wanted = np.where(known, (shares + 3 * believed * shares[known].sum()) / 4, shares)
        table[rows] *= wanted / shares
    return np.asarray(table.reshape(-1))


def _sensible(m: Floats, u: Floats, comparison: Comparison) -> Floats:
    """m held to what is so in any city, where few pairs or a city's chance say otherwise: further apart never speaks more for one
    place, and names that differ only by a number or a direction speak against it."""
    if comparison.name not in ("where", "name"):
        return m
    ratio = (m / u).reshape(comparison.shape)
    if comparison.name == "where":
        ratio[: len(_PLACED)] = np.minimum.accumulate(ratio[: len(_PLACED)], axis=0)
    else:
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
