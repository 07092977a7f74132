"""What each comparison, key and step is worth: F1 with it taken out, on cities of other seeds than the model's, on large lists, and on real ones.

    python -m benchmarks.dedupe_ablation [--seeds 31 32 33 34] [--large 20000] [--data DIR]

A comparison is taken out by giving all its levels the weight 0, a key by leaving out the pairs that it alone met; nothing is trained anew, so what is told
is what the part adds to the rest as they are. The sample city is matched with the shipped weights, the others with weights learnt from
the lists as `yizhan dedupe` does; DIR holds nanjing/, matched one to one. Rewrites its part of RESULTS.md.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.dedupe_large import large
from benchmarks.dedupe_listings import sample_listings
from benchmarks.results import machine, rewrite
from sources.kit.any_list import read_lists
from transforms.dedupe import Model, fit, load_model, train
from transforms.dedupe.candidates import ALL_KEYS, Candidates, candidates
from transforms.dedupe.cluster import Constraints, cluster
from transforms.dedupe.coded import Ints
from transforms.dedupe.engine import exclusive
from transforms.dedupe.features import Features, features
from transforms.dedupe.levels import COMPARISONS
from transforms.dedupe.model import model_of, sealed
from transforms.dedupe.one_to_one import partners
from transforms.dedupe.score import weigher
from transforms.dedupe.scoring import pair_score
from transforms.dedupe.truth import read_truth
from transforms.standardise.anywhere import listings_of

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Town:
    """Lists ready to be matched: `met` are all candidates, `model` what they are matched with whole, `group` the column of the table."""

    group: str
    listings: pd.DataFrame
    known: Features
    met: Candidates
    model: Model
    truth: pd.Series
    one_to_one: bool


def sampled(seed: int) -> Town:
    """A sample city, with the shipped weights."""
    listings = sample_listings(seed)
    return _town("sample city", listings, listings.set_index("listing_id")["station"], load_model())


def made(count: int) -> Town:
    """Large lists as a perfect parser reads them, with weights learnt."""
    lists = large(count)
    truth = pd.Series(lists.station, index=lists.standardised["listing_id"])
    return _town("large lists", lists.standardised, truth, fit.fit(lists.standardised).model)


def unplaced(count: int) -> Town:
    """The large lists without their positions, with the weights that stand in for learning there: what keys other than the grid are for."""
    lists = large(count)
    truth = pd.Series(lists.station, index=lists.standardised["listing_id"])
    listings = lists.standardised.assign(lng_wgs84=np.nan, lat_wgs84=np.nan)
    return _town("large lists, no positions", listings, truth, fit.fit(listings).model)


def nanjing(folder: Path) -> Town:
    """Two real lists, one to one, with weights learnt."""
    read = read_lists([folder / "entities.csv"], {"source": "belong"}, "gcj02")
    listings, _ = listings_of(read.rows, None, None)
    truth = read_truth(folder / "matches.csv", read.rows["listing_id"])
    return _town("Nanjing", listings, truth, fit.fit(listings, across=True).model, one_to_one=True)


def _town(group: str, listings: pd.DataFrame, truth: pd.Series, model: Model, *, one_to_one: bool = False) -> Town:
    known = features(listings)
    met = candidates(known)
    if one_to_one:
        met = _kept(met, known.source[met.left] != known.source[met.right])
    return Town(group, listings, known, met, model, truth, one_to_one)


def _kept(met: Candidates, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> Candidates:
    return Candidates(met.left[chosen], met.right[chosen], met.keys[chosen], met.blocks)


def f1(town: Town, *, is_average: bool = True, is_exclusive: bool = True) -> float:
    """Pairwise F1 of the stations found."""
    known, met, same = town.known, town.met, town.model.thresholds["same"]
    weigh = weigher(known, town.model)
    weights = weigh(met.left, met.right)
    if town.one_to_one:
        first = known.source[met.left] == 0
        left, right = np.where(first, met.left, met.right), np.where(first, met.right, met.left)
        labels: Ints = partners(len(known), left, right, weights, same)
    elif is_average:
        nobody: Ints = np.full(len(known), -1)
        apart = exclusive(known) if is_exclusive else (nobody, nobody, nobody)
        constraints = Constraints(apart, frozenset(), ())
        labels = cluster(len(known), met.left, met.right, weights, town.model.thresholds["link"], same, weigh, constraints).labels
    else:
        strong = weights >= same
        graph = coo_array((np.ones(int(strong.sum())), (met.left[strong], met.right[strong])), shape=(len(known), len(known)))
        labels = connected_components(graph, directed=False)[1]
    return pair_score(pd.Series(labels, index=list(known.ids)), town.truth).f1


def without_keys(town: Town, *names: str) -> Town:
    """The town without the pairs that these keys alone met."""
    gone = sum(1 << bit for bit, key in enumerate(ALL_KEYS) if key.name in names)
    return replace(town, met=_kept(town.met, (town.met.keys & ~gone) != 0))


def reweighed(town: Town, change: Callable[[Document], None]) -> Town:
    """The town with its model's document changed."""
    document = copy.deepcopy(dict(town.model.document))
    change(document)
    return replace(town, model=model_of(sealed(document)))


