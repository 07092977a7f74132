"""Candidate pairs: listings that share a blocking key, found by sorting codes, never texts.

A block's cap depends only on that block's own members, so a changed listing changes the pairs of its own blocks and of no other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import pandas as pd

from transforms.dedupe.blocks import AT_ONCE, Cells, Sizes, blocks_of, cells_of, joined
from transforms.dedupe.coded import Ints, Marks, dense, packed_codes, sorted_distinct
from transforms.dedupe.features import Features, Floats
from transforms.dedupe.geometry import DEGREE_M, distances
from transforms.dedupe.levels import NEAR_M
from transforms.dedupe.spellings import Alike


@dataclass(frozen=True, slots=True)
class Key:
    """A blocking key: what two listings must have in common (a listing without one of the `parts` has no such key), and the largest block that is compared."""

    name: str
    parts: tuple[str, ...]
    cap: int
    title: str


#: A name key within the county, too: in a large city the name alone fills its block to the cap and is dropped, the county's is not.
#: Caps (60; phone and code 20; typo 30) are those at which a synthetic city of a million kept 97 % of its true pairs at 11.5 pairs a listing.
KEYS: Final = (
    Key("core", ("city", "core"), 60, "核心名"),
    Key("core_county", ("city", "county", "core"), 60, "区县与核心名"),
    Key("door", ("city", "road", "number"), 60, "路名与门牌号"),
    Key("credit", ("city", "credit"), 20, "信用代码"),
    Key("community_kind", ("city", "community", "family"), 60, "社区与行业"),
    Key("town_org", ("city", "town", "organisation"), 60, "街道与机构"),
    Key("road_org", ("city", "road", "organisation"), 60, "道路与机构"),
    Key("landmark", ("city", "county", "landmark"), 60, "地标"),
    Key("stem", ("city", "county", "family", "stem"), 60, "去掉序号方位的核心名"),
)
_PHONE: Final = Key("phone", ("city", "phone"), 20, "电话")
_TYPO: Final = Key("typo", ("city", "county", "shorter"), 30, "核心名少一字")
_WORD: Final = Key("word", ("city", "county", "word"), 20, "区县与核心名中两个字")
_NEAR_WORD: Final = Key("near_word", ("square", "word"), 30, "一公里方格与核心名中两个字")
_GRID: Final = Key("grid", ("cell",), 60, "150米网格")
ALL_KEYS: Final = (*KEYS, _PHONE, _TYPO, _WORD, _NEAR_WORD, _GRID)

#: A grid cell is NEAR_M high and, at 53° north, NEAR_M wide; further south it is wider, so that neighbours always cover NEAR_M.
_CELL_LAT: Final = NEAR_M / DEGREE_M
_CELL_LNG: Final = NEAR_M / (DEGREE_M * 0.6)
#: Of the eight cells around one, the four that are looked at from it; it is looked at from the others.
AROUND: Final = ((1, 0), (0, 1), (1, 1), (-1, 1))

_BIT: Final = {key.name: 1 << at for at, key in enumerate(ALL_KEYS)}


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of positions in the features (left < right, sorted), the keys each was met by as bits in ALL_KEYS order, and a report.

    `blocks` has a line a key: key, title, pairs (met by it), dropped_blocks, dropped_pairs, largest (members of its largest block).
    """

    left: Ints
    right: Ints
    keys: Ints
    blocks: pd.DataFrame


def candidates(listings: Features) -> Candidates:
    """Every pair that shares a key, or lies within NEAR_M. Linear in listings: a block's pairs are bounded by its cap."""
    width = max(len(listings), 2).bit_length()
    report: dict[str, Sizes] = {}
    squares, cells = _squares(listings), cells_of(listings.lng / _CELL_LNG, listings.lat / _CELL_LAT)
    families = (_by_columns(listings, report), _by_names(listings, squares, report), _by_place(listings, cells, report))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # numpy sorts without Python's lock
        packed = joined(list(pool.map(lambda met: _packed(met, width), families)))
        packed.sort(kind="stable")  # each family is in order, so that this only merges
        parts = list(pool.map(lambda part: _gathered(part, width, cells), _untorn(packed)))
    del packed
    left, right, keys = (np.concatenate(side) for side in zip(*parts, strict=True))
    return Candidates(left, right, keys, _report(report, keys))


#: Pairs of positions in no order, and their keys: bits, one number for all or one a pair.
Met = Iterator[tuple[Ints, Ints, Ints | int]]


