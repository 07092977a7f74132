"""Nights small enough to reason about: a few listings, each its own station unless told otherwise."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from warehouse.frames import empty_of
from warehouse.load import NightRecord, NightTables
from warehouse.tables import table


@dataclass(frozen=True)
class Claim:
    """One listing as a test writes it. `station` is its station's number."""

    source: str
    key: str
    name: str = "青阳路社区站"
    station: int = 1
    county: str = "镜湖区"
    batch: str | None = "renovated"
    is_open: bool = True
    lng: float | None = 118.38
    verbatim: str = '{"名称": "青阳路社区站", "电话": "13900001234"}'
    contact_phone: str | None = "13900001234"

    @property
    def listing_id(self) -> str:
        return f"{self.source}:{self.key}"


def filled(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A frame of the table with these rows, absent columns empty."""
    empty = empty_of(table(name))
    given = pd.DataFrame(list(rows)).reindex(columns=empty.columns) if rows else empty
    return given.astype({column: dtype for column, dtype in empty.dtypes.items() if not str(dtype).startswith("datetime")})


def station_id(number: int) -> str:
    """The id of a test's station."""
    return f"yz3402-{number:010x}"


def night_tables(claims: Sequence[Claim], night: str = "2026-06-01", held: Sequence[str] = (), state: str = "published") -> NightTables:
    """A night on which `claims` are what stands, and the rows `held` (source:key) lie in quarantine."""
    sources = sorted({claim.source for claim in claims} | {each.split(":")[0] for each in held})
    return NightTables(
        **record(night, sources, held, state),
        source_night=filled("source_night", [_figures(source, claims, held, night) for source in sources]),
        listing=filled("listing", [_listing(claim) for claim in claims]),
        pair=filled("pair", _pairs(claims)),
        station=stations_of(claims),
        station_listing=filled(
            "station_listing", [{"listing_id": each.listing_id, "station_id": station_id(each.station)} for each in claims]
        ),
        station_redirect=filled("station_redirect", []),
        station_event=filled(
            "station_event",
            [{"station_id": station_id(each.station), "event": "opened", "cause": "listed", "source": each.source} for each in claims],
        ),
        statement=filled(
            "statement",
            [
                {
                    "station_id": station_id(each.station),
                    "field": "name",
                    "listing_id": each.listing_id,
                    "value": each.name,
                    "source": each.source,
                }
                for each in claims
            ],
        ),
        decision_end=pd.DataFrame({"decision_id": [], "cause": []}, dtype="str"),
        plaque=filled(
            "plaque", [{"station_id": station_id(each.station), "plaque": "gonghui_yizhan", "source": each.source} for each in claims]
        ).drop_duplicates(),
        owner=filled("owner", [_owner(source) for source in sources]),
    )


def record(night: str, sources: Sequence[str], held: Sequence[str], state: str) -> dict[str, Any]:
    """The arguments of a NightRecord."""
    rows = [dict(zip(("source", "row_key"), each.split(":"), strict=True)) for each in held]
    return {
        "state": state,
        "fingerprint": "f" * 64,
        "model_fingerprint": "m" * 64,
        "counts": {"rows": len(rows)},
        "run": {
            "run_id": f"run-{night}",
            "started_at": f"{night}T02:00:00+08:00",
            "ended_at": f"{night}T02:01:00+08:00",
            "state": state,
            "is_full": False,
            "publication": None,
            "reason": None,
        },
        "retrieval": filled("retrieval", [_retrieval(source, night) for source in sources]),
        "issue": filled("issue", [_issue(row) for row in rows]),
        "quarantine": filled("quarantine", [_held(row) for row in rows]),
    }


def rejected(night: str, held: Sequence[str] = ()) -> NightRecord:
    """What a rejected night keeps."""
    return NightRecord(**record(night, ["union"], held, "rejected"), reason="没有可用的来源")


def reordered(tables: NightTables, seed: int) -> NightTables:
    """The same night with the rows of every frame in another order."""
    shuffled: dict[str, Any] = {
        name: frame.sample(frac=1.0, random_state=seed)
        for name in NightTables.__dataclass_fields__
        if isinstance(frame := getattr(tables, name), pd.DataFrame)
    }
    return replace(tables, **shuffled)


def _listing(claim: Claim) -> dict[str, Any]:
    return {
        "listing_id": claim.listing_id,
        "source": claim.source,
        "row_key": claim.key,
        "row_digest": f"{claim.key}-{claim.name}",
        "verbatim": claim.verbatim,
        "is_open": claim.is_open,
        "first_seen_on": "2026-06-01",
        "missed": 0,
        "name": claim.name,
        "county": claim.county,
        "batch": claim.batch,
        "lng_wgs84": claim.lng,
        "lat_wgs84": 31.33,
        "contact_name": "王芳",
        "contact_phone": claim.contact_phone,
    }


def stations_of(claims: Sequence[Claim]) -> pd.DataFrame:
    """The stations that the claims make, as a frame of station_history without its interval."""
    by_number: dict[int, list[Claim]] = {}
    for claim in claims:
        by_number.setdefault(claim.station, []).append(claim)
    return filled("station_history", [_station(number, of) for number, of in sorted(by_number.items())])


def _station(number: int, of: Sequence[Claim]) -> dict[str, Any]:
    listed = [claim for claim in of if claim.is_open]
    return {
        "station_id": station_id(number),
        "name": of[0].name,
        "county_code": "340202",
        "county": of[0].county,
        "batch": of[0].batch,
        "lng_wgs84": of[0].lng,
        "status": "open" if listed else "closed",
        "first_seen_on": "2026-06-01",
        "sources": ";".join(sorted({claim.source for claim in listed})),
        "listing_count": len(listed),
    }


def _pairs(claims: Sequence[Claim]) -> list[dict[str, Any]]:
    ids = sorted(claim.listing_id for claim in claims)
    return [
        {"left_id": left, "right_id": right, "weight_mb": 1000, "levels": "{}", "is_review": False}
        for left, right in itertools.pairwise(ids)
    ]


def _figures(source: str, claims: Sequence[Claim], held: Sequence[str], night: str) -> dict[str, Any]:
    accepted = sum(claim.source == source for claim in claims)
    back = sum(each.startswith(f"{source}:") for each in held)
    return {
        "source": source,
        "rows_read": accepted + back,
        "accepted": accepted,
        "held_back": back,
        "ignored": 0,
        "open_before": 0,
        "opened": accepted,
        "closed": 0,
        "open_after": accepted,
        "carried": 0,
        "is_stopped": False,
        "last_good_on": night,
    }


def _retrieval(source: str, night: str) -> dict[str, Any]:
    return {
        "source": source,
        "outcome": "ok",
        "mode": "snapshot",
        "etag": f'"{night}"',
        "parts": "[]",
        "tries": 1,
        "bytes": 10,
        "elapsed_ms": 5,
        "started_at": f"{night}T02:00:00+08:00",
    }


def _issue(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        **row,
        "line": "7",
        "rule": "name_unreadable",
        "field": "name",
        "severity": "critical",
        "responsibility": "owner",
        "message": "名称无法辨认；请填写站点名称。",
    }


def _held(row: Mapping[str, str]) -> dict[str, Any]:
    return {**row, "row_digest": f"digest-{row['row_key']}", "line": "7", "verbatim": "{}", "rules": "name_unreadable", "payload": "0" * 64}


def _owner(source: str) -> dict[str, Any]:
    return {
        "source": source,
        "owner_name": "市总工会",
        "title": "工会驿站名单",
        "kind": "union_station",
        "trust": 50,
        "due": "",
        "max_age_days": 60,
        "licence": "内部",
    }
