"""Distances of pairs in metres, and the vectors by which a position in a wrong datum is off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from transforms.dedupe.coded import Ints, Marks
from transforms.dedupe.features import Features, Floats

#: Metres a degree of latitude; within a city good to 0.3 %.
DEGREE_M: Final = 111_320.0

#: An offset within this of a datum vector is taken for one (metres): two lists place one door up to about 40 m apart.
DATUM_TOLERANCE_M: Final = 45.0

#: Listings of one station within this agree on where it is (metres).
NEIGHBOUR_M: Final = 120.0


def offsets(listings: Features, left: Ints, right: Ints) -> tuple[Floats, Floats]:
    """East and north metres from each left to its right listing; NaN where either has no position."""
    one, other = listings.lat[left], listings.lat[right]
    north = (other - one) * DEGREE_M
    middle = np.radians((other + one) / 2)
    east = (listings.lng[right] - listings.lng[left]) * DEGREE_M * np.cos(middle)
    return east, north


def distances(listings: Features, left: Ints, right: Ints) -> Floats:
    """Metres between each pair; NaN where either has no position. A square root is exact on every machine, which `hypot` is not."""
    east, north = offsets(listings, left, right)
    return np.asarray(np.sqrt(east * east + north * north))


#: The conversions whose omission (or needless application) moves a position, with the sentence for a report; order of Features.shifts.
SHIFTS: Final[Mapping[str, str]] = {"gcj02": "GCJ-02 与 WGS-84 混用", "bd09_wgs84": "BD-09 与 WGS-84 混用", "bd09": "BD-09 与 GCJ-02 混用"}


def datum_gaps(listings: Features, left: Ints, right: Ints) -> Floats:
    """Metres between each pair's offset and the nearest of ± each datum vector there; shape (pairs, SHIFTS)."""
    east, north = offsets(listings, left, right)
    vectors = listings.shifts[left]
    gaps = [
        np.minimum(
            np.hypot(east - vectors[:, at, 0], north - vectors[:, at, 1]), np.hypot(east + vectors[:, at, 0], north + vectors[:, at, 1])
        )
        for at in range(len(SHIFTS))
    ]
    return np.stack(gaps, axis=1)


def datum_shifted(listings: Features, left: Ints, right: Ints) -> Marks:
    """Whether each pair's offset is a datum vector, within DATUM_TOLERANCE_M."""
    return np.asarray((datum_gaps(listings, left, right) <= DATUM_TOLERANCE_M).any(axis=1))
