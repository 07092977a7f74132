"""A receipt that an owner filled in and sent back: its values become corrections, after the same checks as any other, all of them or none."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd
from rich.console import Console
from sqlalchemy import text

from desk.receipt import POSITION
from desk.receipt_workbook import Returned, ReturnedLine, read_workbook
from flows.acts import Signed, fault_of, issues_of
from flows.house import House, of_another_city, open_house
from flows.judge import decisions_of, written
from flows.outlook import ended_decisions, latest_night, read_published, warehouse_in_force
from flows.rebuild import rebuild
from flows.row_decisions import contents_of
from flows.run import RefusedError
from flows.settings import Settings, now, prepare_process
from sources.kit.contract import rows_again
from sources.kit.raw import NotAsDeclaredError
from transforms.allowed import CORRECTION_COLUMNS, Allowed, as_written, is_holding
from transforms.records import FIELDS
from warehouse.disk import DiskFullError
from warehouse.journal import Decisions, JournalError

#: Lines told; the rest is a count.
_TOLD: Final = 50

#: A number of more digits than a spreadsheet keeps, as it is read back.
_LOST: Final = re.compile(r"\d\.\d{14}E\+\d+")

#: Two degrees in one cell.
_BETWEEN: Final = re.compile(r"[\s,，;；、]+")

_TITLES: Final = {each.name: each.title for each in FIELDS if "row" in each.on} | {POSITION: "经度,纬度"}


class _WrongLineError(ValueError):
    """A line cannot be used; the message (Chinese) says why."""


@dataclass(frozen=True, slots=True)
class Applied:
    """`ids`: the decisions written; `again`: lines whose value stood already; `passed_over`: why lines were not used (Chinese); `still_held`: lines whose row
    is held back for something else yet."""

    ids: tuple[str, ...]
    again: int
    passed_over: tuple[str, ...]
    still_held: int


@dataclass(slots=True)
class _Asked:
    """What the usable lines come to. `said`: (row key, field) → the first line that speaks of it, and its value; `values`: those of them that are to be
    written; `verbatim`: row key → the row as its owner wrote it."""

    said: dict[tuple[str, str], tuple[ReturnedLine, str]] = field(default_factory=dict)
    values: dict[tuple[str, str], tuple[ReturnedLine, str]] = field(default_factory=dict)
    verbatim: dict[str, str] = field(default_factory=dict)
    again: int = 0
    passed_over: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def refuse_wrong(self) -> None:
        """Raise RefusedError with every line that cannot be used."""
        if self.wrong:
            more = [f"…… 另有 {len(self.wrong) - _TOLD} 处"] if len(self.wrong) > _TOLD else []
            raise RefusedError("\n".join(["一条也没有记下，改好后再交一次：", *self.wrong[:_TOLD], *more]))


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a source now: `held` and `listed` (row_key, row_digest, verbatim), and the keys of all that ever were."""

    held: pd.DataFrame
    listed: pd.DataFrame
    ever: frozenset[str]

    def find(self, row_key: str, digest: str) -> str | None:
        """The row under the key as its owner wrote it, None when it no longer reads as it did (`digest`: the beginning of its digest)."""
        if row_key not in self.ever:
            raise _WrongLineError(f"名单里没有“{row_key}”这一行：“行标识”可能改过，请从原来的回执里抄回")
        held = self.held[self.held["row_key"] == row_key]
        there = held if len(held) else self.listed[self.listed["row_key"] == row_key]
        same = there[as_written(there["row_digest"]).str.startswith(digest)]
        return str(same["verbatim"].iloc[-1]) if len(same) else None


def apply_receipt(settings: Settings, say: Console, file: Path, *, who: str, why: str) -> int:
    """Take the file, make the night again once, and tell; 1 when the corrections stand but their night could not be published."""
    returned = _read(file)
    prepare_process(settings)
    house = open_house(settings)
    if sentence := of_another_city(house):
        raise RefusedError(sentence)
    applied = apply(house, returned, Signed(who, why))
    _tell(applied, returned, say)
    return _rebuilt(house, say) if applied.ids else 0


