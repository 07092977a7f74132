from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.records.layout import Datum
from transforms.standardise import Unreadable
from transforms.standardise.outline import county_at
from transforms.standardise.position import OFFSETS, datum_offsets, decimals, degrees, from_wgs84, to_wgs84

PLACE = (118.38, 31.33)
METRES_A_DEGREE = 111_320


@pytest.mark.parametrize(
    ("datum", "lng", "lat"), [("GCJ-02", 118.385407, 31.328151), ("BD-09", 118.392006, 31.333812), ("CGCS2000", 118.38, 31.33)], ids=str
)
def test_the_published_vector(datum: Datum, lng: float, lat: float) -> None:
    there = from_wgs84(*PLACE, datum)
    assert np.allclose(np.concatenate(there), (lng, lat), atol=1e-6)
    assert np.allclose(np.concatenate(to_wgs84(lng, lat, datum)), PLACE, atol=2e-6)


@pytest.mark.parametrize("datum", ["WGS-84", "GCJ-02", "BD-09"])
@given(lng=st.floats(100, 125), lat=st.floats(20, 45))
def test_there_and_back_within_a_centimetre(datum: Datum, lng: float, lat: float) -> None:
    east, north = to_wgs84(*from_wgs84(lng, lat, datum), datum)
    assert abs(east[0] - lng) * METRES_A_DEGREE < 0.01
    assert abs(north[0] - lat) * METRES_A_DEGREE < 0.01


def test_a_column_is_converted_as_its_cells_are() -> None:
    lng, lat = np.linspace(117, 119, 50), np.linspace(30.5, 31.7, 50)
    bulk = to_wgs84(lng, lat, "BD-09")
    single = [to_wgs84(x, y, "BD-09") for x, y in zip(lng, lat, strict=True)]
    assert np.allclose(bulk[0], [x[0] for x, _ in single], atol=1e-12)
    assert np.isnan(to_wgs84(np.nan, 31.0, "GCJ-02")[0][0])


def test_offsets_of_a_wrong_datum() -> None:
    moved = datum_offsets([118.38, 118.0], [31.33, 31.0])
    assert moved.shape == (6, 2, 2)
    far = np.hypot(moved[..., 0], moved[..., 1])
    assert (far > 300).all()
    assert (far < 2500).all()
    declared_gcj = to_wgs84(*PLACE, "GCJ-02")
    east = (declared_gcj[0][0] - PLACE[0]) * METRES_A_DEGREE * np.cos(np.radians(PLACE[1]))
    assert moved[OFFSETS.index(("GCJ-02", "WGS-84")), 0, 0] == pytest.approx(east)


@pytest.mark.parametrize(
    ("written", "angles"),
    [
        ("118.38", (118.38,)),
        ("118.38, 31.33", (118.38, 31.33)),
        ("E118.38 N31.33", (118.38, 31.33)),
        ("118°22′48″", (118.38,)),
        ("１１８．３８", (118.38,)),
        ("东经118.38度", (118.38,)),
    ],
    ids=str,
)
def test_degrees(written: str, angles: tuple[float, ...]) -> None:
    assert degrees(written) == pytest.approx(angles)


@pytest.mark.parametrize("written", ["abc", "118.38x", "1,2,3", "1.2.3.4"])
def test_unreadable(written: str) -> None:
    with pytest.raises(Unreadable, match="position_unreadable"):
        degrees(written)


def test_decimals() -> None:
    assert [decimals(written) for written in ("118", "118.38", "118.380001,31.3", "118°22′48″")] == [0, 2, 6, 9]


def test_county_at() -> None:
    square = {
        "type": "Polygon",
        "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]], [[0.5, 0.5], [1, 0.5], [1, 1], [0.5, 1], [0.5, 0.5]]],
    }
    found = county_at(np.array([1.5, 0.7, 3.0]), np.array([1.5, 0.7, 1.0]), {"340202": square})
    assert found.tolist() == ["340202", None, None]
