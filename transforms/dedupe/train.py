"""Training: weights from listings alone, by EM in three strata. A command, never part of the night.

Near pairs are enumerated exhaustively, so everything is learnt there. What same-station pairs look like in name and identifiers is then
held for the others: u is learnt from all pairs of each quarter, and, far apart, from random pairs of one city; the place's m from
pairs with an equal phone or credit code. With one stratum for all, F1 fell from 0.93 to 0.53 on a synthetic city.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any, Final

import numpy as np
import pandas as pd

from transforms.dedupe.candidates import candidates
from transforms.dedupe.coded import Ints
from transforms.dedupe.compare import Levels, compare
from transforms.dedupe.em import Patterns, Rates, expect_maximise, maximise, patterns_of, posterior_of, said
from transforms.dedupe.features import Features, Floats, features
from transforms.dedupe.levels import COMPARISONS, CORE, STRATA
from transforms.dedupe.model import pair_key

#: Random pairs a city for the far stratum; all of them in a city of up to 2,400 listings.
_RANDOM_PAIRS: Final = 3_000_000

#: Listings of a community or road that are all compared; longer ones are left out, so that training stays linear.
_QUARTER: Final = 200

#: Where EM starts (bits): what anyone would expect of each part. EM replaces all of it; it only says which class is "the same".
_START: Final[Mapping[str, Mapping[str, float]]] = {
    "where": {
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
        "within_long": 3,
        "within": 2,
        "close": 1,
        "some": -2,
        "differs": -4,
        "marker": -4,
        "org_same": 1,
        "org_differs": -2,
    },
    "kind": {"kind_same": 1, "kind_family": -3, "kind_differs": -5},
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


@dataclass(frozen=True, slots=True)
class Trained:
    """Rates of each stratum and the names of the source pairs in code order."""

    near: Rates
    quarter: Rates
    far: Rates
    pairs: tuple[str, ...]
    evidence: Mapping[str, Any]


def train(cities: Sequence[pd.DataFrame], verdicts: Mapping[tuple[str, str], str] | None = None) -> Trained:
    """Rates learnt from the listings of one or several cities (each a frame of its own, with columns as `match` takes). Raises AstrayError.

    `verdicts` (left_id, right_id → same, not; unsure says nothing) are blended in: EM runs over all pairs as without them, but what a person said of a pair
    is not guessed at. Labels alone, a few hundred of doubtful pairs, would teach that every pair is doubtful.
    """
    known = [features(listings) for listings in cities]
    judged = [_judged(city, verdicts or {}) for city in known]
    names = sorted({source for city in known for source in city.sources})
    pairs = tuple(pair_key(a, b) for a, b in combinations_with_replacement(names, 2))
    same_list = np.array([a == b for a, b in combinations_with_replacement(names, 2)], dtype=np.int64)
    coded = [pair_codes(city, names) for city in known]
    near = _near(known, coded, same_list, judged)
    far = _beyond("far", known, coded, same_list, near, judged)
    quarter = _beyond("quarter", known, coded, same_list, near, judged) or far
    if far is None or quarter is None:
        raise AstrayError("登记太少，无从训练")
    evidence = {
        "cities": len(cities),
        "listings": sum(len(city) for city in known),
        "near_share": round(near.share, 5),
        "near_rounds": near.rounds,
        "near_settled": near.settled,
        "far_share": round(far.share, 9),
        "far_rounds": far.rounds,
        "far_settled": far.settled,
        "quarter_share": round(quarter.share, 9),
        "quarter_rounds": quarter.rounds,
        "quarter_settled": quarter.settled,
        "judged_same": sum(int((told.known == 1).sum()) for told in judged),
        "judged_not": sum(int((told.known == 0).sum()) for told in judged),
    }
    check(near)
    return Trained(near, quarter, far, pairs, evidence)


def document_of(trained: Trained, thresholds: Mapping[str, Mapping[str, Any]], evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The model file's content (unsealed: `write_model` adds version and fingerprint)."""
    strata = {
        name: _stratum(rates, trained.pairs) for name, rates in zip(STRATA, (trained.near, trained.quarter, trained.far), strict=True)
    }
    return {"strata": strata, "thresholds": dict(thresholds), "evidence": {**trained.evidence, **evidence}}


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


