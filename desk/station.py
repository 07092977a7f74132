"""One station as people see it: what it is made of, which values it took and why, what happened to it, and what it nearly merged with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from desk import words
from desk.coded import shown
from desk.evidence import bits, in_short
from transforms.dedupe import Model
from transforms.dedupe.evidence import evidence_of
from transforms.records import FIELDS

#: What decided between the owners' values (a key of `transforms.merge.choosing.RANKS`, or how it was settled without one).
BASES: Final = {
    "agreement": "较多名单这样写",
    "basis": "业主自己写明的优先",
    "completeness": "写得最全",
    "earliest": "日期最早",
    "fit": "与场所类型不矛盾",
    "given": "坐标是原样给出的",
    "nearness": "较多名单的位置在它附近",
    "presence": "只有它写了这一项",
    "premises": "说得清是谁的场所",
    "seen": "最近还在名单里",
    "trust": "名单更可信",
    "updated": "更新得最晚",
    "alone": "只有这一条登记有",
    "unanimous": "各名单一致",
    "order": "不分上下，取排在前面的",
    "rule": "按场所类型的规则推定",
    "union": "各名单的合在一起",
    "correction": "人工更正",
}

_TITLES: Final = {field.name: field.title for field in FIELDS if "station" in field.on}

#: Rows of a table; the rest is told as a count.
_ROWS: Final = 30


@dataclass(frozen=True, slots=True)
class StationFacts:
    """One station. `asked`: the id as asked for, which may lead to `station_id`; `redirects`: ids that lead here; `nearly`: the strongest pair to each of the
    nearest other stations (left_id of this one, right_id, weight_mb, levels, station_id); `names`: station id → what to call it."""

    asked: str
    station_id: str
    values: Mapping[str, object]
    choices: pd.DataFrame
    listings: pd.DataFrame
    history: pd.DataFrame
    events: pd.DataFrame
    judgements: pd.DataFrame
    redirects: list[str]
    nearly: pd.DataFrame
    model: Model
    names: Callable[[str], str]
    sources: Mapping[str, str]


def station_page(facts: StationFacts, titles: Mapping[str, str]) -> RenderableType:
    """The whole page for a terminal. `titles`: source key → Chinese title."""
    return Group(Text("\n".join([*station_head(facts), ""]), style="bold"), *station_tables(facts, titles))


def station_head(facts: StationFacts) -> list[str]:
    """What the page begins with: whom the id asked for leads to, the station's name and whether it is open, and the ids that lead here."""
    lead = [f"{facts.asked} 已并入 {facts.station_id}"] if facts.asked != facts.station_id else []
    merged = [f"并入它的编号：{'、'.join(facts.redirects)}"] if facts.redirects else []
    status = f"停用（{words.word(words.CAUSES, facts.values.get('close_cause'))}）" if facts.values.get("status") == "closed" else "在册"
    return [*lead, f"{facts.station_id}  {cell(facts.values.get('name'))}  {status}", *merged]


def station_tables(facts: StationFacts, titles: Mapping[str, str]) -> list[Table]:
    """Listings, values with their reasons, history, events, judgements, and what it nearly merged with; tables without a row are left out."""
    return [_listings(facts, titles), _values(facts), *_history(facts), *_events(facts), *_judgements(facts), *_nearly(facts)]


def basis_word(basis: str) -> str:
    """Why a value was chosen, in Chinese."""
    return words.word(BASES, basis)


def cell(value: object) -> str:
    """A value as a person reads it; a day without its midnight."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    return str(value).removesuffix(" 00:00:00")


def _table(title: str, *headers: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold")
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _listings(facts: StationFacts, titles: Mapping[str, str]) -> Table:
    table = _table(f"登记 {len(facts.listings)} 条  Listings", "登记", "名单", "名称", "地址", "自", "现状")
    for row in facts.listings.to_dict("records"):
        state = "在册" if row["is_open"] else f"停用 {cell(row['closed_on'])}（{words.word(words.CAUSES, row['close_cause'])}）"
        carried = "，沿用旧值" if row["is_open"] and row["carried"] else ""
        told = (row["listing_id"], titles.get(row["source"], row["source"]), row["name"], row["address"], row["first_seen_on"])
        table.add_row(*map(cell, told), state + carried)
    return table


def _values(facts: StationFacts) -> Table:
    table = _table("取值和理由  Values", "项", "取值", "为什么", "出自")
    for row in facts.choices.to_dict("records"):
        several = f"（{row['values']} 种写法）" if int(row["values"]) > 1 and row["basis"] != "union" else ""
        value = cell(facts.values.get(row["field"]))
        table.add_row(
            _TITLES.get(row["field"], row["field"]), shown(row["field"], value), basis_word(row["basis"]) + several, cell(row["listing_id"])
        )
    return table


def _history(facts: StationFacts) -> list[Table]:
    table = _table("历史  History", "自", "至", "改了什么")
    before: Mapping[Any, Any] | None = None
    for row in facts.history.to_dict("records"):
        changed = [
            f"{title}：{shown(name, cell(before[name])) or '（空）'} → {shown(name, cell(row[name])) or '（空）'}"
            for name, title in _TITLES.items()
            if before is not None and name in row and cell(before[name]) != cell(row[name])
        ]
        table.add_row(cell(row["valid_from"]), cell(row["valid_to"]) or "今", "；".join(changed) if before is not None else "首次发布")
        before = row
    return [table] if len(facts.history) else []


def _events(facts: StationFacts) -> list[Table]:
    table = _table("事件  Events", "日期", "事件", "原因", "详情")
    for row in facts.events.tail(_ROWS).to_dict("records"):
        told = (words.word(words.EVENTS, row["event"]), words.word(words.CAUSES, row["cause"]), row["detail"])
        table.add_row(cell(row["night"]), *map(cell, told))
    return [table] if len(facts.events) else []


def _judgements(facts: StationFacts) -> list[Table]:
    table = _table("人的判定  Judgements", "编号", "两条登记", "判定", "谁", "为什么")
    for row in facts.judgements.to_dict("records"):
        pair = f"{row['left_id']} 与 {row['right_id']}"
        table.add_row(*map(cell, (row["decision_id"], pair, words.word(words.VERDICTS, row["verdict"]), row["who"], row["why"])))
    return [table] if len(facts.judgements) else []


def _nearly(facts: StationFacts) -> list[Table]:
    table = _table("差点合并的  Nearly merged with", "驿站", "最像的两条登记", "比特", "为什么", "判定")
    for row in facts.nearly.to_dict("records"):
        sides = (facts.sources[row["left_id"]], facts.sources[row["right_id"]])
        short = in_short(evidence_of(json.loads(row["levels"]), sides, facts.model))
        verdict = words.word(words.VERDICTS, row["verdict"]) if cell(row["verdict"]) else ""
        pair = f"{row['left_id']} 与 {row['right_id']}"
        table.add_row(facts.names(row["station_id"]), pair, bits(int(row["weight_mb"])), short, verdict)
    return [table] if len(facts.nearly) else []
