"""What people said of rows, put in force for a night: each decision finds its row, and a correction that its owner has caught up with is at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import pandas as pd

from flows.gather import Received
from flows.house import House
from sources.kit.contract import rows_again
from sources.kit.row_keys import cells_digest
from sources.kit.source import Source
from transforms.allowed import Allowed
from transforms.caught_up import caught_up
from transforms.following import CONTENT, Followed, Subject, content_of, follow, read_content
from transforms.records import RULES, empty_frame, issue_rows, no_issues
from transforms.standardise import standardise
from warehouse.state import State

_ROW: Final = ["source", "row_key", "row_digest", "verbatim", *CONTENT]

#: Keys and decisions that a sentence names at most.
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class RowDecisions:
    """`allowed`: what holds tonight, each under the key that its row has now. `caught_up`: source → corrections whose owner sends the same. `issues`: decisions whose row
    is not known tonight."""

    allowed: Allowed
    caught_up: Mapping[str, frozenset[str]]
    issues: pd.DataFrame


def contents_of(source: Source, verbatim: pd.Series) -> list[dict[str, str]]:
    """What a decision keeps of each of the rows, which read so when it is made."""
    if verbatim.empty:
        return []
    rows = rows_again(verbatim.reset_index(drop=True), source)
    rows = rows.assign(at=rows["line"].astype(int)).sort_values("at")
    return [content_of(row, cells) for row, cells in zip(rows.to_dict("records"), _cells(source, rows), strict=True)]


def row_decisions(house: House, state: State, received: Sequence[Received], allowed: Allowed, night: str) -> RowDecisions:
    """The decisions on rows as they hold tonight. `allowed`: those in force."""
    subjects = _subjects(allowed)
    by_source: dict[str, list[Subject]] = {}
    for each in subjects.values():
        by_source.setdefault(each.source, []).append(each)
    found: dict[Subject, Followed] = {}
    digests: dict[str, str] = {}
    for one in received:
        if asked := by_source.get(one.source):
            source = house.sources[one.source]
            rows = _standing(source, state, one)
            found |= follow(asked, rows, partial(_cells, source))
            digests |= dict(zip(rows["source"] + ":" + rows["row_key"], rows["row_digest"], strict=True))
    moved = _moved(allowed, subjects, found, digests)
    told = {one.source: _caught_up(house, one, moved, night) for one in received}
    return RowDecisions(moved, {source: ids for source, ids in told.items() if ids}, _untold(subjects, found))


def _subjects(allowed: Allowed) -> dict[tuple[str, str], Subject]:
    """(decision, source:row_key) → the row that it is about, for decisions that keep what it read."""
    told: dict[str, dict[str, str]] = {}
    for key, field, value in allowed.corrections[["key", "field", "value"]].itertuples(index=False, name=None):
        if field in CONTENT and not pd.isna(value):
            told.setdefault(key, {})[field] = str(value).strip()
    rows = [(*row, False) for row in allowed.corrections[["decision_id", "key", "content"]].itertuples(index=False, name=None)]
    waivers = allowed.waivers[allowed.waivers["scope"] == "row"]
    rows += [(*row, False) for row in waivers[["decision_id", "key", "content"]].itertuples(index=False, name=None)]
    releases = allowed.releases.drop_duplicates(["decision_id", "source", "row_key"])
    keys = releases["source"] + ":" + releases["row_key"]
    rows += [(number, key, content, True) for number, key, content in zip(releases["decision_id"], keys, releases["content"], strict=True)]
    subjects = {}
    for number, key, content, is_release in rows:
        if (kept := read_content(content)) is None:
            continue
        source, _, row_key = key.partition(":")
        said = tuple(told.get(key, {}).get(name, "") for name in CONTENT)
        # what was released is the whole row; what was corrected or waived is the row however its other cells change
        subjects[number, key] = Subject(
            source, row_key, kept[0], kept[1] if is_release else "", ("",) * len(CONTENT) if is_release else said
        )
    return subjects


def _standing(source: Source, state: State, received: Received) -> pd.DataFrame:
    """The rows of the source that stand tonight (_ROW): of its list, and of what was kept where the list brings changes, or did not come."""
    contracted = received.contracted
    has_come = contracted is not None and not contracted.stopped
    tonight = contracted.rows[_ROW] if contracted is not None and has_come else empty_frame("row")[_ROW]
    if has_come and received.retrieval.mode != "delta":
        return tonight
    listed = state.listing[(state.listing["source"] == source.key) & state.listing["is_open"].astype(bool)]
    held = state.quarantine[state.quarantine["source"] == source.key]
    kept = pd.concat([listed[["row_key", "verbatim"]], held[["row_key", "verbatim"]]], ignore_index=True)
    gone = {*tonight["row_key"], *(contracted.tombstones if contracted is not None and has_come else ())}
    kept = kept[~kept["row_key"].isin(gone)].reset_index(drop=True)
    if kept.empty:
        return tonight
    again = rows_again(kept["verbatim"], source)
    again = again.assign(row_key=kept["row_key"].iloc[again["line"].astype(int) - 1].to_numpy())
    return pd.concat([tonight, again[_ROW]], ignore_index=True)


def _cells(source: Source, rows: pd.DataFrame) -> list[str]:
    """Digests of all that the source reads of rows but their keys."""
    keys = {header for header, field in source.columns.items() if field in source.row_key}
    headers = [header for header in source.declared if header not in keys]
    return [cells_digest(row, headers) for row in rows["verbatim"]]


def _moved(
    allowed: Allowed, subjects: Mapping[tuple[str, str], Subject], found: Mapping[Subject, Followed], digests: Mapping[str, str]
) -> Allowed:
    """The decisions under the keys of tonight (`digests`: of the rows that stand, by source:row_key); corrections and waivers whose row is not known are left out."""
    if all(each.key == one.key for one, each in found.items()):
        return allowed

    def under(frame: pd.DataFrame, keys: pd.Series) -> pd.Series:
        known = [found.get(subjects[each]) if each in subjects else None for each in zip(frame["decision_id"], keys, strict=True)]
        told = [
            key if where is None else where.key and f"{key.partition(':')[0]}:{where.key}" for key, where in zip(keys, known, strict=True)
        ]
        return pd.Series(told, index=frame.index, dtype="str")

    corrections, waivers, releases = allowed.corrections, allowed.waivers, allowed.releases
    corrections = corrections.assign(key=under(corrections, corrections["key"])).dropna(subset="key")
    waivers = waivers.assign(key=under(waivers, waivers["key"])).dropna(subset="key")
    then = releases["source"] + ":" + releases["row_key"]
    now = under(releases, then).fillna(then)  # it holds for a row as it read: under the old key it holds for no other
    return replace(
        allowed,
        corrections=corrections.drop_duplicates(["key", "field"], keep="last").reset_index(drop=True),
        waivers=waivers.reset_index(drop=True),
        releases=releases.assign(
            row_key=now.str.replace(r"^[^:]*:", "", regex=True),
            row_digest=releases["row_digest"].where(now.eq(then), now.map(digests).astype("str")),
        ),
    )


def _caught_up(house: House, received: Received, allowed: Allowed, night: str) -> frozenset[str]:
    contracted = received.contracted
    if contracted is None or contracted.stopped or allowed.corrections.empty:
        return frozenset()
    source = house.sources[received.source]
    return caught_up(contracted.rows, allowed.corrections, night, lambda rows: standardise(rows, source.layout, house.city, night))


def _untold(subjects: Mapping[tuple[str, str], Subject], found: Mapping[Subject, Followed]) -> pd.DataFrame:
    """Issues of the decisions that are not applied tonight because their row is not known. A release whose row is gone, or reads otherwise, has nothing
    left to release."""
    doubtful: list[tuple[str, str]] = []
    gone: dict[str, list[str]] = {}
    for (number, _), subject in subjects.items():
        where = found.get(subject)
        if where is None or where.trouble is None:
            continue
        if where.trouble == "gone" and not subject.cells:
            gone.setdefault(subject.source, []).append(number)
        elif where.trouble == "several" or not subject.cells:
            doubtful.append((subject.source, _doubt(number, subject, where)))
    sentences = {
        source: f"{'、'.join(numbers[:_NAMED])}{f' 等 {len(numbers)} 条' if len(numbers) > _NAMED else ''}"
        for source, numbers in gone.items()
    }
    told = [
        issue_rows(RULES["decision_row_doubtful"], _of(source for source, _ in doubtful), [sentence for _, sentence in doubtful]),
        issue_rows(RULES["decision_row_gone"], _of(sentences), list(sentences.values())),
    ]
    return pd.concat([each for each in told if len(each)] or [no_issues()], ignore_index=True)


def _of(sources: Any) -> pd.DataFrame:
    return pd.DataFrame({"source": list(sources)}, dtype="str")


def _doubt(number: str, subject: Subject, where: Followed) -> str:
    read = next((text for text in subject.content if text), "")
    if where.trouble == "another":
        return f"{number} 说的是行 {subject.key}（{read}），这个编号下现在是另一行"
    more = "等" if len(where.alike) > _NAMED else ""
    return f"{number} 说的是行 {subject.key}（{read}），现在与它相同的行是 {'、'.join(where.alike[:_NAMED])}{more}，认不准"
