"""The journal is the authority: what stands, what was undone, and a line that cannot be read stops everything."""

from __future__ import annotations

import errno
import fcntl
import json
import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Event

import pytest

from warehouse.journal import (
    Decisions,
    JournalError,
    UnsignedError,
    append_decisions,
    erase_lines,
    journal_as_of,
    read_journal,
    restore_journal,
    verify_journal,
)

NOW = datetime(2026, 6, 3, 1, 30, tzinfo=UTC)

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


def signed(act: str, **what: object) -> dict[str, object]:
    return {"act": act, "who": "李敏", "why": "去看过", **what}


def verdict(left: str, right: str, said: str) -> dict[str, object]:
    return signed("judge", left_id=left, right_id=right, verdict=said)


def test_what_is_appended_is_read_again_with_its_signature(tmp_path: Path) -> None:
    file = tmp_path / "var" / "decisions.jsonl"
    content = {"source": "a", "name": "青阳支行", "address": "青阳路38号"}
    ids = append_decisions(file, [{**verdict("b", "a", "not"), "left": {"source": "b"}, "right": content}], at=NOW)
    assert ids == ["2026-06-03-1"]
    told = read_journal(file).judgements.iloc[0]
    assert (told["left_id"], told["right_id"], told["verdict"], told["who"], told["why"]) == ("a", "b", "not", "李敏", "去看过")
    assert json.loads(told["left"]) == content, "each side's content stays with its id, whichever was named first"
    assert told["decided_at"] == "2026-06-03T01:30:00+00:00"
    assert oct(file.stat().st_mode & 0o777) == "0o600"


def test_ids_go_on_behind_what_was_written_by_hand(tmp_path: Path) -> None:
    file = journal(tmp_path, {"decision_id": "2026-06-03-2", "act": "undo", "undoes": "9"})
    file.write_text(file.read_text("utf-8").removesuffix("\n"), "utf-8")
    assert append_decisions(file, [verdict("a", "b", "same"), verdict("a", "c", "not")], at=NOW) == [
        "2026-06-03-3",
        "2026-06-03-4",
    ]
    assert read_journal(file).log["decision_id"].tolist() == ["2026-06-03-2", "2026-06-03-3", "2026-06-03-4"]


@pytest.mark.parametrize(("who", "why"), [("", "去看过"), ("  ", "去看过"), ("李敏", " "), ("李敏", None)])
def test_nothing_is_written_unsigned(tmp_path: Path, who: str, why: str | None) -> None:
    with pytest.raises(UnsignedError):
        append_decisions(
            tmp_path / "decisions.jsonl", [verdict("a", "b", "same"), {**verdict("a", "c", "same"), "who": who, "why": why}], at=NOW
        )
    assert not (tmp_path / "decisions.jsonl").exists()