def _columns(listings: Features) -> Mapping[str, Ints]:
    """Codes by which the keys name them, −1 absent. A register is one city's: without a city all listings share it; so it is with counties."""
    return {
        "city": listings.text["city_code"].code + 1,
        "county": listings.column("county") + 1,
        "landmark": listings.text["landmark"].code,
        "stem": listings.column("core_stem"),
        **{name: listings.column(name) for name in ("town", "community", "core", "organisation", "family", "road", "number", "credit")},
    }


def _by_columns(listings: Features, report: dict[str, Sizes]) -> Met:
    """Pairs by every key that is a set of columns, but those of the core name."""
    columns = _columns(listings)
    for key in KEYS:
        if "core" in key.parts:
            continue
        members = np.flatnonzero(np.all([columns[part] >= 0 for part in key.parts], axis=0))
        blocks = blocks_of(packed_codes(columns[part][members] for part in key.parts), members)
        report[key.name] = blocks.sizes(key.cap)
        yield from ((a, b, _BIT[key.name]) for a, b in blocks.within(key.cap).pairs())
    rows, places = np.nonzero(listings.phones >= 0)
    blocks = blocks_of(packed_codes((columns["city"][rows], listings.phones[rows, places])), rows)
    report[_PHONE.name] = blocks.sizes(_PHONE.cap)
    yield from ((a[a != b], b[a != b], _BIT[_PHONE.name]) for a, b in blocks.within(_PHONE.cap).pairs())


def _by_names(listings: Features, squares: Ints, report: dict[str, Sizes]) -> Met:
    """Pairs by what their core names have in common.

    Listings of one name in one county are namesakes: to every key within the county they are one, so such keys are worked out by name.
    """
    core, county, caps = KEYS[0], KEYS[1], {key.name: key.cap for key in ALL_KEYS}
    columns = _columns(listings)
    named = np.flatnonzero(listings.core.code >= 0)
    names, cities, counties = listings.core.code[named], columns["city"][named], columns["county"][named]
    place = dense(cities, counties)
    group = dense(place, names)
    namesakes = blocks_of(group, named)
    cores = blocks_of(packed_codes((cities, names)), named)
    report[core.name], report[county.name] = cores.sizes(core.cap), namesakes.sizes(county.cap)
    first = namesakes.firsts
    group_place, group_name = np.empty(len(first), np.int32), np.empty(len(first), np.int32)
    group_place[group], group_name[group] = place, names
    bits = np.where(namesakes.counts <= county.cap, _BIT[county.name], 0)
    of_core = np.zeros(len(listings), dtype=np.bool_)
    of_core[cores.within(core.cap).members] = True
    bits[group[of_core[named]]] |= _BIT[core.name]
    alike = Alike(listings.core.values)
    for name, spellings in (("typo", alike.shorter), ("word", alike.words)):
        groups, spelled = spellings.of(group_name)
        met = blocks_of(packed_codes((group_place[groups], spelled)), groups, namesakes.counts)
        report[name] = met.sizes(caps[name])
        kept = met.within(caps[name])
        bits[kept.members] |= _BIT[name]
        yield from ((a, b, _BIT[name]) for a, b in namesakes.crossed(_distinct(kept.pairs(), len(first))))
    near, near_pairs = _near_words(named, names, squares, alike, report)
    own, of_group = np.zeros(len(listings), dtype=np.int32), np.full(len(listings), -1, dtype=np.int32)
    own[named], of_group[named] = bits[group], group
    for a, b in namesakes.of(bits > 0).pairs():
        yield a, b, own[a] | np.where(near[a] & (squares[a] == squares[b]), _BIT[_NEAR_WORD.name], 0)
    # what the namesakes brought is not brought again: their pairs are most of all
    for a, b in cores.within(core.cap).pairs():
        apart = of_group[a] != of_group[b]
        yield a[apart], b[apart], _BIT[core.name]
    for a, b in near_pairs:
        apart = (of_group[a] != of_group[b]) | (own[a] == 0)
        yield a[apart], b[apart], _BIT[_NEAR_WORD.name]


def _near_words(
    named: Ints, names: Ints, squares: Ints, alike: Alike, report: dict[str, Sizes]
) -> tuple[Marks, Iterator[tuple[Ints, Ints]]]:
    """The same within a square, whatever the county: whose namesakes there have it in common with them, and all pairs that have it."""
    placed = squares[named] >= 0
    members, names, places = named[placed], names[placed], squares[named][placed]
    group = dense(places, names)
    namesakes = blocks_of(group, members)
    first = namesakes.firsts
    group_place, group_name = np.empty(len(first), np.int32), np.empty(len(first), np.int32)
    group_place[group], group_name[group] = places, names
    groups, spelled = alike.words.of(group_name)
    met = blocks_of(packed_codes((group_place[groups], spelled)), groups, namesakes.counts)
    report[_NEAR_WORD.name] = met.sizes(_NEAR_WORD.cap)
    kept = met.within(_NEAR_WORD.cap)
    own = np.zeros(len(first), dtype=np.bool_)
    own[kept.members] = True
    near = np.zeros(len(squares), dtype=np.bool_)
    near[members] = own[group]
    return near, chain(namesakes.of(own).pairs(), namesakes.crossed(_distinct(kept.pairs(), len(first))))


