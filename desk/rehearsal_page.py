"""What a rehearsal shows: one offline HTML page, the same as Markdown, and a few lines for the terminal. In Chinese; no value in them reaches a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desk import words
from desk.rehearsed import ROW, Beside, Rehearsal
from desk.report import cell, plain
from transforms.records import FIELDS, Rule

#: Examples shown of each rule or field, and of each sort of change to whole stations.
EXAMPLES: Final = 3
STATIONS_SHOWN: Final = 10

#: Sorts of difference, in the order in which they are told.
ROW_KINDS: Final = {"held": "新扣留", "passed": "不再扣留", "more": "扣留的理由增加", "fewer": "扣留的理由减少"}
LIST_KINDS: Final = {"stopped": "新暂停采用", "taken": "恢复采用"}
STATION_KINDS: Final = {
    "opened": "多出",
    "closed": "少了",
    "merged": "合并",
    "split": "拆开",
    "renumbered": "换了编号",
    "changed": "内容变了",  # of stations that were neither merged nor split: of those it goes without saying
}
STATES: Final = {"published": "发布", "quarantined": "待处理", "rejected": "拒绝"}

_TITLES: Final = {field.name: field.title for field in FIELDS}
_PERSONAL: Final = frozenset(field.name for field in FIELDS if field.personal)


def rehearsal_page(rehearsal: Rehearsal, rules: Mapping[str, Rule]) -> str:
    """The HTML. Nothing in it is fetched from anywhere."""
    return _rendered("rehearsal.html.jinja", rehearsal, rules, is_html=True)


def rehearsal_markdown(rehearsal: Rehearsal, rules: Mapping[str, Rule]) -> str:
    """The same as Markdown, which a code host shows beside a change."""
    return _rendered("rehearsal.md.jinja", rehearsal, rules, is_html=False)


def headline(rehearsal: Rehearsal) -> list[str]:
    """A few lines: whether anything differs, and how much of what."""
    nights = rehearsal.nights
    span = f"{len(nights)} 夜（{nights[0].night} 至 {nights[-1].night}）"
    aside = f"；另有 {len(rehearsal.skipped)} 夜排演不了" if rehearsal.skipped else ""
    if rehearsal.is_same:
        return [f"没有差别：{span}用工作目录的规则重跑，与发布的一样{aside}。"]
    differing = sum(not each.is_same for each in nights)
    lines = [f"有差别：{span}里有 {differing} 夜与发布的不一样{aside}。"]
    for title, table, kinds in (("行", "rows", ROW_KINDS), ("名单", "lists", LIST_KINDS), ("驿站", "stations", STATION_KINDS)):
        found = rehearsal.over_nights(table)
        if len(found):
            key = {"rows": ["kind", *ROW], "lists": ["kind", "source"], "stations": ["kind", "station_id"]}[table]
            counts = found.drop_duplicates(key)["kind"].value_counts()
            lines.append(f"{title}：" + "，".join(f"{word} {counts[kind]}" for kind, word in kinds.items() if kind in counts) + "。")
    if stopped := [each.night for each in nights if each.was != "rejected" and each.now == "rejected"]:
        lines.append(f"会被拒绝、不能发布的夜：{'、'.join(stopped)}。")
    if churned := [each.night for each in nights if each.churned]:
        lines.append(f"会被变动把关拦下、要人核对的夜：{'、'.join(churned)}；排演按放行继续。")
    return lines


def notes(rehearsal: Rehearsal) -> list[str]:
    """What a reader must know: nights left out, lists that could not be rehearsed as they were, and what the gates would say."""
    told = [f"{each.night} 没有排演：{'；'.join(each.why)}。下一夜从这一夜发布的名册接着排演" for each in rehearsal.skipped]
    nights: dict[str, list[str]] = {}
    for each in rehearsal.nights:
        for note in each.notes:
            nights.setdefault(note, []).append(each.night)
        if each.now == "rejected" and each.was != "rejected":
            told.append(f"{each.night} 会被拒绝：{each.reason}")
        if each.churned:
            told.append(f"{each.night} 会被变动把关拦下，排演按放行继续：{each.churned}")
    return [*told, *(f"{note}（{_span(of)}）" for note, of in nights.items())]


def _span(nights: list[str]) -> str:
    return nights[0] if len(nights) == 1 else f"{nights[0]} 起 {len(nights)} 夜"


def _rendered(template: str, rehearsal: Rehearsal, rules: Mapping[str, Rule], *, is_html: bool) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=is_html,  # noqa: S701 - in the Markdown every value goes through `cell`
    )
    environment.filters["shown"] = plain if is_html else cell
    met = {kind for each in rehearsal.nights for table in (each.rows, each.lists, each.stations) for kind in table["kind"]}
    kinds = {kind: told for kind, told in {**ROW_KINDS, **LIST_KINDS, **STATION_KINDS}.items() if kind in met}
    return environment.get_template(template).render(
        city=rehearsal.city,
        headline=headline(rehearsal),
        facts=_facts(rehearsal),
        notes=notes(rehearsal),
        night_kinds=kinds,
        nights=[_night(each, kinds) for each in rehearsal.nights],
        rows=_row_groups(rehearsal, rules),
        lists=_lists(rehearsal),
        stations=_stations(rehearsal),
        fields=_fields(rehearsal),
        flags=_flags(rehearsal.nights, rehearsal.titles, rules),
    )


def _facts(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    nights = rehearsal.nights
    other, models = sum(each.is_other_rules for each in nights), sum(each.is_other_model for each in nights)
    return [
        ("对照", f"现在生效的发布 {rehearsal.publication}"),
        ("起点", f"{rehearsal.start} 那一夜发布的名册（从名册的历史推得）" if rehearsal.start else "空的名册（从归档的第一夜起）"),
        ("名单", "各夜发布时取到的原件，从归档读出，没有重新取数"),
        ("决定", "各夜当时的决定" if rehearsal.decisions == "then" else "今天的全部决定（差别里也有后来的决定带来的）"),
        ("规则", f"{other} 夜发布时的规则与工作目录不同" if other else "各夜发布时的规则与工作目录相同"),
        ("模型", f"{rehearsal.model or '各夜有效的模型'}" + (f"；{models} 夜与发布时的不同" if models else "；与发布时的相同")),
    ]


def _night(each: Beside, kinds: Iterable[str]) -> dict[str, Any]:
    return {
        "night": each.night,
        "was": STATES.get(each.was, each.was),
        "now": STATES.get(each.now, each.now) + ("，变动把关会拦下" if each.churned else ""),
        "open_was": each.open_was,
        "open_now": each.open_now,
        "counts": [each.count(kind) for kind in kinds],
        "is_same": each.is_same,
    }


def _row_groups(rehearsal: Rehearsal, rules: Mapping[str, Rule]) -> list[dict[str, Any]]:
    """A table a kind of difference, a line a source and rule, the largest first."""
    found = rehearsal.over_nights("rows")
    tables: list[dict[str, Any]] = []
    for kind, title in ROW_KINDS.items():
        groups: list[dict[str, Any]] = [
            {
                "source": rehearsal.titles.get(str(source), str(source)),
                "rule": _title(rules, str(rule)),
                "responsibility": words.word(words.RESPONSIBILITIES, rules[str(rule)].responsibility) if str(rule) in rules else "",
                "count": len(rows[ROW].drop_duplicates()),
                "first": rows["first"].min(),
                "examples": [_example(row) for row in _lines(rows.drop_duplicates(ROW).head(EXAMPLES))],
            }
            for (source, rule), rows in found[found["kind"] == kind].groupby(["source", "rule"], sort=True)
        ]
        if groups:
            tables.append({"title": title, "groups": sorted(groups, key=lambda group: -group["count"])})
    return tables


def _example(row: Mapping[str, Any]) -> dict[str, str]:
    field = "" if pd.isna(row["field"]) else str(row["field"])
    value = "（个人信息，不显示）" if field in _PERSONAL and not pd.isna(row["value"]) else row["value"]
    return {"line": row["line"], "key": row["row_key"], "field": _TITLES.get(field, field), "value": value}


def _lists(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    return [
        row | {"kind": LIST_KINDS[row["kind"]], "source": rehearsal.titles.get(row["source"], row["source"])}
        for row in _lines(rehearsal.over_nights("lists"))
    ]


def _stations(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    """A table a kind of difference of whole stations, with examples."""
    found = rehearsal.over_nights("stations")
    tables: list[dict[str, Any]] = []
    for kind, title in STATION_KINDS.items():
        rows = found[found["kind"] == kind]
        if kind != "changed" and len(rows):
            lines = [row | {"told": _told(kind, row)} for row in _lines(rows.head(STATIONS_SHOWN))]
            tables.append({"title": title, "count": rows["station_id"].nunique(), "lines": lines, "rest": len(rows) - len(lines)})
    return tables


def _told(kind: str, row: Mapping[str, Any]) -> str:
    own = f"{row['station_id']}（{row['name']}）"
    if kind in ("opened", "closed"):
        return own
    parts = [f"{each}（{name}）" for each, name in zip(str(row["parts"]).split(";"), str(row["part_names"]).split("\n"), strict=True)]
    if kind == "merged":
        return f"{' 与 '.join(parts)}，合为 {row['station_id']}"
    return f"{own}，{'分为' if kind == 'split' else '现在是'} {' 和 '.join(parts)}"


def _fields(rehearsal: Rehearsal) -> list[dict[str, Any]]:
    """A line a field of stations that reads otherwise, the most first."""
    found = rehearsal.over_nights("stations")
    groups: list[dict[str, Any]] = [
        {"field": _TITLES.get(str(field), str(field)), "count": len(rows), "examples": _lines(rows.head(EXAMPLES))}
        for field, rows in found[found["kind"] == "changed"].groupby("field", sort=True)
    ]
    return sorted(groups, key=lambda group: -group["count"])


def _flags(nights: tuple[Beside, ...], titles: Mapping[str, str], rules: Mapping[str, Rule]) -> list[dict[str, Any]]:
    """Counts of issues that hold nothing back, on the last night on which each differs."""
    latest: dict[tuple[str, str, str], dict[str, Any]] = {}
    for each in nights:
        for row in _lines(each.flags):
            latest[row["source"], row["rule"], row["severity"]] = {**row, "night": each.night}
    return [
        {
            **row,
            "source": titles.get(row["source"], row["source"]) or "名册",
            "rule": _title(rules, row["rule"]),
            "severity": words.word(words.SEVERITIES, row["severity"]),
        }
        for _, row in sorted(latest.items(), key=lambda each: -abs(each[1]["now"] - each[1]["was"]))
    ]


def _lines(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _title(rules: Mapping[str, Rule], rule: str) -> str:
    return f"{rules[rule].title}（{rule}）" if rule in rules else rule
