"""How far a position lies outside an outline (GeoJSON geometries, WGS-84), in metres. Plain numpy: a city has under a thousand edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
Ring: TypeAlias = list[list[float]]

#: One degree of latitude in metres; one of longitude is this times cos(latitude). Good to 0.5 % anywhere, and thresholds are kilometres.
DEGREE_M: Final = 111_195.0

#: Positions looked at in one go: 20,000 times a thousand edges is 160 MB of float64 at the most.
CHUNK: Final = 20_000


def rings_of(geometries: Iterable[Mapping[str, Any]]) -> list[Ring]:
    """Every ring (outer and inner) of Polygon and MultiPolygon geometries, as [[lng, lat], …]."""
    return [[[float(lng), float(lat)] for lng, lat, *_ in ring] for geometry in geometries for ring in _rings(geometry)]


def metres_outside(lng: Floats, lat: Floats, rings: Sequence[Ring]) -> Floats:
    """Distance of each position to the area that the rings enclose (even-odd rule): 0 inside, else metres to the nearest edge."""
    if not len(lng) or not rings:
        return np.zeros(len(lng))
    edges = np.concatenate([_edges(ring) for ring in rings])
    return np.concatenate([_chunk(lng[at : at + CHUNK], lat[at : at + CHUNK], edges) for at in range(0, len(lng), CHUNK)])


def _rings(geometry: Mapping[str, Any]) -> Iterator[Sequence[Sequence[float]]]:
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    for polygon in polygons:
        yield from polygon


def _edges(ring: Ring) -> Floats:
    """Rows of (lng, lat, lng, lat), the ring closed."""
    corners = np.asarray(ring, dtype=np.float64)
    return np.hstack([corners, np.roll(corners, -1, axis=0)])


def _chunk(lng: Floats, lat: Floats, edges: Floats) -> Floats:
    outside = ~_is_inside(lng, lat, edges)
    distance = np.zeros(len(lng))
    if outside.any():
        distance[outside] = _metres_to_edges(lng[outside], lat[outside], edges)
    return distance


def _is_inside(lng: Floats, lat: Floats, edges: Floats) -> Bools:
    """A ray to the east crosses the edges an odd number of times. Each county is closed, so shared borders cancel out."""
    x1, y1, x2, y2 = edges.T
    spans = (y1 > lat[:, None]) != (y2 > lat[:, None])
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (x2 - x1) * (lat[:, None] - y1) / (y2 - y1) + x1
    inside: Bools = (spans & (lng[:, None] < crossing)).sum(axis=1) % 2 == 1
    return inside


def _metres_to_edges(lng: Floats, lat: Floats, edges: Floats) -> Floats:
    shrink = np.cos(np.radians(lat))[:, None]
    ax, ay = (edges[:, 0] - lng[:, None]) * shrink, edges[:, 1] - lat[:, None]
    bx, by = (edges[:, 2] - lng[:, None]) * shrink, edges[:, 3] - lat[:, None]
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    along = np.clip(-(ax * dx + ay * dy) / np.where(length > 0, length, 1), 0, 1)
    nearest: Floats = np.hypot(ax + along * dx, ay + along * dy).min(axis=1) * DEGREE_M
    return nearest
