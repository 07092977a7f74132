"""The journal of decisions: what people decided, one JSON object a line, appended and never rewritten. It outranks every list and model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd


class JournalError(ValueError):
    """A line of the journal cannot be read; the message names the line. Nothing may be published past it."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """The net decisions (what was undone is left out), in the order in which they were made.

    judgements: decision_id, left_id, right_id, verdict (same, not, unsure), who, why, decided_at; left_id < right_id, the last verdict on a pair.
    corrections: decision_id, scope (listing, station), key, field, value, who, why, decided_at; the last on a field.
    log: decision_id, act, who, why, decided_at, detail (JSON), is_undone; every line.
    """

    judgements: pd.DataFrame
    corrections: pd.DataFrame
    log: pd.DataFrame


_JUDGEMENT = ("decision_id", "left_id", "right_id", "verdict", "who", "why", "decided_at")
_CORRECTION = ("decision_id", "scope", "key", "field", "value", "who", "why", "decided_at")
_LOG = ("decision_id", "act", "who", "why", "decided_at", "detail", "is_undone")
_SIGNATURE = ("decision_id", "who", "why", "decided_at")


def read_journal(path: Path) -> Decisions:
    """The decisions in `path` (none when it does not exist). A line: {decision_id, decided_at, who, why, act, …what the act needs}.

    Acts read here: judge {left_id, right_id, verdict}; correct {scope, key, field, value}; undo {undoes}.
    """
    lines = _lines(path)
    undone: set[str] = set()
    for line in reversed(lines):  # an undo that was itself undone takes nothing back
        if line["act"] == "undo" and line["decision_id"] not in undone:
            undone.add(str(line["undoes"]))
    standing = [line for line in lines if line["decision_id"] not in undone]
    return Decisions(
        judgements=_frame([_judgement(line) for line in standing if line["act"] == "judge"], _JUDGEMENT, ["left_id", "right_id"]),
        corrections=_frame(
            [_pick(line, _CORRECTION) for line in standing if line["act"] == "correct"], _CORRECTION, ["scope", "key", "field"]
        ),
        log=_frame([_entry(line, line["decision_id"] in undone) for line in lines], _LOG, ["decision_id"]).astype({"is_undone": "boolean"}),
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    lines = []
    for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        try:
            line = json.loads(text)
            lines.append({**line, "act": line["act"], "decision_id": str(line["decision_id"])})
        except (ValueError, KeyError, TypeError) as broken:
            raise JournalError(f"决定日志 {path.name} 第 {number} 行无法读取（{broken}）；请从备份恢复后再运行") from broken
    return lines


def _pick(line: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    return {column: line.get(column) for column in columns}


def _judgement(line: dict[str, Any]) -> dict[str, Any]:
    left, right = sorted((line["left_id"], line["right_id"]))
    return {**_pick(line, _JUDGEMENT), "left_id": left, "right_id": right}


def _entry(line: dict[str, Any], is_undone: bool) -> dict[str, Any]:
    detail = {name: value for name, value in sorted(line.items()) if name not in (*_SIGNATURE, "act")}
    return {**_pick(line, _LOG), "detail": json.dumps(detail, ensure_ascii=False), "is_undone": is_undone}


def _frame(lines: list[dict[str, Any]], columns: tuple[str, ...], last_by: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(lines, columns=list(columns))
    text = [column for column in columns if column != "is_undone"]
    return frame.astype(dict.fromkeys(text, "str")).drop_duplicates(last_by, keep="last").reset_index(drop=True)
