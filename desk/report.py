"""The night's report: one Markdown page in Chinese that says first whether anything must be done, then shows where every row went."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from desk import words
from desk.decided import about, decided_lines
from desk.facts import NightFacts
from desk.links import HEADERS, PAGES, Links
from desk.pictures import bars, in_markdown, rows_of_bars
from sources.kit.retrieval import Outcome
from transforms.records import FIELDS, Rule

#: Rows of a table, and groups with their examples and links: a page of at most 100 kB. The rest is told as a count and stands in the Excel file.
ROWS_SHOWN: Final = 100
GROUPS_SHOWN: Final = 25

#: Field → its Chinese title.
_TITLES: Final = {field.name: field.title for field in FIELDS}

#: Days after which the age of a list stands out: weekly lists are a week old at most, and a day of grace.
AGED_DAYS: Final = 8

#: Titles of the pictures.
_TREND, _AGES = "隔离区里的行（最近三十夜）", "名单离最近一次完好几天"

#: Examples shown for each group of held-back rows.
EXAMPLES: Final = 3

#: What Markdown or its HTML would act upon inside a table cell.
_ACTIVE: Final = re.compile(r"([\\`*_{}\[\]<>()#+!|~$])")

#: A person's mobile number. The report lies in Prefect, whose UI has no login of its own; whoever must ring stands in the quarantine.
_MOBILE: Final = re.compile(r"(?<!\d)(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")


def masked(told: str) -> str:
    """A text in which no person's mobile number can be read."""
    return _MOBILE.sub(r"\1****\2", told)


def plain(value: object) -> str:
    """A value as one line of text that neither runs on for ever nor reaches a person."""
    if value is None or pd.isna(value):  # type: ignore[call-overload]
        return ""
    told = masked(" ".join(str(value).split()))
    return told if len(told) <= 120 else told[:119] + "…"


def cell(value: object) -> str:
    """A value as the text of one Markdown table cell: plain, and nothing in it acts or breaks the row."""
    return _ACTIVE.sub(r"\\\1", plain(value))


