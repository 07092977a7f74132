"""Listings of a station, as the merge gets them."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from transforms.records import empty_frame

STATION: Final = "yz3402-0000000001"
TRUST: Final = {"union": 60, "bank_icbc": 80, "telecom_mobile": 70, "civilization": 50}
NIGHT: Final = "2026-06-05"


def claim(source: str, key: str = "1", **said: Any) -> dict[str, Any]:
    """One open listing of the station."""
    return {
        "source": source,
        "row_key": key,
        "line": key,
        "listing_id": f"{source}:{key}",
        "name": f"{source}的站",
        "station_id": STATION,
        "is_open": True,
        "first_seen_on": "2026-06-01",
        "last_seen_on": NIGHT,
        "trust": TRUST[source],
        "is_on_latest": True,
        "carried": False,
    } | said


def listings(*claims: dict[str, Any]) -> pd.DataFrame:
    """Claims as a frame with the fields of a listing and what the merge ranks by."""
    empty = empty_frame("listing")
    added = {
        "station_id": "str",
        "closed_on": "str",
        "close_cause": "str",
        "is_open": "bool",
        "first_seen_on": "str",
        "last_seen_on": "str",
        "is_on_latest": "bool",
        "trust": "int64",
        "carried": "bool",
    }
    frame = pd.DataFrame(list(claims)).reindex(columns=[*empty.columns, *added])
    return frame.astype({**empty.dtypes.to_dict(), **added})


def corrections(*told: tuple[str, str, str, str | None]) -> pd.DataFrame:
    """Corrections: scope, key, field, value; under the numbers d0, d1 …."""
    frame = pd.DataFrame(list(told), columns=["scope", "key", "field", "value"], dtype="str")
    return frame.assign(decision_id=pd.Series([f"d{number}" for number in range(len(told))], dtype="str"))
