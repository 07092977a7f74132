"""Blocks: members that share a code, and all pairs inside them. Everything by sorting; what is large comes in parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from transforms.dedupe.coded import Ints, Marks, packed_codes, sorted_distinct
from transforms.dedupe.features import Floats

#: Pairs made at a time: bounds memory, and what they need stays in the processor's cache. Changes nothing.
AT_ONCE: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class Sizes:
    """What a key's blocks come to: members of the largest, and what its cap drops."""

    largest: int
    dropped_blocks: int
    dropped_pairs: int


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks one after the other: `members` (in order within a block), and of each block where it begins, how many members it has, how
    many listings they stand for, and how many they stood for before."""

    members: Ints
    firsts: Ints
    counts: Ints
    weights: Ints
    before: Ints

    def sizes(self, cap: int) -> Sizes:
        """The report."""
        over = self.weights[self.weights > cap].astype(np.int64)
        return Sizes(int(self.weights.max(initial=0)), len(over), int((over * (over - 1) // 2).sum()))

    def within(self, cap: int) -> Blocks:
        """The blocks of at least two and at most `cap` listings."""
        return self.of((self.weights >= 2) & (self.weights <= cap))

    def of(self, chosen: Marks) -> Blocks:
        """The chosen blocks."""
        counts = self.counts[chosen]
        return Blocks(self.members[np.repeat(chosen, self.counts)], _starts(counts), counts, self.weights[chosen], self.before[chosen])

    def having(self, marked: Marks) -> Marks:
        """Which of the blocks have a marked member."""
        return np.logical_or.reduceat(marked[self.members], self.firsts) if len(self.firsts) else np.zeros(0, dtype=np.bool_)

    def flipped(self, cap: int) -> Blocks:
        """The blocks that their cap drops now and did not before, or the other way round."""
        return self.of((self.weights > cap) != (self.before > cap))

    def pairs(self) -> Iterator[tuple[Ints, Ints]]:
        """All pairs inside the blocks, the earlier member first."""
        ends = np.repeat(self.firsts + self.counts, self.counts)
        left = np.arange(len(self.members), dtype=np.int64)
        for rows, follower in _ramps(left + 1, ends - left - 1):
            yield self.members[rows], self.members[follower]

    def crossed(self, pairs: Iterator[tuple[Ints, Ints]]) -> Iterator[tuple[Ints, Ints]]:
        """All pairs across each of the given pairs of blocks."""
        for one, other in pairs:
            sides = self.counts[one]
            # first every member of the one block, then for each of them all of the other
            for rows, at in _ramps(self.firsts[one], sides):
                for each, to in _ramps(self.firsts[other[rows]], self.counts[other[rows]]):
                    yield self.members[at[each]], self.members[to]


def blocks_of(codes: Ints, members: Ints, stand_for: Standing | None = None) -> Blocks:
    """`members` by their `codes`, both in any order; a member stands for one listing, or for as many as `stand_for` says of it."""
    width = int(members.max(initial=0)).bit_length()
    packed = np.sort(packed_codes((codes, members)))
    ordered, keys = (packed & ((1 << width) - 1)).astype(np.int32), packed >> width
    firsts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else np.zeros(0, dtype=np.int64)
    counts = np.diff(np.append(firsts, len(keys)))
    if stand_for is None or not len(firsts):
        return Blocks(ordered, firsts, counts, counts, counts)
    weights, before = (np.add.reduceat(each[ordered], firsts, dtype=np.int64) for each in stand_for)
    return Blocks(ordered, firsts, counts, weights, before)


#: How many listings each member stands for now, and stood for before.
Standing: TypeAlias = tuple[Ints, Ints]


@dataclass(frozen=True, slots=True)
class Cells:
    """Squares of a grid: the blocks of placed members, the code of each block (in order), the step to the next column, and the
    block of each member (−1: not placed)."""

    blocks: Blocks
    codes: Ints
    column: int
    block: Ints

    def beside(self, cap: int, around: tuple[tuple[int, int], ...], asked: Marks | None = None) -> Iterator[tuple[Ints, Ints]]:
        """All pairs in one cell, and across cells that are `around` each other; cells of more than `cap` left out, and so are pairs of cells
        of which neither has a member that is `asked`."""
        small = self.blocks.weights <= cap
        having = np.ones(len(small), dtype=np.bool_) if asked is None else self.blocks.having(asked)
        yield from self.blocks.of(small & having).pairs()
        one = np.flatnonzero(small)
        for east, north in around:
            wanted = self.codes[one] + east * self.column + north
            other = np.minimum(np.searchsorted(self.codes, wanted), len(self.codes) - 1)
            met = (self.codes[other] == wanted) & small[other] & (having[one] | having[other])
            yield from self.blocks.crossed(iter([(one[met], other[met])]))

    def are_beside(self, left: Ints, right: Ints, cap: int) -> Marks:
        """Whether each pair lies in one cell or in two that touch, neither of them of more than `cap`."""
        # a member without a place, or in a full cell, is far from all others
        code = np.append(np.where(self.blocks.weights <= cap, self.codes, -1), -1)
        one, other = code[self.block[left]], code[self.block[right]]
        gap = np.abs(one - other)
        # a column is three cells longer than any north goes, so a gap tells both steps
        touching = (gap <= 1) | (np.abs(gap - self.column) <= 1)
        return np.asarray(touching & (one >= 0) & (other >= 0))


def cells_of(east: Floats, north: Floats, stand_for: Standing | None = None) -> Cells:
    """The cells of whole numbers in which the positions lie; NaN lies in none. `stand_for` as in `blocks_of`."""
    placed = np.flatnonzero(np.isfinite(east) & np.isfinite(north))
    x, y = (np.floor(side[placed]).astype(np.int64) for side in (east, north))
    x, y = x - x.min(initial=0), y - y.min(initial=0)
    column = int(y.max(initial=0)) + 4
    codes = x * column + y
    blocks = blocks_of(codes, placed, stand_for)
    block = np.full(len(east), -1, dtype=np.int32)
    block[blocks.members] = np.repeat(np.arange(len(blocks.firsts), dtype=np.int32), blocks.counts)
    return Cells(blocks, sorted_distinct(codes), column, block)


def _starts(counts: Ints) -> Ints:
    return np.cumsum(counts) - counts


def _ramps(firsts: Ints, counts: Ints) -> Iterator[tuple[Ints, Ints]]:
    """For row r the numbers from firsts[r] on, counts[r] of them: (row, number), some rows at a time."""
    ends = np.cumsum(counts)
    start = 0
    while start < len(counts):
        before = int(ends[start - 1]) if start else 0
        end = max(int(np.searchsorted(ends, before + AT_ONCE, side="right")), start + 1)
        part = counts[start:end]
        rows = np.repeat(np.arange(start, end), part)
        steps = np.arange(len(rows)) - np.repeat(ends[start:end] - part - before, part)
        yield rows, firsts[rows] + steps
        start = end


def joined(parts: list[Ints]) -> Ints:
    """The parts in one array; each is given up as it is copied, so that they are not held twice."""
    whole = np.empty(sum(map(len, parts)), dtype=np.int64)
    end = len(whole)
    while parts:
        part = parts.pop()
        whole[end - len(part) : end] = part
        end -= len(part)
    return whole