def night_report(facts: NightFacts, titles: Mapping[str, str], rules: Mapping[str, Rule], links: Links, waiting: Sequence[str] = ()) -> str:
    """Markdown of the night. `titles`: source key → Chinese title; `rules`: rule id → rule, for titles and remedies; `links`: to the actions' forms;
    `waiting`: messages of nights before that could not be sent yet, a sentence each."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the output is Markdown; every value goes through `cell`
    )
    environment.filters["cell"] = cell
    groups, decided = _groups(facts, titles, rules, links), decided_lines(facts.decided)
    return environment.get_template("report.md.jinja").render(
        facts=facts,
        headline=headline(replace(facts, reason=_ACTIVE.sub(r"\\\1", masked(facts.reason))), titles),
        sources=facts.sources.assign(title=facts.sources["source"].map(lambda key: titles.get(key, key))).to_dict("records"),
        told=told_of_lists(facts.sources, titles),
        stopped=_stopped(facts, titles, links),
        decided=decided[:ROWS_SHOWN],
        latest=[
            {**row, "title": words.word(words.ACTS, row["act"]), "about": about(json.loads(row["detail"]))}
            for row in facts.latest.to_dict("records")
        ],
        waiting=waiting,
        groups=groups[:GROUPS_SHOWN],
        cut={
            "groups": len(groups) - GROUPS_SHOWN,
            "rows": sum(group["count"] for group in groups[GROUPS_SHOWN:]),
            "flagged": len(facts.issues) - ROWS_SHOWN,
            "decided": len(decided) - ROWS_SHOWN,
            "unchecked": len(facts.unchecked) - ROWS_SHOWN,
        },
        flagged=_issues(facts, titles, rules),
        pictures=_pictures(facts, titles),
        batches=facts.batches.to_dict("records"),
        counties=facts.counties.to_dict("records"),
        events=[{**row, "stations": str(row["examples"] or "").split()} for row in facts.events.to_dict("records")],
        before=_before(facts),
        unchecked=[
            {**row, "title": titles.get(row["source"], row["source"] or "名册")}
            for row in facts.unchecked.head(ROWS_SHOWN).to_dict("records")
        ],
        base=links.base,
        path=PAGES,
        words=words,
        word=words.word,
    )


def _pictures(facts: NightFacts, titles: Mapping[str, str]) -> list[str]:
    """How many rows were held back from night to night, and how old each list is."""
    trend = [(str(night)[:10], int(held)) for night, held in facts.trend[["night", "held"]].itertuples(index=False, name=None)]
    ages = [
        (titles.get(str(source), str(source)), (date.fromisoformat(facts.night) - date.fromisoformat(str(good)[:10])).days)
        for source, good in facts.sources[["source", "last_good_on"]].itertuples(index=False, name=None)
        if not pd.isna(good)
    ]
    drawn = []
    if len(trend) > 1:
        drawn.append((_TREND, bars(_TREND, trend)))
    if any(age for _, age in ages):
        drawn.append((_AGES, rows_of_bars(_AGES, ages, loud_from=AGED_DAYS)))
    return [in_markdown(title, svg) for title, svg in drawn]


def _before(facts: NightFacts) -> list[dict[str, Any]]:
    """Open stations on the night before and a week before, each against tonight."""
    told = []
    for night, stations in facts.before[["night", "stations"]].itertuples(index=False, name=None):
        change = facts.stations - int(stations)
        told.append(
            {
                "title": str(night)[:10],
                "stations": int(stations),
                "change": f"今晚{'多' if change > 0 else '少'} {abs(change)} 站" if change else "没有增减",
            }
        )
    return told


def headline(facts: NightFacts, titles: Mapping[str, str]) -> list[str]:
    """Three lines that say whether anything must be done."""
    stopped = facts.sources[facts.sources["is_stopped"].astype(bool)]
    names = "、".join(titles.get(key, key) for key in stopped["source"])
    held = int(facts.quarantine["open_count"].sum())
    first = {
        "published": "**已发布**：今晚已发布，没有新的待处理事项。",
        "quarantined": f"**要处理**：今晚已发布，有新的事项等人处理（{facts.reason}）。",
        "rejected": f"**没有发布**：今晚没有发布，名册仍是上一夜的：{facts.reason}",
    }.get(facts.state, facts.state)
    silent = int(facts.sources["outcome"].isin([Outcome.NOT_DUE, Outcome.NOT_ASKED]).sum())
    taken = len(facts.sources) - len(stopped) - silent
    second = (
        f"**名单**：{len(facts.sources)} 份，"
        + "，".join(
            [
                f"采用 {taken} 份",
                *([f"暂停采用 {len(stopped)} 份（{names}），沿用上次的登记"] if len(stopped) else []),
                *([f"{silent} 份今晚不发布或未取，沿用上次的登记"] if silent else []),
            ]
        )
        + "。"
    )
    return [first, second, f"**扣留**：{held} 行在隔离区，其中今晚新增 {facts.new_in_quarantine} 行。"]


def told_of_lists(sources: pd.DataFrame, titles: Mapping[str, str]) -> list[str]:
    """One line a list of which something is to be said: its title, and why it was stopped or was not fetched."""
    lines = []
    for row in sources.to_dict("records"):
        title = titles.get(row["source"], row["source"])
        sentence = row["why"] if row["is_stopped"] and not pd.isna(row["why"]) else row["message"]
        if sentence and not pd.isna(sentence):
            lines.append(f"{title}：{sentence.removeprefix(title + '：')}")
    return lines


def _stopped(facts: NightFacts, titles: Mapping[str, str], links: Links) -> list[dict[str, Any]]:
    """Lists that were stopped, or whose headers changed, with what can be done about it."""
    changed = {
        *facts.sources.loc[facts.sources["is_stopped"].astype(bool), "source"],
        *facts.whole.loc[facts.whole["rule"].isin(HEADERS), "source"],
    }
    return [
        {"title": titles.get(source, source), "links": links.of_stopped(source, facts.whole[facts.whole["source"] == source])}
        for source in sorted(changed)
    ]


def _groups(facts: NightFacts, titles: Mapping[str, str], rules: Mapping[str, Rule], links: Links) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = []
    for (source, rule), rows in facts.held.groupby(["source", "rule"], sort=True):
        told = rules.get(str(rule))
        groups.append(
            {
                "source": source,
                "rule_id": rule,
                "title": titles.get(str(source), str(source)),
                "rule": told.title if told else str(rule),
                "severity": words.SEVERITIES["critical"],  # nothing else holds a row back
                "responsibility": words.word(words.RESPONSIBILITIES, told.responsibility if told else "us"),
                "count": rows["row_key"].nunique(),
                "links": links.of_group(str(source), str(rule), rows),
                "new": rows.loc[rows["is_new"].astype(bool), "row_key"].nunique(),
                "examples": rows.drop_duplicates("row_key")
                .head(EXAMPLES)
                .assign(
                    field=lambda shown: shown["field"].map(_TITLES),
                    address=lambda shown: [
                        links.of_row(source, key) for source, key in zip(shown["source"], shown["row_key"], strict=True)
                    ],
                )
                .to_dict("records"),
            }
        )
    return sorted(groups, key=lambda group: -group["count"])


def _issues(facts: NightFacts, titles: Mapping[str, str], rules: Mapping[str, Rule]) -> list[dict[str, Any]]:
    return [
        {
            "title": titles.get(row["source"], row["source"]),
            "rule": rules[row["rule"]].title if row["rule"] in rules else row["rule"],
            "severity": words.word(words.SEVERITIES, row["severity"]),
            "responsibility": words.word(words.RESPONSIBILITIES, row["responsibility"]),
            "count": row["issue_count"],
            "example": row["example"],
        }
        for row in facts.issues.head(ROWS_SHOWN).to_dict("records")
    ]