def silent(name: str) -> Callable[[Document], None]:
    """A comparison that says nothing."""

    def change(document: Document) -> None:
        for stratum in document["strata"].values():
            stratum["weights"][name] = dict.fromkeys(stratum["weights"][name], 0)

    return change


def no_sources(document: Document) -> None:
    """Nothing known of how often two lists name one station."""
    for stratum in document["strata"].values():
        stratum["sources"] = {"same": 0, "other": 0}


def no_datum(document: Document) -> None:
    """A distance that a wrong datum explains is a distance as any other."""
    for stratum in document["strata"].values():
        where = stratum["weights"]["where"]
        where.update({level: where[level.replace("datum", "d1000", 1)] for level in where if level.startswith("datum+")})


def strata_as(**instead: str) -> Callable[[Document], None]:
    """Strata that take the weights of another."""

    def change(document: Document) -> None:
        for name, other in instead.items():
            document["strata"][name] = copy.deepcopy(document["strata"][other])

    return change


def independent(name: str) -> Callable[[Document], None]:
    """A joint comparison whose parts count each by itself: m and u of each part summed over the other."""
    comparison = next(each for each in COMPARISONS if each.name == name)

    def change(document: Document) -> None:
        for stratum in document["strata"].values():
            u = np.array([stratum["u"][name][level] for level in comparison.levels], dtype=np.float64).reshape(comparison.shape) + 0.5
            bits = np.array([stratum["weights"][name][level] for level in comparison.levels], dtype=np.float64).reshape(comparison.shape)
            m = u * np.exp2(bits / 1000)
            parts = [tuple(other for other in range(u.ndim) if other != axis) for axis in range(u.ndim)]
            summed = sum(np.log2(m.sum(axis=rest, keepdims=True) / u.sum(axis=rest, keepdims=True) * u.sum() / m.sum()) for rest in parts)
            told = np.rint(np.broadcast_to(summed, comparison.shape) * 1000).astype(int).ravel().tolist()
            stratum["weights"][name] = dict(zip(comparison.levels, told, strict=True))

    return change


#: Levels that are told apart, and what they would be without.
_TOLD_APART: Final[Mapping[str, tuple[str, int, tuple[tuple[str, ...], ...]]]] = {
    "names that begin alike": (
        "name",
        1,
        (("begins_long", "within_long"), ("begins", "within"), ("nearly", "close_begins", "close"), ("some_begins", "some")),
    ),
    "names almost equal": ("name", 1, (("nearly", "close_begins"),)),
    "alike but for the number": ("name", 1, (("marker", "close_begins"),)),
    "addresses written alike": ("where", 1, (("alike", "road", "address_missing"),)),
    "ten metres": ("where", 0, (("d10", "d30"),)),
}


def as_one(name: str, part: int, groups: tuple[tuple[str, ...], ...]) -> Callable[[Document], None]:
    """Levels of a part that weigh what they would if nobody told them apart."""
    comparison = next(each for each in COMPARISONS if each.name == name)
    order = list(comparison.parts[part])

    def change(document: Document) -> None:
        for stratum in document["strata"].values():
            u = np.array([stratum["u"][name][level] for level in comparison.levels], dtype=np.float64).reshape(comparison.shape) + 0.5
            bits = np.array([stratum["weights"][name][level] for level in comparison.levels], dtype=np.float64).reshape(comparison.shape)
            for group in groups:
                at: list[Any] = [slice(None)] * u.ndim
                at[part] = [order.index(level) for level in group]
                of_two = u[tuple(at)]
                of_one = of_two * np.exp2(bits[tuple(at)] / 1000)
                bits[tuple(at)] = np.log2(of_one.sum(axis=part, keepdims=True) / of_two.sum(axis=part, keepdims=True)) * 1000
            told = np.rint(bits).astype(int).ravel().tolist()
            stratum["weights"][name] = dict(zip(comparison.levels, told, strict=True))

    return change


@contextmanager
def patched(**values: object) -> Iterator[None]:
    """Bounds of `train` set to others while the block runs."""
    kept = {name: getattr(train, name) for name in values}
    try:
        for name, value in values.items():
            setattr(train, name, value)
        yield
    finally:
        for name, value in kept.items():
            setattr(train, name, value)


def relearnt(town: Town, **values: object) -> float:
    """F1 with weights learnt anew under other bounds; NaN where none are learnt."""
    if town.group not in ("large lists", "Nanjing"):
        return np.nan
    with patched(**values):
        return f1(replace(town, model=fit.fit(town.listings, across=town.one_to_one).model))


def clustered(town: Town, **steps: bool) -> float:
    """F1 with a step of the clusters left out; NaN for one-to-one lists, which have none."""
    return np.nan if town.one_to_one else f1(town, **steps)


#: Keys that each alone are worth little, taken out together: one may do another's work.
_TOGETHER: Final = (
    ("core_county", "stem", "credit"),
    ("community_kind", "town_org", "landmark", "road_org"),
    ("core", "core_county", "stem", "credit", "community_kind", "town_org", "landmark"),
    ("typo", "word", "near_word"),
)

