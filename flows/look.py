"""Commands that look, return to an earlier publication, or clear away: they never run a night."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy import text

from desk import words
from desk.feed import FeedError, prune_feed
from flows.feeding import feed_folder, tell_feed
from flows.followed import bring_postgres
from flows.gather import parts_of
from flows.house import House, open_house
from flows.operators import OPERATORS
from flows.outlook import warehouse_in_force
from flows.receipts import prune_receipts
from flows.rules import every_rule
from flows.run import LockedError, RefusedError, show_night
from flows.settings import Settings, prepare_process, tonight
from sources.kit.city_new import new_city
from warehouse.lock import AnotherWriterError
from warehouse.publish import NoSuchPublicationError
from warehouse.state import read_state

#: Rows of a terminal table; the rest is told as a count.
ROWS_SHOWN = 200

#: Characters of a row as its owner wrote it: enough to find the row by.
VERBATIM_SHOWN = 300


def show_status(settings: Settings, say: Console) -> int:
    """Last night, each source's age, and the open quarantine."""
    house = open_house(settings)
    query = "select source, last_good_on, max_age_days, is_stopped, open_listings from mart_freshness_by_source order by source"
    with warehouse_in_force(house) as connection:
        last = connection.execute(text("select max(night) from night")).scalar_one()
        ages = pd.DataFrame(connection.execute(text(query)).mappings().all())
    show_night(house, last.isoformat(), say)
    table = _table("名单的年龄  Age of sources", ["source", "最近一次完好", "距今天数", "最多沿用", "在册", "状态"], right=(2, 3, 4))
    today = tonight(house.city.timezone)
    for row in ages.to_dict("records"):
        good = row["last_good_on"]
        age = None if good is None else (today - good).days
        state = "暂停采用" if row["is_stopped"] else "可用"
        table.add_row(*map(_cell, (row["source"], good, age, row["max_age_days"], row["open_listings"], state)))
    say.print(table)
    if holder := house.publisher.writer():
        say.print(f"正在写入：{holder.who}（进程 {holder.pid}，自 {holder.since} 起）", markup=False)
    return 0


def show_sources(settings: Settings, say: Console) -> int:
    """The city's sources as they are declared."""
    house = open_house(settings)
    table = _table(f"{house.city.name}的来源  Sources", ["source", "名单", "单位", "取数", "坐标系", "发布", "行数", "许可"])
    for key, source in house.sources.items():
        due = "、".join(word for day, word in words.WEEKDAYS.items() if day in source.due.weekdays) or "每夜"
        shape, rows = words.word(words.FETCHERS, type(source.fetch).__name__), f"{source.rows[0]}-{source.rows[1]}"
        table.add_row(key, source.title, source.owner, shape, source.datum or "无", due, rows, source.licence)
    say.print(table)
    return 0


def show_quarantine(settings: Settings, say: Console, *, source: str | None, rule: str | None) -> int:
    """Rows that are held back now."""
    house = open_house(settings)
    if source is not None and source not in {*house.sources, OPERATORS}:
        raise RefusedError(f"没有这样的来源：{source}；现有：{'、'.join(house.sources)}")
    if rule is not None and rule not in every_rule():
        raise RefusedError(f"没有这样的规则：{rule}；规则的代号见 docs/rules.zh.md")
    query = """
    select q.source, q.line, q.row_key, q.rules, q.opened_on, q.verbatim from quarantine q
    where q.closed_on is null and (cast(:source as varchar) is null or q.source = :source)
      and (cast(:rule as varchar) is null or ';' || q.rules || ';' like '%;' || :rule || ';%')
    order by q.source, q.opened_on, q.row_key
    """
    with warehouse_in_force(house) as connection:
        held = pd.read_sql_query(text(query), connection, params={"source": source, "rule": rule})
    rules = every_rule()
    say.print(f"[bold]扣留 {len(held)} 行  Quarantine[/]")
    for row in held.head(ROWS_SHOWN).itertuples(index=False):
        met = [rules[each] for each in str(row.rules).split(";") if each in rules]
        why = "、".join(each.title for each in met) or str(row.rules)
        who = "、".join(sorted({words.word(words.RESPONSIBILITIES, each.responsibility) for each in met}))
        place = " · ".join(filter(None, (str(row.source), f"行 {row.line}", str(row.row_key))))
        told = Text.assemble(
            (place, "bold"), f" · {why}（{who}改） · 自 {_cell(row.opened_on)}\n    ", (as_written(str(row.verbatim)), "dim")
        )
        say.print(told, soft_wrap=True)  # Text: what an owner wrote is no markup
    if len(held) > ROWS_SHOWN:
        say.print(f"另有 {len(held) - ROWS_SHOWN} 行；可用 --source、--rule 缩小范围")
    if len(held):
        say.print("下一步  请括号里的一方改正；改好以后，下一夜自动收下并销掉，不必在这里操作。每条规则的说明见 docs/rules.zh.md")
    return 0


