"""Candidate pairs: listings that share a blocking key, found by sorting codes, never texts.

A block's cap depends only on that block's own members, so a changed listing changes the pairs of its own blocks and of no other.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

import numpy as np
import pandas as pd

from transforms.dedupe.blocks import AT_ONCE, Blocks, Cells, Sizes, Standing, blocks_of, cells_of, joined
from transforms.dedupe.coded import Ints, Marks, dense, packed_codes, sorted_distinct
from transforms.dedupe.features import SHARED_BY_AT_MOST, Features, Floats
from transforms.dedupe.geometry import DEGREE_M, distances
from transforms.dedupe.levels import NEAR_M
from transforms.dedupe.spellings import Alike, Spellings


@dataclass(frozen=True, slots=True)
class Key:
    """A blocking key: what two listings must have in common (a listing without one of the `parts` has no such key), and the largest block that is compared."""

    name: str
    parts: tuple[str, ...]
    cap: int
    title: str


#: A name key within the county, too: in a large city the name alone fills its block to the cap and is dropped, the county's is not.
#: A phone or code that more than SHARED_BY_AT_MOST listings share is no key at all. Caps (60; word 20; typo 30) are those at which a synthetic city of a million kept 97 % of its true pairs at 11.5 pairs a listing.
KEYS: Final = (
    Key("core", ("city", "core"), 60, "核心名"),
    Key("core_county", ("city", "county", "core"), 60, "区县与核心名"),
    Key("door", ("city", "road", "number"), 60, "路名与门牌号"),
    Key("credit", ("city", "credit"), SHARED_BY_AT_MOST, "信用代码"),
    Key("community_kind", ("city", "community", "family"), 60, "社区与行业"),
    Key("town_org", ("city", "town", "organisation"), 60, "街道与机构"),
    Key("road_org", ("city", "road", "organisation"), 60, "道路与机构"),
    Key("landmark", ("city", "county", "landmark"), 60, "地标"),
    Key("stem", ("city", "county", "family", "stem"), 60, "去掉序号方位的核心名"),
)
_PHONE: Final = Key("phone", ("city", "phone"), SHARED_BY_AT_MOST, "电话")
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


#: All of the keys.
EVERY_KEY: Final = (1 << len(ALL_KEYS)) - 1

#: Pairs of positions in no order, and their keys: bits, one number for all or one a pair.
Met: TypeAlias = Iterator[tuple[Ints, Ints, Ints | int]]

#: The grid's bit: what lies in cells side by side is a pair by it alone where it is near.
GRID_ONLY: Final = _BIT[_GRID.name]


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
    left, right, keys, sizes, _ = _found(listings, lambda: _Asked(None, np.zeros(0, dtype=np.int32)))
    return Candidates(left, right, keys, report(sizes, pairs_by(keys)))


@dataclass(frozen=True, slots=True)
class Renewed:
    """Candidates of which only some were looked for. `renewed`: bits of the keys by which all pairs of a listing were; of a pair of which either
    listing has such a bit, `keys` says anew whether that key meets it."""

    left: Ints
    right: Ints
    keys: Ints
    renewed: Ints
    sizes: Mapping[str, Sizes]
    cells: Cells

    def of(self, left: Ints, right: Ints) -> Ints:
        """Bits of the keys by which each of the pairs was looked for."""
        return np.asarray(self.renewed[left] | self.renewed[right])

    def put_grid(self, left: Ints, right: Ints, keys: Ints) -> None:
        """Mark the pairs, met by other keys, that the grid meets as well. Their grid's bit was taken off."""
        asked = np.flatnonzero(self.of(left, right) & _BIT[_GRID.name])
        beside = self.cells.are_beside(left[asked], right[asked], _GRID.cap)
        keys[asked[beside]] |= _BIT[_GRID.name]