def _by_place(listings: Features, cells: Cells, report: dict[str, Sizes]) -> Met:
    """Pairs within NEAR_M of each other, by cells of that size and their neighbours."""
    report[_GRID.name] = cells.blocks.sizes(_GRID.cap)
    for a, b in cells.beside(_GRID.cap, AROUND):
        near = distances(listings, a, b) <= NEAR_M
        yield a[near], b[near], _BIT[_GRID.name]


def _squares(listings: Features) -> Ints:
    """The square of a hundredth of a degree that each listing lies nearest to the middle of, −1 without a position."""
    squares = np.full(len(listings), -1, dtype=np.int64)
    placed = np.flatnonzero(np.isfinite(listings.lng) & np.isfinite(listings.lat))
    east, north = _hundredths(listings.lng[placed]), _hundredths(listings.lat[placed])
    squares[placed] = dense(east - east.min(initial=0), north - north.min(initial=0))
    return squares


def _hundredths(degrees: Floats) -> Ints:
    """Degrees to two decimals, times 100, as they are written: where a product could round the other way the written form decides."""
    hundredths = np.rint(degrees * 100)
    doubtful = np.flatnonzero(np.abs(np.abs(degrees * 100 - hundredths) - 0.5) < 1e-6)
    hundredths[doubtful] = [round(float(f"{degree:.2f}") * 100) for degree in degrees[doubtful].tolist()]
    return hundredths.astype(np.int64)


def _distinct(pairs: Iterator[tuple[Ints, Ints]], count: int) -> Iterator[tuple[Ints, Ints]]:
    """The pairs (of numbers below `count`), each once."""
    width = max(count, 2).bit_length()
    codes = sorted_distinct(joined([a.astype(np.int64) << width | b for a, b in pairs]))
    for at in range(0, len(codes), AT_ONCE):
        part = codes[at : at + AT_ONCE]
        yield (part >> width).astype(np.int32), (part & ((1 << width) - 1)).astype(np.int32)


def _packed(met: Met, width: int) -> Ints:
    """The pairs met as one number each, in order: left, right and the keys."""
    packed = joined([(np.minimum(a, b).astype(np.int64) << width | np.maximum(a, b)) << len(ALL_KEYS) | keys for a, b, keys in met])
    packed.sort()
    return packed


def _untorn(packed: Ints) -> Iterator[Ints]:
    """Sorted packed pairs in parts that tear no pair; one at least."""
    start = 0
    while start < max(len(packed), 1):
        end = min(start + AT_ONCE, len(packed))
        if end < len(packed):
            end = int(np.searchsorted(packed, ((packed[end] >> len(ALL_KEYS)) + 1) << len(ALL_KEYS)))
        yield packed[start:end]
        start = end + (not len(packed))


def _gathered(packed: Ints, width: int, cells: Cells) -> tuple[Ints, Ints, Ints]:
    """Left, right and all of the keys of sorted packed pairs, each pair once.

    Pairs of other keys that lie in one cell, or in cells side by side, were met by the grid as well, however far apart.
    """
    pairs = packed >> len(ALL_KEYS)
    starts = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1])[: len(pairs)])
    keys = (packed & ((1 << len(ALL_KEYS)) - 1)).astype(np.int32)
    keys = np.bitwise_or.reduceat(keys, starts) if len(starts) else keys
    pairs = pairs[starts]
    left, right = (pairs >> width).astype(np.int32), (pairs & ((1 << width) - 1)).astype(np.int32)
    keys[cells.are_beside(left, right, _GRID.cap)] |= _BIT[_GRID.name]
    return left, right, keys


def _report(sizes: Mapping[str, Sizes], keys: Ints) -> pd.DataFrame:
    lines = pd.DataFrame({"key": [key.name for key in ALL_KEYS], "title": [key.title for key in ALL_KEYS]})
    lines["pairs"] = [int(np.count_nonzero(keys & _BIT[key.name])) for key in ALL_KEYS]
    for column in ("dropped_blocks", "dropped_pairs", "largest"):
        lines[column] = np.array([getattr(sizes[key.name], column) for key in ALL_KEYS], dtype=np.int64)
    return lines
