"""Positions: degrees as owners write them, and the three datums of Chinese maps, all to WGS-84. Vectorised over columns.

GCJ-02 is the state's obfuscation of WGS-84, BD-09 Baidu's of GCJ-02; neither is published, the formulas are those in common use
(eviltransform, coordtransform). CGCS2000 differs from WGS-84 by less than a metre and is taken for it. Test vector:
WGS-84 118.380000, 31.330000 → GCJ-02 118.385407, 31.328151 → BD-09 118.392006, 31.333812.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from transforms.records.layout import Datum
from transforms.standardise.text import text
from transforms.standardise.unreadable import Unreadable

Degrees: TypeAlias = NDArray[np.float64]

#: Krasovsky 1940, as GCJ-02 uses it: semi-major axis in metres and first eccentricity squared.
_AXIS, _ECCENTRICITY2 = 6378245.0, 0.00669342162296594323
_BD_TURN = np.pi * 3000.0 / 180.0
_METRES_A_DEGREE = 111_320.0

#: Which (declared, true) datums the rows of `datum_offsets` stand for.
OFFSETS: Final[tuple[tuple[Datum, Datum], ...]] = (
    ("WGS-84", "GCJ-02"),
    ("WGS-84", "BD-09"),
    ("GCJ-02", "WGS-84"),
    ("GCJ-02", "BD-09"),
    ("BD-09", "WGS-84"),
    ("BD-09", "GCJ-02"),
)

_ANGLE = re.compile(
    r"(?P<degrees>-?\d+(?:\.\d+)?)(?:\s*[°度]\s*(?:(?P<minutes>\d{1,2}(?:\.\d+)?)\s*['′分]\s*)?(?:(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:\"|″|''|′′|秒))?)?"
)
_AROUND = re.compile(r"[\s,;/|:()\[\]EeNn东经北纬度°]*")


def degrees(written: str) -> tuple[float, ...] | None:
    """The one or two angles of a cell, in degrees: 118.38, 118°22′48″, 'E118.38,N31.33'. Raises Unreadable('position_unreadable')."""
    clean = text(written)
    if clean is None:
        return None
    angles = tuple(_angle(found) for found in _ANGLE.finditer(clean))
    if not 1 <= len(angles) <= 2 or not _AROUND.fullmatch(_ANGLE.sub("", clean)):
        raise Unreadable("position_unreadable")
    return angles


def decimals(written: str) -> int:
    """Digits after the point of the finest angle in a cell; 9 for one in minutes and seconds."""
    return 9 if re.search("[′'分]", written) else max((len(part) for part in re.findall(r"\.(\d+)", written)), default=0)


def to_wgs84(lng: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Degrees, Degrees]:
    """Degrees of `datum` → degrees WGS-84, to better than 0.01 m. NaN stays NaN."""
    east, north = _floats(lng), _floats(lat)
    if datum == "BD-09":
        east, north = _bd09_to_gcj02(east, north)
    if datum in {"BD-09", "GCJ-02"}:
        return _gcj02_to_wgs84(east, north)
    return east, north


def from_wgs84(lng: ArrayLike, lat: ArrayLike, datum: Datum) -> tuple[Degrees, Degrees]:
    """Degrees WGS-84 → degrees of `datum`. NaN stays NaN."""
    east, north = _floats(lng), _floats(lat)
    if datum in {"BD-09", "GCJ-02"}:
        east, north = _wgs84_to_gcj02(east, north)
    if datum == "BD-09":
        return _gcj02_to_bd09(east, north)
    return east, north


def datum_offsets(lng: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Metres east and north by which a wrong datum moves a place: shape (6, n, 2), the first axis as `OFFSETS` (declared, true)."""
    east, north = _floats(lng), _floats(lat)
    moved = []
    for declared, true in OFFSETS:
        wrong_east, wrong_north = to_wgs84(*from_wgs84(east, north, true), declared)
        moved.append(
            np.stack(
                [(wrong_east - east) * _METRES_A_DEGREE * np.cos(np.radians(north)), (wrong_north - north) * _METRES_A_DEGREE], axis=-1
            )
        )
    return np.stack(moved)


def _angle(found: re.Match[str]) -> float:
    whole = float(found["degrees"])
    part = float(found["minutes"] or 0) / 60 + float(found["seconds"] or 0) / 3600
    return whole - part if whole < 0 else whole + part


def _floats(values: ArrayLike) -> Degrees:
    return np.atleast_1d(np.asarray(values, dtype=np.float64))


def _shift(lng: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Degrees that GCJ-02 adds at a WGS-84 place."""
    x, y = lng - 105.0, lat - 35.0
    wave = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += (wave + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += (wave + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    bend = 1.0 - _ECCENTRICITY2 * np.sin(np.radians(lat)) ** 2
    root = np.sqrt(bend)
    north_degrees = north * 180.0 / (_AXIS * (1.0 - _ECCENTRICITY2) / (bend * root) * np.pi)
    east_degrees = east * 180.0 / (_AXIS / root * np.cos(np.radians(lat)) * np.pi)
    return east_degrees, north_degrees


def _wgs84_to_gcj02(lng: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    east, north = _shift(lng, lat)
    return lng + east, lat + north


def _gcj02_to_wgs84(lng: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """Three fixed-point steps: each cuts the error some thousandfold, from about 500 m."""
    east, north = lng, lat
    for _ in range(3):
        add_east, add_north = _shift(east, north)
        east, north = lng - add_east, lat - add_north
    return east, north


def _gcj02_to_bd09(lng: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    radius = np.sqrt(lng * lng + lat * lat) + 0.00002 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lng) + 0.000003 * np.cos(lng * _BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _bd09_to_gcj02(lng: Degrees, lat: Degrees) -> tuple[Degrees, Degrees]:
    """By three fixed-point steps as well: the usual closed form is up to a metre off."""
    east, north = lng - 0.0065, lat - 0.006
    for _ in range(3):
        there_east, there_north = _gcj02_to_bd09(east, north)
        east, north = east + lng - there_east, north + lat - there_north
    return east, north
