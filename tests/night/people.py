"""Decisions as people make them: lines of the journal, written by a test."""

from __future__ import annotations

import json
from itertools import count
from typing import Final

from tests.night.town import Household

_NUMBERS: Final = count(1)


def _signed(act: str, **what: object) -> dict[str, object]:
    number = next(_NUMBERS)
    return {"decision_id": f"d{number}", "decided_at": "2026-06-01T09:00:00+08:00", "who": "李敏", "why": "去看过", "act": act, **what}


def judge(left_id: str, right_id: str, verdict: str) -> dict[str, object]:
    """A verdict on a pair: same or not."""
    return _signed("judge", left_id=left_id, right_id=right_id, verdict=verdict)


def correct(scope: str, key: str, field: str, value: str) -> dict[str, object]:
    """A value that beats the sources; `scope` is listing or station."""
    return _signed("correct", scope=scope, key=key, field=field, value=value)


def close(station_id: str) -> dict[str, object]:
    """A station that a person saw is gone."""
    return _signed("close", station=station_id)


def undo(decision: dict[str, object]) -> dict[str, object]:
    """Taking a decision back."""
    return _signed("undo", undoes=decision["decision_id"])


def write_journal(household: Household, *decisions: dict[str, object]) -> None:
    """Append the decisions to the household's journal."""
    with household.house.journal.open("a", encoding="utf-8") as journal:
        journal.writelines(json.dumps(decision, ensure_ascii=False) + "\n" for decision in decisions)
