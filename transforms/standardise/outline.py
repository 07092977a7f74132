"""Which county a position lies in, by the city's coarse outline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def county_at(lng: NDArray[np.float64], lat: NDArray[np.float64], outline: Mapping[str, Any]) -> NDArray[np.object_]:
    """The county code of each WGS-84 position, None outside all; vertices are about 2 km apart, so near a border it may be the neighbour's."""
    found = np.full(len(lng), None, dtype=object)
    for code in sorted(outline):
        geometry = outline[code]
        polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
        inside = np.zeros(len(lng), dtype=bool)
        for polygon in polygons:
            for ring in polygon:
                inside ^= _in_ring(lng, lat, np.asarray(ring, dtype=np.float64)[:, :2])
        found[inside & (found == None)] = code  # noqa: E711 - elementwise
    return found


def _in_ring(lng: NDArray[np.float64], lat: NDArray[np.float64], ring: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Even-odd rule: a ray to the east crosses the ring an odd number of times."""
    inside = np.zeros(len(lng), dtype=bool)
    for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
        if y0 != y1:
            inside ^= ((y0 > lat) != (y1 > lat)) & (lng < (x1 - x0) * (lat - y0) / (y1 - y0) + x0)
    return inside
