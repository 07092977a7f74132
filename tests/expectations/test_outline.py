"""Distances to an outline, against places whose distance is known."""

from __future__ import annotations

import numpy as np
import pytest

from expectations.outline import metres_outside, rings_of

SQUARE = [[[118.0, 31.0], [119.0, 31.0], [119.0, 32.0], [118.0, 32.0], [118.0, 31.0]]]
HOLED = [*SQUARE, [[118.4, 31.4], [118.6, 31.4], [118.6, 31.6], [118.4, 31.6], [118.4, 31.4]]]


def distance(lng: float, lat: float, rings: list[list[list[float]]]) -> float:
    return float(metres_outside(np.array([lng]), np.array([lat]), rings)[0])


@pytest.mark.parametrize(
    ("lng", "lat", "metres"),
    [
        pytest.param(118.5, 31.5, 0, id="inside"),
        pytest.param(118.5, 32.01, 1_112, id="north"),
        pytest.param(117.99, 31.5, 948, id="west: a degree of longitude is shorter"),
        pytest.param(119.01, 32.01, 1_460, id="past a corner"),
    ],
)
def test_distance_to_a_square(lng: float, lat: float, metres: float) -> None:
    assert distance(lng, lat, SQUARE) == pytest.approx(metres, abs=5)


def test_a_hole_is_outside() -> None:
    assert distance(118.5, 31.5, HOLED) == pytest.approx(9_480, abs=20)


def test_without_rings_nothing_is_outside() -> None:
    assert distance(0, 0, []) == 0


def test_rings_of_polygons_and_multipolygons() -> None:
    several = {"type": "MultiPolygon", "coordinates": [SQUARE, HOLED]}
    assert len(rings_of([several, {"type": "Polygon", "coordinates": SQUARE}])) == 4


def test_many_positions_are_looked_at_in_pieces_without_a_seam() -> None:
    lng, lat = np.full(45_000, 118.5), np.linspace(31.5, 32.5, 45_000)
    far = metres_outside(lng, lat, SQUARE)
    assert (far[lat < 32] == 0).all()
    assert (np.diff(far[lat > 32]) > 0).all()
