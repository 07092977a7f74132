"""Comparison levels of many pairs at once: array code over codes, bit sets and metres; never a loop over pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.dedupe.features import Features, Floats, Ints, Marks, Words
from transforms.dedupe.geometry import datum_shifted, distances
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


@dataclass(frozen=True, slots=True)
class Levels:
    """Level codes of pairs, an array a comparison in COMPARISONS order, and the code of each pair's stratum in STRATA order."""

    codes: Mapping[str, Ints]
    stratum: Ints

    def take(self, chosen: Marks) -> Levels:
        """The levels of the chosen pairs."""
        return Levels({name: codes[chosen] for name, codes in self.codes.items()}, self.stratum[chosen])


def compare(listings: Features, left: Ints, right: Ints) -> Levels:
    """Levels of the pairs (left[i], right[i]); symmetric in left and right."""
    metres = distances(listings, left, right)
    address = _address(listings, left, right)
    parts: dict[str, tuple[Ints, ...]] = {
        "where": (_distance(listings, left, right, metres), address),
        "name": (_organisation(listings, left, right), _core(listings, left, right)),
        "kind": (_kind(listings, left, right), _premises(listings, left, right)),
        "phone": (_phone(listings, left, right),),
        "credit": (_three(CREDIT, "credit", listings.credit[left], listings.credit[right]),),
        "plaque": (_plaque(listings, left, right),),
        "hours": (_three(HOURS, "hours", listings.hours[left], listings.hours[right]),),
        "facilities": (_facilities(listings, left, right),),
        "opened": (_opened(listings, left, right),),
    }
    codes = {comparison.name: np.ravel_multi_index(parts[comparison.name], comparison.shape).astype(np.int64) for comparison in COMPARISONS}
    one_door = np.isin(address, [list(ADDRESS).index("number"), list(ADDRESS).index("building")])
    # one address in two counties is two places that share a road name; a known great distance speaks against the address, not for it
    near = (metres <= NEAR_M) | (one_door & ~(metres > _STEPS[4]))
    quarter = _same(listings.community, left, right) | _one_road(listings, left, right)
    return Levels(codes, np.select([near, quarter], [STRATA.index("near"), STRATA.index("quarter")], STRATA.index("far")).astype(np.int64))


def _choose(names: Mapping[str, str], otherwise: str, tests: Sequence[tuple[str, Marks]]) -> Ints:
    """The code of the first level whose test holds."""
    order = list(names)
    return np.select([test for _, test in tests], [order.index(name) for name, _ in tests], order.index(otherwise)).astype(np.int64)


def _same(codes: Ints, left: Ints, right: Ints) -> Marks:
    return np.asarray((codes[left] == codes[right]) & (codes[left] >= 0))


def _both(codes: Ints, left: Ints, right: Ints) -> Marks:
    return np.asarray((codes[left] >= 0) & (codes[right] >= 0))


def _three(names: Mapping[str, str], stem: str, a: Ints, b: Ints) -> Ints:
    return _choose(names, f"{stem}_missing", [(f"{stem}_same", (a == b) & (a >= 0)), (f"{stem}_differs", (a >= 0) & (b >= 0))])


def _distance(listings: Features, left: Ints, right: Ints, metres: Floats) -> Ints:
    steps = [(name, metres <= step) for name, step in zip(DISTANCE, _STEPS[:3], strict=False)]
    known = np.isfinite(metres)
    return _choose(
        DISTANCE,
        "unplaced",
        [
            *steps,
            ("datum", datum_shifted(listings, left, right)),
            ("d400", metres <= _STEPS[3]),
            ("d1000", metres <= _STEPS[4]),
            ("d2000", metres <= _STEPS[5]),
            ("d_far", known),
            ("community", _same(listings.community, left, right)),
            ("town", _same(listings.town, left, right)),
            ("county", _same(listings.county, left, right)),
            ("elsewhere", _both(listings.county, left, right)),
        ],
    )


def _one_road(listings: Features, left: Ints, right: Ints) -> Marks:
    """Whether both name one road; roads of one name in two counties are two."""
    return _same(listings.road, left, right) & ~(_both(listings.county, left, right) & ~_same(listings.county, left, right))


def _address(listings: Features, left: Ints, right: Ints) -> Ints:
    road = _one_road(listings, left, right)
    number = road & _same(listings.number, left, right)
    gap = np.abs(listings.number_value[left] - listings.number_value[right])
    numbered = road & _both(listings.number, left, right)
    buildings = _both(listings.building, left, right) & ~_same(listings.building, left, right)
    return _choose(
        ADDRESS,
        "address_missing",
        [
            ("building", number & buildings),
            ("number", number),
            ("number_base", numbered & _same(listings.number_base, left, right)),
            ("landmark", _same(listings.landmark, left, right)),
            ("number_near", numbered & _both(listings.number_base, left, right) & (gap <= _NEIGHBOURS)),
            ("number_differs", numbered),
            ("road", road),
            ("road_differs", _both(listings.road, left, right)),
        ],
    )


