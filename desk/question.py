"""A question of the review queue as a page shows it: both sides with their differences marked, the evidence in words, and a small map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from math import cos, radians, sqrt
from typing import Any, Final

import numpy as np
import pandas as pd

from desk.coded import shown
from desk.station import cell
from transforms.dedupe.geometry import DEGREE_M
from transforms.dedupe.levels import NEAR_M
from transforms.records import FIELDS

#: Fields shown side by side, in this order.
_SHOWN: Final = (
    "name",
    "kind",
    "organisation",
    "host",
    "address",
    "community",
    "town",
    "county",
    "phones",
    "contact_name",
    "contact_phone",
    "hours",
    "facilities",
    "plaques",
    "batch",
    "opened_on",
    "credit_code",
)

_TITLES: Final = {field.name: field.title for field in FIELDS if "listing" in field.on}

#: Share of common characters under which single ones are found by chance and would be read for likeness.
_COMMON_AT_LEAST: Final = 0.4

#: Width and height of the map, and the margin inside which points lie (pixels).
_WIDTH, _HEIGHT, _MARGIN = 460, 300, 44

#: Fewest metres that the map's shorter side spans: two points at one door still show where they are to each other.
_SPAN_M: Final = 60.0

#: Neighbours drawn at most.
_NEIGHBOURS: Final = 40

Piece = tuple[str, bool]


@dataclass(frozen=True, slots=True)
class Compared:
    """One field: its title, and each side in pieces (text, whether the other side lacks it)."""

    title: str
    left: Sequence[Piece]
    right: Sequence[Piece]
    is_equal: bool


@dataclass(frozen=True, slots=True)
class Point:
    """A listing on the map: degrees (WGS-84), what to call it, and whose it is (left, right, beside: of their stations, other)."""

    lng: float
    lat: float
    label: str
    role: str


def compared(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[Compared]:
    """The fields that either side has, side by side."""
    told = [(name, _value(name, left), _value(name, right)) for name in _SHOWN]
    return [Compared(_TITLES[name], *marked(one, other), is_equal=one == other) for name, one, other in told if one or other]


def marked(left: str, right: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, those marked that the other lacks. Where one side is empty nothing is marked; where little is common, all of it."""
    if not left or not right:
        return [(left, False)], [(right, False)]
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    if matcher.ratio() < _COMMON_AT_LEAST:
        return [(left, True)], [(right, True)]
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    for what, a, b, c, d in matcher.get_opcodes():
        for side, text in zip(sides, (left[a:b], right[c:d]), strict=True):
            if text:
                side.append((text, what != "equal"))
    return sides


def metres_between(left: Mapping[str, Any], right: Mapping[str, Any]) -> float | None:
    """Metres between two listings, None where either has no position."""
    if any(pd.isna(side[name]) for side in (left, right) for name in ("lng_wgs84", "lat_wgs84")):
        return None
    north = (float(right["lat_wgs84"]) - float(left["lat_wgs84"])) * DEGREE_M
    east = (float(right["lng_wgs84"]) - float(left["lng_wgs84"])) * DEGREE_M * cos(radians(float(left["lat_wgs84"])))
    return sqrt(north * north + east * east)


def map_of(points: Sequence[Point]) -> str:
    """An SVG of the points, north up, with a scale and a ring at NEAR_M around the left one; "" when neither side has a position. Nothing is fetched."""
    asked = [point for point in points if point.role in ("left", "right")]
    if not asked:
        return ""
    lat, lng = sum(point.lat for point in asked) / len(asked), sum(point.lng for point in asked) / len(asked)
    metres = [((point.lng - lng) * DEGREE_M * cos(radians(lat)), (point.lat - lat) * DEGREE_M, point) for point in points]
    framed = [(abs(east), abs(north)) for east, north, point in metres if point.role in ("left", "right")]
    east_most, north_most = max(east for east, _ in framed), max(north for _, north in framed)
    scale = min((_WIDTH / 2 - _MARGIN) / max(east_most, _SPAN_M), (_HEIGHT / 2 - _MARGIN) / max(north_most, _SPAN_M))
    drawn = [_drawn(east, north, point, scale) for east, north, point in sorted(metres, key=lambda each: _ORDER[each[2].role])]
    ring = next(((east, north) for east, north, point in metres if point.role == "left"), None)
    around = f'<circle class="ring" cx="{_x(ring[0], scale):.1f}" cy="{_y(ring[1], scale):.1f}" r="{NEAR_M * scale:.1f}"/>' if ring else ""
    length = _round_length(90 / scale)
    bar = (
        f'<path class="scale" d="M14 {_HEIGHT - 14}h{length * scale:.1f}m0 -5v10m{-length * scale:.1f} -10v10"/>'
        f'<text x="14" y="{_HEIGHT - 22}">{length:g} 米</text><text x="{_WIDTH - 24}" y="22">北↑</text>'
    )
    told = escape("、".join(point.label for point in asked), quote=True)
    return (
        f'<svg class="map" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="位置图：{told}">'
        f"{around}{''.join(each for each in drawn if each)}{bar}</svg>"
    )