def renewed(listings: Features, stand_for: Standing, changed: Marks) -> Renewed:
    """The pairs that the `changed` of these listings are in, and those in blocks that a cap drops now and did not before, or the other way round.

    The listings are those of now in their order, and behind them, as they were, those that are gone or were another; `stand_for` says of each
    whether (1 or 0) it is one of now, and one of before. All that is not changed stands for one listing in both.
    """
    every = np.where(changed, EVERY_KEY, 0).astype(np.int32)
    count = int(np.count_nonzero(stand_for[0]))
    asked: list[_Asked] = []

    def ask() -> _Asked:
        asked.append(_Asked(stand_for, every.copy()))
        return asked[-1]

    left, right, keys, sizes, cells = _found(listings, ask)
    bits = np.bitwise_or.reduce([each.renewed for each in asked])
    return Renewed(left, right, keys, bits[:count], sizes, cells)


class _Asked:
    """Which pairs are looked for: all of them (`stand_for` is None), or those of listings whose bit for a key is set in `renewed`."""

    def __init__(self, stand_for: Standing | None, renewed: Ints) -> None:
        self.stand_for, self.renewed = stand_for, renewed

    def of(self, blocks: Blocks, key: Key, namesakes: Blocks | None = None) -> Blocks:
        """The blocks whose pairs are looked for, members of those that came under the cap or over it among them.

        With `namesakes`, a member is a group of them.
        """
        within = blocks.within(key.cap)
        if self.stand_for is None:
            return within
        self.flip(blocks, key, namesakes)
        return within.of(within.having(self.marks(_BIT[key.name], namesakes)))

    def flip(self, blocks: Blocks, key: Key, namesakes: Blocks | None = None) -> None:
        """All pairs of the members of a block that came under the cap or over it are looked for."""
        if self.stand_for is None:
            return
        members = blocks.flipped(key.cap).members
        if namesakes is not None:
            chosen = np.zeros(len(namesakes.firsts), dtype=np.bool_)
            chosen[members] = True
            members = namesakes.of(chosen).members
        self.renewed[members] |= _BIT[key.name]

    def marks(self, bits: int, namesakes: Blocks | None = None) -> Marks:
        """Which listings, or groups of namesakes, are asked by any of the keys."""
        marks = (self.renewed & bits) != 0
        return np.asarray(marks if namesakes is None else namesakes.having(marks))

    def groups(self, namesakes: Blocks, bits: Ints) -> Marks:
        """Which groups, met by the keys of their `bits`, are looked at inside."""
        if self.stand_for is None:
            return np.asarray(bits > 0)
        held = np.bitwise_or.reduceat(self.renewed[namesakes.members], namesakes.firsts) if len(bits) else bits
        return np.asarray((bits > 0) & ((bits | _BIT[_NEAR_WORD.name]) & held > 0))

    def across(self, pairs: Iterator[tuple[Ints, Ints]], key: Key, namesakes: Blocks) -> Iterator[tuple[Ints, Ints]]:
        """Those of the pairs of groups in which either is asked by the key."""
        if self.stand_for is None:
            yield from pairs
            return
        asked = self.marks(_BIT[key.name], namesakes)
        for a, b in pairs:
            chosen = asked[a] | asked[b]
            yield a[chosen], b[chosen]

    def kept(self, met: Met) -> Met:
        """The pairs that are asked for, of listings of now, with the keys that were asked for."""
        if self.stand_for is None:
            yield from met
            return
        now = self.stand_for[0] > 0
        for a, b, keys in met:
            asked = np.where(now[a] & now[b], (self.renewed[a] | self.renewed[b]) & keys, 0)
            chosen = asked > 0
            yield a[chosen], b[chosen], asked[chosen]


def _found(listings: Features, ask: Callable[[], _Asked]) -> tuple[Ints, Ints, Ints, dict[str, Sizes], Cells]:
    """Left, right and keys of the pairs that are asked for, sizes of the blocks of each key, and the grid. Each family of keys asks for itself: they run side by side."""
    width = max(len(listings), 2).bit_length()
    sizes: dict[str, Sizes] = {}
    by_columns, by_names, by_place = ask(), ask(), ask()
    squares = _squares(listings)
    cells = cells_of(listings.lng / _CELL_LNG, listings.lat / _CELL_LAT, by_place.stand_for)
    names = Alike(listings.core.values)
    # numpy sorts without Python's lock; what the names wait for has a thread of its own, lest they wait for one
    with ThreadPoolExecutor(1) as spelling, ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        alike = _Alike(spelling.submit(lambda: names.shorter), spelling.submit(lambda: names.words))
        families = (
            by_names.kept(_by_names(listings, alike, squares, sizes, by_names)),
            by_columns.kept(_by_columns(listings, sizes, by_columns)),
            by_place.kept(_by_place(listings, cells, sizes, by_place)),
        )
        packed = joined(list(pool.map(lambda met: _packed(met, width), families)))
        packed.sort(kind="stable")  # each family is in order, so that this only merges
        parts = list(pool.map(lambda part: _gathered(part, width, cells), _untorn(packed)))
    del packed
    left, right, keys = (np.concatenate(side) for side in zip(*parts, strict=True))
    return left, right, keys, sizes, cells