def _alike(words: Words, left: Ints, right: Ints) -> tuple[Floats, Marks, Ints]:
    """Dice coefficient of the character sets, whether one set lies in the other (of at least two characters), and how many they share."""
    a, b = words.code[left], words.code[right]
    if not words.values:
        return np.zeros(len(left)), np.zeros(len(left), dtype=np.bool_), np.zeros(len(left), dtype=np.int64)
    common = np.bitwise_count(words.bits[a] & words.bits[b]).sum(axis=1).astype(np.int64)
    sizes = np.stack([words.size[a], words.size[b]])
    present = (a >= 0) & (b >= 0)
    dice = np.where(present, 2 * common / np.maximum(sizes.sum(axis=0), 1), 0.0)
    return dice, present & (common >= sizes.min(axis=0)) & (sizes.min(axis=0) >= 2), common


def _core(listings: Features, left: Ints, right: Ints) -> Ints:
    words = listings.core
    dice, within, common = _alike(words, left, right)
    long = common >= _LONG
    both, equal = _both(words.code, left, right), _same(words.code, left, right)
    marked = _both(listings.core_marks, left, right) & ~_same(listings.core_marks, left, right)
    return _choose(
        CORE,
        "core_missing",
        [
            ("equal_area", equal & (listings.core_is_area[left] | listings.core_is_area[right])),
            ("equal_long", equal & long),
            ("equal", equal),
            ("marker", marked & _same(listings.core_stem, left, right)),
            ("within_long", within & long),
            ("within", within),
            ("close", both & (dice >= _CLOSE)),
            ("some", both & (dice >= _SOME)),
            ("differs", both),
        ],
    )


def _organisation(listings: Features, left: Ints, right: Ints) -> Ints:
    words = listings.organisation
    dice, within, _ = _alike(words, left, right)
    both = _both(words.code, left, right)
    return _choose(
        ORGANISATION,
        "org_missing",
        [("org_same", _same(words.code, left, right)), ("org_close", both & (within | (dice >= _CLOSE))), ("org_differs", both)],
    )


def _kind(listings: Features, left: Ints, right: Ints) -> Ints:
    guest = listings.is_guest[left] | listings.is_guest[right]
    return _choose(
        KIND,
        "kind_missing",
        [
            ("kind_missing", _same(listings.kind, left, right) & listings.is_broad[left]),
            ("kind_same", _same(listings.kind, left, right)),
            ("kind_guest", _both(listings.kind, left, right) & guest),
            ("kind_family", _same(listings.family, left, right)),
            ("kind_differs", _both(listings.kind, left, right)),
        ],
    )


def _premises(listings: Features, left: Ints, right: Ints) -> Ints:
    trade, sort = _same(listings.trade, left, right), _both(listings.sort, left, right)
    strange = _both(listings.trade, left, right) & ~trade
    return _choose(
        PREMISES,
        "premises_missing",
        [
            ("premises_same", _same(listings.sort, left, right)),
            ("premises_sort", sort & ~strange),
            ("premises_trade", trade),
            ("premises_differs", strange),
        ],
    )


def _shared(a: Ints, b: Ints) -> Marks:
    return np.asarray(((a[:, :, None] == b[:, None, :]) & (a[:, :, None] >= 0)).any(axis=(1, 2)))


def _phone(listings: Features, left: Ints, right: Ints) -> Ints:
    a, b = listings.phones[left], listings.phones[right]
    return _choose(
        PHONE,
        "phone_missing",
        [
            ("phone_same", _shared(a, b)),
            ("contact_same", _shared(listings.contacts[left], listings.contacts[right])),
            ("phone_differs", np.asarray((a >= 0).any(axis=1) & (b >= 0).any(axis=1))),
        ],
    )


def _plaque(listings: Features, left: Ints, right: Ints) -> Ints:
    a, b = listings.plaques[left], listings.plaques[right]
    return _choose(PLAQUE, "plaque_missing", [("plaque_shared", (a & b) != 0), ("plaque_differs", (a != 0) & (b != 0))])


def _facilities(listings: Features, left: Ints, right: Ints) -> Ints:
    a, b = listings.facilities[left], listings.facilities[right]
    common, total = np.bitwise_count(a & b).astype(np.int64), (np.bitwise_count(a).astype(np.int64) + np.bitwise_count(b))
    known = (a != 0) & (b != 0)
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


def _opened(listings: Features, left: Ints, right: Ints) -> Ints:
    day, month = listings.opened, listings.opened_month
    return _choose(
        OPENED,
        "opened_missing",
        [
            ("opened_same", _same(day, left, right)),
            ("opened_differs", _both(day, left, right)),
            ("opened_month", _same(month, left, right)),
            ("opened_differs", _both(month, left, right)),
        ],
    )
