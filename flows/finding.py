"""Stations and rows found by what a person knows of them: a name, a phone, an id, a code, a place; and what the register knows of each."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, text

from flows.operators import known_sources
from flows.outlook import Published, warehouse_in_force
from flows.run import RefusedError, shown
from transforms.dedupe.geometry import DEGREE_M

#: Hits shown of each sort; who gets as many asks with one word more.
SHOWN: Final = 50

#: Digits from which a query may be a phone number or a part of one.
_DIGITS_AT_LEAST: Final = 6

#: Columns of a listing among which a query's words are looked for.
_TEXTS: Final = ("listing_id", "name", "organisation", "host", "address", "county", "town", "community", "credit_code", "contact_name")

_POSITION: Final = re.compile(r"^\s*(-?\d{1,3}\.\d+)\s*[,，\s]\s*(-?\d{1,2}\.\d+)\s*$")


@dataclass(frozen=True, slots=True)
class Hit:
    """One station or row. `key`: station id, or source:row_key; `note`: what else tells it apart."""

    key: str
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found, and whether there is more than is shown."""

    stations: tuple[Hit, ...]
    held: tuple[Hit, ...]
    is_cut: bool


def find(published: Published, query: str) -> Hits:
    """Stations of which a listing, or rows in quarantine, hold every word of the query; a position (longitude, latitude) finds the nearest stations."""
    asked = " ".join(unicodedata.normalize("NFKC", query).split())
    if not asked:
        return Hits((), (), is_cut=False)
    if position := _POSITION.match(asked):
        return Hits(tuple(_nearest(published, float(position[1]), float(position[2]))), (), is_cut=False)
    words = [word.casefold() for word in asked.split(" ")]
    onward = dict(zip(published.state.station_redirect["from_id"], published.state.station_redirect["to_id"], strict=True))
    exact = onward.get(asked, asked)
    listings = published.listings
    told = listings[list(_TEXTS)].astype("str").fillna("").agg(" ".join, axis=1)
    met = _holding(told, words) | _phones(listings, asked)
    stations = dict.fromkeys(
        ([exact] if exact in published.members else []) + listings.loc[met, "listing_id"].map(published.stations).dropna().tolist()
    )
    held = published.state.quarantine
    rows = held[_holding(held["source"] + ":" + held["row_key"] + " " + held["verbatim"], words)]
    return Hits(
        tuple(station_hits(published, list(stations)[:SHOWN])),
        tuple(_held(row) for row in rows.head(SHOWN).to_dict("records")),
        is_cut=len(stations) > SHOWN or len(rows) > SHOWN,
    )


def station_hits(published: Published, ids: list[str]) -> Iterator[Hit]:
    """Stations as they are called, in the order of the ids."""
    known = published.state.station.set_index("station_id")
    for station_id in ids:
        if station_id in known.index:
            row = known.loc[station_id]
            state = "" if row["status"] == "open" else "，已停用"
            yield Hit(station_id, _said(row["name"]), f"{_said(row['county'])} {_said(row['address'])}{state}".strip())


def _holding(texts: pd.Series, words: list[str]) -> pd.Series:
    folded = texts.astype("str").fillna("").str.casefold()
    met = pd.Series(data=True, index=texts.index)
    for word in words:
        met &= folded.str.contains(word, regex=False)
    return met


def _phones(listings: pd.DataFrame, asked: str) -> pd.Series:
    digits = re.sub(r"\D", "", asked)
    if len(digits) < _DIGITS_AT_LEAST or re.search(r"[^\d\s()+-]", asked):
        return pd.Series(data=False, index=listings.index)
    numbers = (listings["phones"].fillna("") + ";" + listings["contact_phone"].fillna("")).str.replace("-", "", regex=False)
    return numbers.str.contains(digits, regex=False)


def _nearest(published: Published, lng: float, lat: float) -> Iterator[Hit]:
    stations = published.state.station
    placed = stations[stations["lng_wgs84"].notna() & stations["status"].eq("open")]
    north = (placed["lat_wgs84"].astype("float64") - lat) * DEGREE_M
    east = (placed["lng_wgs84"].astype("float64") - lng) * DEGREE_M * np.cos(np.radians(lat))
    metres = np.sqrt(east**2 + north**2)
    for at in np.argsort(metres.to_numpy(), kind="stable")[:SHOWN]:
        row = placed.iloc[at]
        yield Hit(str(row["station_id"]), _said(row["name"]), f"{metres.iloc[at]:,.0f} 米　{_said(row['address'])}")


