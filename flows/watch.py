"""`yizhan watch`: the dead man's switch. A second process or a timer of the OS asks whether last night was run; it rests on neither Prefect nor a warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import duckdb
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from flows.house import House
from flows.outbox import Message
from flows.run import RefusedError
from flows.server import running_server
from flows.settings import SettingError, Settings, now, pass_by_proxy
from transforms.records import load_city
from transforms.records.city import CityError
from warehouse.engine import open_warehouse
from warehouse.publish import Publisher

#: When a night begins, city time: after the owners' own nightly exports, before anyone's day begins.
NIGHT_AT: Final = time(2)


@dataclass(frozen=True, slots=True)
class Ran:
    """The latest night that was run to its end, published or rejected (None: no trace of any), and why more cannot be said (Chinese)."""

    night: str | None
    unreadable: str = ""


def watch(settings: Settings, say: Console, *, grace: float) -> int:
    """0, and nothing said, when the night that is due was run to its end; else 1, and which was not, told outside once a night. Sends what waits in the outbox.

    `grace`: hours after its beginning by which a night must have ended. Raises RefusedError when it is negative.
    """
    if grace < 0:
        raise RefusedError(f"--grace {grace:g}：应为不小于 0 的小时数")
    try:
        house = House(settings, load_city(settings.city_folder), {})
    except (CityError, SettingError) as wrong:
        return _unset(settings, say, str(wrong))
    pass_by_proxy()
    moment = now().astimezone(ZoneInfo(house.city.timezone))
    night = due_night(moment, grace)
    ran = latest_run(house.publisher, night)
    if ran.night is not None and ran.night >= night:
        house.outbox.tell()
        return 0
    title, lines = f"{house.city.name}驿站 {night}：这一夜没有跑完", _lines(house, night, grace, ran)
    say.print("\n".join([title, *lines]), markup=False)
    told = Message(f"missed-{night}", title, "\n".join(lines)) if "missed" in settings.notified else None
    for sentence in house.outbox.tell(told, once=True):
        say.print(f"通知没有送出：{sentence}", markup=False)
    return 1


def due_night(moment: datetime, grace: float = 0) -> str:
    """The latest night (ISO date) that must have ended by `moment` (city time), `grace` hours after its beginning; with 0: that must have begun."""
    return (moment - timedelta(hours=NIGHT_AT.hour + grace, minutes=NIGHT_AT.minute)).date().isoformat()


def latest_run(publisher: Publisher, night: str) -> Ran:
    """The latest night that was run to its end, as far as it matters whether `night` was.

    Every night that ends, also one that is rejected, leaves a publication of its name, so the folders' names tell it without a warehouse. Where they do not, because
    so many later publications are of older nights (a night replayed is published under its own date), the warehouse in force is asked.
    """
    named = max((each.night for each in publisher.publications()), default=None)
    current = publisher.current()
    if current is None or (named is not None and named >= night):
        return Ran(named)
    engine = open_warehouse(current.warehouse, read_only=True)
    try:
        with engine.connect() as connection:
            stored = connection.execute(text("select max(night) from night")).scalar()
    except (OSError, DBAPIError, duckdb.Error) as wrong:
        return Ran(named, f"仓库 {current.name} 读不出来（{type(wrong).__name__}）")
    finally:
        engine.dispose()
    return Ran(max(filter(None, (named, stored and stored.isoformat())), default=None))


def _lines(house: House, night: str, grace: float, ran: Ran) -> list[str]:
    """What was not run, since when, what stands in the way as far as it can be seen, and what to do."""
    begins = datetime.combine(date.fromisoformat(night), NIGHT_AT)
    lines = [f"{night} 这一夜应于 {begins:%H:%M} 开始，到 {begins + timedelta(hours=grace):%m-%d %H:%M} 还没有跑完。"]
    if ran.night is None:
        lines.append(f"{house.settings.home.resolve()} 里没有任何一夜：目录对不对，磁盘挂上了没有？")
    else:
        since = date.fromisoformat(ran.night) + timedelta(days=1)
        lines.append(f"最近跑完的是 {ran.night}；自 {since} 起已有 {(begins.date() - since).days + 1} 夜没有跑。")
    if ran.unreadable:
        lines.append(f"{ran.unreadable}。")
    if holder := house.publisher.writer():
        lines.append(f"正在写入的是{holder.who}（进程 {holder.pid}，自 {holder.since} 起）。")
    elif running_server(house.settings.home) is None:
        lines.append("Prefect 服务没有应答：请启动 yizhan serve。")
    return [*lines, "请运行 yizhan doctor 查原因；当天补跑：yizhan nightly。"]


def _unset(settings: Settings, say: Console, wrong: str) -> int:
    """The city cannot be read, so no night can be run and no time is known: that is told too."""
    from flows.outbox import Outbox

    say.print(wrong, markup=False)
    told = Message(f"unset-{now():%Y-%m-%d}", "驿站：设置有误，夜跑跑不起来", wrong) if "missed" in settings.notified else None
    for sentence in Outbox(settings.home, settings.notify or "", clock=now).tell(told):
        say.print(f"通知没有送出：{sentence}", markup=False)
    return 1
