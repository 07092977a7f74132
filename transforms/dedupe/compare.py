"""Comparison levels of many pairs at once: array code over codes, bit sets and metres; never a loop over pairs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from transforms.dedupe.coded import Ints, Marks
from transforms.dedupe.features import Features, Floats, Words
from transforms.dedupe.geometry import DATUM_TOLERANCE_M, datum_shifted, distances
from transforms.dedupe.levels import (
    ADDRESS,
    COMPARISONS,
    CORE,
    CREDIT,
    DISTANCE,
    FACILITIES,
    HOURS,
    KIND,
    NEAR_M,
    OPENED,
    ORGANISATION,
    PHONE,
    PLAQUE,
    PREMISES,
    STRATA,
)

T = TypeVar("T")

#: Dice coefficient of two character sets from which names count as close or as having something in common. At 0.5 half of the
#: characters of two four-character names agree, which two unrelated names of one quarter (天门山路…) reach often; below 0.45 they share
#: a word for their trade (炸鸡, 超市) and no more.
_CLOSE: Final = 0.66
_SOME: Final = 0.45

#: From this many common characters on a name is hardly met twice by chance.
_LONG: Final = 4

#: Steps of distance in metres. 30: noise of one door; 80: a large building; NEAR_M: the near stratum; 400: a compound; 1000: a quarter;
#: 2000: further than any wrong datum moves a place.
_STEPS: Final = (30.0, 80.0, NEAR_M, 400.0, 1000.0, 2000.0)

#: House numbers at most this far apart are neighbours (38 and 40 face the same corner).
_NEIGHBOURS: Final = 2


#: Pairs compared at a time: what a chunk needs stays in the processor's cache. Changes nothing.
CHUNK: Final = 1 << 15


@dataclass(frozen=True, slots=True)
class Levels:
    """Level codes of pairs, an array a comparison in COMPARISONS order, and the code of each pair's stratum in STRATA order."""

    codes: Mapping[str, Ints]
    stratum: Ints

    def take(self, chosen: Marks) -> Levels:
        """The levels of the chosen pairs."""
        return Levels({name: codes[chosen] for name, codes in self.codes.items()}, self.stratum[chosen])


class _Sides:
    """What both listings of each pair hold, column by column, each column fetched once."""

    def __init__(self, listings: Features, left: Ints, right: Ints) -> None:
        self.listings, self.left, self.right = listings, left, right
        self._fetched: dict[str, tuple[Ints, Ints]] = {}
        self._same: dict[str, Marks] = {}
        self._both: dict[str, Marks] = {}

    def __len__(self) -> int:
        return len(self.left)

    def of(self, name: str) -> tuple[Ints, Ints]:
        """The column of both sides."""
        if name not in self._fetched:
            column = getattr(self.listings, name)
            column = column.code if isinstance(column, Words) else column
            self._fetched[name] = column[self.left], column[self.right]
        return self._fetched[name]

    def both(self, name: str) -> Marks:
        """Whether both name it."""
        if name not in self._both:
            a, b = self.of(name)
            self._both[name] = (a | b) >= 0  # absent is −1, whose bits are all ones
        return self._both[name]

    def same(self, name: str) -> Marks:
        """Whether both name the same."""
        if name not in self._same:
            a, b = self.of(name)
            self._same[name] = (a == b) & (a >= 0)
        return self._same[name]

    def either(self, name: str) -> Marks:
        """Whether one of both is marked."""
        marks = getattr(self.listings, name)
        return np.asarray(marks[self.left] | marks[self.right])


def compare(listings: Features, left: Ints, right: Ints) -> Levels:
    """Levels of the pairs (left[i], right[i]); symmetric in left and right."""
    parts = in_chunks(lambda a, b: compare_chunk(listings, a, b), left, right)
    return Levels(
        {comparison.name: np.concatenate([part.codes[comparison.name] for part in parts]) for comparison in COMPARISONS},
        np.concatenate([part.stratum for part in parts]),
    )


def in_chunks(work: Callable[[Ints, Ints], T], left: Ints, right: Ints) -> list[T]:
    """`work` over the pairs a chunk at a time, on all cores (numpy works without Python's lock), in their order; once at least."""
    starts = range(0, max(len(left), 1), CHUNK)
    if len(starts) == 1:
        return [work(left, right)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda at: work(left[at : at + CHUNK], right[at : at + CHUNK]), starts))


