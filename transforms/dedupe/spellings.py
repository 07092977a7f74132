"""What names are alike by: the name less one character, and each two characters in a row; as codes, worked out for all names at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

from transforms.dedupe.coded import Ints, sorted_distinct

#: Names shorter than this are not compared by a character less (two of three left over are in everything), nor those longer by each of theirs.
_SHORTEST, _LONGEST = 3, 20

#: A number is spread over 64 bits by these (Steele, Lea and Flood 2014, SplitMix64). Two spellings that met in one number would share a
#: block, no more; among ten million the odds are one in 400,000.
_MIX: Final = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)

#: An odd number, and its inverse modulo 2⁶⁴: the place of a character in a spelling.
_STEP: Final = 0xD1342543DE82EF95
_BACK: Final = pow(_STEP, -1, 1 << 64)

_CAPITAL: Final = re.compile("[A-Z]")

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Spellings:
    """Spellings of names: those of name n are codes[firsts[n] : firsts[n] + counts[n]], each once."""

    codes: Ints
    firsts: Ints
    counts: Ints

    def of(self, names: Ints) -> tuple[Ints, Ints]:
        """For each of `names` all of its spellings: (place in `names`, code)."""
        counts = self.counts[names]
        rows = np.repeat(np.arange(len(names), dtype=np.int32), counts)
        steps = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        return rows, self.codes[self.firsts[names[rows]] + steps]


class Alike:
    """The spellings of `names`, taken apart once."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._lengths = np.array([len(name) for name in names], dtype=np.int64)
        self._ends = np.cumsum(self._lengths)
        self._points = np.frombuffer("".join(names).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
        self._rows = np.repeat(np.arange(len(names)), self._lengths)

    @cached_property
    def words(self) -> Spellings:
        """Each two characters in a row; of Latin letters whole words of more than two, for two letters are in everything."""
        latin = [at for at, name in enumerate(self._names) if name.isascii() and _CAPITAL.search(name)]
        said = [(at, word) for at in latin for word in {*self._names[at].split(" ")} if len(word) > 2]
        chinese = np.ones(len(self._names), dtype=np.bool_)
        chinese[latin] = False
        inner = np.flatnonzero((np.arange(1, len(self._points) + 1) < self._ends[self._rows]) & chinese[self._rows])
        pairs = self._points[inner] << np.uint64(32) | self._points[inner + 1 if len(inner) else inner]
        rows = np.concatenate([self._rows[inner], np.array([at for at, _ in said], dtype=np.int64)])
        return self._spellings(rows, np.concatenate([pairs, np.array([_number(word) for _, word in said], dtype=np.uint64)]))

    @cached_property
    def shorter(self) -> Spellings:
        """The name itself, and less each of its characters: names that share one differ by one insertion, deletion or replacement."""
        starts = self._ends - self._lengths
        place = np.arange(len(self._points)) - starts[self._rows]
        powers = np.ones(int(self._lengths.max(initial=0)) + 1, dtype=np.uint64)
        powers[1:] = np.uint64(_STEP)
        powers = np.multiply.accumulate(powers)
        sums = np.append(np.zeros(1, dtype=np.uint64), np.cumsum(mixed(self._points) * powers[place], dtype=np.uint64))
        whole = np.flatnonzero(self._lengths >= _SHORTEST)
        spots = np.flatnonzero((self._lengths >= _SHORTEST)[self._rows] & (self._lengths <= _LONGEST)[self._rows])
        rows = self._rows[spots]
        before = sums[spots] - sums[starts[rows]]
        behind = (sums[self._ends[rows]] - sums[spots + 1]) * np.uint64(_BACK)
        spelled = np.concatenate([sums[self._ends[whole]] - sums[starts[whole]], before + behind])
        return self._spellings(np.concatenate([whole, rows]), spelled)

    def _spellings(self, rows: Ints, spelled: Hashes) -> Spellings:
        """`spelled` of `rows`, numbered, each once a row."""
        distinct, codes = np.unique(spelled, return_inverse=True)
        width = max(len(distinct), 2).bit_length()
        packed = sorted_distinct(rows.astype(np.int64) << width | codes)
        counts = np.bincount(packed >> width, minlength=len(self._lengths)).astype(np.int64)
        return Spellings((packed & ((1 << width) - 1)).astype(np.int32), np.cumsum(counts) - counts, counts)


def _number(word: str) -> int:
    """A number of 64 bits for a word; the pairs of characters have others."""
    return int.from_bytes(blake2b(word.encode(), digest_size=8).digest())


def mixed(numbers: Hashes) -> Hashes:
    """Each number spread over 64 bits."""
    first, second, third = (np.uint64(each) for each in _MIX)
    mixed = (numbers + np.uint64(1)) * first
    mixed = (mixed ^ mixed >> np.uint64(30)) * second
    mixed = (mixed ^ mixed >> np.uint64(27)) * third
    return mixed ^ mixed >> np.uint64(31)
