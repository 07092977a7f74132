"""Comparison levels of many pairs at once: array code over codes, bit sets and metres; never a loop over pairs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final, TypeVar

import numpy as np

from transforms.dedupe.coded import Ints, Marks
from transforms.dedupe.features import MARKS, RELATED, Features, Floats, Sets
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
    NAMESAKES,
    NEAR_M,
    OPENED,
    ORGANISATION,
    PHONE,
    PLAQUE,
    PREMISES,
    QUARTER_M,
    STRATA,
    Comparison,
)

T = TypeVar("T")

#: Dice coefficient of two character sets from which names count as close or as having something in common. At 0.5 half of the
#: characters of two four-character names agree, which two unrelated names of one quarter (天门山路…) reach often; below 0.45 they share
#: a word for their trade (炸鸡, 超市) and no more.
_CLOSE: Final = 0.66
_SOME: Final = 0.45

#: From here on names that begin alike are one name misspelt or inflected (PITTSBUGH, RONNIES TIRE): of six characters one differs.
_NEARLY: Final = 0.8

#: Two addresses are alike when they share so much of what the shorter one says, and no fewer words and runs of characters: two roads share a run by chance.
_WRITTEN_ALIKE: Final = 0.7
_WRITTEN_AT_LEAST: Final = 3

#: Levels of the address that what is written may still settle: one side has no number, or names its place otherwise. Two numbers that differ are believed.
_OPEN: Final = np.array([level in ("landmark", "road", "road_differs", "address_missing") for level in ADDRESS])

#: Steps of distance in metres. 10: one point copied; 30: noise of one door; 80: a large building; NEAR_M: the near stratum; 400: a compound; 1000: a quarter;
#: 2000: further than any wrong datum moves a place.
_STEPS: Final = (10.0, 30.0, 80.0, NEAR_M, 400.0, 1000.0, 2000.0)

#: What an offset and a datum vector differ by in length when they differ by DATUM_TOLERANCE_M, and a millimetre for rounding.
_AS_FAR: Final = DATUM_TOLERANCE_M + 0.001

#: House numbers at most this far apart are neighbours (38 and 40 face the same corner).
_NEIGHBOURS: Final = 2


#: Pairs compared at a time: what a chunk needs stays in the processor's cache. Changes nothing.
CHUNK: Final = 1 << 15


#: Whole rows of two listings fetched at a time, for the same reason.
_ROWS: Final = 1 << 11


@dataclass(frozen=True, slots=True)
class Levels:
    """Level codes of pairs, an array a comparison in COMPARISONS order, and the code of each pair's stratum in STRATA order."""

    codes: Mapping[str, Ints]
    stratum: Ints

    @property
    def near(self) -> Marks:
        """Which pairs lie in the near stratum."""
        return np.asarray(self.stratum == STRATA.index("near"))

    def take(self, chosen: Marks) -> Levels:
        """The levels of the chosen pairs."""
        return Levels({name: codes[chosen] for name, codes in self.codes.items()}, self.stratum[chosen])


class _Cases:
    """All cases there can be of eight related columns, each the same in both listings, held by both, or neither; and of marks on either listing.

    A rule is written on cases, is worked out once for all of them, and is then looked up for each pair by the number of its case.
    """

    def __init__(self, columns: Sequence[str], marks: Sequence[str] = ()) -> None:
        self._bits = {f"same {name}": at for at, name in enumerate(columns)} | {f"both {name}": 8 + at for at, name in enumerate(columns)}
        self._bits |= {name: 16 + at for at, name in enumerate(marks)}
        self._numbers = np.arange(1 << (16 + len(marks)), dtype=np.int32)

    def same(self, name: str) -> Marks:
        """Whether both name the same."""
        return self._bit(f"same {name}")

    def both(self, name: str) -> Marks:
        """Whether both name it."""
        return self._bit(f"both {name}")

    def either(self, mark: str) -> Marks:
        """Whether one of both is marked."""
        return self._bit(mark)

    def _bit(self, name: str) -> Marks:
        return np.asarray(self._numbers >> self._bits[name] & 1, dtype=np.bool_)


