"""The journal of decisions: what people decided, one JSON object a line, appended and never rewritten. It outranks every list and model."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import pandas as pd

from transforms.allowed import CORRECTION_COLUMNS, RELEASE_COLUMNS, WAIVER_COLUMNS, Allowed
from warehouse.disk import fsync


class JournalError(ValueError):
    """A line of the journal cannot be read, or does not follow on from the one before; the message names the line. Nothing may be published past it.
    `sound`: lines before it that may be believed."""

    def __init__(self, message: str, sound: int = 0) -> None:
        super().__init__(message)
        self.sound = sound


class UnsignedError(ValueError):
    """A decision without who or why; the message (Chinese) says which."""


_JUDGED = ("left", "right", "seen")
_JUDGEMENT = ("decision_id", "left_id", "right_id", "verdict", "who", "why", "decided_at", *_JUDGED)
_CORRECTION = ("decision_id", "scope", "key", "field", "value", "who", "why", "decided_at", "night", "content")
_ACCEPTED = ("decision_id", "source", "what", "value", "night", "until")
_LOG = ("decision_id", "act", "who", "why", "decided_at", "detail", "is_undone")
_SIGNATURE = ("decision_id", "who", "why", "decided_at")

#: What the chain adds to a line is no part of the decision; nor is the mark of a line from which something personal was erased.
_CHAIN: Final = "previous"
_ERASED: Final = "erased"


@dataclass(frozen=True, slots=True)
class Decisions:
    """The net decisions (what was undone is left out), in the order in which they were made.

    judgements: decision_id, left_id, right_id, verdict (same, not, unsure), who, why, decided_at; left_id < right_id, the last verdict on a pair;
    and what was judged, as JSON objects: left, right (each side's content: source, name, address) and seen (weight_mb, levels), empty where the line has none.
    corrections: decision_id, scope (listing, row, station), key, field, value, who, why, decided_at, night (which the person saw), content (JSON: what the row read); the last on a field.
    log: decision_id, act, who, why, decided_at, detail (JSON), is_undone; every line.
    accepted: changes of a feed that a person accepted: decision_id, source, what (rule, header, datum, rows: low-high), value, night (from), until (through; empty: for good).
    added: stations that operators added, undone ones too: decision_id, values (row field → text), is_undone. closed: station ids that they closed.
    allowed: releases, waivers and corrections of rows, whenever they hold.
    model: fingerprint of the dedupe model accepted last, None while that which ships is in force.
    let_through: night and digest of each set of changes that the churn gate is to let pass.
    """

    judgements: pd.DataFrame
    corrections: pd.DataFrame
    log: pd.DataFrame
    model: str | None = None
    let_through: frozenset[tuple[str, str]] = frozenset()
    allowed: Allowed = field(default_factory=Allowed)
    added: tuple[Mapping[str, Any], ...] = ()
    closed: frozenset[str] = frozenset()
    accepted: pd.DataFrame = field(default_factory=lambda: _frame([], _ACCEPTED, [*_ACCEPTED]))

    def know(self, numbers: Iterable[str]) -> bool:
        """Whether all these decisions (ids) are here: a backup that was put back may have fewer than the nights that stand were made with."""
        return set(numbers) <= set(self.log["decision_id"])

    def less(self, ended: Collection[str]) -> Decisions:
        """The decisions without the corrections that sources have caught up with (ids): those hold no longer, and what they took the place of does not come back."""
        corrections, of_rows = self.corrections, self.allowed.corrections
        return replace(
            self,
            corrections=corrections[~corrections["decision_id"].isin(ended)].reset_index(drop=True),
            allowed=replace(self.allowed, corrections=of_rows[~of_rows["decision_id"].isin(ended)].reset_index(drop=True)),
        )


def named_by_hand(log: pd.DataFrame) -> frozenset[str]:
    """Stations and listings (ids) that a correction or a closing ever named, taken back since or not. `log`: act and detail of decisions, as `Decisions` has them."""
    told = [json.loads(detail) for detail in log.loc[log["act"].isin(["correct", "close"]), "detail"]]
    return frozenset(str(each.get("station") or each.get("key")) for each in told)


#: A sign that ends no line and no object: what stands behind it was never acknowledged.
_END: Final = b"\n"


def append_decisions(
    path: Path, acts: Sequence[Mapping[str, object]], *, at: datetime, check: Callable[[Decisions, Decisions], None] = lambda _, __: None
) -> list[str]:
    """Write `acts` (each {act, who, why, …what the act needs}) at the end of the journal, each under a new id; the ids, once they will outlast a power cut.

    All of them or none: a disk that fills leaves the journal as it was. Waits for whoever else is appending; readers never see half of it. `check` sees
    the decisions as they are then and as they would be, and may refuse by raising. Raises UnsignedError, and JournalError when the journal cannot be read, for nothing
    may be added behind a broken line.
    """
    for act in acts:
        _refuse_unsigned(act)
    is_new = not path.exists()
    with _appending(path) as descriptor:
        text = _read_all(descriptor)
        known = _parsed(text, path.name)
        ids = _new_ids(known, at, len(acts))
        signed = [
            {"decision_id": number, "decided_at": at.isoformat(timespec="seconds"), **act} for number, act in zip(ids, acts, strict=True)
        ]
        added = (b"" if not text or text.endswith(_END) else _END) + _chained(signed, text)
        check(_decisions(text, path.name), _decisions(text + added, path.name))
        _write_all(descriptor, added, size=len(text))
    if is_new:
        fsync(path.parent)
    return ids


@contextmanager
def _appending(path: Path) -> Iterator[int]:
    """The journal, open for its end, with nobody else at it. One that was put in another's place while we waited is opened again: what is written to the old one is lost."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino:
                yield descriptor
                return
        finally:
            os.close(descriptor)


def erase_lines(path: Path, anew: Callable[[str], str], act: Mapping[str, object], *, at: datetime) -> str:
    """Write every line anew as `anew` gives it (JSON text in, the same decision out), and the signed `act` behind them; the id of the act.

    A line that changed is marked, and from the first of them on the chain is made anew: the hash of a line from which eleven digits are missing would give
    them away, so it may stand nowhere. Hashes noted elsewhere before hold no longer. All of it or nothing. Raises UnsignedError and JournalError.
    """
    _refuse_unsigned(act)
    with _appending(path) as descriptor:
        text = _read_all(descriptor)
        known = _parsed(text, path.name)
        written, before = b"", b""
        for line in text.removesuffix(_END).split(_END) if text else []:
            before = _anew(line, anew, before)
            written += before + _END
        signed = {"decision_id": _new_ids(known, at, 1)[0], "decided_at": at.isoformat(timespec="seconds"), **act}
        written += _chained([signed], written)
        draft = path.with_name(f".{path.name}.next")
        draft.write_bytes(written)
        draft.chmod(0o600)
        fsync(draft)
        draft.replace(path)
        fsync(path.parent)
    return str(signed["decision_id"])


def _anew(line: bytes, anew: Callable[[str], str], before: bytes) -> bytes:
    """The line as it is to be written behind `before`."""
    there = line.decode()
    told = anew(there)
    decision = json.loads(told)
    if told != there:
        decision = {**{name: value for name, value in decision.items() if name != _CHAIN}, _ERASED: True} | (
            {_CHAIN: decision[_CHAIN]} if _CHAIN in decision else {}
        )
    if _CHAIN in decision:
        decision[_CHAIN] = hashlib.sha256(before).hexdigest()
    return line if decision == json.loads(line) else json.dumps(decision, ensure_ascii=False).encode()


def _chained(lines: Sequence[Mapping[str, object]], text: bytes) -> bytes:
    """The lines as they are written behind `text`, each with the hash of the line before it."""
    written, before = b"", text.removesuffix(_END).split(_END)[-1]
    for line in lines:
        before = json.dumps({**line, _CHAIN: hashlib.sha256(before).hexdigest()}, ensure_ascii=False).encode()
        written += before + _END
    return written


def _refuse_unsigned(act: Mapping[str, object]) -> None:
    for name, told in (("who", "没有写明是谁的决定（who）"), ("why", "没有写明为什么（why）")):
        if not str(act.get(name) or "").strip():
            raise UnsignedError(told)


def _new_ids(lines: Sequence[Mapping[str, Any]], at: datetime, count: int) -> list[str]:
    """`<date>-<number>`; numbers go on from the journal's length, past any that was written by hand."""
    taken, number = {line["decision_id"] for line in lines}, len(lines)
    ids: list[str] = []
    while len(ids) < count:
        number += 1
        if (name := f"{at.date().isoformat()}-{number}") not in taken:
            ids.append(name)
    return ids


def _read_all(descriptor: int) -> bytes:
    return os.pread(descriptor, os.fstat(descriptor).st_size, 0)


def _write_all(descriptor: int, lines: bytes, size: int) -> None:
    """Append in one go; what a full disk cut short is taken back, for it was never acknowledged."""
    try:
        written = 0
        while written < len(lines):
            written += os.write(descriptor, lines[written:])
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def read_journal(path: Path) -> Decisions:
    """The decisions in `path` (none when it does not exist). A line: {decision_id, decided_at, who, why, act, …what the act needs}.

    Acts read here: judge {left_id, right_id, verdict, left, right, seen}; correct {scope, key, field, value, night, content}; release {source, night, until, rows: a list of
    [row_key, row_digest, rules, content]}; merge and split {judgements: a list of what judge has}; accept {source, changes: a list of [what, value], night, until}; add {values}; close {station}; waive {scope, key, rule, until, content}; model {fingerprint}; churn {night, digest}; undo {undoes}. What else stands in a line is kept in the log.
    """
    if not path.exists():
        return _decisions(b"", path.name)
    with _shared(path) as descriptor:
        content = _read_all(descriptor)
    return _decisions(content, path.name)


def journal_as_of(path: Path, at: datetime) -> bytes:
    """The journal as it read at that time: appended and never rewritten, it is then what it is now without its later lines.

    What a line by hand says of its time is believed only behind the last line that our program wrote by then. Raises JournalError.
    """
    if not path.exists():
        return b""
    with _shared(path) as descriptor:
        content = _read_all(descriptor)
    lines = _parsed(content, path.name)
    was_there = [_decided_by(line, at) for line in lines]
    later = next((number for number, line in enumerate(lines) if _CHAIN in line and not was_there[number]), len(lines))
    while later and not was_there[later - 1]:
        later -= 1
    return b"".join(line + _END for line in content.split(_END)[:later])


def _decided_by(line: Mapping[str, Any], at: datetime) -> bool:
    written = str(line.get("decided_at") or "0001-01-01")
    try:
        told = datetime.fromisoformat(written)
    except ValueError as wrong:
        raise JournalError(f"决定 {line['decision_id']} 的时间“{written}”无法读取；应写成 2026-06-04T09:00:00+08:00 的样子") from wrong
    return (told if told.tzinfo else told.replace(tzinfo=UTC)) <= at


def _decisions(content: bytes, name: str) -> Decisions:
    """The decisions of a journal's text. A reviewer waits for each verdict, so what was worked out of the text that stood there is not worked out again; the frames
    are the caller's own all the same."""
    known = _decided_once(content, name)
    own = (frame.copy(deep=False) for frame in (known.judgements, known.corrections, known.log, known.accepted))
    judgements, corrections, log, accepted = own
    return replace(known, judgements=judgements, corrections=corrections, log=log, accepted=accepted)


@lru_cache(maxsize=2)
def _decided_once(content: bytes, name: str) -> Decisions:
    return _decided(_parsed(content, name))


def _decided(lines: Sequence[_Line]) -> Decisions:
    standing = _standing(lines)
    models = [str(line["fingerprint"]) for line in standing if line["act"] == "model"]
    corrections = _frame([_corrected(line) for line in standing if line["act"] == "correct"], _CORRECTION, ["scope", "key", "field"])
    undone = {line["decision_id"] for line in lines} - {line["decision_id"] for line in standing}
    return Decisions(
        judgements=_frame([each for line in standing for each in line.judgements], _JUDGEMENT, ["left_id", "right_id"]),
        corrections=corrections,
        log=_frame([_entry(line, line["decision_id"] in undone) for line in lines], _LOG, ["decision_id"]).astype({"is_undone": "boolean"}),
        model=models[-1] if models else None,
        added=tuple(
            {"decision_id": line["decision_id"], "values": line["values"], "is_undone": line["decision_id"] in undone}
            for line in lines
            if line["act"] == "add"
        ),
        closed=frozenset(str(line["station"]) for line in standing if line["act"] == "close"),
        let_through=frozenset((str(line["night"]), str(line["digest"])) for line in standing if line["act"] == "churn"),
        allowed=Allowed(
            releases=_frame(
                [each for line in standing if line["act"] == "release" for each in _released(line)], RELEASE_COLUMNS, [*RELEASE_COLUMNS]
            ),
            waivers=_frame([_waived(line) for line in standing if line["act"] == "waive"], WAIVER_COLUMNS, [*WAIVER_COLUMNS]),
            corrections=corrections.loc[corrections["scope"] == "row", list(CORRECTION_COLUMNS)].reset_index(drop=True),
        ),
        accepted=_frame([each for line in standing if line["act"] == "accept" for each in _accepted(line)], _ACCEPTED, [*_ACCEPTED]),
    )


def _accepted(line: dict[str, Any]) -> list[dict[str, Any]]:
    """A line a change of a feed that was accepted."""
    same = {name: line.get(name) for name in ("decision_id", "source", "night", "until")}
    return [{**same, "what": what, "value": value} for what, value in line["changes"]]


def _judged(line: dict[str, Any]) -> list[dict[str, Any]]:
    """The verdicts of a line: its own, or those that merging or splitting stations came to."""
    if line["act"] in ("merge", "split"):
        return [{**{name: line.get(name) for name in _SIGNATURE}, **each} for each in line["judgements"]]
    return [line] if line["act"] == "judge" else []


def _released(line: dict[str, Any]) -> list[dict[str, Any]]:
    """A line a row and rule that the release names. A journal of an early version keeps no content."""
    same = {name: line.get(name) for name in ("decision_id", "source", "night", "until")}
    return [
        {**same, "row_key": key, "row_digest": digest, "rule": rule, "content": _content(*content)}
        for key, digest, rules, *content in line["rows"]
        for rule in rules
    ]


def _waived(line: dict[str, Any]) -> dict[str, Any]:
    return {**_pick(line, WAIVER_COLUMNS), "content": _content(line.get("content"))}


def _corrected(line: dict[str, Any]) -> dict[str, Any]:
    """A line by hand names no night: what its person saw was that of the day on which it was written."""
    night = line.get("night") or str(line.get("decided_at") or "")[:10]
    return {**_pick(line, _CORRECTION), "night": night, "content": _content(line.get("content"))}


def _content(told: object = None) -> str | None:
    """What a decision keeps of its row, as text."""
    return json.dumps(told, ensure_ascii=False) if told else None


def _standing(lines: Sequence[_Line]) -> list[_Line]:
    undone: set[str] = set()
    for line in reversed(lines):  # an undo that was itself undone takes nothing back
        if line["act"] == "undo" and line["decision_id"] not in undone:
            undone.add(str(line["undoes"]))
    return [line for line in lines if line["decision_id"] not in undone]


@contextmanager
def _shared(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield descriptor
    finally:
        os.close(descriptor)


class _Line(dict[str, Any]):
    """A line that was read, and what of it is worked out once."""

    @cached_property
    def detail(self) -> str:
        """What the act needs, as JSON."""
        told = {name: value for name, value in sorted(self.items()) if name not in (*_SIGNATURE, "act", _CHAIN, _ERASED)}
        return json.dumps(told, ensure_ascii=False)

    @cached_property
    def judgements(self) -> list[dict[str, Any]]:
        """Its verdicts."""
        return [_judgement(each) for each in _judged(self)]


#: The text that was read last, and its lines: a journal only grows, and what stands before what was added is as it was.
_LAST: Final[list[tuple[bytes, tuple[_Line, ...]]]] = [(b"", ())]


def _parsed(content: bytes, name: str) -> list[_Line]:
    text, known = _LAST[0]
    if not (content.startswith(text) and text.endswith(_END)):
        text, known = b"", ()
    lines, before = [*known], text.removesuffix(_END).split(_END)[-1]
    added = content[len(text) :]
    for number, written in enumerate(added.removesuffix(_END).split(_END) if added else [], start=len(known) + 1):
        try:
            line = json.loads(written)
            lines.append(_Line({**line, "act": line["act"], "decision_id": str(line["decision_id"])}))
        except (ValueError, KeyError, TypeError) as broken:
            raise JournalError(f"决定日志 {name} 第 {number} 行无法读取（{broken}）；请从备份恢复后再运行", number - 1) from broken
        # a line by hand has no hash and breaks nothing; what comes behind it holds it fast
        if line.get(_CHAIN, hashlib.sha256(before).hexdigest()) != hashlib.sha256(before).hexdigest():
            told = f"决定日志 {name} 第 {number} 行与前一行接不上：前面有一行被改过、删去或插入过；请从备份恢复后再运行"
            raise JournalError(told, max(number - 2, 0))
        before = written
    _LAST[0] = (content, tuple(lines))
    return lines


def _pick(line: dict[str, Any], columns: tuple[str, ...]) -> dict[str, Any]:
    return {column: line.get(column) for column in columns}


def _judgement(line: dict[str, Any]) -> dict[str, Any]:
    left, right = sorted((line["left_id"], line["right_id"]))
    sides = {line["left_id"]: line.get("left"), line["right_id"]: line.get("right"), "seen": line.get("seen")}
    judged = {
        name: json.dumps(sides[key], ensure_ascii=False) for name, key in (("left", left), ("right", right), ("seen", "seen")) if sides[key]
    }
    return {**_pick(line, _JUDGEMENT), **dict.fromkeys(_JUDGED), **judged, "left_id": left, "right_id": right}


def _entry(line: _Line, is_undone: bool) -> dict[str, Any]:
    return {**_pick(line, _LOG), "detail": line.detail, "is_undone": is_undone}


def _frame(lines: list[dict[str, Any]], columns: tuple[str, ...], last_by: list[str]) -> pd.DataFrame:
    if not lines:
        return _no_rows(columns).copy()
    frame = pd.DataFrame(lines, columns=list(columns))
    text = [column for column in columns if column != "is_undone"]
    return frame.astype(dict.fromkeys(text, "str")).drop_duplicates(last_by, keep="last").reset_index(drop=True)


@cache
def _no_rows(columns: tuple[str, ...]) -> pd.DataFrame:
    """Most kinds of decision are in no journal, and a reviewer waits while it is read."""
    return pd.DataFrame(columns=list(columns), dtype="str")


@dataclass(frozen=True, slots=True)
class Verified:
    """A journal that can be read: how many lines, how many of them nobody's program wrote (they carry no hash), the hash of its last line, and how many lines
    something personal was erased from."""

    lines: int
    by_hand: tuple[int, ...]
    last: str
    erased: int = 0


def verify_journal(path: Path) -> Verified:
    """Read the whole chain. Raises JournalError at the first line that cannot be read or does not follow on from the one before."""
    content = path.read_bytes() if path.exists() else b""
    lines = _parsed(content, path.name)
    by_hand = tuple(number for number, line in enumerate(lines, start=1) if _CHAIN not in line)
    return Verified(
        len(lines),
        by_hand,
        hashlib.sha256(content.removesuffix(_END).split(_END)[-1]).hexdigest() if lines else "",
        sum(bool(line.get(_ERASED)) for line in lines),
    )


def restore_journal(path: Path, backup: Path, *, at: datetime) -> Path | None:
    """Put a backup in the journal's place; where the journal that stood there is kept (None when there was none).

    Nothing that can be read may be lost: the backup must begin with every line of the journal that comes before its first fault. Raises JournalError.
    """
    kept = backup.read_bytes()
    _parsed(kept, backup.name)
    with _appending(path) as descriptor:
        return _put_back(path, kept, _read_all(descriptor), backup.name, at)


def _put_back(path: Path, kept: bytes, current: bytes, name: str, at: datetime) -> Path | None:
    sound = _sound(current)
    if not kept.startswith(sound.removesuffix(_END)):
        raise JournalError(f"{name} 里没有 {path.name} 现有的全部决定：放回它会丢掉决定，没有放回")
    aside = None
    if current:
        aside = path.with_name(f"{path.name}.{at:%Y%m%dT%H%M%S}")
        aside.write_bytes(current)
        aside.chmod(0o600)
        fsync(aside)
    draft = path.with_name(f".{path.name}.next")
    draft.write_bytes(kept)
    draft.chmod(0o600)
    fsync(draft)
    draft.replace(path)
    fsync(path.parent)
    return aside


def _sound(content: bytes) -> bytes:
    """The lines that may be believed: those before the first that cannot be read; of one that does not follow on, not the one before it either."""
    try:
        _parsed(content, "")
    except JournalError as broken:
        return _END.join(content.split(_END)[: broken.sound])
    return content
