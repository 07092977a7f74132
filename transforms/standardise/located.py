"""Addresses and divisions of a source's rows."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transforms.standardise.address import Address, address
from transforms.standardise.columns import Columns
from transforms.standardise.division import Divided, Written, divide
from transforms.standardise.name import Name
from transforms.standardise.named import first
from transforms.standardise.outline import county_at
from transforms.standardise.places import Places
from transforms.standardise.spread import Spread, objects, spread
from transforms.standardise.unreadable import Unreadable

_PARTS = ("road", "number", "lane", "building", "floor", "room", "landmark")
_SEPARATOR = "\x1f"


def locate(columns: Columns, places: Places, names: Spread[Name]) -> None:
    """Fill the address, its parts, and the divisions; needs the positions, which are the last resort for the county."""
    found = columns.read("address", partial(address, places=places))
    in_name = names.column(lambda reading: reading.address)
    spare = spread(pd.Series(in_name, dtype="str"), lambda written: _address(written, places))
    for part in _PARTS:
        columns.listing[part] = _either(found, spare, part)
    divided = _divide(columns, places, found, spare, names)
    for field in ("county_code", "county", "town_code", "town", "community_code", "community"):
        columns.listing[field] = divided.column(lambda reading, field=field: getattr(reading, field))  # type: ignore[misc]
    _by_position(columns, places)
    columns.listing["address"] = _shown(columns, _either(found, spare, "text"))


def _address(written: str, places: Places) -> Address | None:
    try:
        return address(written, places)
    except Unreadable:
        return None


def _either(found: Spread[Address], spare: Spread[Address], part: str) -> NDArray[np.object_]:
    """A part of the address cell; where there is no address cell that can be read, of the address found in the name."""
    has = found.where(lambda _: True)
    return np.where(has, found.column(lambda reading: getattr(reading, part)), spare.column(lambda reading: getattr(reading, part)))


def _divide(columns: Columns, places: Places, found: Spread[Address], spare: Spread[Address], names: Spread[Name]) -> Spread[Divided]:
    cells = [columns.written(field).to_numpy(dtype=object) for field in ("division", "county", "town", "community")]
    cells += [_either(found, spare, part) for part in ("county", "town", "community")]
    cells[-1] = first(cells[-1], names.column(_community_in_name))
    keys = pd.Series([_SEPARATOR.join("" if pd.isna(cell) else cell for cell in row) for row in zip(*cells, strict=True)], dtype="str")
    divided = spread(
        keys, lambda key: divide(Written(*(part or None for part in key.split(_SEPARATOR))), places, columns.layout.divisions_on)
    )
    rules = sorted({(fault[0], fault[1]) for reading in divided.readings if reading for fault in reading.faults})
    for rule, field in rules:
        faulty = divided.where(lambda reading, rule=rule: any(fault[0] == rule for fault in reading.faults))  # type: ignore[misc]
        columns.flag(rule, faulty, columns.written(field).to_numpy(dtype=object), field)
    return divided


def _community_in_name(reading: Name) -> str | None:
    return reading.core if reading.core.endswith(("社区", "村")) else None


def _by_position(columns: Columns, places: Places) -> None:
    """A county for rows that neither code, name nor address gave one, by the coarse outline."""
    lost = pd.isna(columns.listing["county_code"]) & ~np.isnan(columns.listing["lng_wgs84"])
    if lost.any() and places.city.outline:
        codes = county_at(columns.listing["lng_wgs84"][lost], columns.listing["lat_wgs84"][lost], places.city.outline)
        columns.listing["county_code"][lost] = codes
        columns.listing["county"][lost] = [places.counties.get(code) if code else None for code in codes]


def _shown(columns: Columns, parts: NDArray[np.object_]) -> NDArray[np.object_]:
    """The address from the county down, the county put before it where the owner left it out."""
    counties = columns.listing["county"]
    shown = [
        part if part is None or not county or part.startswith(county) else county + part
        for part, county in zip(parts, counties, strict=True)
    ]
    return objects(shown)