class _Rules:
    """Every rule worked out for all cases."""

    def __init__(self) -> None:
        place = _Cases(RELATED[:8], ["number_near"])
        self.address, self.division, self.quarter = _address(place), _division(place), _quarter(place)
        near = 1 << 16
        #: Cases of a place in which it matters how far apart the numbers are.
        self.asks_number = self.address[:near] != self.address[near:]
        name = _Cases(RELATED[8:16], MARKS)
        self.core, self.organisation, self.one_core, self.marked = _core(name), _organisation(name), name.same("core"), _marked(name)
        self.kind = _joint(_comparison("kind").shape, (_kind(name), _premises(name)))
        rest = _Cases(RELATED[16:])
        self.phone, self.opened = _phone(rest), _opened(rest)
        self.credit, self.hours = _three(rest, CREDIT, "credit"), _three(rest, HOURS, "hours")


@cache
def _rules() -> _Rules:
    return _Rules()


def _comparison(name: str) -> Comparison:
    return next(comparison for comparison in COMPARISONS if comparison.name == name)


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
    rules, (place, name, rest) = _rules(), _cases(listings, left, right)
    marks = (listings.marks[left] | listings.marks[right]).astype(np.int32)
    name |= marks << np.int32(16)
    metres = distances(listings, left, right)
    address = rules.address[place]
    asked = np.flatnonzero(rules.asks_number[place])
    if len(asked):
        gap = np.abs(listings.number_value[left[asked]] - listings.number_value[right[asked]])
        address[asked[gap <= _NEIGHBOURS]] = list(ADDRESS).index("number_near")
    address = _written_address(listings, left, right, address)
    parts: dict[str, tuple[Ints, ...]] = {
        "where": (_distance(listings, left, right, metres, rules.division[place]), address),
        "name": (
            _spelled_organisation(listings, left, right, rules.organisation[name]),
            _spelled_core(listings, left, right, rules.core[name], rules.marked[name]),
        ),
        "kind": (rules.kind[name],),
        "namesakes": (_namesakes(listings, left, rules.one_core[name]),),
        "phone": (_several_phones(listings, left, right, rules.phone[rest]),),
        "credit": (rules.credit[rest],),
        "plaque": (_plaque(listings, left, right),),
        "hours": (rules.hours[rest],),
        "facilities": (_facilities(listings, left, right),),
        "opened": (rules.opened[rest],),
    }
    codes = {comparison.name: _joint(comparison.shape, parts[comparison.name]) for comparison in COMPARISONS}
    one_door = (address == list(ADDRESS).index("number")) | (address == list(ADDRESS).index("building"))
    # one address in two counties is two places that share a road name; a known great distance speaks against the address, not for it
    near = (metres <= NEAR_M) | (one_door & ~(metres > QUARTER_M))
    quarter = (metres <= QUARTER_M) | rules.quarter[place]
    return Levels(codes, _choose({each: each for each in STRATA}, "far", [("near", near), ("quarter", quarter)]))


