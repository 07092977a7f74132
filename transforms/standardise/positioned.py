"""Positions of a source's rows: swapped, zero, coarse, outside, two numbers in a cell; all to WGS-84."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.records.city import City
from transforms.standardise.cells import TEXT, Cells, Marks, among, everywhere, kept, marks_of, matching, present, side_by_side
from transforms.standardise.columns import Columns
from transforms.standardise.position import Degrees, decimals, degrees, to_wgs84
from transforms.standardise.spread import Bulk, Spread, spread

#: Fewer decimals than this in both coordinates is more than 10 m off; of one alone it may be zeros that a number's format dropped.
_FINE = 4

#: Degrees as nearly every list writes them.
_PLAIN: Final = r"^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$"


@dataclass(frozen=True, slots=True)
class Angles:
    """The one or two angles of a cell, and whether they are two."""

    first: float
    last: float
    two: bool


def read_positions(columns: Columns, city: City, datums: Cells | None = None) -> None:
    """Fill lng_wgs84, lat_wgs84 and position_basis; `datums` is a datum a row where the rows are of several.

    Rows without a datum, as of a source that declares none, give no positions, and none is missed.
    """
    datums = everywhere(columns.layout.datum, len(columns)) if datums is None else datums
    declared = present(datums)
    if not declared.any():
        columns.listing |= {name: np.full(len(columns), np.nan) for name in ("lng_wgs84", "lat_wgs84")}
        return
    lng, lat = columns.read("lng", _angles, plain_degrees), columns.read("lat", _angles, plain_degrees)
    shown = _shown(columns)
    east, north = (np.where(declared, axis, np.nan) for axis in _axes(lng, lat))
    absent = marks_of(pc.is_null(shown)) | (np.isnan(east) & np.isnan(north) & ~_failed(lng, lat))
    zero = ~absent & ((np.abs(east) < 1e-6) | (np.abs(north) < 1e-6))
    half = ~absent & ~zero & (np.isnan(east) ^ np.isnan(north)) & ~_failed(lng, lat)
    x, y = _within(east, north, city, datums)
    given = ~np.isnan(x)
    if not given.all():
        turned_x, turned_y = _within(np.where(given, np.nan, north), np.where(given, np.nan, east), city, datums)
        x, y = np.where(given | zero, x, turned_x), np.where(given | zero, y, turned_y)
    swapped = ~given & ~np.isnan(x)
    outside = ~absent & ~zero & ~np.isnan(east) & ~np.isnan(north) & ~given & ~swapped
    for rule, mask in (
        ("position_missing", absent | half),
        ("position_zero", zero),
        ("position_swapped", swapped),
        ("position_outside", outside),
    ):
        columns.flag(rule, mask & declared, shown, "lng")
    columns.flag("position_rounded", (given | swapped) & _coarse(columns), shown, "lng")
    columns.listing["lng_wgs84"], columns.listing["lat_wgs84"] = np.round(x, 7), np.round(y, 7)
    basis = pc.if_else(pa.array(swapped), pa.scalar("swapped", TEXT), pa.scalar("given", TEXT))
    columns.listing["position_basis"] = kept(basis, given | swapped)


def plain_degrees(values: Cells) -> Bulk:
    """The bulk reader of `degrees`: one decimal number."""
    known = matching(values, _PLAIN)
    angle = values.filter(pa.array(known)).cast(pa.float64())
    return Bulk(known, {"first": angle, "last": angle})


def plain_decimals(values: Cells) -> Bulk:
    """The bulk reader of whether a cell has _FINE decimals."""
    known = matching(values, _PLAIN)
    return Bulk(known, {"": pc.match_substring_regex(values.filter(pa.array(known)), rf"\.[0-9]{{{_FINE},}}$")})


def _angles(written: str) -> Angles | None:
    found = degrees(written)
    return Angles(found[0], found[-1], len(found) == 2) if found else None


def _axes(lng: Spread[Angles], lat: Spread[Angles]) -> tuple[Degrees, Degrees]:
    """East and north of each row; a cell that holds both serves where the other is empty or holds both too."""
    both = lng.where("two")
    also = lat.where("two") & ~both
    east = np.where(also, lat.numbers("first"), lng.numbers("first"))
    return east, np.where(both, lng.numbers("last"), lat.numbers("last"))


def _failed(lng: Spread[Angles], lat: Spread[Angles]) -> Marks:
    return lng.failed("position_unreadable") | lat.failed("position_unreadable")


def _within(east: Degrees, north: Degrees, city: City, datums: Cells) -> tuple[Degrees, Degrees]:
    """WGS-84 of the pairs which, taken in this order and datum, lie within the city's bounds; NaN for the others."""
    with np.errstate(invalid="ignore"):
        likely = (np.abs(east) <= 180) & (np.abs(north) <= 90)
        x, y = np.full(len(east), np.nan), np.full(len(east), np.nan)
        for datum in datums.unique().drop_null().to_pylist():
            of_datum = likely & among(datums, [datum])
            x[of_datum], y[of_datum] = to_wgs84(east[of_datum], north[of_datum], datum)
        west, south, most_east, most_north = city.bounds
        inside = (x >= west) & (x <= most_east) & (y >= south) & (y <= most_north)
        return np.where(inside, x, np.nan), np.where(inside, y, np.nan)


def _coarse(columns: Columns) -> Marks:
    fine = [spread(columns.written(field), lambda written: decimals(written) >= _FINE, plain_decimals).where() for field in ("lng", "lat")]
    return ~(fine[0] | fine[1])


def _shown(columns: Columns) -> Cells:
    """Both cells as written, for the issue's value."""
    lng, lat = (columns.written(field).fill_null("") for field in ("lng", "lat"))
    both = pc.utf8_trim(side_by_side(lng, ",", lat), ",")
    return pc.if_else(pc.equal(both, ""), pa.scalar(None, TEXT), both)
