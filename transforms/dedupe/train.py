"""Training: a model from listings alone. A command, never part of the night."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Any, Final

import numpy as np
import pandas as pd

from transforms.dedupe.calibration import calibrate
from transforms.dedupe.drawn import quarter_pairs, random_pairs
from transforms.dedupe.em import BELIEF, OWN_BELIEF, WELL_MET, Rates
from transforms.dedupe.features import Features, Floats, features
from transforms.dedupe.gold import astray
from transforms.dedupe.levels import COMPARISONS, CORE, STRATA
from transforms.dedupe.model import Model, Stratum, model_of, pair_key, sealed
from transforms.dedupe.score import weigher
from transforms.dedupe.strata import (
    UNIQUE_AT_LEAST,
    AstrayError,
    Said,
    beyond,
    called_alike,
    called_uniquely,
    met_of,
    near_rates,
    pair_codes,
)

#: Pairs a city from which u is learnt; all of them in a city of up to 2,400 listings.
_RANDOM_PAIRS: Final = 3_000_000

#: Parts of a weight that the lists teach; the rest is of the model that ships. F1 of shipped, own and blended weights: 0.981, 0.986 and 0.986, 0.982, 0.980 and
#: 0.980, 0.968, 0.977 and 0.977 on sample cities 31 to 33; 0.836, 0.882 and 0.889 on Nanjing as a city.
_OWN_PARTS, _PARTS = 2, 3


#: Bits that a well-met level may differ from start to start: half the odds. On sample cities and the real lists at hand it is under a hundredth.
_ONE_REST: Final = 1.0


@dataclass(frozen=True, slots=True)
class Trained:
    """Rates of each stratum and the names of the source pairs in code order."""

    near: Rates
    quarter: Rates
    far: Rates
    pairs: tuple[str, ...]
    evidence: Mapping[str, Any]


def train(cities: Sequence[pd.DataFrame], verdicts: Mapping[tuple[str, str], str] | None = None, *, for_any_city: bool = False) -> Trained:
    """Rates learnt from the listings of one or several cities (each a frame of its own, with columns as `match` takes). Raises AstrayError.

    `verdicts` (left_id, right_id → same, not; unsure says nothing) are blended in: EM runs over all pairs as without them, but what a person said of a pair
    is not guessed at. Labels alone, a few hundred of doubtful pairs, would teach that every pair is doubtful.

    How the places of one station differ is learnt from unique equal names, as for any lists, where there are enough (Nanjing as a city of its own: F1 0.88, and 0.76
    where EM finds it); `for_any_city` leaves it to EM, which learns more broadly from places that are named by hand (Chicago: 0.91, and 0.90).
    """
    known = [features(listings) for listings in cities]
    names = sorted({source for city in known for source in city.sources})
    order = list(combinations_with_replacement(names, 2))
    pairs, same_list = tuple(pair_key(a, b) for a, b in order), np.array([a == b for a, b in order], dtype=np.int64)
    met = [met_of(city, pair_codes(city, names), judged=_judged(city, verdicts or {})) for city in known]
    unique = called_uniquely(met)
    own = unique.sum() >= UNIQUE_AT_LEAST and not for_any_city
    belief = OWN_BELIEF if own else BELIEF
    near = near_rates(met, same_list, belief, unique if own else None)
    check(near)
    by_chance = [random_pairs(city, _RANDOM_PAIRS) for city in known]
    close_by = [quarter_pairs(city, _RANDOM_PAIRS) for city in known]
    alike = called_alike(met, by_chance)
    quarter, _ = beyond("quarter", met, same_list, near, close_by, alike, belief)
    far, _ = beyond("far", met, same_list, near, by_chance, alike, belief)
    evidence = {
        "cities": len(cities),
        "listings": sum(len(city) for city in known),
        **grounds(near, quarter, far),
        "judged_same": sum(int((city.judged.known == 1).sum()) for city in met),
        "judged_not": sum(int((city.judged.known == 0).sum()) for city in met),
    }
    return Trained(near, quarter, far, pairs, evidence)


def grounds(near: Rates, quarter: Rates, far: Rates) -> dict[str, Any]:
    """What the rates rest on: the share of same-station pairs in each stratum, whether EM came to rest and comes to the same rest from elsewhere, and how many
    of the levels that near same-station pairs show are met often enough to speak for themselves."""
    met = np.concatenate(list(near.met.values()))
    return {
        "near_share": round(near.share, 5),
        "near_rounds": near.rounds,
        "near_settled": near.settled,
        "near_astride_mb": round(near.astride * 1000),
        "near_levels_well_met": int((met >= WELL_MET).sum()),
        "near_levels_met": int((met >= 1).sum()),
        "quarter_share": round(quarter.share, 9),
        "far_share": round(far.share, 9),
    }


def document_of(trained: Trained, thresholds: Mapping[str, Mapping[str, Any]], evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The model file's content (unsealed: `write_model` adds version and fingerprint)."""
    strata = {
        name: _stratum(rates, trained.pairs) for name, rates in zip(STRATA, (trained.near, trained.quarter, trained.far), strict=True)
    }
    return {"strata": strata, "thresholds": dict(thresholds), "evidence": {**trained.evidence, **evidence}}