def _columns(listings: Features) -> Mapping[str, Ints]:
    """Codes by which the keys name them, −1 absent. A register is one city's: without a city all listings share it; so it is with counties."""
    return {
        "city": listings.text["city_code"].code + 1,
        "county": listings.column("county") + 1,
        "landmark": listings.text["landmark"].code,
        "stem": listings.column("core_stem"),
        **{name: listings.column(name) for name in ("town", "community", "core", "organisation", "family", "road", "number", "credit")},
    }


def _by_columns(listings: Features, sizes: dict[str, Sizes], asked: _Asked) -> Met:
    """Pairs by every key that is a set of columns, but those of the core name."""
    columns = _columns(listings)
    for key in KEYS:
        if "core" in key.parts:
            continue
        members = np.flatnonzero(np.all([columns[part] >= 0 for part in key.parts], axis=0))
        blocks = blocks_of(packed_codes(columns[part][members] for part in key.parts), members, asked.stand_for)
        sizes[key.name] = blocks.sizes(key.cap)
        yield from ((a, b, _BIT[key.name]) for a, b in asked.of(blocks, key).pairs())
    rows, places = np.nonzero(listings.phones >= 0)
    blocks = blocks_of(packed_codes((columns["city"][rows], listings.phones[rows, places])), rows, asked.stand_for)
    sizes[_PHONE.name] = blocks.sizes(_PHONE.cap)
    yield from ((a[a != b], b[a != b], _BIT[_PHONE.name]) for a, b in asked.of(blocks, _PHONE).pairs())


@dataclass(frozen=True, slots=True)
class _Alike:
    """What core names are alike by, worked out beside the other keys: names take longer than all of those."""

    shorter: Future[Spellings]
    words: Future[Spellings]


def _by_names(listings: Features, alike: _Alike, squares: Ints, sizes: dict[str, Sizes], asked: _Asked) -> Met:
    """Pairs by what their core names have in common.

    Listings of one name in one county are namesakes: to every key within the county they are one, so such keys are worked out by name.
    """
    core, county = KEYS[0], KEYS[1]
    columns = _columns(listings)
    named = np.flatnonzero(listings.core.code >= 0)
    names, cities, counties = listings.core.code[named], columns["city"][named], columns["county"][named]
    place = dense(cities, counties)
    group = dense(place, names)
    namesakes = blocks_of(group, named, asked.stand_for)
    cores = blocks_of(packed_codes((cities, names)), named, asked.stand_for)
    sizes[core.name], sizes[county.name] = cores.sizes(core.cap), namesakes.sizes(county.cap)
    asked.flip(namesakes, county)
    first = namesakes.firsts
    group_place, group_name = np.empty(len(first), np.int32), np.empty(len(first), np.int32)
    group_place[group], group_name[group] = place, names
    bits = np.where(namesakes.weights <= county.cap, _BIT[county.name], 0)
    of_core = np.zeros(len(listings), dtype=np.bool_)
    of_core[cores.within(core.cap).members] = True
    bits[group[of_core[named]]] |= _BIT[core.name]
    for key, spelling in ((_TYPO, alike.shorter), (_WORD, alike.words)):
        groups, spelled = spelling.result().of(group_name)
        met = blocks_of(packed_codes((group_place[groups], spelled)), groups, (namesakes.weights, namesakes.before))
        sizes[key.name] = met.sizes(key.cap)
        bits[met.within(key.cap).members] |= _BIT[key.name]
        pairs = _distinct(asked.of(met, key, namesakes).pairs(), len(first))
        yield from ((a, b, _BIT[key.name]) for a, b in namesakes.crossed(asked.across(pairs, key, namesakes)))
    near, near_pairs = _near_words(named, names, squares, alike.words.result(), sizes, asked)
    own, of_group = np.zeros(len(listings), dtype=np.int32), np.full(len(listings), -1, dtype=np.int32)
    own[named], of_group[named] = bits[group], group
    chosen = asked.of(cores, core)
    for a, b in namesakes.of(asked.groups(namesakes, bits)).pairs():
        yield a, b, own[a] | np.where(near[a] & (squares[a] == squares[b]), _BIT[_NEAR_WORD.name], 0)
    # what the namesakes brought is not brought again: their pairs are most of all
    for a, b in chosen.pairs():
        apart = of_group[a] != of_group[b]
        yield a[apart], b[apart], _BIT[core.name]
    for a, b in near_pairs:
        apart = (of_group[a] != of_group[b]) | (own[a] == 0)
        yield a[apart], b[apart], _BIT[_NEAR_WORD.name]


