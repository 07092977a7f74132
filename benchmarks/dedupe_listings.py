"""Listings of the sample city with their truth, without servers: rows of the sandbox through the sources' columns and standardise."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd

from sandbox.city import build
from sandbox.station import day
from sources.kit.registry import discover
from transforms.records import City, columns_of, load_city
from transforms.standardise import standardise

CITY = Path(__file__).resolve().parent.parent / "sources" / "wuhu"

#: The workbook's sheet is a county; the reader of the night does the same.
_SHEET = {"__sheet__": "county"}


def sample_listings(seed: int, night: int = 0) -> pd.DataFrame:
    """Listings of all lists on a night, each with `station`, its true station, and `faults`. Exact repeats and rows held back are left out, as the night does."""
    city = load_city(CITY)
    town = build(seed)
    frames = []
    for key, source in discover(CITY).items():
        headers = _SHEET | dict(source.columns)
        published = town.rows(key, night)
        frame = pd.DataFrame([{headers[name]: text for name, text in row.fields.items() if name in headers} for row in published])
        frame["station"] = [row.station for row in published]
        frame["faults"] = [";".join(row.faults) for row in published]
        frame = frame.drop_duplicates(frame.columns.difference(["faults"])).reset_index(drop=True)
        frames.append(_listings(key, frame, city, source.layout, list(source.row_key), day(night)))
    listings = pd.concat(frames, ignore_index=True)
    return listings[listings["is_closed_by_owner"].ne(other=True).fillna(value=True).astype(bool)].reset_index(drop=True)


def true_pairs(listings: pd.DataFrame) -> set[tuple[str, str]]:
    """Pairs of listing ids (lower first) of one true station."""
    both = listings[["listing_id", "station"]].merge(listings[["listing_id", "station"]], on="station", suffixes=("_a", "_b"))
    return set(both.loc[both["listing_id_a"] < both["listing_id_b"], ["listing_id_a", "listing_id_b"]].itertuples(index=False, name=None))


def _listings(key: str, frame: pd.DataFrame, city: City, layout: object, row_key: list[str], on: str) -> pd.DataFrame:
    truth = {name: frame.pop(name) for name in ("station", "faults")}
    rows = frame.reindex(columns=list(columns_of("row"))).replace("", None).astype("str")
    rows["row_key"] = [_row_key(values) for values in rows[row_key].itertuples(index=False, name=None)]
    rows["line"] = [str(number) for number in range(1, len(rows) + 1)]
    rows.insert(0, "source", key)
    rows["row_digest"] = rows["row_key"]
    rows["verbatim"] = "{}"
    listings, _ = standardise(rows, layout, city, on)  # type: ignore[arg-type]
    known = {name: listings["line"].map(dict(zip(rows["line"], column, strict=True))) for name, column in truth.items()}
    return listings.assign(**known).drop_duplicates("listing_id")


def _row_key(values: tuple[object, ...]) -> str:
    if len(values) == 1:
        return str(values[0])
    return hashlib.sha256("|".join("" if pd.isna(value) else str(value) for value in values).encode()).hexdigest()[:16]  # type: ignore[call-overload]