def _judged(city: Features, verdicts: Mapping[tuple[str, str], str]) -> Said:
    place = {listing_id: at for at, listing_id in enumerate(city.ids)}
    rows = [
        (*sorted((place[a], place[b])), verdict == "same")
        for (a, b), verdict in sorted(verdicts.items())
        if verdict in ("same", "not") and a in place and b in place
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Said(table[:, 0], table[:, 1], table[:, 2].astype(np.float64))


#: Nobody judged anything.
NOBODY: Final = Said(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))


def gathered(
    city: Features, codes: Ints, left: Ints, right: Ints, strata: Sequence[str], judged: Said = NOBODY
) -> tuple[Levels, Ints, Floats]:
    """Levels, source pairs and verdicts of the pairs and of the judged ones, each once, that lie in one of the strata."""
    pairs = np.concatenate([judged.left * len(city) + judged.right, left.astype(np.int64) * len(city) + right])
    distinct, first = np.unique(pairs, return_index=True)
    known = np.concatenate([judged.known, np.full(len(left), np.nan)])[first]
    left, right = distinct // len(city), distinct % len(city)
    levels = compare(city, left, right)
    chosen = np.isin(levels.stratum, [STRATA.index(name) for name in strata])
    return levels.take(chosen), codes[city.source[left[chosen]], city.source[right[chosen]]], known[chosen]


def pooled(parts: Sequence[tuple[Levels, Ints, Floats]]) -> Patterns:
    codes = {comparison.name: np.concatenate([levels.codes[comparison.name] for levels, *_ in parts]) for comparison in COMPARISONS}
    return patterns_of(codes, np.concatenate([sources for _, sources, _ in parts]), np.concatenate([known for *_, known in parts]))


def _near(known: Sequence[Features], coded: Sequence[Ints], same_list: Ints, judged: Sequence[Said]) -> Rates:
    parts = []
    for city, codes, told in zip(known, coded, judged, strict=True):
        met = candidates(city)
        parts.append(gathered(city, codes, met.left, met.right, ("near",), told))
    patterns = pooled(parts)
    if not len(patterns.counts):
        raise AstrayError("没有一对相近的登记，无从训练")
    return expect_maximise(patterns, first_guess(patterns), same_list, {})


def first_guess(patterns: Patterns) -> Floats:
    bits = np.full(len(patterns.counts), _START_PRIOR)
    for comparison in COMPARISONS:
        start = _START[comparison.name]
        table = np.array([sum(start.get(part, 0.0) for part in level.split("+")) for level in comparison.levels])
        bits += table[patterns.codes[comparison.name]]
    return said(patterns, 1 / (1 + np.exp2(-bits)))


def _beyond(
    stratum: str, known: Sequence[Features], coded: Sequence[Ints], same_list: Ints, near: Rates, judged: Sequence[Said]
) -> Rates | None:
    """Rates of a stratum in which the name's and the identifiers' m are those of the near one; None without pairs."""
    parts = []
    for city, codes, told in zip(known, coded, judged, strict=True):
        left, right = _quarter_pairs(city) if stratum == "quarter" else random_pairs(len(city))
        parts.append(gathered(city, codes, left, right, (stratum,), told))
    patterns = pooled(parts)
    if not len(patterns.counts):
        return None
    fixed = {name: rate for name, rate in near.m.items() if name != "where"}
    start = maximise(patterns, np.full(len(patterns.counts), 1e-6), same_list, {**fixed, "where": near.m["where"]}, near.sources)
    where = _place_of_identified(patterns, start)
    return expect_maximise(patterns, _without_place(patterns, start), same_list, {**fixed, "where": where}, near.sources)