def _judged(city: Features, verdicts: Mapping[tuple[str, str], str]) -> Said:
    place = {listing_id: at for at, listing_id in enumerate(city.ids)}
    rows = [
        (*sorted((place[a], place[b])), verdict == "same")
        for (a, b), verdict in sorted(verdicts.items())
        if verdict in ("same", "not") and a in place and b in place
    ]
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Said(table[:, 0], table[:, 1], table[:, 2].astype(np.float64))


def blended(document: Mapping[str, Any], shipped: Model) -> dict[str, Any]:
    """The (unsealed) document, its weights two parts of what was learnt and one of the model that ships; integers, so that runs agree."""
    return {**document, "strata": {name: _blended(document["strata"][name], shipped.strata[name]) for name in STRATA}}


def _blended(learnt: Mapping[str, Any], shipped: Stratum) -> dict[str, Any]:
    def mixed(own: int, other: int) -> int:
        return (_OWN_PARTS * own + (_PARTS - _OWN_PARTS) * other) // _PARTS

    weights = {
        comparison.name: {
            level: mixed(learnt["weights"][comparison.name][level], int(other))
            for level, other in zip(comparison.levels, shipped.weights[comparison.name], strict=True)
        }
        for comparison in COMPARISONS
    }
    return {**learnt, "prior": mixed(learnt["prior"], shipped.prior), "weights": weights}


def calibrated(document: Mapping[str, Any], listings: pd.DataFrame, verdicts: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """The (unsealed) document with its calibration on judged pairs of the listings; as it is where they are too few.

    The pairs taught the weights too, but as a few hundred among tens of thousands: what they said of themselves hardly moved them.
    """
    known = features(listings)
    told = _judged(known, verdicts)
    found = calibrate(weigher(known, model_of(sealed(document)))(told.left, told.right), told.known == 1)
    return dict(document) if found is None else {**document, "calibration": found.document()}


def check_gold(model: Model) -> None:
    """Raises AstrayError when the model weighs a pattern of the gold set the other way."""
    if wrong := astray(model):
        raise AstrayError(
            f"训练结果{wrong[0]}，不合常理" + (f"（这样的还有 {len(wrong) - 1} 种）" if len(wrong) > 1 else "") + "：请检查名单"
        )


def check(near: Rates) -> None:
    """Beliefs that no city breaks: if EM breaks one, its classes are not same and different."""
    name = next(comparison for comparison in COMPARISONS if comparison.name == "name")
    m, u = (rates["name"].reshape(name.shape).sum(axis=0) for rates in (near.m, near.u))
    ratio = dict(zip(CORE, m / u, strict=True))
    if not near.settled:
        raise AstrayError("训练没有收敛：请检查名单是否过少或过于单一")
    if near.astride > _ONE_REST:
        raise AstrayError(f"训练从不同的起点得出不同的结果（同一项证据相差 {near.astride:.1f} 比特）：名单分不清同一驿站和同一幢楼")
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
        "met": {name: _named(name, rates.met[name]) for name in rates.met},
    }


def _named(name: str, values: Floats) -> dict[str, int]:
    comparison = next(comparison for comparison in COMPARISONS if comparison.name == name)
    return dict(zip(comparison.levels, [round(float(value)) for value in values], strict=True))
