"""Pairs from which u is learnt: all of a quarter, all of a city, or so many drawn from them by fixed dice, each as likely as any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.dedupe.blocks import Blocks, Cells, blocks_of, cells_of
from transforms.dedupe.candidates import AROUND
from transforms.dedupe.coded import Ints, sorted_distinct
from transforms.dedupe.features import Features
from transforms.dedupe.geometry import DEGREE_M
from transforms.dedupe.levels import QUARTER_M

#: Degrees of longitude are shorter than those of latitude; at 53° north by this. Further south squares are wider, and touch as well.
_COSINE: Final = 0.6

#: Any fixed number: the same listings must give the same model.
_SEED: Final = 20260601


@dataclass(frozen=True, slots=True)
class Drawn:
    """Pairs of positions (left < right), each once, and what share of all such pairs they are."""

    left: Ints
    right: Ints
    share: float


@dataclass(frozen=True, slots=True)
class _Family:
    """Pairs that can be counted without being made: how many, and those of given numbers."""

    count: int
    of: Callable[[Ints], tuple[Ints, Ints]]


def random_pairs(listings: Features, most: int) -> Drawn:
    """Pairs of listings of one city, however far apart."""
    city = listings.text["city_code"].code + 1
    return _drawn(listings, [_inside(blocks_of(city, np.arange(len(listings))))], most)


def quarter_pairs(listings: Features, most: int) -> Drawn:
    """Pairs in one square of QUARTER_M or in two that touch, of one community, or of one road."""
    squares = cells_of(listings.lng * _COSINE * DEGREE_M / QUARTER_M, listings.lat * DEGREE_M / QUARTER_M)
    families = [_inside(squares.blocks), *(_crossed(squares, east, north) for east, north in AROUND)]
    for group in (listings.community, listings.road):
        members = np.flatnonzero(group >= 0)
        families.append(_inside(blocks_of(group[members], members)))
    return _drawn(listings, families, most)


def _drawn(listings: Features, families: list[_Family], most: int) -> Drawn:
    """At most about `most` pairs of the families; one that several have is as likely as any other, being kept for the first alone."""
    count = sum(family.count for family in families)
    share, dice = min(1.0, most / max(count, 1)), np.random.default_rng(_SEED)
    parts = []
    for family in families:
        numbers = (
            np.arange(family.count) if share == 1.0 else sorted_distinct(dice.integers(0, max(family.count, 1), int(share * family.count)))
        )
        one, other = family.of(numbers)
        parts.append(np.minimum(one, other).astype(np.int64) * len(listings) + np.maximum(one, other))
    codes = sorted_distinct(np.concatenate(parts))
    return Drawn(codes // len(listings), codes % len(listings), share)


def _inside(blocks: Blocks) -> _Family:
    """All pairs inside blocks."""
    counts = blocks.counts.astype(np.int64)
    ends = np.cumsum(counts * (counts - 1) // 2)

    def of(numbers: Ints) -> tuple[Ints, Ints]:
        block = np.searchsorted(ends, numbers, side="right")
        size = counts[block]
        # counted from the last pair back: the k-th from the end lies in the row r with r(r + 1)/2 <= k
        back = ends[block] - 1 - numbers
        row = ((np.sqrt(8.0 * back + 1) - 1) / 2).astype(np.int64)
        row -= row * (row + 1) // 2 > back
        row += (row + 1) * (row + 2) // 2 <= back
        first, second = size - 2 - row, size - 1 - (back - row * (row + 1) // 2)
        return blocks.members[blocks.firsts[block] + first], blocks.members[blocks.firsts[block] + second]

    return _Family(int(ends[-1]) if len(ends) else 0, of)


def _crossed(cells: Cells, east: int, north: int) -> _Family:
    """All pairs of a cell and the one that lies so many cells east and north of it."""
    wanted = cells.codes + east * cells.column + north
    other = np.minimum(np.searchsorted(cells.codes, wanted), max(len(cells.codes) - 1, 0))
    one = np.flatnonzero(cells.codes[other] == wanted) if len(wanted) else other
    other = other[one]
    firsts, counts = cells.blocks.firsts, cells.blocks.counts.astype(np.int64)
    ends = np.cumsum(counts[one] * counts[other])

    def of(numbers: Ints) -> tuple[Ints, Ints]:
        at = np.searchsorted(ends, numbers, side="right")
        number = numbers - (ends[at] - counts[one[at]] * counts[other[at]])
        row, column = np.divmod(number, counts[other[at]])
        return cells.blocks.members[firsts[one[at]] + row], cells.blocks.members[firsts[other[at]] + column]

    return _Family(int(ends[-1]) if len(ends) else 0, of)