def _held(row: Mapping[Any, Any]) -> Hit:
    cells = [str(cell) for cell in json.loads(row["verbatim"]).values() if cell not in (None, "")]
    return Hit(f"{row['source']}:{row['row_key']}", " ".join(cells)[:80], "在隔离区")


@dataclass(frozen=True, slots=True)
class RowStory:
    """A row of a list: as its owner wrote it, whether it is held back, what was wrong with it from night to night, what it became and what people decided on it."""

    key: str
    source: str
    verbatim: Mapping[str, object]
    is_held: bool
    since: str
    station_id: str | None
    issues: pd.DataFrame
    decisions: pd.DataFrame


_ROW_ISSUES: Final = """
select min(night) as since, max(night) as until, rule, severity, field, value, message, decision_id from issue
where source = :source and row_key = :row_key group by rule, severity, field, value, message, decision_id order by 2 desc, 1, 3
"""
_HELD_SINCE: Final = "select opened_on from quarantine where closed_on is null and source = :source and row_key = :row_key"
_ROW_DECISIONS: Final = "select decision_id, act, who, why, decided_at, is_undone from decision where strpos(detail, :key) > 0 or strpos(detail, :quoted) > 0 order by decided_at"


def row_story(published: Published, key: str) -> RowStory:
    """The story of source:row_key. Raises RefusedError when neither the register nor the quarantine has it."""
    source, _, row_key = key.partition(":")
    state = published.state
    held = state.quarantine[(state.quarantine["source"] == source) & (state.quarantine["row_key"] == row_key)]
    listed = state.listing[(state.listing["source"] == source) & (state.listing["row_key"] == row_key)]
    if held.empty and listed.empty:
        raise RefusedError(f"没有编号为 {key} 的行：形如 union:WHGH-0001")
    last = (held if len(held) else listed).iloc[-1]
    with warehouse_in_force(published.house) as connection:
        issues = _read(connection, _ROW_ISSUES, source=source, row_key=row_key)
        since = _read(connection, _HELD_SINCE, source=source, row_key=row_key)["opened_on"]
        decisions = _read(connection, _ROW_DECISIONS, key=f'"{key}"', quoted=f'["{row_key}", ')
    stations = listed["listing_id"].map(published.stations).dropna()
    return RowStory(
        key=key,
        source=source,
        verbatim=json.loads(last["verbatim"]),
        is_held=bool(len(held)),
        since=str(since.iloc[0] if len(held) else last["first_seen_on"])[:10],
        station_id=str(stations.iloc[-1]) if len(stations) else None,
        issues=issues,
        decisions=decisions,
    )


_SOURCE_NIGHTS: Final = """
select r.night, r.outcome, r.message, s.rows_read, s.accepted, s.held_back, s.ignored, s.opened, s.closed, s.carried, s.is_stopped, s.last_good_on
from retrieval r left join source_night s on s.night = r.night and s.source = r.source
where r.source = :source order by r.night desc limit 30
"""
_SOURCE_RULES: Final = """
select rule, severity, responsibility, count(*) as issues, count(distinct night) as nights, max(night) as last, max(message) as example from issue
where source = :source and night > (select max(night) from night) - interval '30 days'
group by rule, severity, responsibility order by case severity when 'critical' then 0 when 'warning' then 1 else 2 end, 4 desc, 1
"""


def source_nights(published: Published, source: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The last thirty nights of a source, the latest first, and what was wrong in them by rule. Raises RefusedError for a source that there is not."""
    if source not in known_sources(published.house):
        raise RefusedError(f"没有名单 {shown(source)}；现有：{'、'.join(known_sources(published.house))}")
    with warehouse_in_force(published.house) as connection:
        return _read(connection, _SOURCE_NIGHTS, source=source), _read(connection, _SOURCE_RULES, source=source)


def _read(connection: Connection, query: str, **values: str) -> pd.DataFrame:
    return pd.read_sql_query(text(query), connection, params=values)


def _said(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]
