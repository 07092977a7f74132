"""Positions in a wrong datum: listings that stand off their station's other listings by exactly one conversion."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from transforms.dedupe.features import Features, Floats, Ints, features
from transforms.dedupe.geometry import DATUM_TOLERANCE_M, NEIGHBOUR_M, SHIFTS, datum_gaps, distances

#: The others of a station agree when they lie within this of each other (metres); then the one that is off is the wrong one.
_SUSPECT_COLUMNS: Final = ("listing_id", "offset_kind", "metres")

#: What of a listing is looked at.
_READ: Final = ("listing_id", "lng_wgs84", "lat_wgs84", "community_code", "road")


def datum_suspects(listings: pd.DataFrame, clusters: pd.DataFrame) -> pd.DataFrame:
    """Listings whose offset to the others of their station is a datum vector: listing_id, offset_kind (a key of SHIFTS), metres.

    `clusters`: listing_id and cluster (or station_id). `metres` is the length of the offset. With three or more listings the one that is
    off against most others is named. Between two, the one farther from other listings of the same community or road; if nothing
    tells them apart, both are named and a person looks.
    """
    known = features(listings[[name for name in _READ if name in listings.columns]])
    label = "cluster" if "cluster" in clusters.columns else "station_id"
    codes = pd.factorize(clusters.set_index("listing_id")[label].reindex(known.ids))[0].astype(np.int64)
    left, right = _together(known, codes)
    gaps = datum_gaps(known, left, right)
    off = (gaps <= DATUM_TOLERANCE_M).any(axis=1)
    agree = distances(known, left, right) <= NEIGHBOUR_M
    votes_off = np.bincount(np.append(left[off], right[off]), minlength=len(known))
    votes_agree = np.bincount(np.append(left[agree], right[agree]), minlength=len(known))
    stray = _strayed(known, codes, np.unique(np.append(left[off], right[off])))
    found: dict[int, tuple[str, float]] = {}
    for a, b, gap in zip(left[off].tolist(), right[off].tolist(), gaps[off], strict=True):
        metres = float(distances(known, np.array([a]), np.array([b]))[0])
        for suspect, other in ((a, b), (b, a)):
            if _is_worse(suspect, other, votes_off - votes_agree, stray):
                found[suspect] = (list(SHIFTS)[int(gap.argmin())], round(metres, 1))
    rows = [(known.ids[at], kind, metres) for at, (kind, metres) in sorted(found.items())]
    return pd.DataFrame(rows, columns=list(_SUSPECT_COLUMNS)).astype({"listing_id": "str", "offset_kind": "str", "metres": "float64"})


def _is_worse(suspect: int, other: int, votes: Ints, stray: Floats) -> bool:
    """Whether the suspect, of a pair that is off, is the one to name."""
    if votes[suspect] != votes[other]:
        return bool(votes[suspect] > votes[other])
    if np.isfinite(stray[suspect]) and np.isfinite(stray[other]):
        return bool(stray[suspect] > stray[other])
    return True


def _together(known: Features, codes: Ints) -> tuple[Ints, Ints]:
    """All pairs of placed listings of one station."""
    placed = np.isfinite(known.lng) & np.isfinite(known.lat) & (codes >= 0)
    frame = pd.DataFrame({"station": codes[placed], "i": np.nonzero(placed)[0]})
    pairs = frame.merge(frame, on="station", suffixes=("_a", "_b"))
    pairs = pairs[pairs["i_a"] < pairs["i_b"]].sort_values(["i_a", "i_b"])
    return pairs["i_a"].to_numpy(np.int64), pairs["i_b"].to_numpy(np.int64)


def _strayed(known: Features, codes: Ints, asked: Ints) -> Floats:
    """Metres from each listing asked for to the middle of the placed listings of other stations on its road, else in its community; NaN without any."""
    strayed = np.full(len(known), np.nan)
    for group in (known.community, known.road):
        frame = pd.DataFrame({"group": group, "station": codes, "lng": known.lng, "lat": known.lat})
        stations = frame[(frame["group"] >= 0) & frame["lng"].notna()].groupby(["group", "station"])[["lng", "lat"]].median().reset_index()
        others = frame.loc[asked, ["group", "station"]].rename_axis("at").reset_index().merge(stations, on="group", suffixes=("", "_other"))
        middle = others[others["station"] != others["station_other"]].groupby("at")[["lng", "lat"]].median()
        at = middle.index.to_numpy(np.int64)
        east = (known.lng[at] - middle["lng"].to_numpy()) * np.cos(np.radians(known.lat[at]))
        strayed[at] = np.hypot(east, known.lat[at] - middle["lat"].to_numpy()) * 111_320.0
    return strayed
