"""WGS-84 to the datums that owners use. Forward only: the truth is WGS-84 and owners publish something else.

GCJ-02 by the published series (Krasovsky ellipsoid), BD-09 on top of it; CGCS2000 is WGS-84 to less than a metre.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, TypeAlias

Position: TypeAlias = tuple[float, float]

_A: Final = 6378245.0
_EE: Final = 0.00669342162296594323
METRES_A_DEGREE: Final = 111_320.0


def gcj02(lng: float, lat: float) -> Position:
    """GCJ-02 of a WGS-84 position in degrees."""
    x, y = lng - 105.0, lat - 35.0
    ripple = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + ripple
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + ripple
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    sine = math.sin(math.radians(lat))
    magic = 1 - _EE * sine * sine
    root = math.sqrt(magic)
    north = north * 180 / ((_A * (1 - _EE)) / (magic * root) * math.pi)
    east = east * 180 / (_A / root * math.cos(math.radians(lat)) * math.pi)
    return lng + east, lat + north


def bd09(lng: float, lat: float) -> Position:
    """BD-09 of a WGS-84 position in degrees."""
    x, y = gcj02(lng, lat)
    turn = math.pi * 3000 / 180
    radius = math.hypot(x, y) + 0.00002 * math.sin(y * turn)
    angle = math.atan2(y, x) + 0.000003 * math.cos(x * turn)
    return radius * math.cos(angle) + 0.0065, radius * math.sin(angle) + 0.006


def wgs84(lng: float, lat: float) -> Position:
    """The position itself; also CGCS2000."""
    return lng, lat


DATUMS: Final[dict[str, Callable[[float, float], Position]]] = {"WGS-84": wgs84, "CGCS2000": wgs84, "GCJ-02": gcj02, "BD-09": bd09}


def moved(lng: float, lat: float, bearing_deg: float, metres: float) -> Position:
    """The WGS-84 position `metres` away along a bearing (0 north, 90 east); flat earth, good for a few kilometres."""
    turn = math.radians(bearing_deg)
    return (
        lng + metres * math.sin(turn) / (METRES_A_DEGREE * math.cos(math.radians(lat))),
        lat + metres * math.cos(turn) / METRES_A_DEGREE,
    )


def metres_between(one: Position, other: Position) -> float:
    """Distance of two WGS-84 positions in metres; flat earth."""
    east = (one[0] - other[0]) * METRES_A_DEGREE * math.cos(math.radians(one[1]))
    return math.hypot(east, (one[1] - other[1]) * METRES_A_DEGREE)