def roll_back(settings: Settings, say: Console, *, to: str | None) -> int:
    """Put an earlier publication in force again."""
    house = open_house(settings)
    try:
        publication = house.publisher.rollback("退回", to)
        with house.publisher.writing(publication.night, "退回", wait=True):
            untold = tell_feed(house)
    except NoSuchPublicationError as missing:
        raise RefusedError(str(missing)) from missing
    except AnotherWriterError as held:
        raise LockedError(str(held)) from held
    say.print(f"已退回到 {publication.name}；没有删除任何东西，可用 --to 再换回来", markup=False)
    for sentence in bring_postgres(house):
        say.print(sentence, markup=False)
    if untold:
        say.print(untold, markup=False, soft_wrap=True)
    return 0


def prune_old(settings: Settings, say: Console) -> int:
    """Remove payloads, receipts, publications and runs that are older than the settings keep."""
    house = open_house(settings)
    before = (tonight(house.city.timezone) - timedelta(days=settings.keep_nights)).isoformat()
    try:
        with house.publisher.writing("—", "清理"):
            pruned = house.archive.prune(before, keep=_still_needed(house))
            gone = house.publisher.prune()
            receipts = prune_receipts(house, before)
            told = prune_feed(feed_folder(settings), before)
    except AnotherWriterError as held:
        raise LockedError(str(held)) from held
    except FeedError as broken:
        raise RefusedError(str(broken)) from broken
    say.print(
        f"{before} 之前：删去 {pruned.records} 次取数、{pruned.payloads} 份原件（{pruned.bytes:,} 字节）、{receipts} 夜的回执、{told} 次发布的变动、{_old_runs(settings)} 次运行的记录；旧发布：删去 {len(gone)} 个",
        markup=False,
        soft_wrap=True,
    )
    return 0


def _old_runs(settings: Settings) -> int:
    """Remove old runs from Prefect's database, where there is one; how many."""
    if not (settings.home / "prefect" / "prefect.db").exists():
        return 0
    prepare_process(settings)
    from flows.old_runs import prune_runs

    return prune_runs()


def make_city(folder: Path, say: Console) -> int:
    """Make the folder of a new city."""
    try:
        new_city(folder)
    except FileExistsError as taken:
        raise RefusedError(f"{folder} 已存在且不是空目录；请换一个目录") from taken
    say.print(f"已生成 {folder}；试运行：YIZHAN_CITY={folder} YIZHAN_HOME=var-{folder.name} .venv/bin/yizhan nightly", markup=False)
    return 0


def _still_needed(house: House) -> frozenset[str]:
    """Payloads that the next night may still read: those of the last good retrieval of each source, however old."""
    if house.publisher.current() is None:
        return frozenset()
    with warehouse_in_force(house) as connection:
        state = read_state(connection).source_state
    return frozenset(part.sha256 for parts in state["parts"].dropna() for part in parts_of(parts))


def as_written(verbatim: str) -> str:
    """A row as its owner wrote it, on one line: header and cell, empty cells left out."""
    cells: dict[str, object] = json.loads(verbatim)
    told = "；".join(f"{header} {cell}" for header, cell in cells.items() if cell not in (None, ""))
    told = " ".join(told.split())
    return told if len(told) <= VERBATIM_SHOWN else told[: VERBATIM_SHOWN - 1] + "…"


def _table(title: str, headers: list[str], *, right: Sequence[int] = ()) -> Table:
    """A table whose columns at the places `right` hold figures."""
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="bold")
    for at, header in enumerate(headers):
        table.add_column(header, justify="right" if at in right else "left", no_wrap=at == 0)
    return table


def _cell(value: object) -> str:
    if isinstance(value, date | pd.Timestamp):
        return value.isoformat()[:10]
    return "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]
