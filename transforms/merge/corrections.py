"""Corrections: a person's value beats the sources, on a listing before the merge and on a station after it."""

from __future__ import annotations

import math
from datetime import date
from typing import Any, Final

import pandas as pd

from transforms.records import FIELDS, RULES, columns_of, issue_rows, no_issues
from transforms.records.fields import Stage

#: What a person may not set: ids, and what is counted.
FIXED: Final = frozenset(
    {"listing_id", "station_id", "status", "close_cause", "first_seen_on", "sources", "listing_count", "is_closed_by_owner"}
)

#: Numbers of a listing or station are degrees: a tenth of a metre is no difference.
_SAME_DEGREES: Final = 1e-6

#: Column → the one that names the same thing; set alone, the other follows (looked up among all listings).
_NAMED: Final = {"county_code": "county", "town_code": "town", "community_code": "community"}
_TYPES: Final = {(stage, field.name): field.type for field in FIELDS for stage in field.on}


def corrected(
    frame: pd.DataFrame, key: str, corrections: pd.DataFrame, names: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """`frame` (listings or stations, by column `key`) with `corrections` (key, field, value; the last on a field counts) applied.

    An absent or blank value withdraws the sources' value. Also the applied ones (key, field, and `is_said`: whether the sources say the same), and issues for those
    that cannot be used: no such field, or a value that is not of its type. A correction whose key is not in the frame waits. `names`: listings to look names up.
    """
    stage: Stage = "station" if key == "station_id" else "listing"
    latest = corrections.drop_duplicates(["key", "field"], keep="last")
    latest = latest[latest["key"].isin(frame[key])]
    read = [read_value(stage, field, value) for field, value in zip(latest["field"], latest["value"], strict=True)]
    usable = pd.Series([answer is not None for answer in read], index=latest.index, dtype=bool)
    values = pd.Series([None if answer is None else answer[0] for answer in read], index=latest.index, dtype=object)
    applied = latest.loc[usable, ["key", "field"]].assign(is_said=_said(frame, key, latest[usable], values[usable]))
    frame = frame.copy()
    for field, rows in latest[usable].groupby("field", sort=True):
        _set(frame, key, str(field), dict(zip(rows["key"], values[rows.index], strict=True)), names)
    return frame, applied, _refused(latest[~usable], frame, key)


def _said(frame: pd.DataFrame, key: str, corrections: pd.DataFrame, values: pd.Series) -> list[bool]:
    """Which of the corrections give the value that the frame has already."""
    known = frame[frame[key].isin(corrections["key"])].set_index(key)
    told = zip(corrections["key"], corrections["field"], values, strict=True)
    return [_is_same(known.at[at, field], value) for at, field, value in told]


def _is_same(said: Any, value: Any) -> bool:
    if pd.isna(said) or value is None:
        return bool(pd.isna(said)) and value is None
    return abs(said - value) < _SAME_DEGREES if isinstance(value, float) else str(said) == str(value)


def _set(frame: pd.DataFrame, key: str, field: str, values: dict[str, Any], names: pd.DataFrame) -> None:
    which = frame[key].isin(list(values))
    frame.loc[which, field] = frame.loc[which, key].map(values).astype(frame[field].dtype)
    if field == "batch":
        frame.loc[which, "batch_basis"] = "correction"
    if field in _NAMED:
        known = names[[field, _NAMED[field]]].dropna().sort_values([field, _NAMED[field]]).drop_duplicates(field)
        told = frame.loc[which, field].map(known.set_index(field)[_NAMED[field]])
        frame.loc[which, _NAMED[field]] = told.astype("str")


def read_value(stage: Stage, field: str, value: object) -> tuple[Any] | None:
    """The value in a tuple (None in it: withdrawn), or None where it cannot be used."""
    if field in FIXED or field not in columns_of(stage):
        return None
    text = "" if value is None or pd.isna(value) else str(value).strip()  # type: ignore[call-overload]
    if not text:
        return (None,)
    kind = _TYPES[stage, field]
    try:
        if kind == "number":
            number = float(text)
            return (number,) if math.isfinite(number) else None
        return (date.fromisoformat(text).isoformat() if kind == "date" else text,)
    except ValueError:
        return None


def _refused(corrections: pd.DataFrame, frame: pd.DataFrame, key: str) -> pd.DataFrame:
    if corrections.empty:
        return no_issues()
    named = [name for name in ("source", "row_key", "line", "station_id") if name in frame.columns]
    rows = corrections.merge(frame[[*dict.fromkeys((key, *named))]], left_on="key", right_on=key)
    return issue_rows(RULES["correction_unusable"], rows, rows["field"] + " = " + rows["value"].astype("str").fillna("（空）"))
