"""What changed in the register over one night, as events with their cause."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd

from transforms.dedupe.changes import changes

EVENT_COLUMNS: Final = ("station_id", "event", "cause", "source", "detail")

#: Fields whose change is an event, and its name. Positions are apart: a metre is no move.
_CHANGES: Final = {"name": "renamed", "hours": "rescheduled", "batch": "rebatched", "kind": "reclassified", "address": "readdressed"}

#: A station has moved when its published position moved further than this: lists of one place differ by up to 60 m among themselves.
MOVED_M: Final = 100.0


#: What a person decided and no list: (station id, field) of the values that a correction gave.
ByPerson: TypeAlias = Set[tuple[str, str]]

CORRECTED: Final = "corrected"

_POSITION: Final = ("lng_wgs84", "lat_wgs84")


@dataclass(frozen=True, slots=True)
class Register:
    """Stations (station fields, one row an id), which listing belongs to which (listing_id, station_id), and redirects (from_id, to_id)."""

    stations: pd.DataFrame
    station_listing: pd.DataFrame
    redirects: pd.DataFrame


def night_events(before: Register, after: Register, listings: pd.DataFrame, by_person: ByPerson = frozenset()) -> pd.DataFrame:
    """Events of one night, one row a station and event, sorted. `listings` (listing_id, source, close_cause) and `by_person` tell the causes."""
    parts = [
        _merged(before, after),
        _appeared(before, after),
        _split(before, after, listings),
        _gone(before, after, listings),
        _changed(before.stations, after.stations, by_person),
        _moved(before.stations, after.stations, by_person),
        _corrected(before.stations, after.stations, by_person),
    ]
    events = pd.concat([part for part in parts if len(part)] or [_frame({})], ignore_index=True)
    return events.sort_values(list(EVENT_COLUMNS), kind="stable", ignore_index=True)


def _frame(columns: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame({name: columns.get(name) for name in EVENT_COLUMNS}, columns=list(EVENT_COLUMNS)).astype("str")


def _merged(before: Register, after: Register) -> pd.DataFrame:
    old = before.redirects.assign(known=True) if len(before.redirects) else pd.DataFrame(columns=["from_id", "to_id", "known"])
    new = after.redirects.merge(old, how="left", on=["from_id", "to_id"])
    new = new[new["known"].isna() & new["from_id"].isin(before.stations["station_id"])]
    return _frame({"station_id": new["from_id"], "event": "merged", "cause": "same_station", "source": None, "detail": new["to_id"]})


def _appeared(before: Register, after: Register) -> pd.DataFrame:
    now = after.stations[after.stations["status"] == "open"]
    status = now["station_id"].map(before.stations.set_index("station_id")["status"])
    fresh = now[(status != "open").to_numpy()]
    if fresh.empty:
        return _frame({})
    origin = after.station_listing.merge(before.station_listing, on="listing_id", suffixes=("", "_before"))
    origin = origin[origin["station_id"] != origin["station_id_before"]].sort_values("station_id_before")
    parent = fresh["station_id"].map(origin.drop_duplicates("station_id").set_index("station_id")["station_id_before"])
    was_known = fresh["station_id"].isin(before.stations["station_id"])
    return _frame(
        {
            "station_id": fresh["station_id"],
            "event": np.where(was_known, "reopened", np.where(parent.notna(), "split_off", "opened")),
            "cause": np.where(parent.notna(), "not_same_station", "listed"),
            "source": fresh["sources"],
            "detail": parent,
        }
    )


def _split(before: Register, after: Register, listings: pd.DataFrame) -> pd.DataFrame:
    """Stations whose open listings now lie in several, new or known before; `detail`: which."""
    closed = set(listings.loc[listings["closed_on"].notna(), "listing_id"])
    split = changes(*(each.station_listing[~each.station_listing["listing_id"].isin(closed)] for each in (before, after))).split
    if split.empty:
        return _frame({})
    return _frame(
        {"station_id": split["station_id"], "event": "split", "cause": "not_same_station", "source": None, "detail": split["parts"]}
    )


def _gone(before: Register, after: Register, listings: pd.DataFrame) -> pd.DataFrame:
    was_open = before.stations[before.stations["status"] == "open"]
    status = was_open["station_id"].map(after.stations.set_index("station_id")["status"])
    gone = was_open[(status == "closed").to_numpy()]
    if gone.empty:
        return _frame({})
    told = after.station_listing.merge(listings[["listing_id", "source", "close_cause", "closed_on"]], on="listing_id")
    told = told.sort_values(["closed_on", "listing_id"], na_position="first").drop_duplicates("station_id", keep="last")
    told = told.set_index("station_id")
    ids = gone["station_id"]
    return _frame(
        {
            "station_id": ids,
            "event": "closed",
            "cause": ids.map(told["close_cause"]),
            "source": ids.map(told["source"]),
            "detail": None,
        }
    )


def _both(before: pd.DataFrame, after: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    open_before, open_after = before[before["status"] == "open"], after[after["status"] == "open"]
    return open_before[["station_id", *columns]].merge(
        open_after[["station_id", "sources", *columns]], on="station_id", suffixes=("_before", "")
    )


def _changed(before: pd.DataFrame, after: pd.DataFrame, by_person: ByPerson) -> pd.DataFrame:
    both = _both(before, after, list(_CHANGES))
    return pd.concat([_frame({}), *(_told(both, field, event, by_person) for field, event in _CHANGES.items())], ignore_index=True)


def _corrected(before: pd.DataFrame, after: pd.DataFrame, by_person: ByPerson) -> pd.DataFrame:
    """A field that has no event of its own is told where a person changed it: `detail` names it."""
    fields = sorted({field for _, field in by_person} & set(after.columns) - {*_CHANGES, *_POSITION, "station_id"})
    if not fields:
        return _frame({})
    both = _both(before, after, fields)
    told = [_told(both, field, CORRECTED, by_person) for field in fields]
    named = [each.assign(detail=f"{field}: " + each["detail"]) for field, each in zip(fields, told, strict=True)]
    whole = pd.concat(named, ignore_index=True)
    return whole[whole["cause"] == CORRECTED]


def _told(both: pd.DataFrame, field: str, event: str, by_person: ByPerson) -> pd.DataFrame:
    """The stations whose field reads otherwise, and who says so: a person, or the lists."""
    old, new = both[f"{field}_before"].fillna("（空）").astype("str"), both[field].fillna("（空）").astype("str")
    changed = both[old != new]
    is_corrected = _is_corrected(changed, by_person, field)
    return _frame(
        {
            "station_id": changed["station_id"],
            "event": event,
            "cause": np.where(is_corrected, CORRECTED, "listed"),
            "source": changed["sources"].mask(is_corrected),
            "detail": (old + " → " + new).loc[changed.index],
        }
    )


def _is_corrected(stations: pd.DataFrame, by_person: ByPerson, *fields: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.array([any((station, field) in by_person for field in fields) for station in stations["station_id"]], dtype=bool)


def _moved(before: pd.DataFrame, after: pd.DataFrame, by_person: ByPerson) -> pd.DataFrame:
    both = _both(before, after, list(_POSITION))
    # metres a degree: 111,320 in latitude, times cos(latitude) in longitude; exact enough to tell 100 m in one city
    north = (both["lat_wgs84"] - both["lat_wgs84_before"]) * 111_320.0
    east = (both["lng_wgs84"] - both["lng_wgs84_before"]) * 111_320.0 * np.cos(np.radians(both["lat_wgs84"]))
    metres = np.hypot(north, east)
    moved = both[metres > MOVED_M]
    detail = metres[metres > MOVED_M].round().astype("int64").astype("str") + " m"
    if moved.empty:
        return _frame({})
    is_corrected = _is_corrected(moved, by_person, *_POSITION)
    return _frame(
        {
            "station_id": moved["station_id"],
            "event": "moved",
            "cause": np.where(is_corrected, CORRECTED, "listed"),
            "source": moved["sources"].mask(is_corrected),
            "detail": detail,
        }
    )
