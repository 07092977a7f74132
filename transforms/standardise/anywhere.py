"""Rows of any lists, of one city or many, to listings: a city made of what the rows themselves say, and each list's own words and datum."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.records.city import City, Division
from transforms.records.fields import columns_of as columns_of_stage
from transforms.records.layout import Layout
from transforms.standardise import text as texts
from transforms.standardise.cells import TEXT, Cells, among, cells_of, kept, matching, nothing, present, series_of
from transforms.standardise.latin import is_latin, phone_abroad
from transforms.standardise.parts import columns_in_parts
from transforms.standardise.places import Places, community_key, town_key
from transforms.standardise.position import degrees
from transforms.standardise.positioned import Angles, plain_degrees
from transforms.standardise.spread import distinct_rows, spread, unchanged
from transforms.standardise.unreadable import Unreadable

#: What stands for a division that a list leaves out between two that it names; taken off again afterwards.
_UNNAMED: Final = "〓"

#: Dates are read whatever they are: a list of any age has no night.
_ALWAYS: Final = "9999-12-31"

#: When 98 of 100 positions lie within so many degrees, the list is of one city, and what lies a hundred kilometres off is a mistake.
_ONE_CITY, _AROUND = 3.0, 1.0
_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)

#: A letter of `is_latin`: only such a name is looked at.
_LATIN: Final = r"[A-Za-z\x{c0}-\x{24f}]"

_CITY_END: Final = re.compile(r"(?:市|自治州|地区|盟)$")
_COUNTY_END: Final = re.compile(r"(?:区|县|市|旗)$")


def listings_of(rows: pd.DataFrame, name: str | None = None, known: City | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows → (listings with `city_code`, issues). `rows`: listing_id, source, line, datum (a Datum, NA for none), city, and row fields.

    `name` is the city of rows that name none; `known` a city with divisions of its own, else one is made of the rows. A row without a name
    that can be read is no listing. Listings come in the order of the rows.
    """
    cities = city_names(rows, name)
    names = sorted(set(cities.unique().to_pylist()) - {""})
    places = Places(known or city_of(rows, names))
    columns = columns_in_parts(_as_rows(rows), Layout("list", "other", {}), places, _ALWAYS, _cells(rows, "datum"))
    listings, issues = columns.frame()
    kept_rows = pa.array(~columns.held)
    codes, abroad = cities.filter(kept_rows), _abroad(rows).filter(kept_rows)
    listings["listing_id"] = listings["row_key"]
    listings["city_code"] = series_of(pc.if_else(pc.equal(codes, ""), pa.scalar(None, TEXT), codes))
    listings["phones"] = series_of(pc.coalesce(cells_of(listings["phones"]), abroad))
    if len(names) > 1:
        listings["name_core"] = series_of(_without_city(cells_of(listings["name_core"]), codes))
    return _without_unnamed(listings), issues


def _without_city(cores: Cells, cities: Cells) -> Cells:
    """Cores without their row's own city (柏京市 of 柏京市西苑东路), which the cleaners know only where all rows are of one; two characters stay.

    A city without its 市 stays: 芜湖路 is no road in 芜湖 called 路.
    """
    heads = pc.binary_join_element_wise(cities, pa.scalar("市", TEXT), pa.scalar("", TEXT))
    lengths = pc.if_else(pc.equal(cities, ""), 0, pc.utf8_length(heads))
    for length in sorted(set(lengths.unique().to_pylist()) - {0, None}):
        rest = pc.utf8_slice_codeunits(cores, length)
        begins = pc.and_(pc.equal(lengths, length), pc.equal(pc.utf8_slice_codeunits(cores, 0, length), heads))
        cores = pc.if_else(pc.fill_null(pc.and_(begins, pc.greater_equal(pc.utf8_length(rest), 2)), fill_value=False), rest, cores)
    return cores


def city_names(rows: pd.DataFrame, name: str | None) -> Cells:
    """Each row's city without 市, "" where none is known: as the row says, else as its address begins, else `name`, else the only one met."""
    read = spread(_cells(rows, "city"), _city).texts()
    met = sorted(set(read.unique().to_pylist()) - {"", None})
    lost = ~present(read) | among(read, [""])
    if len(met) > 1 and "address" in rows.columns and lost.any():
        heads = rf"^(?:[\x{{4e00}}-\x{{9fff}}]{{2,7}}(?:省|自治区))?(?P<city>{'|'.join(map(re.escape, met))})市?"
        told = pc.struct_field(pc.extract_regex(_cells(rows, "address").filter(pa.array(lost)), heads), "city")
        read = pc.replace_with_mask(read, pa.array(lost), told)
    only = _city(name) if name else (met[0] if len(met) == 1 else None)
    filled = read.fill_null("")
    return pc.if_else(pc.equal(filled, ""), pa.scalar(only or "", TEXT), filled)