def compare_chunk(listings: Features, left: Ints, right: Ints) -> Levels:
    """`compare` of as many pairs as the cache holds."""
    sides = _Sides(listings, left, right)
    metres = distances(sides.listings, sides.left, sides.right)
    address = _address(sides)
    parts: dict[str, tuple[Ints, ...]] = {
        "where": (_distance(sides, metres), address),
        "name": (_organisation(sides), _core(sides)),
        "kind": (_kind(sides), _premises(sides)),
        "phone": (_phone(sides),),
        "credit": (_three(sides, CREDIT, "credit"),),
        "plaque": (_plaque(sides),),
        "hours": (_three(sides, HOURS, "hours"),),
        "facilities": (_facilities(sides),),
        "opened": (_opened(sides),),
    }
    codes = {comparison.name: _joint(comparison.shape, parts[comparison.name]) for comparison in COMPARISONS}
    one_door = (address == list(ADDRESS).index("number")) | (address == list(ADDRESS).index("building"))
    # one address in two counties is two places that share a road name; a known great distance speaks against the address, not for it
    near = (metres <= NEAR_M) | (one_door & ~(metres > _STEPS[4]))
    quarter = sides.same("community") | _one_road(sides)
    return Levels(codes, _choose({name: name for name in STRATA}, "far", [("near", near), ("quarter", quarter)]))


def _joint(shape: tuple[int, ...], parts: tuple[Ints, ...]) -> Ints:
    """Codes of joint levels: first · len(second) + second."""
    return parts[0] if len(parts) == 1 else parts[0] * np.int16(shape[1]) + parts[1]


def _choose(names: Mapping[str, str], otherwise: str, tests: Sequence[tuple[str, Marks]]) -> Ints:
    """The code of the first level whose test holds."""
    order = list(names)
    codes = np.full(len(tests[0][1]), order.index(otherwise), dtype=np.int16)
    for name, test in reversed(tests):
        np.copyto(codes, np.int16(order.index(name)), where=test)
    return codes


def _three(sides: _Sides, names: Mapping[str, str], stem: str) -> Ints:
    return _choose(names, f"{stem}_missing", [(f"{stem}_same", sides.same(stem)), (f"{stem}_differs", sides.both(stem))])


def _distance(sides: _Sides, metres: Floats) -> Ints:
    steps = [(name, metres <= step) for name, step in zip(DISTANCE, _STEPS[:3], strict=False)]
    known = np.isfinite(metres)
    # only what lies farther than the steps before, and not farther than any datum moves a place, can be off by one
    asked = np.flatnonzero((metres > _STEPS[2]) & (metres <= sides.listings.shift_reach + DATUM_TOLERANCE_M))
    shifted = np.zeros(len(sides), dtype=np.bool_)
    shifted[asked] = datum_shifted(sides.listings, sides.left[asked], sides.right[asked])
    return _choose(
        DISTANCE,
        "unplaced",
        [
            *steps,
            ("datum", shifted),
            ("d400", metres <= _STEPS[3]),
            ("d1000", metres <= _STEPS[4]),
            ("d2000", metres <= _STEPS[5]),
            ("d_far", known),
            ("community", sides.same("community")),
            ("town", sides.same("town")),
            ("county", sides.same("county")),
            ("elsewhere", sides.both("county")),
        ],
    )


def _one_road(sides: _Sides) -> Marks:
    """Whether both name one road; roads of one name in two counties are two."""
    return sides.same("road") & ~(sides.both("county") & ~sides.same("county"))


def _address(sides: _Sides) -> Ints:
    road = _one_road(sides)
    number = road & sides.same("number")
    values = sides.of("number_value")
    numbered = road & sides.both("number")
    buildings = sides.both("building") & ~sides.same("building")
    return _choose(
        ADDRESS,
        "address_missing",
        [
            ("building", number & buildings),
            ("number", number),
            ("number_base", numbered & sides.same("number_base")),
            ("landmark", sides.same("landmark")),
            ("number_near", numbered & sides.both("number_base") & (np.abs(values[0] - values[1]) <= _NEIGHBOURS)),
            ("number_differs", numbered),
            ("road", road),
            ("road_differs", sides.both("road")),
        ],
    )