def apply(house: House, returned: Returned, signed: Signed) -> Applied:
    """Write a correction for each value of the receipt that does not stand yet. Raises RefusedError, with nothing written, when a line cannot be used."""
    if returned.source not in house.sources:
        raise RefusedError(f"回执是名单 {returned.source} 的，这里没有这份名单；现有：{'、'.join(house.sources)}")
    if not returned.lines:
        raise RefusedError("“更正值”一栏一格也没有填")
    ended = ended_decisions(house)
    decisions = decisions_of(house).less(ended)
    asked = _asked(house, returned, decisions)
    asked.refuse_wrong()
    still_held = _checked(house, returned.source, asked, decisions)
    asked.refuse_wrong()
    same = {"act": "correct", "scope": "row", "who": signed.who.strip(), "why": signed.why.strip()}
    night, keys = latest_night(house), list(asked.verbatim)
    contents = dict(
        zip(keys, contents_of(house.sources[returned.source], pd.Series(list(asked.verbatim.values()), dtype="str")), strict=True)
    )
    acts = [
        {**same, "key": f"{returned.source}:{key}", "field": name, "value": value, "night": night, "content": contents[key]}
        for (key, name), (_, value) in asked.values.items()
    ]
    ids = written(house, acts, _unchanged(decisions, asked, returned.source, ended)) if acts else []
    return Applied(tuple(ids), asked.again, tuple(asked.passed_over), still_held)


def _read(file: Path) -> Returned:
    try:
        return read_workbook(file)
    except OSError as wrong:
        raise RefusedError(f"{file}：读不出来（{wrong.strerror}）") from wrong
    except NotAsDeclaredError as refused:
        raise RefusedError(str(refused)) from refused


def _asked(house: House, returned: Returned, decisions: Decisions) -> _Asked:
    """The lines one by one: what each is about, whether that is still so, and whether the value stands already."""
    rows, asked, standing = _rows(house, returned.source), _Asked(), _standing(decisions)
    for line in returned.lines:
        try:
            digest, name, key = _about(line.mark, returned.source)
            values = _values(name, line.value)
            verbatim = rows.find(key, digest)
        except _WrongLineError as wrong:
            asked.wrong.append(f"{_place(line)}：{wrong}")
            continue
        if verbatim is None:
            asked.passed_over.append(f"{_place(line)}：回执之后业主改过或去掉了这一行，以名单为准")
        else:
            asked.verbatim[key] = verbatim
            _take(asked, line, key, values, standing, returned)
    return asked


def _take(
    asked: _Asked,
    line: ReturnedLine,
    key: str,
    values: Mapping[str, str],
    standing: Mapping[tuple[str, str], Mapping[Any, Any]],
    returned: Returned,
) -> None:
    """A usable line's values beside what other lines say, and what people decided before."""
    known = {name: standing.get((f"{returned.source}:{key}", name)) for name in values}
    if all(row is not None and row["value"] == values[name] for name, row in known.items()):
        asked.again += 1
    for name, value in values.items():
        row, (first, said) = known[name], asked.said.setdefault((key, name), (line, value))
        if said != value:
            asked.wrong.append(f"{_place(line)}：与{first.at}说的是同一行的同一栏，值却不同（“{said}”）")
        elif row is None or (row["value"] != value and row["at"] < returned.decisions):
            asked.values[key, name] = (first, value)
        elif row["value"] != value:
            asked.passed_over.append(
                f"{_place(line)}：回执之后已由{row['who']}更正为“{row['value']}”（{row['decision_id']}）；要用这个值，请先撤销它"
            )


def _about(mark: str, source: str) -> tuple[str, str, str]:
    """Beginning of the row's digest, field, and key of the row that a 行标识 names."""
    parts = mark.split(" ", 3)
    if not mark:
        raise _WrongLineError("没有“行标识”：是新加的行，或这一处不能用更正值改；请在名单里改")
    if len(parts) < 4 or parts[2] not in _TITLES:
        raise _WrongLineError(f"“行标识”不对（{mark[:60]}）：请从原来的回执里抄回")
    if parts[0] != source:
        raise _WrongLineError(f"“行标识”是另一份名单 {parts[0]} 的，这份回执是 {source} 的")
    return parts[1], parts[2], parts[3]


def _values(name: str, value: str) -> dict[str, str]:
    """The row fields that a value fills."""
    if _LOST.fullmatch(value):
        raise _WrongLineError("数字太长，表格软件已把末几位改掉；请把这一格设为文本后重填")
    if name != POSITION:
        return {name: value}
    degrees = [part for part in _BETWEEN.split(value) if part]
    if len(degrees) != 2:
        raise _WrongLineError("坐标请写两个数：经度,纬度")
    return dict(zip(POSITION.split(","), degrees, strict=True))


def _place(line: ReturnedLine) -> str:
    field = f"，{line.field}" if line.field else ""
    return f"{line.at}{field}“{line.value if len(line.value) <= 60 else line.value[:59] + '…'}”"


def _rows(house: House, source: str) -> _Rows:
    state = read_published(house).state
    held, listed = (frame[frame["source"] == source] for frame in (state.quarantine, state.listing))
    ever = text("select row_key from quarantine where source = :source union select row_key from listing where source = :source")
    with warehouse_in_force(house) as connection:
        keys = frozenset(connection.execute(ever, {"source": source}).scalars())
    return _Rows(held, listed[listed["is_open"].astype(bool)], keys)