def city_of(rows: pd.DataFrame, names: list[str]) -> City:
    """A city whose divisions are those that the rows name, each once under whatever forms; its codes hold within these rows alone."""
    _, triples = distinct_rows([spread(_cells(rows, field), texts.text, unchanged).texts() for field in ("county", "town", "community")])
    return City(
        key="list",
        name=f"{names[0]}市" if len(names) == 1 else _UNNAMED,  # as an address begins: without its 市 that would be left before the road
        province=_UNNAMED,
        code="",
        timezone="Asia/Shanghai",
        programme_from=None,
        bounds=bounds_of(rows) if len(names) <= 1 else _WORLD,
        divisions=_divisions(triples, names),
        changes=(),
        variants={},
        outline={},
        folder=Path(),
    )


def bounds_of(rows: pd.DataFrame) -> tuple[float, float, float, float]:
    """Around the bulk of the positions where that is one city; the world where it is not, or where there are none."""
    lng, lat = (_degrees(_cells(rows, field)) for field in ("lng", "lat"))
    placed = np.isfinite(lng) & np.isfinite(lat) & ((np.abs(lng) > 1e-6) | (np.abs(lat) > 1e-6))
    if not placed.any():
        return _WORLD
    west, east = np.quantile(lng[placed], [0.01, 0.99])
    south, north = np.quantile(lat[placed], [0.01, 0.99])
    if east - west > _ONE_CITY or north - south > _ONE_CITY:
        return _WORLD
    return float(west - _AROUND), float(south - _AROUND), float(east + _AROUND), float(north + _AROUND)


def _divisions(triples: list[tuple[str, ...]], names: list[str]) -> tuple[Division, ...]:
    """Counties, towns and communities in the order of their names, a name under one key once: the longest form of it."""
    heads = re.compile(rf"^(?:{'|'.join(f'{re.escape(name)}市?' for name in names) or '(?!)'})(?=.{{2}})")
    tree: dict[str, dict[str, dict[str, set[str]]]] = {}
    forms: dict[tuple[str, ...], set[str]] = {}
    for county, town, community in triples:
        whole = heads.sub("", county)
        keys = (_COUNTY_END.sub("", whole) if len(whole) > 2 else whole, town_key(town), "".join(community_key(community)))
        if not any(keys):
            continue
        forms.setdefault((keys[0],), set()).add(whole)
        forms.setdefault(keys[:2], set()).add(town)
        forms.setdefault(keys, set()).add(community)
        tree.setdefault(keys[0], {}).setdefault(keys[1], {}).setdefault(keys[2], set())

    def form(*keys: str) -> str:
        return max(forms[keys], key=lambda written: (len(written), written)) or _UNNAMED

    divisions = []
    for at, (county, towns) in enumerate(sorted(tree.items()), start=1):
        code = f"{at:06d}"
        divisions.append(Division(code, form(county), "", 3, ""))
        for at_town, (town, communities) in enumerate(sorted(towns.items()), start=1):
            town_code = f"{code}{at_town:03d}"
            if not town and set(communities) <= {""}:
                continue
            divisions.append(Division(town_code, form(county, town), code, 4, ""))
            divisions += [
                Division(f"{town_code}{number:03d}", form(county, town, community), town_code, 5, "")
                for number, community in enumerate(sorted(communities), start=1)
                if community
            ]
    return tuple(divisions)


def _without_unnamed(listings: pd.DataFrame) -> pd.DataFrame:
    for field in ("county", "town", "community"):
        nameless = (listings[field] == _UNNAMED).to_numpy(dtype=bool, na_value=False)
        listings.loc[nameless, [field, f"{field}_code"]] = None
    listings["address"] = listings["address"].str.removeprefix(_UNNAMED)
    return listings


def _as_rows(part: pd.DataFrame) -> pd.DataFrame:
    """The frame that standardise takes."""
    fields = {name: part[name] for name in columns_of_stage("row") if name in part.columns}
    meta = {"source": part["source"], "row_key": part["listing_id"], "line": part["line"], "row_digest": part["listing_id"]}
    return pd.DataFrame({**meta, **fields}).assign(verbatim="{}")


def _abroad(rows: pd.DataFrame) -> Cells:
    """Phones of rows in Latin letters, which the numbering of China does not know."""
    names = _cells(rows, "name")
    lettered = matching(names, _LATIN)
    if not lettered.any():
        return nothing(len(rows))
    latin = spread(kept(names, lettered), is_latin).where()
    return spread(kept(_cells(rows, "phone"), latin), phone_abroad).texts()


def _city(written: str) -> str | None:
    clean = texts.text(written)
    return _CITY_END.sub("", clean).casefold() if clean and len(clean) > 2 else clean


def _degrees(cells: Cells) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return spread(cells, _first_angle, plain_degrees).numbers("first")


def _first_angle(written: str) -> Angles | None:
    try:
        angle = float(pd.to_numeric(written, errors="coerce"))
        angles = degrees(written) if np.isnan(angle) else (angle,)
    except Unreadable:
        return None
    return Angles(angles[0], angles[0], two=False) if angles and len(angles) == 1 else None


def _cells(rows: pd.DataFrame, field: str) -> Cells:
    return cells_of(rows[field]) if field in rows.columns else nothing(len(rows))