def _alike(sides: _Sides, name: str, words: Words) -> tuple[Floats, Marks, Ints]:
    """Dice coefficient of the character sets, whether one set lies in the other (of at least two characters), and how many they share."""
    if not words.values:
        return np.zeros(len(sides)), np.zeros(len(sides), dtype=np.bool_), np.zeros(len(sides), dtype=np.int32)
    a, b = sides.of(name)
    counts = np.bitwise_count(words.bits[a] & words.bits[b])
    common = counts[:, 0].astype(np.int32)
    for column in range(1, counts.shape[1]):
        common += counts[:, column]
    sizes = words.size[a], words.size[b]
    smaller = np.minimum(*sizes)
    present = sides.both(name)
    dice = np.where(present, 2 * common / np.maximum(sizes[0] + sizes[1], 1), 0.0)
    return dice, present & (common >= smaller) & (smaller >= 2), common


def _core(sides: _Sides) -> Ints:
    dice, within, common = _alike(sides, "core", sides.listings.core)
    long = common >= _LONG
    both, equal = sides.both("core"), sides.same("core")
    marked = sides.both("core_marks") & ~sides.same("core_marks")
    return _choose(
        CORE,
        "core_missing",
        [
            ("equal_area", equal & sides.either("core_is_area")),
            ("equal_long", equal & long),
            ("equal", equal),
            ("marker", marked & sides.same("core_stem")),
            ("within_long", within & long),
            ("within", within),
            ("close", both & (dice >= _CLOSE)),
            ("some", both & (dice >= _SOME)),
            ("differs", both),
        ],
    )


def _organisation(sides: _Sides) -> Ints:
    dice, within, _ = _alike(sides, "organisation", sides.listings.organisation)
    both = sides.both("organisation")
    return _choose(
        ORGANISATION,
        "org_missing",
        [("org_same", sides.same("organisation")), ("org_close", both & (within | (dice >= _CLOSE))), ("org_differs", both)],
    )


def _kind(sides: _Sides) -> Ints:
    return _choose(
        KIND,
        "kind_missing",
        [
            ("kind_missing", sides.same("kind") & sides.listings.is_broad[sides.left]),
            ("kind_same", sides.same("kind")),
            ("kind_guest", sides.both("kind") & sides.either("is_guest")),
            ("kind_family", sides.same("family")),
            ("kind_differs", sides.both("kind")),
        ],
    )


def _premises(sides: _Sides) -> Ints:
    trade, sort = sides.same("trade"), sides.both("sort")
    strange = sides.both("trade") & ~trade
    return _choose(
        PREMISES,
        "premises_missing",
        [
            ("premises_same", sides.same("sort")),
            ("premises_sort", sort & ~strange),
            ("premises_trade", trade),
            ("premises_differs", strange),
        ],
    )


def _shared(sides: _Sides, name: str) -> tuple[Marks, Marks]:
    """Whether both hold a number in common, and whether both hold any."""
    numbers = getattr(sides.listings, name)
    a, b = ([column[side] for column in numbers.T] for side in (sides.left, sides.right))
    shared = np.zeros(len(sides), dtype=np.bool_)
    for one in a:
        for other in b:
            shared |= (one == other) & (one >= 0)
    return shared, np.asarray(np.any([one >= 0 for one in a], axis=0) & np.any([other >= 0 for other in b], axis=0))


def _phone(sides: _Sides) -> Ints:
    shared, known = _shared(sides, "phones")
    return _choose(
        PHONE,
        "phone_missing",
        [("phone_same", shared), ("contact_same", _shared(sides, "contacts")[0]), ("phone_differs", known)],
    )


def _plaque(sides: _Sides) -> Ints:
    a, b = sides.of("plaques")
    return _choose(PLAQUE, "plaque_missing", [("plaque_shared", (a & b) != 0), ("plaque_differs", (a != 0) & (b != 0))])


def _facilities(sides: _Sides) -> Ints:
    a, b = sides.of("facilities")
    known = (a != 0) & (b != 0)
    if not known.any():
        return np.full(len(sides), list(FACILITIES).index("facilities_missing"), dtype=np.int16)
    common, total = np.bitwise_count(a & b).astype(np.int32), np.bitwise_count(a).astype(np.int32) + np.bitwise_count(b)
    return _choose(
        FACILITIES,
        "facilities_missing",
        [
            ("facilities_same", known & (20 * common >= 9 * total)),
            ("facilities_close", known & (20 * common >= 7 * total)),
            ("facilities_some", known & (20 * common >= 5 * total)),
            ("facilities_differs", known),
        ],
    )


def _opened(sides: _Sides) -> Ints:
    return _choose(
        OPENED,
        "opened_missing",
        [
            ("opened_same", sides.same("opened")),
            ("opened_differs", sides.both("opened")),
            ("opened_month", sides.same("opened_month")),
            ("opened_differs", sides.both("opened_month")),
        ],
    )
