"""`yizhan decisions`: what people decided, whether the journal is whole, and putting a backup of it back."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from desk import words
from desk.decided import about
from flows.house import House, open_house
from flows.judge import decisions_of
from flows.outlook import ended_decisions
from flows.run import LockedError, RefusedError
from flows.settings import Settings, now
from warehouse.journal import JournalError, erase_lines, restore_journal, verify_journal
from warehouse.lock import AnotherWriterError


def show_decisions(settings: Settings, say: Console, *, limit: int) -> int:
    """The latest decisions, newest first, marked where they were undone or ended by themselves."""
    house = _house(settings)
    decisions, ended = decisions_of(house), ended_decisions(house)
    log = decisions.log
    if log.empty:
        say.print("还没有决定", markup=False)
        return 0
    in_force = {"judge": set(decisions.judgements["decision_id"]), "correct": set(decisions.corrections["decision_id"])}
    zone = ZoneInfo(house.city.timezone)
    table = Table(box=None, header_style="bold")
    for title in ("编号", "时间", "谁", "做什么", "对什么", "为什么", ""):
        table.add_column(title, overflow="fold")
    for row in log.iloc[::-1].head(limit).to_dict("records"):
        number, act = str(row["decision_id"]), words.word(words.ACTS, row["act"])
        if row["is_undone"]:
            state = "已撤销"
        elif number in ended:
            state = f"已结束：{ended[number]} 来源跟上了"
        else:
            state = "已被后来的取代" if number not in in_force.get(str(row["act"]), {number}) else ""
        detail = json.loads(row["detail"])
        who = f"{row['who']}（已核实）" if detail.get("is_vouched") else str(row["who"])
        table.add_row(number, _when(row["decided_at"], zone), who, act, about(detail), str(row["why"]), state)
    say.print(table)
    say.print(f"共 {len(log)} 条，其中已撤销 {int(log['is_undone'].astype(bool).sum())} 条", markup=False)
    return 0


def verify_decisions(settings: Settings, say: Console) -> int:
    """Whether every line can be read and follows on from the one before."""
    path = _house(settings).journal
    try:
        found = verify_journal(path)
    except JournalError as broken:
        raise RefusedError(str(broken)) from broken
    by_hand = f"；手写的 {len(found.by_hand)} 行（第 {'、'.join(map(str, found.by_hand[:10]))} 行）没有校验字" if found.by_hand else ""
    erased = f"；其中 {found.erased} 行已删去个人信息，校验字从那一行起重新算过" if found.erased else ""
    say.print(f"{path}：{found.lines} 行，行行相接{by_hand}{erased}", markup=False)
    say.print(f"末行校验字 {found.last or '（还没有决定）'}：抄在别处，日后可查后来有没有被截短", markup=False)
    return 0


def restore_decisions(settings: Settings, say: Console, backup: Path) -> int:
    """Put a backup in the journal's place, when it holds every decision that can still be read."""
    house = _house(settings)
    try:
        with house.publisher.writing("—", "放回决定日志"):
            aside = restore_journal(house.journal, backup, at=now())
            again = house.erased.redact(None)
            lines = house.journal.read_text("utf-8").splitlines()
            if again and any(again(line)[1] for line in lines):
                act = {
                    "act": "erase",
                    "who": "yizhan decisions restore",
                    "why": "放回的备份里有先前已删去的个人信息",
                    "what": ["erased_before"],
                }
                erase_lines(house.journal, lambda line: again(line)[0], act, at=house.moment())
            found = verify_journal(house.journal)
    except AnotherWriterError as held:
        raise LockedError(str(held)) from held
    except FileNotFoundError as missing:
        raise RefusedError(f"没有文件 {backup}") from missing
    except JournalError as refused:
        raise RefusedError(str(refused)) from refused
    kept = f"；原来的留在 {aside}" if aside else ""
    say.print(f"已放回 {found.lines} 行{kept}。下一夜起生效；马上生效请运行 yizhan nightly", markup=False)
    return 0


def _when(decided_at: object, zone: ZoneInfo) -> str:
    """The minute in the city's time; as it stands where a hand wrote something else."""
    try:
        told = datetime.fromisoformat(str(decided_at))
    except ValueError:
        return str(decided_at)
    return f"{told.astimezone(zone) if told.tzinfo else told:%Y-%m-%d %H:%M}"


def _house(settings: Settings) -> House:
    return open_house(settings, with_model=False)
