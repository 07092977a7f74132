"""Addresses and divisions of a source's rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.standardise.address import Address, address
from transforms.standardise.bulk_address import bulk_address
from transforms.standardise.cells import TEXT, Cells, Marks, kept, marks_of, matching, present, side_by_side
from transforms.standardise.columns import Columns
from transforms.standardise.division import read_community, read_county, read_town
from transforms.standardise.name import Name
from transforms.standardise.outline import county_at
from transforms.standardise.places import Places
from transforms.standardise.spread import Spread, distinct_rows, first, spread, unchanged
from transforms.standardise.text import text
from transforms.standardise.unreadable import Unreadable

_PARTS = ("road", "number", "lane", "building", "floor", "room", "landmark")


def locate(columns: Columns, places: Places, names: Spread[Name]) -> None:
    """Fill the address, its parts, and the divisions; needs the positions, which are the last resort for the county."""
    found = columns.read("address", partial(address, places=places), partial(bulk_address, places=places))
    spare = spread(names.texts("address"), lambda written: _address(written, places))
    for part in _PARTS:
        columns.listing[part] = _either(found, spare, part)
    _divide(columns, places, found, spare, names)
    _by_position(columns, places)
    columns.listing["address"] = _shown(_either(found, spare, "text"), columns.listing["county"])


def _address(written: str, places: Places) -> Address | None:
    try:
        return address(written, places)
    except Unreadable:
        return None


def _either(found: Spread[Address], spare: Spread[Address], part: str) -> Cells:
    """A part of the address cell; where there is no address cell that can be read, of the address found in the name."""
    if not spare.readings:
        return found.texts(part)
    return pc.if_else(pa.array(found.found()), found.texts(part), spare.texts(part))


def _divide(columns: Columns, places: Places, found: Spread[Address], spare: Spread[Address], names: Spread[Name]) -> None:
    """Fill the divisions, a level at a time: each step of `divide` once for each distinct row of what it looks at."""
    listing, written, on = columns.listing, columns.written, columns.layout.divisions_on
    in_address = {part: _either(found, spare, part) for part in ("county", "town", "community")}
    core = names.texts("core")
    in_address["community"] = first(in_address["community"], kept(core, matching(core, "(?:社区|村)$")))
    county = _Level([written("division"), written("county"), in_address["county"]], partial(read_county, places=places, on=on))
    for part in ("town", "community"):  # where the cell says something the address is not asked: fewer rows differ
        in_address[part] = kept(in_address[part], ~present(spread(written(part), text, unchanged).texts()))
    town = _Level([written("town"), in_address["town"], county["code"], county["town"]], partial(read_town, places=places))
    community = _Level(
        [written("community"), in_address["community"], town["county"], town["code"], county["community"]],
        partial(read_community, places=places),
    )
    listing["county_code"], listing["town_code"], listing["community_code"] = community["county"], community["town_code"], community["code"]
    listing["county"] = spread(community["county"], places.counties.get).texts()
    listing["town"], listing["community"] = first(community["town"], town["name"]), community["name"]
    faults = {fault: marks for level in (county, town, community) for fault, marks in level.faults().items()}
    for rule, field in sorted(faults):
        columns.flag(rule, faults[rule, field], written(field), field)


class _Level:
    """A step of `divide` over columns: once for each distinct row of them, a part of what was read a row."""

    def __init__(self, cells: list[Cells], read: Callable[..., Any]) -> None:
        codes, distinct = distinct_rows(cells)
        self._readings: list[Any] = [read(*(part or None for part in row)) for row in distinct]
        self._codes = codes

    def __getitem__(self, part: str) -> Cells:
        return pa.array([getattr(reading, part) for reading in self._readings], TEXT).take(pa.array(self._codes))

    def faults(self) -> dict[tuple[str, str], Marks]:
        """Rule and field → the rows on which it was met."""
        met = {fault[:2] for reading in self._readings for fault in reading.faults}
        return {
            fault: np.array([any(known[:2] == fault for known in reading.faults) for reading in self._readings], dtype=bool)[self._codes]
            for fault in met
        }


def _by_position(columns: Columns, places: Places) -> None:
    """A county for rows that neither code, name nor address gave one, by the coarse outline."""
    lost = ~present(columns.listing["county_code"]) & ~np.isnan(columns.listing["lng_wgs84"])
    if lost.any() and places.city.outline:
        codes = county_at(columns.listing["lng_wgs84"][lost], columns.listing["lat_wgs84"][lost], places.city.outline)
        names = [places.counties.get(code) if code else None for code in codes]
        for field, values in (("county_code", codes.tolist()), ("county", names)):
            columns.listing[field] = pc.replace_with_mask(columns.listing[field], pa.array(lost), pa.array(values, TEXT))


def _shown(parts: Cells, counties: Cells) -> Cells:
    """The address from the county down, the county put before it where the owner left it out."""
    whole = pc.coalesce(side_by_side(counties, parts), parts)
    encoded = pc.dictionary_encode(counties)
    codes = encoded.indices.fill_null(-1).to_numpy()
    order, has = np.argsort(codes, kind="stable"), np.zeros(len(codes), dtype=bool)
    edges = np.searchsorted(codes[order], np.arange(len(encoded.dictionary) + 1))
    for county, start, end in zip(encoded.dictionary.to_pylist(), edges, edges[1:], strict=False):
        of_county = order[start:end]
        has[of_county] = marks_of(pc.starts_with(parts.take(pa.array(of_county)), county))
    return pc.if_else(pa.array(has), parts, whole)