def _standing(decisions: Decisions) -> dict[tuple[str, str], Mapping[Any, Any]]:
    """(source:row_key, field) → the correction in force, with its place in the journal (`at`, from 0)."""
    at = {number: place for place, number in enumerate(decisions.log["decision_id"])}
    rows = decisions.corrections[decisions.corrections["scope"] == "row"]
    rows = rows.assign(at=rows["decision_id"].map(at))
    return {(str(row["key"]), str(row["field"])): row for row in rows.to_dict("records")}


def _checked(house: House, source: str, asked: _Asked, decisions: Decisions) -> int:
    """Hold every row to the checks as it would read; what is wrong goes into `asked.wrong`. How many rows are held back for something else."""
    keys = sorted({key for key, _ in asked.values})
    if not keys:
        return 0
    rows = rows_again(pd.Series([asked.verbatim[key] for key in keys], dtype="str"), house.sources[source])
    rows = rows.assign(row_key=[keys[int(line) - 1] for line in rows["line"]])
    new = pd.DataFrame(
        [{"decision_id": "", "key": f"{source}:{key}", "field": name, "value": value} for (key, name), (_, value) in asked.values.items()],
        columns=list(CORRECTION_COLUMNS),
    ).astype("str")
    standing = pd.concat([decisions.allowed.corrections, new], ignore_index=True).drop_duplicates(["key", "field"], keep="last")
    rows = Allowed(corrections=standing).corrected(rows)
    issues = decisions.allowed.in_force(latest_night(house)).let_through(issues_of(house, rows, house.sources[source]), rows)
    found = {str(key): own for key, own in issues.groupby("row_key")}
    fields: dict[tuple[str, str], list[str]] = {}
    for (key, name), (line, _) in asked.values.items():
        fields.setdefault((key, _place(line)), []).append(name)
    faults = [(place, fault_of(found[key], names)) for (key, place), names in fields.items() if key in found]
    asked.wrong += [f"{place}：{fault}" for place, fault in faults if fault]
    return int(issues.loc[is_holding(issues), "row_key"].nunique())


def _unchanged(before: Decisions, asked: _Asked, source: str, ended: Collection[str]) -> Callable[[Decisions, Decisions], None]:
    """Refuses, under the journal's lock, when somebody corrected one of these values since they were looked at."""

    def check(known: Decisions, _: Decisions) -> None:
        then, there = _standing(before), _standing(known.less(ended))
        for key, name in asked.values:
            at = (f"{source}:{key}", name)
            if at in there and there[at]["decision_id"] != then.get(at, {}).get("decision_id"):
                raise RefusedError(
                    f"{there[at]['who']}刚刚更正了 {at[0]} 的{_TITLES[name]}（{there[at]['decision_id']}），没有记下；请再交一次"
                )

    return check


def _tell(applied: Applied, returned: Returned, say: Console) -> None:
    ids = applied.ids
    lines: Sequence[str] = [
        *([f"已按 {returned.source} {returned.night} 的回执记下 {len(ids)} 条更正（{ids[0]} 至 {ids[-1]}）"] if ids else ["没有新的更正"]),
        *([f"{applied.again} 处先前已照此更正，没有再记一次"] if applied.again else []),
        *([f"{len(applied.passed_over)} 处没有采用："] if applied.passed_over else []),
        *applied.passed_over[:_TOLD],
        *([f"…… 另有 {len(applied.passed_over) - _TOLD} 处"] if len(applied.passed_over) > _TOLD else []),
        *([f"其中 {applied.still_held} 行还有别的问题，仍不收下"] if applied.still_held else []),
        *([f"撤销：yizhan undo {ids[-1]} --who 姓名 --why 理由（逐条撤销，{ids[0]} 至 {ids[-1]}）"] if ids else []),
    ]
    for line in lines:
        say.print(line, markup=False, soft_wrap=True)


def _rebuilt(house: House, say: Console) -> int:
    """The latest night made again with the corrections."""
    at = now()
    try:
        rebuilt = rebuild(house, f"receipt/{at.isoformat()}", "回执更正")
    except (DiskFullError, JournalError) as stopped:
        say.print(f"更正已记下，但这一夜没有重建：{stopped}；下一夜起生效", markup=False)
        return 1
    if rebuilt.ended.state == "rejected":
        say.print(f"更正已记下，但 {rebuilt.night} 这一夜重建后不能发布：{rebuilt.ended.reason}", markup=False)
        return 1
    say.print(f"已重建 {rebuilt.night} 并发布为 {rebuilt.publication}，回执随之重写", markup=False)
    for fault in rebuilt.faults:
        say.print(fault, markup=False, soft_wrap=True)
    return 0
