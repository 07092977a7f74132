"""`yizhan nightly`: one night through Prefect from a terminal, and its summary."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date

from rich.console import Console
from sqlalchemy import text

from desk.facts import night_facts
from desk.summary import night_summary
from flows.house import House, of_another_city, open_house
from flows.sample import sample_city
from flows.server import running_server
from flows.settings import Settings, prepare_process, set_variable, tonight
from warehouse.engine import open_warehouse

#: State of the flow run → exit code: published 0, rejected or otherwise not published 1, locked 3.
_EXITS = {"Completed": 0, "Quarantined": 0, "Rejected": 1, "NotPublished": 1, "Locked": 3}

#: The later nights that the latest execution of a night made again.
_REBUILT = "select night::text from run where night > :night and started_at = (select max(started_at) from run where night = :night) order by night"


class RefusedError(ValueError):
    """The command cannot be carried out as given; the message (Chinese) says why and what to do."""


def shown(text: str, at_most: int = 60) -> str:
    """What somebody sent, as a refusal repeats it: an id is short, and what is longer is a paste gone wrong."""
    return text if len(text) <= at_most else f"{text[:at_most]}…（共 {len(text)} 字）"


class LockedError(RuntimeError):
    """Someone else is writing; the message (Chinese) names who."""


def run_night(settings: Settings, *, on: date | None, full: bool, refetch: bool, only: list[str], sample: bool, say: Console) -> int:
    """Run one night and print its summary; the exit code."""
    house = open_house(settings)
    night = on or tonight(house.city.timezone)  # read once: midnight may pass before the night ends
    _refuse(house, night, only)
    prepare_process(settings)
    with ExitStack() as running:
        if sample:
            say.print("[dim]启动样例城市 …[/]")
            set_variable("YIZHAN_ENV_FILE", str(running.enter_context(sample_city(settings.home, on)).resolve()))
        if server := running_server(settings.home):
            set_variable("PREFECT_API_URL", server)
        say.print("[dim]夜跑开始（Prefect 首次启动约需 20 秒）…[/]")
        ended = _through_prefect(night, full=full, refetch=refetch, only=only)
    code = _EXITS.get(ended[0], 70)
    if code == 3:
        raise LockedError(ended[1])
    if ended[0] in ("Completed", "Quarantined", "Rejected"):
        show_night(house, night.isoformat(), say)
    else:
        say.print(ended[1], markup=False)
    return code


def show_night(house: House, night: str, say: Console) -> None:
    """Print the summary of a night in the published warehouse."""
    publication = house.publisher.current()
    if publication is None:
        raise RefusedError("还没有发布过；请先运行 make nightly 或 yizhan nightly")
    engine = open_warehouse(publication.warehouse, read_only=True)
    try:
        with engine.connect() as connection:
            say.print(night_summary(night_facts(connection, night), house.titles, house.settings.home))
            rebuilt = connection.execute(text(_REBUILT), {"night": night}).scalars().all()
        if rebuilt:
            say.print(f"之后的 {len(rebuilt)} 夜也随之重建：{rebuilt[0]} 至 {rebuilt[-1]}", markup=False)
    except LookupError:
        say.print(f"现在生效的发布 {publication.name} 里没有 {night} 这一夜：它没有发布，或者其间有人退回过", markup=False)
    finally:
        engine.dispose()
    for waiting in house.untold:
        say.print(f"通知没有送出：{waiting}", markup=False)


def _refuse(house: House, night: date, only: list[str]) -> None:
    """Refuse at once what cannot end well, before a server is started for it."""
    if unknown := sorted(set(only) - set(house.sources)):
        raise RefusedError(f"没有这样的来源：{'、'.join(unknown)}；现有：{'、'.join(house.sources)}")
    if night > tonight(house.city.timezone):
        raise RefusedError(f"{night} 还没有到；业务日期不能晚于今天")
    if sentence := of_another_city(house):
        raise RefusedError(sentence)
    if holder := house.publisher.writer():
        raise LockedError(f"仓库正由{holder.who}写入（进程 {holder.pid}，自 {holder.since} 起）；请等它结束后再试。")


def _through_prefect(night: date, *, full: bool, refetch: bool, only: list[str]) -> tuple[str, str]:
    """Name and message of the state in which the flow run ends. Prefect is imported here: it reads its settings when it is."""
    from flows.nightly import nightly

    ended = nightly(on=night, full=full, refetch=refetch, source=only, return_state=True)
    return str(ended.name), str(ended.message or "")