def _cases(listings: Features, left: Ints, right: Ints) -> Ints:
    """The number of the case that each pair is of, for each eight related columns: which are the same, and above them which both hold."""
    cases = np.empty((len(RELATED) // 8, len(left)), dtype=np.int32)
    for at in range(0, len(left), _ROWS):
        a, b = (listings.related.take(side[at : at + _ROWS], axis=0) for side in (left, right))
        both = (a | b) >= 0  # absent is −1, whose bits are all ones
        same = (a == b) & both
        cases[:, at : at + _ROWS] = (_packed(same) | _packed(both) << np.int32(8)).T
    return cases


#: Multiplied by this, eight bytes of 0 or 1 leave their bits in the highest byte, the first byte's lowest.
_PACK: Final = np.uint64(0x0102040810204080)


def _packed(marks: Marks) -> Ints:
    """Eight marks in a row as the bits of a number."""
    return (marks.view("<u8") * _PACK >> np.uint64(56)).astype(np.int32)


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


def _three(cases: _Cases, names: Mapping[str, str], stem: str) -> Ints:
    return _choose(names, f"{stem}_missing", [(f"{stem}_same", cases.same(stem)), (f"{stem}_differs", cases.both(stem))])


def _distance(listings: Features, left: Ints, right: Ints, metres: Floats, division: Ints) -> Ints:
    """By position; `division` where one has none."""
    steps = list(DISTANCE)[: len(_STEPS)]
    codes = _choose(DISTANCE, "d_far", [(name, metres <= step) for name, step in zip(steps, _STEPS, strict=True)])
    # only what lies farther than one door, and as far as a datum moves a place, can be off by one
    asked = np.flatnonzero((metres > NEAR_M) & (metres <= listings.shift_reach + DATUM_TOLERANCE_M))
    gaps = np.abs(listings.shift_lengths[left[asked]] - metres[asked][:, None])
    asked = asked[(gaps[:, 0] <= _AS_FAR) | (gaps[:, 1] <= _AS_FAR) | (gaps[:, 2] <= _AS_FAR)]
    if len(asked):
        codes[asked[datum_shifted(listings, left[asked], right[asked])]] = list(DISTANCE).index("datum")
    return np.where(np.isfinite(metres), codes, division)


def _division(cases: _Cases) -> Ints:
    return _choose(
        DISTANCE,
        "unplaced",
        [
            ("community", cases.same("community")),
            ("town", cases.same("town")),
            ("county", cases.same("county")),
            ("elsewhere", cases.both("county")),
        ],
    )


def _one_road(cases: _Cases) -> Marks:
    """Whether both name one road; roads of one name in two counties are two."""
    return cases.same("road") & ~(cases.both("county") & ~cases.same("county"))


def _quarter(cases: _Cases) -> Marks:
    return cases.same("community") | _one_road(cases)


def _address(cases: _Cases) -> Ints:
    road = _one_road(cases)
    number = road & cases.same("number")
    numbered = road & cases.both("number")
    buildings = cases.both("building") & ~cases.same("building")
    return _choose(
        ADDRESS,
        "address_missing",
        [
            ("building", number & buildings),
            ("number", number),
            ("number_base", numbered & cases.same("number_base")),
            ("landmark", cases.same("landmark")),
            ("number_near", numbered & cases.both("number_base") & cases.either("number_near")),
            ("number_differs", numbered),
            ("road", road),
            ("road_differs", cases.both("road")),
        ],
    )


def _alike(words: Sets, a: Ints, b: Ints) -> tuple[Floats, Marks, Ints]:
    """Of texts that are there: Dice coefficient of the character sets, whether one set lies in the other (of at least two characters), and
    how many they share."""
    counts = np.bitwise_count(words.bits.take(a, axis=0) & words.bits.take(b, axis=0))
    common = (counts.view("<u4") * np.uint32(0x01010101) >> np.uint32(24)).reshape(len(a), -1).sum(axis=1, dtype=np.int32)
    sizes = words.size[a], words.size[b]
    smaller = np.minimum(*sizes)
    return 2 * common / np.maximum(sizes[0] + sizes[1], 1), (common >= smaller) & (smaller >= 2), common


def _written_address(listings: Features, left: Ints, right: Ints, codes: Ints) -> Ints:
    """Those that the parts of the address leave open, by how much of what is written of both is the same. Of what names one landmark a figure
    must be the same as well; in two counties what is written alike is two places."""
    asked = np.flatnonzero(_OPEN[codes])
    if len(asked):
        a, b = left[asked], right[asked]
        _, _, common = _alike(listings.address, a, b)
        alike = (common >= _WRITTEN_AT_LEAST) & (common >= _WRITTEN_ALIKE * np.minimum(listings.address.size[a], listings.address.size[b]))
        asked, a, b = asked[alike], a[alike], b[alike]
        figures = (listings.address.bits[a, -1] & listings.address.bits[b, -1]) != 0
        counties = listings.column("county")[a], listings.column("county")[b]
        apart = (counties[0] != counties[1]) & (np.minimum(*counties) >= 0)
        codes[asked[(figures | (codes[asked] != list(ADDRESS).index("landmark"))) & ~apart]] = list(ADDRESS).index("alike")
    return codes


def _core(cases: _Cases) -> Ints:
    """By what is known without looking at characters."""
    both, equal = cases.both("core"), cases.same("core")
    return _choose(
        CORE,
        "core_missing",
        [
            ("equal_area", equal & cases.either("core_is_area")),
            ("equal_long", equal & cases.either("core_is_long")),
            ("equal", equal),
            ("marker", _marked(cases) & cases.same("core_stem")),
            ("differs", both),
        ],
    )


def _marked(cases: _Cases) -> Marks:
    """Whether both have what numbers or orients them, and not the same."""
    return cases.both("core_marks") & ~cases.same("core_marks")


def _spelled_core(listings: Features, left: Ints, right: Ints, codes: Ints, marked: Marks) -> Ints:
    """Those that differ, by their characters: alike but for their numbers (FOSTER PLAZA BUILDING 9, FOSTER PLAZA 8) is two places."""
    asked = np.flatnonzero(codes == list(CORE).index("differs"))
    if len(asked):
        words = listings.core
        a, b = words.code[left[asked]], words.code[right[asked]]
        dice, within, common = _alike(words, a, b)
        begins = words.begin[a] == words.begin[b]
        codes[asked] = _choose(
            CORE,
            "differs",
            [
                ("begins_long", within & begins & (common >= words.long[a])),
                ("begins", within & begins),
                ("within_long", within & (common >= words.long[a])),
                ("within", within),
                ("marker", marked[asked] & (dice >= _CLOSE)),
                ("nearly", begins & (dice >= _NEARLY)),
                ("close_begins", begins & (dice >= _CLOSE)),
                ("close", dice >= _CLOSE),
                ("some_begins", begins & (dice >= _SOME)),
                ("some", dice >= _SOME),
            ],
        )
    return codes


def _namesakes(listings: Features, left: Ints, one_core: Marks) -> Ints:
    return np.where(one_core, listings.namesakes[left], np.int16(list(NAMESAKES).index("namesakes_missing")))


def _organisation(cases: _Cases) -> Ints:
    return _choose(ORGANISATION, "org_missing", [("org_same", cases.same("organisation")), ("org_differs", cases.both("organisation"))])


def _spelled_organisation(listings: Features, left: Ints, right: Ints, codes: Ints) -> Ints:
    """Those that differ, by their characters."""
    asked = np.flatnonzero(codes == list(ORGANISATION).index("org_differs"))
    if len(asked):
        words = listings.organisation
        dice, within, _ = _alike(words, words.code[left[asked]], words.code[right[asked]])
        codes[asked[within | (dice >= _CLOSE)]] = list(ORGANISATION).index("org_close")
    return codes


def _kind(cases: _Cases) -> Ints:
    return _choose(
        KIND,
        "kind_missing",
        [
            ("kind_missing", cases.same("kind") & cases.either("is_broad")),
            ("kind_same", cases.same("kind")),
            ("kind_guest", cases.both("kind") & cases.either("is_guest")),
            ("kind_family", cases.same("family")),
            ("kind_differs", cases.both("kind")),
        ],
    )


def _premises(cases: _Cases) -> Ints:
    trade, sort = cases.same("trade"), cases.both("sort")
    strange = cases.both("trade") & ~trade
    return _choose(
        PREMISES,
        "premises_missing",
        [
            ("premises_same", cases.same("sort")),
            ("premises_sort", sort & ~strange),
            ("premises_trade", trade),
            ("premises_differs", strange),
        ],
    )


def _phone(cases: _Cases) -> Ints:
    return _choose(
        PHONE,
        "phone_missing",
        [("phone_same", cases.same("phone")), ("contact_same", cases.same("contact")), ("phone_differs", cases.both("phone"))],
    )


def _several_phones(listings: Features, left: Ints, right: Ints, codes: Ints) -> Ints:
    """The level by all numbers, where any listing has several; the case knows of the first alone."""
    if listings.phones.shape[1] == 1 and listings.contacts.shape[1] == 1:
        return codes
    shared, known = _shared(listings.phones, left, right)
    contact, _ = _shared(listings.contacts, left, right)
    return _choose(PHONE, "phone_missing", [("phone_same", shared), ("contact_same", contact), ("phone_differs", known)])


def _shared(numbers: Ints, left: Ints, right: Ints) -> tuple[Marks, Marks]:
    """Whether both hold a number in common, and whether both hold any."""
    a, b = ([column[side] for column in numbers.T] for side in (left, right))
    shared = np.zeros(len(left), dtype=np.bool_)
    for one in a:
        for other in b:
            shared |= (one == other) & (one >= 0)
    return shared, np.asarray(np.any([one >= 0 for one in a], axis=0) & np.any([other >= 0 for other in b], axis=0))


def _plaque(listings: Features, left: Ints, right: Ints) -> Ints:
    if "plaques" not in listings.told:
        return np.full(len(left), list(PLAQUE).index("plaque_missing"), dtype=np.int16)
    a, b = listings.plaques[left], listings.plaques[right]
    return _choose(PLAQUE, "plaque_missing", [("plaque_shared", (a & b) != 0), ("plaque_differs", (a != 0) & (b != 0))])


def _facilities(listings: Features, left: Ints, right: Ints) -> Ints:
    if "facilities" not in listings.told:
        return np.full(len(left), list(FACILITIES).index("facilities_missing"), dtype=np.int16)
    a, b = listings.facilities[left], listings.facilities[right]
    known = (a != 0) & (b != 0)
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


def _opened(cases: _Cases) -> Ints:
    return _choose(
        OPENED,
        "opened_missing",
        [
            ("opened_same", cases.same("opened")),
            ("opened_differs", cases.both("opened")),
            ("opened_month", cases.same("opened_month")),
            ("opened_differs", cases.both("opened_month")),
        ],
    )
