"""What of a night is told to people outside: one message a night, when its state is one that the settings do not silence."""

from __future__ import annotations

from datetime import date
from typing import Final

from desk.facts import night_facts
from desk.links import RUN
from desk.notice import night_notice, shortened
from flows.house import House
from flows.outbox import Message
from flows.outlook import warehouse_in_force
from flows.receipts import Receipts

#: State in which a run ends → of which nights it is (`YIZHAN_NOTIFY_ON`), and in a word. Every other state is one in which nothing was published.
_STATES: Final = {"Completed": ("published", "已发布"), "Quarantined": ("needs-review", "要处理"), "Rejected": ("rejected", "没有发布")}
_NOT_PUBLISHED: Final = ("rejected", "没有发布")

#: States in which our own program failed: what Prefect says of them is for developers.
_OUR_FAULT: Final = ("Failed", "Crashed")


def tell_of_night(house: House, night: date, state: str, reason: str, run_id: str) -> list[str]:
    """Tell how the run of `night` ended (the name of its state, and why), and whatever waits of nights before; what was not sent, a sentence each."""
    kind, word = _STATES.get(state, _NOT_PUBLISHED)
    if kind not in house.settings.notified:
        return house.outbox.tell()
    message = Message(
        name=f"night-{night}",
        title=f"{house.city.name}驿站 {night}：{word}",
        text=_text(house, night.isoformat(), state, reason),
        link=f"{house.settings.desk_address}{RUN}{run_id}",
    )
    return house.outbox.tell(message)


def send_receipts(house: House, night: str, receipts: Receipts) -> list[str]:
    """Send each owner that is to have it the receipt of its list, when a line of it wants mending, and whatever waits for it; what was not sent, a sentence each."""
    told = []
    for key, box in house.owners.items():
        held, flagged = receipts.lines.get(key, (0, 0))
        message = Message(
            name=f"receipt-{night}",
            title=f"{house.city.name}驿站名册 {night} 回执：{house.titles[key]}",
            text=f"名单里有 {held} 处扣留、{flagged} 处提醒，逐行列在附件里。请改好名单；或在附件的“更正值”一栏填好发回。",
            attached=tuple(str(path.resolve()) for path in receipts.paths.get(key, ())),
        )
        told += [f"{house.titles[key]}：{sentence}" for sentence in box.tell(message if held or flagged else None)]
    return told


def _text(house: House, night: str, state: str, reason: str) -> str:
    if state in _STATES:
        with warehouse_in_force(house) as connection:
            return night_notice(night_facts(connection, night), house.titles)
    if state in _OUR_FAULT:
        return f"夜跑没有跑完，名册仍是上一夜的：程序出错（{shortened(reason)}）。请把这次运行的日志报给开发者，再运行 yizhan nightly --on {night}。"
    return f"没有发布，名册仍是上一夜的：{shortened(reason)}"
