"""The source gate: whether a list that was read, row by row, may replace the one before. Works on values and knows no warehouse."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from sources.kit.renumbering import renumbered
from sources.kit.retrieval import Outcome, Retrieval
from sources.kit.source import Accepted, Source
from transforms.allowed import is_holding
from transforms.records import RULES, issue_rows, no_issues

#: Share of a source's open listings that may vanish in one night. A lively city closes about 1 % a night, so ten times that is an
#: accident of the list; a person looks before it is believed.
VANISHING_SHARE: Final = 0.10

#: Under this many vanishing listings a share says nothing: a list of eight may lose one.
VANISHING_FLOOR: Final = 3

#: Share of rows that one critical rule may fail. Lists met so far fail one rule with 2-5 % of their rows; at a fifth, the list changed
#: its habits, and a thousand quarantined rows would hide that one fact.
FAILING_SHARE: Final = 0.20

#: Under this many failing rows the rows themselves are shown: a list of ten may have two bad ones.
FAILING_FLOOR: Final = 5

#: The source rule that a failed retrieval stands for; any other failure means that the list could not be had.
_OUTCOMES: Final = {
    Outcome.EMPTY: "source_empty",
    Outcome.PARTIAL: "source_partial",
    Outcome.NOT_DECLARED_FORMAT: "source_not_as_declared",
}


@dataclass(frozen=True, slots=True)
class Brought:
    """What a source brought tonight, after both suites.

    `rows_read`: rows that the owner sent. `listings`: tonight's open ones, [row_key, name, address]. `held_keys`: keys of rows held
    back (that is no disappearance). `closed_keys`: keys that the owner says are gone (tombstones, closed rows). `issues`: the night's
    issues of this source. `is_delta`: a changed-since feed, where a key that is not named is still there.
    """

    rows_read: int
    listings: pd.DataFrame
    held_keys: frozenset[str] = frozenset()
    closed_keys: frozenset[str] = frozenset()
    issues: pd.DataFrame = field(default_factory=no_issues)
    is_delta: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the source is stopped (its last good listings are carried), why, and, of a renumbered list, row_key → listing_id."""

    stopped: bool
    issues: pd.DataFrame
    renumbered: dict[str, str] = field(default_factory=dict)


def gate(source: Source, brought: Brought, open_before: pd.DataFrame, accepted: Accepted | None = None) -> Verdict:
    """Judge what `brought` would do to `open_before`: [listing_id, row_key, name, address] and, where known, `missed`.

    `missed` counts complete lists without the listing; one that was missing before does not vanish tonight.
    """
    waived = (accepted or Accepted()).rules
    gone = _vanishing(brought, open_before)
    ids = renumbered(open_before, brought.listings, brought.closed_keys, is_delta=brought.is_delta)
    lost = int((~gone["listing_id"].isin(set(ids.values()))).sum())
    found = [
        *([_issue(source, "source_renumbered", _renumbered(len(ids)))] if ids else []),
        *([_issue(source, "source_vanishing", _lost(lost, len(open_before)))] if _is_broad(lost, len(open_before)) else []),
        *(_issue(source, "source_failing", sentence) for sentence in _failing(brought)),
    ]
    issues = pd.concat(found or [no_issues()], ignore_index=True)
    return Verdict(_stops(issues, waived), issues, ids)


def arrival(source: Source, retrieval: Retrieval) -> Verdict:
    """The verdict on what a retrieval came to, before anything is read: one that failed stops the source, with its own sentence."""
    if not retrieval.outcome.is_failure:
        return Verdict(stopped=False, issues=no_issues())
    rule = _OUTCOMES.get(retrieval.outcome, "source_unreachable")
    return Verdict(stopped=True, issues=_issue(source, rule, retrieval.message or retrieval.outcome.word))


def _vanishing(brought: Brought, open_before: pd.DataFrame) -> pd.DataFrame:
    keys = open_before["row_key"]
    gone = keys.isin(brought.closed_keys)
    if not brought.is_delta:
        absent = ~keys.isin(brought.listings["row_key"]) & ~keys.isin(brought.held_keys)
        if "missed" in open_before:
            absent &= open_before["missed"].fillna(0).eq(0)
        gone |= absent
    return open_before[gone.to_numpy(dtype=bool)]


def _is_broad(lost: int, before: int) -> bool:
    return lost >= VANISHING_FLOOR and lost > VANISHING_SHARE * before


def _failing(brought: Brought) -> list[str]:
    """One sentence a critical rule that fails broadly."""
    rows = brought.issues[is_holding(brought.issues) & brought.issues["line"].notna()]
    failed = rows.groupby("rule")["line"].nunique()
    broad = failed[(failed >= FAILING_FLOOR) & (failed > FAILING_SHARE * brought.rows_read)]
    return [
        f"{brought.rows_read} 行中有 {count} 行不合格（{_title(str(rule), rows)}），超过两成，整份名单暂不采用；沿用上次的名单。请检查整列。"
        for rule, count in broad.sort_index().items()
    ]


def _title(rule: str, rows: pd.DataFrame) -> str:
    known = RULES.get(rule)
    return known.title if known else str(rows.loc[rows["rule"] == rule, "message"].iloc[0])


def _renumbered(count: int) -> str:
    return f"名单重新编号：{count} 处内容与原登记一致而编号不同，已沿用原登记编号；请确认今后不再改号。"


def _lost(lost: int, before: int) -> str:
    return f"在册 {before} 处中有 {lost} 处一次消失（超过一成）；沿用上次的名单。请核对名单是否完整，确属撤销的由运维接受变更。"


def _issue(source: Source, rule: str, value: str) -> pd.DataFrame:
    return issue_rows(RULES[rule], pd.DataFrame({"source": [source.key]}), [value], message=value)


def _stops(issues: pd.DataFrame, waived: frozenset[str]) -> bool:
    return bool((issues["severity"].eq("critical") & ~issues["rule"].isin(waived)).any())
