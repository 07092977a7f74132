"""The journal is the authority: what stands, what was undone, and a line that cannot be read stops everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from warehouse.journal import JournalError, read_journal

SIGNED = {"who": "李敏", "why": "去看过", "decided_at": "2026-06-02T09:00:00+08:00"}


def journal(path: Path, *lines: dict[str, object]) -> Path:
    file = path / "decisions.jsonl"
    file.write_text("".join(json.dumps({**SIGNED, **line}, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return file


def test_no_journal_is_no_decision(tmp_path: Path) -> None:
    decisions = read_journal(tmp_path / "decisions.jsonl")
    assert decisions.judgements.empty
    assert decisions.corrections.empty


def test_the_last_verdict_on_a_pair_stands_whichever_side_was_named_first(tmp_path: Path) -> None:
    file = journal(
        tmp_path,
        {"decision_id": 1, "act": "judge", "left_id": "b", "right_id": "a", "verdict": "same"},
        {"decision_id": 2, "act": "judge", "left_id": "a", "right_id": "b", "verdict": "not"},
    )
    assert read_journal(file).judgements[["left_id", "right_id", "verdict"]].to_numpy().tolist() == [["a", "b", "not"]]


def test_what_was_undone_does_not_stand_but_is_remembered(tmp_path: Path) -> None:
    file = journal(
        tmp_path,
        {"decision_id": 1, "act": "correct", "scope": "station", "key": "yz1", "field": "name", "value": "甲"},
        {"decision_id": 2, "act": "undo", "undoes": "1"},
    )
    decisions = read_journal(file)
    assert decisions.corrections.empty
    assert decisions.log["is_undone"].tolist() == [True, False]


def test_an_undo_can_be_undone(tmp_path: Path) -> None:
    file = journal(
        tmp_path,
        {"decision_id": 1, "act": "correct", "scope": "station", "key": "yz1", "field": "name", "value": "甲"},
        {"decision_id": 2, "act": "undo", "undoes": 1},
        {"decision_id": 3, "act": "undo", "undoes": 2},
    )
    decisions = read_journal(file)
    assert decisions.corrections["value"].tolist() == ["甲"]
    assert decisions.log["is_undone"].tolist() == [False, True, False]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    file = journal(tmp_path, {"decision_id": 1, "act": "undo", "undoes": "9"})
    file.write_text(file.read_text("utf-8") + "{", "utf-8")
    with pytest.raises(JournalError, match="第 2 行"):
        read_journal(file)