def _near_words(
    named: Ints, names: Ints, squares: Ints, words: Spellings, sizes: dict[str, Sizes], asked: _Asked
) -> tuple[Marks, Iterator[tuple[Ints, Ints]]]:
    """The same within a square, whatever the county: whose namesakes there have it in common with them, and all pairs that have it."""
    placed = squares[named] >= 0
    members, names, places = named[placed], names[placed], squares[named][placed]
    group = dense(places, names)
    namesakes = blocks_of(group, members, asked.stand_for)
    first = namesakes.firsts
    group_place, group_name = np.empty(len(first), np.int32), np.empty(len(first), np.int32)
    group_place[group], group_name[group] = places, names
    groups, spelled = words.of(group_name)
    met = blocks_of(packed_codes((group_place[groups], spelled)), groups, (namesakes.weights, namesakes.before))
    sizes[_NEAR_WORD.name] = met.sizes(_NEAR_WORD.cap)
    own = np.zeros(len(first), dtype=np.bool_)
    own[met.within(_NEAR_WORD.cap).members] = True
    near = np.zeros(len(squares), dtype=np.bool_)
    near[members] = own[group]
    pairs = _distinct(asked.of(met, _NEAR_WORD, namesakes).pairs(), len(first))
    inside = own & (asked.marks(_BIT[_NEAR_WORD.name], namesakes) if asked.stand_for else True)
    return near, chain(namesakes.of(inside).pairs(), namesakes.crossed(asked.across(pairs, _NEAR_WORD, namesakes)))


def _by_place(listings: Features, cells: Cells, sizes: dict[str, Sizes], asked: _Asked) -> Met:
    """Pairs within NEAR_M of each other, by cells of that size and their neighbours."""
    sizes[_GRID.name] = cells.blocks.sizes(_GRID.cap)
    asked.flip(cells.blocks, _GRID)
    for a, b in cells.beside(_GRID.cap, AROUND, asked.marks(_BIT[_GRID.name]) if asked.stand_for else None):
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


def pairs_by(keys: Ints) -> Ints:
    """How many pairs each of ALL_KEYS meets."""
    counts = np.zeros(EVERY_KEY + 1, dtype=np.int64)
    for at in range(0, len(keys), AT_ONCE):
        counts += np.bincount(keys[at : at + AT_ONCE], minlength=len(counts))
    return np.array([int(counts[np.arange(len(counts)) >> bit & 1 == 1].sum()) for bit in range(len(ALL_KEYS))], dtype=np.int64)


def report(sizes: Mapping[str, Sizes], pairs: Ints) -> pd.DataFrame:
    """The report of the blocks, by the `pairs` of each key."""
    lines = pd.DataFrame({"key": [key.name for key in ALL_KEYS], "title": [key.title for key in ALL_KEYS], "pairs": pairs})
    for column in ("dropped_blocks", "dropped_pairs", "largest"):
        lines[column] = np.array([getattr(sizes[key.name], column) for key in ALL_KEYS], dtype=np.int64)
    return lines
