"""Positions of a source's rows: swapped, zero, coarse, outside, two numbers in a cell; all to WGS-84."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transforms.records.city import City
from transforms.standardise.columns import Columns
from transforms.standardise.position import Degrees, decimals, degrees, to_wgs84
from transforms.standardise.spread import Spread, spread

#: Fewer decimals than this in both coordinates is more than 10 m off; of one alone it may be zeros that a number's format dropped.
_FINE = 4


def read_positions(columns: Columns, city: City) -> None:
    """Fill lng_wgs84, lat_wgs84 and position_basis. Sources that declare no datum give no positions, and none is missed."""
    datum = columns.layout.datum
    rows = len(columns.rows)
    columns.listing |= {name: np.full(rows, np.nan) for name in ("lng_wgs84", "lat_wgs84")}
    columns.listing["position_basis"] = np.full(rows, None, dtype=object)
    if datum is None:
        return
    lng, lat = columns.read("lng", degrees), columns.read("lat", degrees)
    shown = _shown(columns)
    east, north = _axes(lng, lat)
    absent = (pd.isna(shown)) | (np.isnan(east) & np.isnan(north) & ~_failed(lng, lat))
    zero = ~absent & ((np.abs(east) < 1e-6) | (np.abs(north) < 1e-6))
    half = ~absent & ~zero & (np.isnan(east) ^ np.isnan(north)) & ~_failed(lng, lat)
    given = _inside(east, north, city, datum)
    swapped = ~zero & _inside(north, east, city, datum) & ~given
    outside = ~absent & ~zero & ~np.isnan(east) & ~np.isnan(north) & ~given & ~swapped
    for rule, mask in (
        ("position_missing", absent | half),
        ("position_zero", zero),
        ("position_swapped", swapped),
        ("position_outside", outside),
    ):
        columns.flag(rule, mask, shown, "lng")
    columns.flag("position_rounded", (given | swapped) & _coarse(columns), shown, "lng")
    x = np.where(given, east, np.where(swapped, north, np.nan))
    y = np.where(given, north, np.where(swapped, east, np.nan))
    x, y = to_wgs84(x, y, datum)
    columns.listing["lng_wgs84"], columns.listing["lat_wgs84"] = np.round(x, 7), np.round(y, 7)
    columns.listing["position_basis"][given] = "given"
    columns.listing["position_basis"][swapped] = "swapped"


def _axes(lng: Spread[tuple[float, ...]], lat: Spread[tuple[float, ...]]) -> tuple[Degrees, Degrees]:
    """East and north of each row; a cell that holds both serves where the other is empty or holds both too."""
    both = lng.where(lambda found: len(found) == 2)
    also = lat.where(lambda found: len(found) == 2) & ~both
    one = _numbers(lng.column(lambda found: found[0])), _numbers(lat.column(lambda found: found[0]))
    two = _numbers(lng.column(lambda found: found[-1])), _numbers(lat.column(lambda found: found[-1]))
    east = np.where(also, one[1], one[0])
    return east, np.where(both, two[0], np.where(also, two[1], one[1]))


def _numbers(column: NDArray[np.object_]) -> Degrees:
    return np.array(column, dtype=np.float64)


def _failed(lng: Spread[tuple[float, ...]], lat: Spread[tuple[float, ...]]) -> NDArray[np.bool_]:
    return lng.failed("position_unreadable") | lat.failed("position_unreadable")


def _inside(east: Degrees, north: Degrees, city: City, datum: str) -> NDArray[np.bool_]:
    """Whether a pair, taken in this order and datum, lies within the city's bounds."""
    with np.errstate(invalid="ignore"):
        likely = (np.abs(east) <= 180) & (np.abs(north) <= 90)
        x, y = to_wgs84(np.where(likely, east, np.nan), np.where(likely, north, np.nan), datum)  # type: ignore[arg-type]
        west, south, most_east, most_north = city.bounds
        inside: NDArray[np.bool_] = (x >= west) & (x <= most_east) & (y >= south) & (y <= most_north)
        return inside


def _coarse(columns: Columns) -> NDArray[np.bool_]:
    fine = [spread(columns.written(field), lambda written: decimals(written) >= _FINE).where(bool) for field in ("lng", "lat")]
    return ~(fine[0] | fine[1])


def _shown(columns: Columns) -> NDArray[np.object_]:
    """Both cells as written, for the issue's value."""
    cells = columns.written("lng"), columns.written("lat")
    joined = cells[0].fillna("").str.cat(cells[1].fillna(""), sep=",").str.strip(",")
    return joined.where(joined != "", None).to_numpy(dtype=object)
