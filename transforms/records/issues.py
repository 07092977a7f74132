"""Rules and issues. A rule is what can be wrong, told once; an issue is a value: one rule met by one row (or by a source)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import pandas as pd

Severity: TypeAlias = Literal["critical", "warning", "info"]
Responsibility: TypeAlias = Literal["owner", "us"]

#: Columns of an issues frame. `row_key` and `line` are missing for an issue of a whole source; `station_id` is set only by the station suite;
#: `decision_id` names the decision of a person that passes over it, most have none.
ISSUE_COLUMNS: Final = (
    "source",
    "row_key",
    "line",
    "station_id",
    "rule",
    "field",
    "value",
    "severity",
    "responsibility",
    "message",
    "decision_id",
)

#: A value shown in an issue is cut here: enough to recognise it, short enough for a table cell.
VALUE_LIMIT: Final = 200


@dataclass(frozen=True, slots=True)
class Rule:
    """What can be wrong with a row, a listing, a station or a source, and who must mend it.

    `sentence` is Chinese, for owners and operators: what is wrong and what to do; `{value}` in it is replaced by the value met.
    `reason` is English, for engineers: why the rule exists and why this severity.
    critical holds the row back, warning flags it, info only counts.
    """

    id: str
    severity: Severity
    responsibility: Responsibility
    field: str
    title: str
    sentence: str
    reason: str


#: Making it column by column takes 3 ms, copying it a twentieth of that; a night asks for it some fifty times.
_NO_ISSUES: Final = pd.DataFrame({column: pd.Series(dtype="str") for column in ISSUE_COLUMNS})


def no_issues() -> pd.DataFrame:
    """An issues frame without rows."""
    return _NO_ISSUES.copy()


def issue_rows(
    rule: Rule,
    rows: pd.DataFrame,
    values: Sequence[object] | pd.Series | None = None,
    *,
    field: str | None = None,
    message: str | None = None,
) -> pd.DataFrame:
    """One issue of `rule` a row of `rows` (which has `source`, and `row_key`, `line` or `station_id` where known), with the values met."""
    if rows.empty:
        return no_issues()
    shown = [_shown(value) for value in values] if values is not None else [None] * len(rows)
    sentence = message or rule.sentence
    frame = pd.DataFrame(
        {
            column: rows[column].to_list() if column in rows.columns else [None] * len(rows)
            for column in ("source", "row_key", "line", "station_id")
        }
    )
    frame["rule"] = rule.id
    frame["field"] = field or rule.field
    frame["value"] = shown
    frame["severity"] = rule.severity
    frame["responsibility"] = rule.responsibility
    frame["message"] = [sentence.replace("{value}", value or "（空）") for value in shown]
    frame["decision_id"] = None
    return frame.astype("str").where(frame.notna(), None).astype("str")[list(ISSUE_COLUMNS)]


def _shown(value: object) -> str | None:
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return None
    text = str(value)
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"
