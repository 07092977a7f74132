"""The one place that runs Great Expectations. Failing rows become issues; a check that could not look at anything is told, not passed."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from expectations.check import Check, Scene, Suite, Verdict, rules_of
from expectations.listings import LISTINGS
from expectations.mapped import is_expected
from expectations.rows import ROWS
from expectations.stations import STATIONS
from transforms.records import FIELDS, RULES, City, Rule, issue_rows, no_issues

#: Naming a failing row costs about 0.05 ms. In a frame of more than BROAD_ROWS rows a rule that more than BROAD_SHARE of them fail is a
#: fault of the list, not of its rows: it is told once, with its count, instead of a hundred thousand times.
BROAD_ROWS: Final = 20_000
BROAD_SHARE: Final = 0.2

#: Reasons for which a check did not run that are nobody's fault.
NO_ROWS: Final = "没有一行可查"
EMPTY: Final = "没有值可查"

#: Chinese titles of the fields, for sentences.
TITLES: Final = {field.name: field.title for field in FIELDS}

#: Fields that stations have by themselves, whatever the sources give.
_OF_STATIONS: Final = frozenset(field.name for field in FIELDS if field.on == ("station",))


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """What a suite found. `issues` has ISSUE_COLUMNS; `ran` and `did_not_run` (rule id, Chinese reason) account for every check.

    `broad` are the ids of rules that so many rows failed that they are told once, without row keys: a critical one must stop the source.
    """

    issues: pd.DataFrame
    ran: list[str]
    did_not_run: list[tuple[str, str]]
    broad: list[str]


def rules() -> dict[str, Rule]:
    """Every rule of the three suites, by id."""
    return rules_of((ROWS, LISTINGS, STATIONS))


def run_suite(
    suite: Suite,
    frame: pd.DataFrame,
    key_columns: Sequence[str],
    city: City,
    on: str,
    mapped: Mapping[str, Collection[str]] | None = None,
    known: Sequence[bool] | None = None,
) -> SuiteRun:
    """Run `suite` over `frame` (one source's or several's) on the night `on` (ISO date).

    `key_columns` name a row; rows under one key share its issues. `mapped`: source → the row fields that its layout fills (columns'
    values and constants); a check whose column is empty is an issue only in a source that maps it (None: every column is expected).
    `known`: rows whose content these same checks judged before, and whose issues the caller still has: only dated checks look at them.
    Raises KeyError when the frame lacks a key column.
    """
    missing = [name for name in key_columns if name not in frame.columns]
    if missing:
        raise KeyError(f"frame has no key column {missing}")
    if frame.empty:
        return SuiteRun(no_issues(), [], [(check.rule.id, NO_ROWS) for check in suite], [])
    scene = Scene(city, on)
    ready, idle = _sorted_out(suite, frame)
    verdicts = _judged_anew(ready, frame, key_columns, scene, known)
    idle += [(verdict.check, verdict.did_not_run) for verdict in verdicts if verdict.did_not_run]
    ran = [verdict for verdict in verdicts if not verdict.did_not_run]
    found = [_broad(verdict.check, frame, verdict.broad_count) for verdict in ran if verdict.broad_count]
    found += [issues for verdict in ran if verdict.rows for issues in _issues(verdict.check, frame.iloc[list(verdict.rows)], scene)]
    found += [_unchecked(check, reason, frame) for check, reason in idle if not reason.startswith(EMPTY)]
    found += _unfilled(suite, frame, mapped)
    kept = [issues for issues in found if len(issues)]
    return SuiteRun(
        issues=pd.concat(kept, ignore_index=True) if kept else no_issues(),
        ran=list(dict.fromkeys(verdict.check.rule.id for verdict in ran)),
        did_not_run=[(check.rule.id, reason) for check, reason in idle],
        broad=list(dict.fromkeys(verdict.check.rule.id for verdict in ran if verdict.broad_count)),
    )


def _judged_anew(
    checks: list[Check], frame: pd.DataFrame, key_columns: Sequence[str], scene: Scene, known: Sequence[bool] | None
) -> list[Verdict]:
    """A verdict a check, in their order. Of a frame where shares are asked, every row is looked at again: a share is of all rows."""
    if known is None or not any(known) or len(frame) > BROAD_ROWS:
        return _judged(checks, frame, key_columns, scene)
    at = np.flatnonzero(~np.asarray(known, dtype=bool))
    lasting = [check for check in checks if not check.is_dated]
    dated = [check for check in checks if check.is_dated]
    fresh = _judged(lasting, frame.iloc[at], key_columns, scene) if len(at) else [Verdict(check) for check in lasting]
    found = [replace(verdict, rows=tuple(at[list(verdict.rows)].tolist())) for verdict in fresh]
    found += _judged(dated, frame, key_columns, scene) if dated else []
    return sorted(found, key=lambda verdict: checks.index(verdict.check))


def _judged(checks: list[Check], frame: pd.DataFrame, key_columns: Sequence[str], scene: Scene) -> list[Verdict]:
    """Great Expectations is imported when first used. It warns on the way and would send every later warning to the log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from expectations.engine import judge
    return judge(checks, frame, tuple(key_columns), scene, BROAD_ROWS, BROAD_SHARE)