#: Every part that is taken out: its kind, its name, and how.
PARTS: Final[Mapping[tuple[str, str], Callable[[Town], float]]] = {
    **{
        ("comparison", comparison.name): lambda town, name=comparison.name: f1(reweighed(town, silent(name)))  # type: ignore[misc]
        for comparison in COMPARISONS
    },
    ("comparison", "source pair"): lambda town: f1(reweighed(town, no_sources)),
    ("level", "wrong datum"): lambda town: f1(reweighed(town, no_datum)),
    ("level", "place × address, each by itself"): lambda town: f1(reweighed(town, independent("where"))),
    ("level", "organisation × name, each by itself"): lambda town: f1(reweighed(town, independent("name"))),
    **{
        ("level", what): lambda town, apart=apart: f1(reweighed(town, as_one(*apart)))  # type: ignore[misc]
        for what, apart in _TOLD_APART.items()
    },
    ("step", "quarter weighed as far"): lambda town: f1(reweighed(town, strata_as(quarter="far"))),
    ("step", "quarter weighed as near"): lambda town: f1(reweighed(town, strata_as(quarter="near"))),
    ("step", "all weighed as near"): lambda town: f1(reweighed(town, strata_as(quarter="near", far="near"))),
    ("step", "average linkage (connected components instead)"): lambda town: clustered(town, is_average=False),
    ("step", "exclusive trades, firms and sorts"): lambda town: clustered(town, is_exclusive=False),
    ("step", "learning (shipped weights alone)"): lambda town: relearnt(town, _OWN_PARTS=0),
    ("step", "blend (own weights alone)"): lambda town: relearnt(town, _OWN_PARTS=3),
    **{("key", key.name): lambda town, name=key.name: f1(without_keys(town, name)) for key in ALL_KEYS},  # type: ignore[misc]
    **{("keys", "+".join(names)): lambda town, names=names: f1(without_keys(town, *names)) for names in _TOGETHER},  # type: ignore[misc]
}


def main() -> None:
    """Measure, print, and rewrite the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[31, 32, 33, 34])
    parser.add_argument("--large", type=int, default=20_000)
    parser.add_argument("--data", type=Path)
    asked = parser.parse_args()
    towns = [*(sampled(seed) for seed in asked.seeds), *([made(asked.large), unplaced(asked.large)] if asked.large else [])]
    if asked.data:
        towns.append(nanjing(asked.data / "nanjing"))
    text = table(towns)
    print(text)
    seeds = ", ".join(map(str, asked.seeds))
    rewrite(
        "ablation",
        f"## What each part is worth\n\n{machine()}. `python -m benchmarks.dedupe_ablation --data DIR`. Sample cities {seeds} (mean), {asked.large:,} large listings as "
        f"a perfect parser reads them, and Nanjing one to one. The first line is F1 whole; the others how F1 changes, in points of a hundred, with the part "
        f"taken out and nothing trained anew: negative is what it is worth. Pairs: the share of all candidates that these keys alone meet, and how many of them are true.\n\n{text}",
    )


def table(towns: list[Town]) -> str:
    """F1 whole, then a line a part: the change a group of towns."""
    groups = list(dict.fromkeys(town.group for town in towns))
    whole = [f1(town) for town in towns]
    lines = [f"| taken out | {' | '.join(groups)} | pairs | true pairs |", f"|---|{'--:|' * (len(groups) + 2)}"]
    lines.append(f"| nothing: F1 | {' | '.join(f'{_mean(towns, whole, group):.4f}' for group in groups)} | | |")
    for (sort, name), measure in PARTS.items():
        changes = [measure(town) - before for town, before in zip(towns, whole, strict=True)]
        means = [_mean(towns, changes, group) for group in groups]
        cells = " | ".join("–" if np.isnan(mean) else f"{100 * mean:+.2f}" for mean in means)
        lines.append(f"| {sort}: {name} | {cells} | {_alone(towns, name) if sort.startswith('key') else ' | '} |")
        print(lines[-1], flush=True)
    return "\n".join(lines)


def _mean(towns: list[Town], figures: list[float], group: str) -> float:
    return float(np.mean([figure for town, figure in zip(towns, figures, strict=True) if town.group == group]))


def _alone(towns: list[Town], name: str) -> str:
    gone = sum(1 << bit for bit, key in enumerate(ALL_KEYS) if key.name in name.split("+"))
    every = sum(len(town.met.keys) for town in towns)
    alone = [(town.met.keys & ~gone) == 0 for town in towns]
    true = sum(int(_true(town, town.met.left[only], town.met.right[only]).sum()) for town, only in zip(towns, alone, strict=True))
    return f"{sum(int(only.sum()) for only in alone) / every:.1%} | {true:,}"


def _true(town: Town, left: Ints, right: Ints) -> np.ndarray[Any, np.dtype[np.bool_]]:
    station = pd.factorize(town.truth.reindex(list(town.known.ids)))[0]
    return np.asarray((station[left] >= 0) & (station[left] == station[right]))


if __name__ == "__main__":
    main()
