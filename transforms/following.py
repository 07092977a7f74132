"""Decisions on rows find their row again by its content, where the owner gave it another key. Never a wrong row: what is doubtful is refused and told."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import pandas as pd

#: Row fields by which a row is known again, the one that says most first; nothing of a person.
CONTENT: Final = ("name", "address", "lng", "lat")

#: What else a decision keeps of its row: a digest of all cells but those that make the key.
CELLS: Final = "cells"

#: Why a decision is not applied tonight: its row is no longer on the list; its key now holds another row; several rows read as its row did, or one does while
#: the row under the key still has the name.
Trouble: TypeAlias = Literal["gone", "another", "several"]

Texts: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """A row that decisions are about: `key` and `content` as it was then (name, address, lng, lat), digest of its `cells` where content alone does not do, and the
    values that people put in place of its own (`told`, empty text where none): an owner who follows them still has the same row."""

    source: str
    key: str
    content: Texts
    cells: str = ""
    told: Texts = ("", "", "", "")


@dataclass(frozen=True, slots=True)
class Followed:
    """The key that a subject's row has now, None with the `trouble` that keeps it from being known; `alike`: keys of rows that read as it did."""

    key: str | None
    trouble: Trouble | None = None
    alike: Texts = ()


def content_of(row: Mapping[Any, Any], cells: str) -> dict[str, str]:
    """What a decision keeps of a row (row stage)."""
    return {**{name: _text(row[name]) for name in CONTENT}, CELLS: cells}


def read_content(content: object) -> tuple[Texts, str] | None:
    """Content and digest of the cells out of what a decision keeps (JSON); None where it keeps nothing."""
    if not isinstance(content, str) or not content:
        return None
    told = json.loads(content)
    return tuple(str(told.get(name) or "") for name in CONTENT), str(told.get(CELLS) or "")


def follow(subjects: Sequence[Subject], rows: pd.DataFrame, cells: Callable[[pd.DataFrame], Sequence[str]]) -> dict[Subject, Followed]:
    """Where each subject's row is now. `rows`: source, row_key, CONTENT and verbatim of every row that stands tonight; `cells`: digests of rows' cells.

    The row under the key that reads as it did is the one. Else exactly one other row that does is, where the one under the key is gone or has another name. Where no
    other row does, the row under the key is, as long as it has the name or, its name changed, the place.
    """
    named = {(each.source, each.key) for each in subjects}
    at = pd.MultiIndex.from_frame(rows[["source", "row_key"]]).isin(named) if named else pd.Series(dtype=bool)
    under: dict[tuple[str, str], list[Texts]] = {}
    for row in rows.loc[at, ["source", "row_key", *CONTENT]].itertuples(index=False, name=None):
        under.setdefault((row[0], row[1]), []).append(tuple(map(_text, row[2:])))
    return {each: _followed(each, under.get((each.source, each.key), []), rows, cells) for each in subjects}


def _followed(subject: Subject, here: Sequence[Texts], rows: pd.DataFrame, cells: Callable[[pd.DataFrame], Sequence[str]]) -> Followed:
    if any(_reads(subject, content) for content in here):
        return Followed(subject.key)
    alike = _alike(subject, rows, cells)
    has_name = any(_is_same(subject, content, _primary(subject)) for content in here)
    if len(alike) == 1 and not has_name:
        return Followed(alike[0])
    if alike:
        return Followed(None, "several", alike)
    if not here:
        return Followed(None, "gone")
    return Followed(subject.key) if has_name or any(_has_place(subject, content) for content in here) else Followed(None, "another")


def _alike(subject: Subject, rows: pd.DataFrame, cells: Callable[[pd.DataFrame], Sequence[str]]) -> Texts:
    """Keys of the other rows of its list that read as the subject's row did, or as people say of it."""
    if not any(subject.content):
        return ()
    which = rows["source"].eq(subject.source) & rows["row_key"].ne(subject.key)
    for name, then, told in zip(CONTENT, subject.content, subject.told, strict=True):
        text = rows[name].fillna("").str.strip()
        which &= text.eq(then) | (text.eq(told) if told else False)
    found = rows[which]
    if subject.cells:
        found = found[[digest == subject.cells for digest in cells(found)]]
    return tuple(sorted(set(found["row_key"])))


def _primary(subject: Subject) -> int:
    """Place of what says most of the subject's row: its name, and for a row without one the next that it has."""
    return next((at for at, text in enumerate(subject.content) if text), 0)


def _is_same(subject: Subject, content: Texts, at: int) -> bool:
    now = _folded(content[at])
    return now == _folded(subject.content[at]) or (bool(subject.told[at]) and now == _folded(subject.told[at]))


def _reads(subject: Subject, content: Texts) -> bool:
    return all(_is_same(subject, content, at) for at in range(len(CONTENT)))


def _has_place(subject: Subject, content: Texts) -> bool:
    """Whether the row still has the address, or the position."""
    has = [bool(subject.content[at]) and _is_same(subject, content, at) for at in range(len(CONTENT))]
    return has[1] or (has[2] and has[3])


def _text(value: object) -> str:
    return "" if value is None or pd.isna(value) else str(value).strip()  # type: ignore[call-overload]


def _folded(text: str) -> str:
    """Width and white space say nothing of which row it is."""
    return "".join(unicodedata.normalize("NFKC", text).split())
