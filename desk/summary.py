"""The summary that a person sees at the end of a night in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from desk import words
from desk.facts import NightFacts
from desk.report import headline, told_of_lists


def night_summary(facts: NightFacts, titles: Mapping[str, str], home: Path) -> RenderableType:
    """What came, where it went, what there is now, and what to do next. `titles`: source key → Chinese title."""
    colour = {"published": "green", "quarantined": "yellow", "rejected": "red"}.get(facts.state, "white")
    return Group(
        Panel(
            Text("\n".join(line.replace("**", "") for line in headline(facts, titles))),
            title=f"驿站 {facts.night}",
            border_style=colour,
            expand=False,
        ),
        _sources(facts),
        *_stopped(facts, titles),
        _stations(facts),
        _next(facts, home),
    )


def _sources(facts: NightFacts) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="名单  Sources", title_justify="left", title_style="bold")
    table.add_column("名单\nsource", no_wrap=True)
    table.add_column("结果", no_wrap=True)
    for header in ("读入\nrows in", "收下\nlistings", "扣留\nquarantined", "略过\nignored", "在册\nopen"):
        table.add_column(header, justify="right")
    for row in facts.sources.to_dict("records"):
        outcome = Text(words.word(words.OUTCOMES, row["outcome"]))
        if row["is_stopped"]:
            outcome = Text.assemble(("暂停采用，", "red"), outcome)
        figures = [str(row[name]) for name in ("rows_read", "accepted", "held_back", "ignored", "open_after")]
        table.add_row(row["source"], outcome, *figures)
    total = [str(int(facts.sources[name].sum())) for name in ("rows_read", "accepted", "held_back", "ignored", "open_after")]
    table.add_section()
    table.add_row("合计", "", *total, style="bold")
    return table


def _stopped(facts: NightFacts, titles: Mapping[str, str]) -> list[Text]:
    """Why each list that was stopped was."""
    stopped = facts.sources[facts.sources["is_stopped"].astype(bool)]
    lines = "\n".join("  " + line for line in told_of_lists(stopped, titles))
    return [Text.assemble(("暂停采用的名单  Stopped\n", "bold"), (lines, "red"), "\n")] if lines else []


def _stations(facts: NightFacts) -> Text:
    batches = "，".join(f"{words.word(words.BATCHES, row['batch'])} {row['stations']}" for row in facts.batches.to_dict("records"))
    return Text.assemble(("名册  Stations  ", "bold"), (str(facts.stations), "bold green"), f" 站（{batches}）\n")


def _next(facts: NightFacts, home: Path) -> Text:
    steps = [
        f"查名册    用 Python、BI 工具打开 {home}/current/analyst.duckdb；第一句可以照抄 README",
        "看夜报    .venv/bin/yizhan serve（样例城市用 make ui），在 Prefect 界面的 Artifacts 里",
    ]
    if facts.state != "rejected":
        steps.insert(0, f"发回执    {home}/receipts/{facts.night}：每份名单一个 Excel 文件和一页说明，发给业主")
    if int(facts.quarantine["open_count"].sum()):
        steps.insert(0, "看扣留    .venv/bin/yizhan quarantine：哪些行、为什么、该谁改")
    if facts.state == "rejected":
        steps.insert(0, f"再跑一次  原因消除以后：.venv/bin/yizhan nightly --on {facts.night}")
    elif facts.sources["is_stopped"].astype(bool).any():
        steps.insert(0, "取名单    对方改好后：.venv/bin/yizhan nightly --refetch --source 名单的 source（可写多次）")
    return Text("\n".join(["下一步  Next", *("  " + step for step in steps)]))