def _quarter_pairs(city: Features) -> tuple[Ints, Ints]:
    """All pairs of one community, and all of one road."""
    parts = []
    for group in (city.community, city.road):
        members = pd.DataFrame({"group": group, "i": np.arange(len(city))})[group >= 0]
        members = members[members.groupby("group")["i"].transform("size") <= _QUARTER]
        parts.append(members.merge(members, on="group", suffixes=("", "_other")))
    met = pd.concat(parts)
    codes = np.unique((met["i"] * len(city) + met["i_other"])[met["i"] < met["i_other"]].to_numpy(np.int64))
    return codes // len(city), codes % len(city)


def random_pairs(count: int, most: int = _RANDOM_PAIRS) -> tuple[Ints, Ints]:
    """All pairs of so many listings, or `most` of them by fixed dice."""
    if count * (count - 1) // 2 <= most:
        left, right = np.triu_indices(count, 1)
        return left.astype(np.int64), right.astype(np.int64)
    dice = np.random.default_rng(20260601)  # any fixed number: the same listings must give the same model
    left, right = dice.integers(0, count, (2, most))
    distinct = left != right
    return np.minimum(left, right)[distinct], np.maximum(left, right)[distinct]


def _without_place(patterns: Patterns, start: Rates) -> Floats:
    """The posterior from everything but the place, which is still to be learnt."""
    blind = {**start.m, "where": start.u["where"]}
    return posterior_of(patterns, Rates(blind, start.u, start.sources, start.share))


def _place_of_identified(patterns: Patterns, start: Rates) -> Floats:
    """m of the place from pairs with an equal phone or credit code, each weighted by what its name says, and from judged ones."""
    equal = {"phone": ("phone_same", "contact_same"), "credit": ("credit_same",)}
    chosen = np.zeros(len(patterns.counts), dtype=np.bool_)
    for comparison in COMPARISONS:
        wanted = [comparison.levels.index(level) for level in equal.get(comparison.name, ())]
        chosen |= np.isin(patterns.codes[comparison.name], wanted)
    chosen |= ~np.isnan(patterns.known)
    posterior = np.where(chosen, _without_place(patterns, start), 0.0)
    return maximise(patterns, posterior, np.zeros(len(start.sources) - 2, dtype=np.int64), {}).m["where"]


def check(near: Rates) -> None:
    """Beliefs that no city breaks: if EM breaks one, its classes are not same and different."""
    name = next(comparison for comparison in COMPARISONS if comparison.name == "name")
    m, u = (rates["name"].reshape(name.shape).sum(axis=0) for rates in (near.m, near.u))
    ratio = dict(zip(CORE, m / u, strict=True))
    if not near.settled:
        raise AstrayError("训练没有收敛：请检查名单是否过少或过于单一")
    if ratio["equal"] <= ratio["differs"]:
        raise AstrayError("训练结果认为名称相同的更不像同一驿站：请检查名称列")
    if not 1e-4 < near.share < 0.9:
        raise AstrayError(f"训练结果认为相近的登记有 {near.share:.2%} 是同一驿站，不合常理：请检查名单")


def _stratum(rates: Rates, pairs: Sequence[str]) -> dict[str, Any]:
    weights = {name: _named(name, np.log2(rates.m[name] / rates.u[name]) * 1000) for name in rates.m}
    sources = dict(zip([*pairs, "same", "other"], [round(float(weight) * 1000) for weight in rates.sources], strict=True))
    return {
        "prior": round(float(np.log2(rates.share / (1 - rates.share))) * 1000),
        "weights": weights,
        "sources": sources,
        "u": {name: _named(name, rates.u[name] * 1e6) for name in rates.u},
    }


def _named(name: str, values: Floats) -> dict[str, int]:
    comparison = next(comparison for comparison in COMPARISONS if comparison.name == name)
    return dict(zip(comparison.levels, [round(float(value)) for value in values], strict=True))