#: What is drawn later lies above.
_ORDER: Final = {"other": 0, "beside": 1, "right": 2, "left": 3}


class Neighbours:
    """The open listings that have a position, in the order of their latitude: made once, asked for every question."""

    def __init__(self, listings: pd.DataFrame) -> None:
        placed = listings[listings["is_open"].astype(bool) & listings["lat_wgs84"].notna() & listings["lng_wgs84"].notna()]
        self._placed = placed[["listing_id", "name", "lng_wgs84", "lat_wgs84"]].sort_values("lat_wgs84", kind="stable", ignore_index=True)
        self._lat = self._placed["lat_wgs84"].to_numpy(dtype="float64")
        self._lng = self._placed["lng_wgs84"].to_numpy(dtype="float64")

    def near(self, around: Sequence[Mapping[str, Any]], beside: Sequence[str]) -> list[Point]:
        """Listings that the map around the two sides may show: those of their stations (`beside`, ids), and some neighbours, nearest first."""
        placed = [side for side in around if not pd.isna(side["lng_wgs84"])]
        if not placed:
            return []
        lat, lng = (sum(float(side[name]) for side in placed) / len(placed) for name in ("lat_wgs84", "lng_wgs84"))
        span = 4 * max(_SPAN_M, metres_between(placed[0], placed[-1]) or 0.0) / DEGREE_M
        first, behind = self._lat.searchsorted(lat - span, "left"), self._lat.searchsorted(lat + span, "right")
        at = first + np.flatnonzero(np.abs(self._lng[first:behind] - lng) <= span)
        order = np.argsort((self._lat[at] - lat) ** 2 + (self._lng[at] - lng) ** 2, kind="stable")
        asked = {side["listing_id"] for side in around}
        rows = self._placed.iloc[at[order[: _NEIGHBOURS + len(asked)]]].to_dict("records")
        return [
            Point(float(row["lng_wgs84"]), float(row["lat_wgs84"]), str(row["name"]), "beside" if row["listing_id"] in beside else "other")
            for row in rows
            if row["listing_id"] not in asked
        ][:_NEIGHBOURS]


def point_of(listing: Mapping[str, Any], role: str) -> list[Point]:
    """The listing as a point, none without a position."""
    if pd.isna(listing["lng_wgs84"]):
        return []
    return [Point(float(listing["lng_wgs84"]), float(listing["lat_wgs84"]), str(listing["name"]), role)]


def _x(east: float, scale: float) -> float:
    return _WIDTH / 2 + east * scale


def _y(north: float, scale: float) -> float:
    return _HEIGHT / 2 - north * scale


def _drawn(east: float, north: float, point: Point, scale: float) -> str:
    x, y = _x(east, scale), _y(north, scale)
    if not (0 <= x <= _WIDTH and 0 <= y <= _HEIGHT):
        return ""
    mark = {"left": "甲", "right": "乙"}.get(point.role, "")
    radius = 9 if mark else 4
    letter = f'<text class="mark" x="{x:.1f}" y="{y + 4:.1f}">{mark}</text>' if mark else ""
    return f'<g class="{point.role}"><title>{escape(point.label)}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>{letter}</g>'


def _round_length(metres: float) -> float:
    """The greatest of 1, 2, 5, 10, … metres that is no more than `metres`."""
    return float(max(step * 10**power for power in range(6) for step in (1, 2, 5) if step * 10**power <= max(metres, 1)))


def _value(name: str, listing: Mapping[str, Any]) -> str:
    return shown(name, cell(listing[name]))
