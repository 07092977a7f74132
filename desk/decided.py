"""Sentences about decisions: verdicts that cannot all be true, and what a decision would change in the register."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

import pandas as pd

from desk import words
from transforms.dedupe.changes import Changes

#: What of a decision's detail says what it is about.
_ABOUT: Final = (
    "source",
    "key",
    "rule",
    "left_id",
    "right_id",
    "verdict",
    "field",
    "value",
    "station",
    "stations",
    "until",
    "fingerprint",
    "night",
    "since",
    "changes",
    "undoes",
)

#: Examples shown of each sort of change.
EXAMPLES: Final = 5


def contradiction_lines(chain: Sequence[str], name: Callable[[str], str], whose: Mapping[tuple[str, str], str]) -> list[str]:
    """The chain of listings that are each judged the same as the next, and its ends that are judged not to be; `whose` says of a pair who said so."""
    steps = [*pairwise(chain)]
    lines = [f"  {name(a)} 与 {name(b)}：同一站（{whose[min(a, b), max(a, b)]}）" for a, b in steps]
    first, last = chain[0], chain[-1]
    return [*lines, f"  {name(first)} 与 {name(last)}：不是同一站（{whose[min(first, last), max(first, last)]}）"]


def change_lines(found: Changes, name: Callable[[str], str], examples: int = EXAMPLES) -> list[str]:
    """What would merge, what would split, and how much stays. `name`: station id → what to call it."""
    if not found.touched:
        return [f"没有驿站因此合并或拆分（{found.kept} 站不变）"]
    told = [f"合并出 {len(found.merged)} 站，拆开 {len(found.split)} 站，{found.kept} 站不变"]
    for title, rows, joint in (("合并", found.merged, " 与 "), ("拆开", found.split, " 和 ")):
        for row in rows.head(examples).itertuples(index=False):
            parts = str(row.parts).split(";")
            told.append(
                _merged(str(row.station_id), parts, name, joint) if title == "合并" else _split(str(row.station_id), parts, name, joint)
            )
        if len(rows) > examples:
            told.append(f"  …… 另有 {len(rows) - examples} 处{title}")
    return told


def _merged(station_id: str, parts: Sequence[str], name: Callable[[str], str], joint: str) -> str:
    return f"  合并：{joint.join(map(name, parts))}，合为 {station_id}"


def _split(station_id: str, parts: Sequence[str], name: Callable[[str], str], joint: str) -> str:
    return f"  拆开：{name(station_id)}，分为 {joint.join(parts)}"


def named(frame: pd.DataFrame, key: str) -> Callable[[str], str]:
    """How to call a listing or station: `id（name）`, the id alone where the frame (columns `key`, name) knows no name."""
    known = dict(zip(frame[key], frame["name"].astype("str").fillna(""), strict=True))
    return lambda key: f"{key}（{known[key]}）" if known.get(key) else key


def verdict_word(verdict: str) -> str:
    """A verdict in Chinese."""
    return words.word(words.VERDICTS, verdict)


def about(detail: Mapping[str, object]) -> str:
    """What a decision is about, in a few words."""
    told: list[object] = [detail[name] for name in _ABOUT if detail.get(name)]
    selector, values, rows = detail.get("selector"), detail.get("values"), detail.get("rows")
    if isinstance(selector, dict):
        told.insert(1, selector.get("rule", ""))
    if isinstance(rows, list):
        told.append(f"{len(rows)} 行")
    if isinstance(values, dict):
        told.insert(0, values.get("name", ""))
    return "，".join("、".join(map(str, each)) if isinstance(each, list) else str(each)[:40] for each in told)


def decided_lines(decided: pd.DataFrame) -> list[str]:
    """What became of decisions on a night by itself (desk.facts.NightFacts.decided), a sentence each."""
    return [
        f"更正 {told} 已由来源跟上：{about(json.loads(detail))}；这条更正到此结束，以后名单再改，以名单为准"
        if what == "ended"
        else str(told)
        for what, told, detail in decided[["what", "told", "detail"]].itertuples(index=False, name=None)
    ]