def _sorted_out(suite: Suite, frame: pd.DataFrame) -> tuple[list[Check], list[tuple[Check, str]]]:
    """Checks that have something to look at; and those that have not, or not in every column, with the reason."""
    ready: list[Check] = []
    idle: list[tuple[Check, str]] = []
    for check in suite:
        absent = [name for name in check.reads if name not in frame.columns]
        empty = [] if absent else [name for name in check.needs if frame[name].isna().all()]
        if absent:
            idle.append((check, f"缺少列 {'、'.join(absent)}"))
        idle += [(check, f"{EMPTY}：{TITLES.get(name, name)}一栏全空") for name in empty]
        if not absent and (not empty or len(empty) < len(check.needs)):
            ready.append(check)
    return ready, idle


def _issues(check: Check, failing: pd.DataFrame, scene: Scene) -> Iterator[pd.DataFrame]:
    if check.cells is None:
        yield issue_rows(check.rule, failing, _shown(failing, check.reads), field=check.rule.field)
        return
    right = check.cells(scene, failing)
    for column in right.columns[~right.all()]:
        wrong = failing[~right[column]]
        yield issue_rows(check.rule, wrong, wrong[column], field=str(column))


def _broad(check: Check, frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """One issue a source: critical as the failure of the list, otherwise under the rule's own name."""
    rule = RULES["source_failing"] if check.rule.severity == "critical" else check.rule
    told = f"“{check.rule.title}”：{len(frame)} 行中有 {count} 行（{count / len(frame):.0%}）不合格，按整份名单处理；请检查导出方式。"
    return issue_rows(rule, _places(frame), field=check.rule.field, message=told)


def _unchecked(check: Check, reason: str, frame: pd.DataFrame) -> pd.DataFrame:
    sources = _places(frame)
    where = sources if len(sources) == 1 else pd.DataFrame({"source": [None]})
    return issue_rows(RULES["check_did_not_run"], where, [f"检查“{check.rule.title}”未执行：{reason}"], field=check.rule.field)


def _unfilled(suite: Suite, frame: pd.DataFrame, mapped: Mapping[str, Collection[str]] | None) -> list[pd.DataFrame]:
    """An issue for each source and column that the source maps, that checks read, and that is filled in no row."""
    waiting: dict[str, list[str]] = {}
    for check in suite:
        for column in check.needs:
            if column in frame.columns:
                waiting.setdefault(column, []).append(check.rule.title)
    return [
        issue_rows(RULES["check_did_not_run"], silent, [_unlooked(column, titles)] * len(silent), field=column)
        for column, titles in waiting.items()
        if len(silent := _silent(frame, column, mapped))
    ]


def _silent(frame: pd.DataFrame, column: str, mapped: Mapping[str, Collection[str]] | None) -> pd.DataFrame:
    """The sources, one a line, in which `column` is expected and has no value."""
    if "source" not in frame.columns:  # stations: what no source of the city gives is missed in none
        given = None if mapped is None else {*_OF_STATIONS, *(name for fields in mapped.values() for name in fields)}
        return pd.DataFrame({"source": [None] if is_expected(column, given) and frame[column].isna().all() else []})
    filled = frame[column].notna().groupby(frame["source"], sort=True).any()
    names = [source for source in filled.index[~filled] if is_expected(column, None if mapped is None else mapped.get(source, ()))]
    return pd.DataFrame({"source": names})


def _unlooked(column: str, titles: Sequence[str]) -> str:
    return f"“{TITLES.get(column, column)}”一栏全空，以下检查未执行：{'、'.join(dict.fromkeys(titles))}"


def _places(frame: pd.DataFrame) -> pd.DataFrame:
    """One line a source of the frame (one line without a source where the frame has none)."""
    return frame[["source"]].drop_duplicates() if "source" in frame.columns else pd.DataFrame({"source": [None]})


def _shown(rows: pd.DataFrame, columns: Sequence[str]) -> list[str | None]:
    """The values that the check read, as a person would put them side by side."""
    texts = [rows[name].astype("str").fillna("") for name in columns]
    joined = ["，".join(part for part in parts if part) for parts in zip(*texts, strict=True)]
    return [text or None for text in joined]