def test_nothing_is_added_behind_a_broken_line(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    file.write_text('{"decision_id": 1, "act": "un', "utf-8")
    with pytest.raises(JournalError, match="第 1 行"):
        append_decisions(file, [verdict("a", "b", "same")], at=NOW)
    assert file.read_text("utf-8") == '{"decision_id": 1, "act": "un'


def test_a_full_disk_leaves_the_journal_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "decisions.jsonl"
    append_decisions(file, [verdict("a", "b", "same")], at=NOW)
    before, write = file.read_bytes(), os.write

    def half(descriptor: int, lines: bytes) -> int:
        if len(lines) < 60:
            raise OSError(errno.ENOSPC, "no room")
        return write(descriptor, lines[: len(lines) // 2])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="no room"):
        append_decisions(file, [verdict("a", "c", "same")], at=NOW)
    assert file.read_bytes() == before


def _append_many(file: Path) -> None:
    for number in range(20):
        append_decisions(file, [verdict("a", f"{os.getpid()}-{number}", "same")], at=NOW)


def test_several_people_at_once_get_ids_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    people = [multiprocessing.get_context("spawn").Process(target=_append_many, args=(file,)) for _ in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert [person.exitcode for person in people] == [0, 0, 0]
    ids = read_journal(file).log["decision_id"].tolist()
    assert ids == [f"2026-06-03-{number}" for number in range(1, 61)]


def test_the_model_accepted_last_is_in_force_until_that_is_undone(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    assert read_journal(file).model is None
    append_decisions(file, [signed("model", fingerprint=name) for name in ("one", "two")], at=NOW)
    assert read_journal(file).model == "two"
    append_decisions(file, [signed("undo", undoes="2026-06-03-2")], at=NOW)
    assert read_journal(file).model == "one"


def test_what_is_refused_under_the_lock_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    append_decisions(file, [verdict("a", "b", "same")], at=NOW)

    def refuse(known: Decisions, would_be: Decisions) -> None:
        raise ValueError(f"{len(known.judgements)} to {len(would_be.judgements)}")

    with pytest.raises(ValueError, match="1 to 2"):
        append_decisions(file, [verdict("a", "c", "same")], at=NOW, check=refuse)
    assert len(read_journal(file).log) == 1


def chain(path: Path, count: int = 4) -> Path:
    """A journal of so many decisions, as the program writes it."""
    file = path / "decisions.jsonl"
    for at in range(count):
        append_decisions(file, [verdict("a", f"b{at}", "same")], at=NOW)
    return file


def lines_of(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True)


def _changed(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b"same", b"not "), *lines[2:]]


@pytest.mark.parametrize(
    ("tamper", "number"),
    [
        pytest.param(_changed, 3, id="a line changed"),
        pytest.param(lambda lines: [lines[0], *lines[2:]], 2, id="a line taken out"),
        pytest.param(lambda lines: [lines[1], lines[0], *lines[2:]], 1, id="two lines changed about"),
        pytest.param(
            lambda lines: [*lines[:2], b'{"decision_id": "x", "act": "undo", "undoes": "9"}\n', *lines[2:]], 4, id="a line put in between"
        ),
    ],
)
def test_the_journal_is_a_chain(tmp_path: Path, tamper: Callable[[list[bytes]], list[bytes]], number: int) -> None:
    file = chain(tmp_path)
    assert verify_journal(file).lines == 4
    file.write_bytes(b"".join(tamper(lines_of(file))))
    with pytest.raises(JournalError, match=f"第 {number} 行与前一行接不上"):
        read_journal(file)
    with pytest.raises(JournalError):
        append_decisions(file, [verdict("a", "z", "same")], at=NOW)


def test_lines_by_hand_are_taken_and_named(tmp_path: Path) -> None:
    file = chain(tmp_path, 1)
    with file.open("a") as journal:
        journal.write('{"decision_id": "by-hand", "act": "undo", "undoes": "9"}\n')
    append_decisions(file, [verdict("c", "d", "same")], at=NOW)
    assert verify_journal(file).by_hand == (2,)
    file.write_bytes(file.read_bytes().replace(b'"9"', b'"8"'))
    with pytest.raises(JournalError, match="第 3 行"):
        read_journal(file)


def test_a_backup_that_holds_all_that_can_be_read_is_put_back_and_what_stood_there_is_kept(tmp_path: Path) -> None:
    file = chain(tmp_path)
    backup = tmp_path / "backup.jsonl"
    backup.write_bytes(file.read_bytes())
    for at, broken in enumerate((b"".join(_changed(lines_of(file))), b"".join(lines_of(backup)[:2]) + b"{torn")):
        file.write_bytes(broken)
        aside = restore_journal(file, backup, at=NOW.replace(minute=at))
        assert aside is not None
        assert aside.read_bytes() == broken
        assert file.read_bytes() == backup.read_bytes()


def test_a_backup_that_lacks_a_decision_is_refused(tmp_path: Path) -> None:
    file = chain(tmp_path)
    backup = tmp_path / "backup.jsonl"
    backup.write_bytes(b"".join(lines_of(file)[:3]))
    before = file.read_bytes()
    with pytest.raises(JournalError, match="丢掉决定"):
        restore_journal(file, backup, at=NOW)
    assert file.read_bytes() == before


def test_the_journal_as_it_read_is_its_lines_until_then(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    assert journal_as_of(file, NOW) == b""
    for minute in (10, 20, 30):
        append_decisions(file, [verdict("a", f"b{minute}", "same")], at=NOW.replace(minute=minute))
    lines = lines_of(file)
    for until, count in ((9, 0), (10, 1), (29, 2), (45, 3)):
        kept = journal_as_of(file, NOW.replace(minute=until))
        assert kept == b"".join(lines[:count])
        (tmp_path / "then.jsonl").write_bytes(kept)
        assert verify_journal(tmp_path / "then.jsonl").lines == count
    assert file.read_bytes() == b"".join(lines)


def test_what_a_line_by_hand_says_of_its_time_moves_no_other_line(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    append_decisions(file, [verdict("a", "b", "same")], at=NOW.replace(minute=20))
    with file.open("a") as journal:
        for number, at in ((1, "2027-01-01T00:00:00Z"), (2, "2026-06-03T01:00:00")):
            journal.write(json.dumps({**SIGNED, "decision_id": f"hand-{number}", "decided_at": at, "act": "undo", "undoes": "9"}) + "\n")
    append_decisions(file, [verdict("c", "d", "same")], at=NOW.replace(minute=40))
    assert len(journal_as_of(file, NOW.replace(minute=19)).splitlines()) == 0
    assert len(journal_as_of(file, NOW.replace(minute=41)).splitlines()) == 4
    with file.open("a") as journal:
        journal.write(json.dumps({**SIGNED, "decision_id": "hand-3", "decided_at": "昨天", "act": "undo", "undoes": "9"}) + "\n")
    with pytest.raises(JournalError, match=r"hand-3 的时间“昨天”"):
        journal_as_of(file, NOW)


def test_a_decision_that_waited_while_a_backup_was_put_back_is_in_the_journal_that_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It had opened the file that was replaced meanwhile: what it wrote there nobody would read again."""
    path, backup = tmp_path / "decisions.jsonl", tmp_path / "backup.jsonl"
    act = {"act": "judge", "left_id": "a:1", "right_id": "b:1", "verdict": "same", "who": "李敏", "why": "看过"}
    append_decisions(path, [act], at=datetime(2026, 6, 1, tzinfo=UTC))
    backup.write_bytes(path.read_bytes())
    real, waiting = fcntl.flock, Event()

    def told(descriptor: int, operation: int) -> None:
        waiting.set()
        real(descriptor, operation)

    with ThreadPoolExecutor(1) as pool, path.open("rb+") as held:
        real(held.fileno(), fcntl.LOCK_EX)
        monkeypatch.setattr(fcntl, "flock", told)
        late = pool.submit(append_decisions, path, [{**act, "left_id": "a:2"}], at=datetime(2026, 6, 1, tzinfo=UTC))
        assert waiting.wait(30)
        draft = tmp_path / "draft"
        draft.write_bytes(backup.read_bytes())
        draft.replace(path)  # as restore_journal does while it holds the lock
        real(held.fileno(), fcntl.LOCK_UN)
        (number,) = late.result(30)
    assert number in read_journal(path).log["decision_id"].tolist()


def test_a_backup_is_put_back_only_when_nobody_is_appending(tmp_path: Path) -> None:
    path, backup = tmp_path / "decisions.jsonl", tmp_path / "backup.jsonl"
    act = {"act": "judge", "left_id": "a:1", "right_id": "b:1", "verdict": "same", "who": "李敏", "why": "看过"}
    append_decisions(path, [act], at=datetime(2026, 6, 1, tzinfo=UTC))
    backup.write_bytes(path.read_bytes())
    with ThreadPoolExecutor(1) as pool, path.open("rb+") as held:
        fcntl.flock(held.fileno(), fcntl.LOCK_EX)
        late = pool.submit(restore_journal, path, backup, at=datetime(2026, 6, 1, tzinfo=UTC))
        with pytest.raises(TimeoutError):
            late.result(0.5)
        fcntl.flock(held.fileno(), fcntl.LOCK_UN)
        assert late.result(30) is not None


def _without(line: str) -> str:
    return line.replace("13900001234", "")


def test_an_erased_line_leaves_a_chain_that_holds_and_no_hash_of_what_it_was(tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    for act in (
        verdict("a", "b", "same"),
        signed("correct", scope="row", key="u:1", field="phone", value="13900001234"),
        verdict("c", "d", "not"),
    ):
        append_decisions(file, [act], at=NOW)
    before = lines_of(file)
    number = erase_lines(file, _without, signed("erase"), at=NOW)
    after = lines_of(file)
    told = verify_journal(file)
    assert (told.lines, told.erased) == (4, 1)
    assert b"13900001234" not in file.read_bytes()
    assert sha256(before[1]).hexdigest().encode() not in file.read_bytes()
    assert after[0] == before[0]
    decisions = read_journal(file)
    assert list(decisions.judgements["verdict"]) == ["same", "not"]
    assert list(decisions.corrections["value"]) == [""]
    assert list(decisions.log["decision_id"])[-1] == number
    assert append_decisions(file, [verdict("e", "f", "same")], at=NOW)
    assert verify_journal(file).lines == 5


def test_a_line_that_stays_the_same_keeps_its_bytes(tmp_path: Path) -> None:
    file = chain(tmp_path)
    before = lines_of(file)
    erase_lines(file, _without, signed("erase"), at=NOW)
    assert lines_of(file)[:-1] == before


def _append_one(file: Path) -> None:
    append_decisions(file, [verdict("g", "h", "same")], at=NOW)


def test_who_waited_while_lines_were_erased_appends_to_the_journal_that_stands(tmp_path: Path) -> None:
    file = chain(tmp_path)
    waiting: list[threading.Thread] = []

    def meanwhile(line: str) -> str:
        if not waiting:
            waiting.append(threading.Thread(target=_append_one, args=(file,)))
            waiting[0].start()
            waiting[0].join(0.5)  # it has opened the file by now, and waits for the lock
        return line

    erase_lines(file, meanwhile, signed("erase"), at=NOW)
    waiting[0].join(30)
    assert verify_journal(file).lines == 6


def test_what_was_read_before_hides_no_change_and_each_reader_has_frames_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"

    def judge(left: str, verdict: str) -> None:
        act = {"act": "judge", "who": "李敏", "why": "去看过", "left_id": left, "right_id": "z:9", "verdict": verdict}
        append_decisions(path, [act], at=NOW)

    judge("a:1", "not")
    judge("a:2", "not")
    first = read_journal(path)
    first.judgements.loc[:, "verdict"] = "same"
    assert read_journal(path).judgements["verdict"].tolist() == ["not", "not"]
    judge("a:1", "same")
    assert dict(read_journal(path).judgements[["left_id", "verdict"]].to_numpy()) == {"a:1": "same", "a:2": "not"}
    path.write_bytes(path.read_bytes().replace(b"a:2", b"a:3"))
    with pytest.raises(JournalError, match="第 3 行与前一行接不上"):
        read_journal(path)
