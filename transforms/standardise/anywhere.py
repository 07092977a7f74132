"""Rows of any lists, of one city or many, to listings: a city made of what the rows themselves say, and each list's own words and datum."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from transforms.records.city import City, Division
from transforms.records.fields import columns_of
from transforms.records.layout import Layout
from transforms.standardise import text as texts
from transforms.standardise.latin import is_latin, phone_abroad
from transforms.standardise.listing import standardise
from transforms.standardise.places import community_key, town_key
from transforms.standardise.position import degrees
from transforms.standardise.spread import objects, spread
from transforms.standardise.unreadable import Unreadable

#: What stands for a division that a list leaves out between two that it names; taken off again afterwards.
_UNNAMED: Final = "〓"

#: Dates are read whatever they are: a list of any age has no night.
_ALWAYS: Final = "9999-12-31"

#: When 98 of 100 positions lie within so many degrees, the list is of one city, and what lies a hundred kilometres off is a mistake.
_ONE_CITY, _AROUND = 3.0, 1.0
_WORLD: Final = (-180.0, -90.0, 180.0, 90.0)

_CITY_END: Final = re.compile(r"(?:市|自治州|地区|盟)$")
_COUNTY_END: Final = re.compile(r"(?:区|县|市|旗)$")


def listings_of(rows: pd.DataFrame, name: str | None = None, known: City | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows → (listings with `city_code`, issues). `rows`: listing_id, source, line, datum (a Datum, NA for none), city, and row fields.

    `name` is the city of rows that name none; `known` a city with divisions of its own, else one is made of the rows. A row without a name
    that can be read is no listing. Listings come in the order of the rows.
    """
    cities = city_names(rows, name)
    names = sorted(set(cities[cities != ""]))
    city = known or city_of(rows, names)
    parts, issues = [], []
    for (source, datum), part in rows.assign(datum=rows["datum"].fillna("")).groupby(["source", "datum"], sort=True):
        layout = Layout(str(source), "other", {}, datum=str(datum) or None)  # type: ignore[arg-type]
        found, wrong = standardise(_as_rows(part), layout, city, _ALWAYS)
        parts.append(found)
        issues.append(wrong)
    listings = pd.concat(parts, ignore_index=True)
    place = pd.Series(np.arange(len(rows)), index=pd.Index(rows["listing_id"], dtype="object"))
    at = place.loc[listings["row_key"].to_numpy(dtype=object)].to_numpy()
    listings = listings.assign(listing_id=listings["row_key"], at=at).sort_values("at", kind="stable").reset_index(drop=True)
    codes = cities.to_numpy(dtype=object)[listings.pop("at").to_numpy()]
    written = rows.set_index(pd.Index(rows["listing_id"], dtype="object")).loc[listings["listing_id"].to_numpy(dtype=object)]
    listings["city_code"] = pd.Series(codes, dtype="str").replace("", None)
    listings["phones"] = listings["phones"].fillna(_abroad(written))
    return _without_unnamed(listings), pd.concat(issues, ignore_index=True)


def city_names(rows: pd.DataFrame, name: str | None) -> pd.Series:
    """Each row's city without 市, "" where none is known: as the row says, else as its address begins, else `name`, else the only one met."""
    written = _column(rows, "city")
    read = pd.Series(spread(written, _city).column(str), dtype="object").fillna("")
    met = sorted(set(read) - {""})
    if len(met) > 1 and "address" in rows.columns and (read == "").any():
        heads = re.compile(rf"^(?:[\u4e00-\u9fff]{{2,7}}(?:省|自治区))?({'|'.join(map(re.escape, met))})市?")
        lost = (read == "").to_numpy()
        told = _column(rows, "address")[lost].str.extract(heads, expand=False).fillna("")
        read[lost] = told.to_numpy(dtype=object)
    only = _city(name) if name else (met[0] if len(met) == 1 else None)
    return read.where(read != "", only or "")


def city_of(rows: pd.DataFrame, names: list[str]) -> City:
    """A city whose divisions are those that the rows name, each once under whatever forms; its codes hold within these rows alone."""
    cells = [pd.Series(spread(_column(rows, field), texts.text).column(str), dtype="object") for field in ("county", "town", "community")]
    triples = pd.DataFrame(dict(zip(("county", "town", "community"), cells, strict=True))).fillna("").drop_duplicates()
    return City(
        key="list",
        name=names[0] if len(names) == 1 else _UNNAMED,
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
    lng, lat = (_degrees(_column(rows, field)) for field in ("lng", "lat"))
    placed = np.isfinite(lng) & np.isfinite(lat) & ((np.abs(lng) > 1e-6) | (np.abs(lat) > 1e-6))
    if not placed.any():
        return _WORLD
    west, east = np.quantile(lng[placed], [0.01, 0.99])
    south, north = np.quantile(lat[placed], [0.01, 0.99])
    if east - west > _ONE_CITY or north - south > _ONE_CITY:
        return _WORLD
    return float(west - _AROUND), float(south - _AROUND), float(east + _AROUND), float(north + _AROUND)


def _divisions(triples: pd.DataFrame, names: list[str]) -> tuple[Division, ...]:
    """Counties, towns and communities in the order of their names, a name under one key once: the longest form of it."""
    heads = re.compile(rf"^(?:{'|'.join(f'{re.escape(name)}市?' for name in names) or '(?!)'})(?=.{{2}})")
    tree: dict[str, dict[str, dict[str, set[str]]]] = {}
    forms: dict[tuple[str, ...], set[str]] = {}
    for county, town, community in triples.itertuples(index=False, name=None):
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
    rows = part.reindex(columns=list(columns_of("row"))).astype("str").reset_index(drop=True)
    meta = {"source": part["source"], "row_key": part["listing_id"], "line": part["line"], "row_digest": part["listing_id"]}
    return rows.assign(**{name: column.reset_index(drop=True).astype("str") for name, column in meta.items()}, verbatim="{}")


def _abroad(written: pd.DataFrame) -> pd.Series:
    """Phones of rows in Latin letters, which the numbering of China does not know."""
    latin = spread(_column(written, "name"), is_latin).where(bool)
    phones = spread(_column(written, "phone"), phone_abroad).column(str)
    return pd.Series(objects(phone if is_abroad else None for phone, is_abroad in zip(phones, latin, strict=True)), dtype="str")


def _city(written: str) -> str | None:
    clean = texts.text(written)
    return _CITY_END.sub("", clean).casefold() if clean and len(clean) > 2 else clean


def _degrees(column: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    plain = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    odd = np.isnan(plain) & column.notna().to_numpy()
    if odd.any():
        plain[odd] = np.array(spread(column[odd], _first_angle).column(float), dtype=np.float64)
    return plain


def _first_angle(written: str) -> float | None:
    try:
        angles = degrees(written)
    except Unreadable:
        return None
    return angles[0] if angles and len(angles) == 1 else None


def _column(rows: pd.DataFrame, field: str) -> pd.Series:
    if field not in rows.columns:
        return pd.Series([None] * len(rows), dtype="str")
    return rows[field].reset_index(drop=True)
