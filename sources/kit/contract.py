"""What a list must look like before any row is believed: headers, bounds, keys. Every row read ends in `rows` or in `ignored`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pandas as pd

from sources.kit.raw import Raw, raw_of
from sources.kit.row_keys import digests, row_keys, verbatim
from sources.kit.source import Accepted, Source
from transforms.records import RULES, columns_of, issue_rows, no_issues
from transforms.records.fields import ROW_META

#: Reasons in `Contracted.ignored`.
REPEATED: Final = "row_repeated"
TOMBSTONE: Final = "tombstone"


@dataclass(frozen=True, slots=True)
class Contracted:
    """A retrieval's rows under their fields.

    `rows` is a frame of the row stage; those with a critical issue are to be held back. `ignored` is [row_key, line, reason].
    `tombstones` are the keys whose rows only say that they are gone. `rows_read` is what the owner sent, counted before any of that:
    rows read = rows + ignored, always, also of a source that stopped. `parts`: line → number of the payload in which it lies (see Raw).
    """

    rows: pd.DataFrame
    ignored: pd.DataFrame
    tombstones: tuple[str, ...]
    issues: pd.DataFrame
    stopped: bool
    rows_read: int
    parts: pd.Series


@dataclass(frozen=True, slots=True)
class Finding:
    """Issues of a whole source, and whether they stop it."""

    issues: pd.DataFrame
    stopped: bool


def apply(raw: Raw, source: Source, accepted: Accepted | None = None) -> Contracted:
    """Hold `raw` to what `source` declares. `accepted`: the drift that an operator has accepted.

    A changed-since feed is not measured against the bounds here, for it brings only what changed: call `bounds` with what is open after it.
    """
    accepted = accepted or Accepted()
    rows = _rows(raw, source)
    repeated = rows.duplicated(["row_key", "row_digest"])
    gone = _tombstones(raw, source).reindex(rows.index) & ~repeated
    clashing = rows["row_key"].duplicated(keep=False) & _differ(rows, repeated)
    gone &= ~clashing
    reasons = pd.Series(REPEATED, index=rows.index, dtype="str").where(repeated, TOMBSTONE)
    ignored = rows.assign(reason=reasons).loc[repeated | gone, ["row_key", "line", "reason"]].reset_index(drop=True)
    kept = rows[~repeated & ~gone]
    whole = [_refusal(raw, source), _drift(raw, source, accepted), _total(raw, source)]
    if raw.mode == "snapshot" and raw.refusal is None:
        whole.append(bounds(source, len(kept), accepted))
    issues = [
        *(finding.issues for finding in whole),
        issue_rows(RULES[REPEATED], rows[repeated]),
        _clashes(kept[clashing.loc[kept.index]]),
        _keyless(kept, source),
        *_unusable(raw, source, rows, kept.index),
    ]
    return Contracted(
        rows=kept.reset_index(drop=True),
        ignored=ignored,
        tombstones=tuple(sorted(rows.loc[gone, "row_key"])),
        issues=pd.concat([frame for frame in issues if len(frame)] or [no_issues()], ignore_index=True),
        stopped=any(finding.stopped for finding in whole),
        rows_read=len(raw.lines),
        parts=raw.parts.set_axis(raw.lines),
    )


def bounds(source: Source, count: int, accepted: Accepted | None = None) -> Finding:
    """`count` against the bounds that the source declares or a person accepted: the rows of a snapshot, or the listings open after a changed-since feed."""
    accepted = accepted or Accepted()
    low, high = accepted.rows or source.rows
    waived = accepted.rules
    if count == 0 and low > 0:
        return _finding(source, "source_empty", None, waived)
    if count < low:
        return _finding(source, "source_too_few", f"只有 {count} 行，少于约定的 {low} 行；沿用上次的名单。请核对是否漏报。", waived)
    if count > high:
        return _finding(source, "source_too_many", f"共 {count} 行，多于约定的 {high} 行；请核对是否混入别的名单。", waived)
    return Finding(no_issues(), stopped=False)


def rows_again(verbatim: pd.Series, source: Source) -> pd.DataFrame:
    """Rows as `apply` would give them, out of what was kept of each (a JSON object of header to text); lines are numbered from 1."""
    records = [json.loads(kept) for kept in verbatim]
    headers = list(dict.fromkeys(header for record in records for header in record))
    return _rows(raw_of(records, headers), source)


def _rows(raw: Raw, source: Source) -> pd.DataFrame:
    """Every row read under its fields, with key and digest; ordered as the lines run, so that of repeats the first stays."""
    if raw.lines.empty:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in (*ROW_META, *columns_of("row"))})
    cells = raw.cells
    fields = {field: cells[header] for header, field in source.columns.items() if header in cells}
    nothing = pd.Series(None, index=cells.index, dtype="str")
    rows = pd.DataFrame({field: fields.get(field, nothing) for field in columns_of("row")})
    lost = raw.unusable[raw.unusable["rule"] == "number_precision_lost"]
    for header, at in lost.groupby("header")["at"]:
        if str(header) in source.columns:
            rows.loc[at, source.columns[str(header)]] = None
    meta = pd.DataFrame({"source": source.key, "line": raw.lines, "verbatim": verbatim(cells)}, index=cells.index).astype("str")
    meta["row_digest"] = digests(cells, [header for header in source.declared if header in cells])
    meta["row_key"] = row_keys(rows, source.row_key, meta["row_digest"])
    framed = pd.concat([meta, rows], axis=1)[[*ROW_META, *columns_of("row")]]
    length = framed["line"].str.len()
    return framed.iloc[pd.DataFrame({"length": length, "line": framed["line"]}).sort_values(["length", "line"]).index]


def _tombstones(raw: Raw, source: Source) -> pd.Series:
    if source.tombstone is None or source.tombstone[0] not in raw.cells:
        return pd.Series(data=False, index=raw.lines.index)
    header, flag = source.tombstone
    return raw.cells[header].str.strip().eq(flag).fillna(value=False).astype(bool)


def _differ(rows: pd.DataFrame, repeated: pd.Series) -> pd.Series:
    """Rows whose key also stands on a row of other content, repeats left out."""
    contents = rows.loc[~repeated].groupby("row_key")["row_digest"].transform("size")
    return contents.reindex(rows.index).gt(1)


def _refusal(raw: Raw, source: Source) -> Finding:
    if raw.refusal is None:
        return Finding(no_issues(), stopped=False)
    return _finding(source, "source_not_as_declared", raw.refusal, frozenset())


def _drift(raw: Raw, source: Source, accepted: Accepted) -> Finding:
    known = {*source.declared, *source.ignored, *accepted.headers}
    missing: list[str] = []
    unknown: dict[str, None] = {}
    for block, headers in raw.headers.items():
        where = f"（{block}）" if len(raw.headers) > 1 else ""
        missing += [f"{header}{where}" for header in source.declared if header not in headers and header not in accepted.headers]
        unknown |= dict.fromkeys(header for header in headers if header not in known)
    found = [
        issue_rows(RULES[rule], _whole(source, len(headers)), list(headers))
        for rule, headers in (("header_missing", missing), ("header_unknown", list(unknown)))
    ]
    return Finding(pd.concat(found, ignore_index=True), stopped=bool(missing))


def _total(raw: Raw, source: Source) -> Finding:
    if raw.total is None or raw.total == len(raw.lines):
        return Finding(no_issues(), stopped=False)
    sentence = f"名单写明共 {raw.total} 行，实收 {len(raw.lines)} 行；沿用上次的名单。请核对后重新发布。"
    return _finding(source, "source_partial", sentence, frozenset())


def _clashes(rows: pd.DataFrame) -> pd.DataFrame:
    return issue_rows(RULES["row_key_repeated"], rows, rows["row_key"])


def _keyless(rows: pd.DataFrame, source: Source) -> pd.DataFrame:
    without = rows[rows[list(source.row_key)].isna().all(axis=1)]
    return issue_rows(RULES["row_key_missing"], without, field=source.row_key[0])


def _unusable(raw: Raw, source: Source, rows: pd.DataFrame, kept: pd.Index) -> list[pd.DataFrame]:
    """Issues of cells that the reader could not take at their word, for rows that are kept."""
    found = raw.unusable[raw.unusable["at"].isin(kept) & (raw.unusable["header"].isin([*source.columns, ""]))]
    return [
        issue_rows(RULES[str(rule)], rows.loc[cells["at"]], cells["value"], field=source.columns.get(str(header)))
        for (rule, header), cells in found.groupby(["rule", "header"])
    ]


def _finding(source: Source, rule: str, value: str | None, waived: frozenset[str]) -> Finding:
    issues = issue_rows(RULES[rule], _whole(source, 1), [value], message=value)
    return Finding(issues, stopped=RULES[rule].severity == "critical" and rule not in waived)


def _whole(source: Source, count: int) -> pd.DataFrame:
    return pd.DataFrame({"source": [source.key] * count})
