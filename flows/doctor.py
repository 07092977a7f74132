"""`yizhan doctor`: a machine checked, a line each: well, or what is wrong and what to do."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import duckdb
import requests
from rich.console import Console
from rich.text import Text
from sqlalchemy.exc import DBAPIError

from flows.followed import held_by_postgres
from flows.house import House, open_house
from flows.outbox import unknown_addresses
from flows.run import RefusedError
from flows.server import HOST, running_server
from flows.settings import SettingError, Settings, now, pass_by_proxy
from flows.watch import NIGHT_AT, due_night, latest_run
from sources.kit.knock import Knockable, Knocked, knock
from warehouse.engine import open_warehouse
from warehouse.journal import JournalError, verify_journal
from warehouse.migrate import head_revision, revision_of

#: Room that there must be, in nights of the size of the last: a night needs three (its draft, the analysts' file, what DuckDB spills), and a week of them stays.
NIGHTS_OF_ROOM: Final = 10

#: Room before there is a night to go by (bytes).
_ROOM: Final = 2 * 1024**3

#: A writer that holds the lock for longer is stuck: the largest night met took minutes.
_STUCK: Final = timedelta(hours=6)

#: Seconds by which clocks may differ. Signed requests are refused from about five minutes on.
_SKEW: Final = 120

#: Seconds that Prefect's server may take to answer one question.
_PATIENCE: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: well, wrong, or not looked at; about what, and a sentence (Chinese) that says what to do when it is wrong."""

    state: Literal["well", "wrong", "skipped"]
    about: str
    sentence: str


_SHOWN: Final = {"well": ("正常", "green"), "wrong": ("有误", "red"), "skipped": ("未查", "yellow")}


def check_machine(settings: Settings, say: Console) -> int:
    """Check everything, print a line each; 0 when nothing is wrong, else 1."""
    pass_by_proxy()
    found = []
    for finding in _findings(settings):
        word, colour = _SHOWN[finding.state]
        say.print(Text.assemble((word, colour), f"  {finding.about}：{finding.sentence}"), soft_wrap=True)
        found.append(finding)
    wrong = sum(finding.state == "wrong" for finding in found)
    say.print(f"共查 {len(found)} 项，" + (f"{wrong} 项有误" if wrong else "没有发现问题"), markup=False)
    return 1 if wrong else 0


def _findings(settings: Settings) -> Iterator[Finding]:
    try:
        house = open_house(settings)
    except SettingError as wrong:
        yield _wrong("设置", str(wrong))
        return
    yield _well("设置", f"{house.city.name}，{len(house.sources)} 份名单，数据在 {settings.home.resolve()}")
    knocked = _knocked(house)
    # `make ui` gives the sample city's settings to its own processes alone
    stands_in = settings.home / "sandbox.env"
    sample = f"；在看样例城市的话，请在 make ui 开着时运行 YIZHAN_ENV_FILE={stands_in} yizhan doctor" if stands_in.exists() else ""
    for check in (_lock, _disk, _last_night, _warehouse, postgres_finding, _journal):
        yield check(house)
    yield _clock(house, [(house.titles[key], each.told) for key, each in knocked.items() if each.told])
    for key, each in knocked.items():
        yield _source(house.titles[key], each, sample)
    yield from (_skipped(house.titles[key], "自己写的取数，没法试") for key in house.sources if key not in knocked)
    schedules = yield from _prefect(house)
    yield _zone(house, schedules)
    yield from _ports(settings)
    yield _messages(house)


def _lock(house: House) -> Finding:
    holder = house.publisher.writer()
    if holder is None:
        return _well("写入锁", "空闲")
    told = f"{holder.who}正在写（{holder.night} 这一夜，进程 {holder.pid}，自 {holder.since} 起）"
    if now() - datetime.fromisoformat(holder.since) > _STUCK:
        return _wrong("写入锁", f"{told}，太久了：请看它在做什么；确已卡住就停掉进程 {holder.pid}，锁随之放开")
    return _well("写入锁", told)


def _disk(house: House) -> Finding:
    home = house.settings.home
    if not os.access(home, os.W_OK):
        return _wrong("磁盘", f"{home.resolve()} 不能写：请建好目录，交给运行夜跑的用户")
    publication = house.publisher.current()
    night = sum(file.stat().st_size for file in publication.folder.iterdir()) if publication else 0
    need, free = night * NIGHTS_OF_ROOM or _ROOM, shutil.disk_usage(home).free
    size = f"剩 {_bytes(free)}" + (f"，一夜占 {_bytes(night)}" if night else "")
    return _well("磁盘", size) if free >= need else _wrong("磁盘", f"{size}，应留 {_bytes(need)}：请清理，或运行 yizhan prune")


def _last_night(house: House) -> Finding:
    night = due_night(house.moment(), grace=3)
    ran = latest_run(house.publisher, night)
    if ran.night is None:
        return _wrong("最近一夜", "还没有跑过：请运行 yizhan nightly")
    if ran.night < night:
        return _wrong("最近一夜", f"是 {ran.night}，{night} 没有跑：请看下面各项，再运行 yizhan nightly")
    return _well("最近一夜", ran.night)


def _warehouse(house: House) -> Finding:
    publication = house.publisher.current()
    if publication is None:
        return _skipped("仓库", "还没有发布过")
    engine = open_warehouse(publication.warehouse, read_only=True)
    try:
        with engine.connect() as connection:
            revision, (head, known) = revision_of(connection), head_revision()
    except (OSError, DBAPIError, duckdb.Error) as broken:
        return _wrong("仓库", f"{publication.name} 读不出来（{type(broken).__name__}）：请用 yizhan rollback 退回，或从备份放回")
    finally:
        engine.dispose()
    if revision == head:
        return _well("仓库", f"{publication.name}，结构 {revision}")
    if revision is None or revision in known:
        return _well("仓库", f"{publication.name}，结构 {revision}，下一夜升到 {head}")
    return _wrong("仓库", f"{publication.name} 的结构 {revision} 比本程序（{head}）新：请升级程序，或用 yizhan rollback 退回旧的发布")


def postgres_finding(house: House) -> Finding:
    """Whether the PostgreSQL of the settings holds what is in force."""
    if not house.settings.warehouse_url:
        return _skipped("PostgreSQL", "没有设置 YIZHAN_WAREHOUSE_URL：只发布到文件")
    current = house.publisher.current()
    try:
        held = held_by_postgres(house)
    except RefusedError as told:
        return _wrong("PostgreSQL", str(told))
    if current and held != current.name:
        return _wrong("PostgreSQL", f"还是 {held or '空的'}，文件已是 {current.name}：请看最近一夜的说明，或运行 yizhan migrate 后重跑一夜")
    return _well("PostgreSQL", f"{held or '空的'}，与文件一致")


def _journal(house: House) -> Finding:
    try:
        found = verify_journal(house.journal)
    except JournalError as broken:
        return _wrong("决定日志", f"{broken}（yizhan decisions restore 备份文件）")
    return _well("决定日志", f"{found.lines} 行，行行相接")


def _clock(house: House, told: list[tuple[str, datetime]]) -> Finding:
    """The clock stands behind nothing that was published, and beside those of the owners who answered with their time."""
    moment = now()
    today = moment.astimezone(ZoneInfo(house.city.timezone)).date().isoformat()
    latest = max((each.night for each in house.publisher.publications()), default=today)
    if latest > today:
        return _wrong("时钟", f"现在是 {today}，而 {latest} 这一夜已经跑过：时钟慢了，请校准（timedatectl set-ntp true）")
    apart = [(title, round((moment - their).total_seconds())) for title, their in told]
    far = [f"{title} {abs(seconds)} 秒" for title, seconds in apart if abs(seconds) > _SKEW]
    if far and len(far) * 2 > len(apart):  # one owner's clock may be wrong; most of them are not
        return _wrong("时钟", f"与各业主的时钟相差：{'，'.join(far)}；带签名的取数会被拒绝，请校准（timedatectl set-ntp true）")
    return _well("时钟", f"与 {len(apart)} 家业主的时钟一致" if apart and not far else "不早于最近一夜")


def _knocked(house: House) -> dict[str, Knocked]:
    """Source key → how knocking went, of every source that can be knocked at, side by side."""
    night = house.moment().date().isoformat()
    able = {key: source.fetch for key, source in house.sources.items() if isinstance(source.fetch, Knockable)}

    def one(fetch: Knockable) -> Knocked:
        return knock(fetch, night, house.archive, house.named, now, house.network)

    with ThreadPoolExecutor(house.settings.workers) as pool:
        return dict(zip(able, pool.map(one, able.values()), strict=True))


def _source(title: str, knocked: Knocked, sample: str) -> Finding:
    if knocked.missing:
        return _wrong(title, f"没有设置 {'、'.join(knocked.missing)}；请在环境变量或设置文件中补上{sample}")
    return _wrong(title, knocked.wrong) if knocked.wrong else _well(title, "连得上，认我们的身份")


def _prefect(house: House) -> Generator[Finding, None, Sequence[Mapping[str, str]]]:
    """Prefect's server and the night's schedule; gives the schedules (cron, timezone) by which the night is run, none where they are not known."""
    api = running_server(house.settings.home)
    if api is None:
        yield _skipped("Prefect", "没有在运行：定时夜跑和页面都停着；请启动 yizhan serve（由系统定时器跑 yizhan nightly 的不必）")
        return ()
    try:
        answer = requests.post(f"{api}/deployments/filter", json={"deployments": {"name": {"any_": ["nightly"]}}}, timeout=_PATIENCE)
        nightly = next(iter(answer.json()), None)
    except (requests.RequestException, ValueError):
        yield _wrong("Prefect", f"{api} 没有好好应答：请看 journalctl -u yizhan，重启 yizhan serve")
        return ()
    yield _well("Prefect", api)
    if nightly is None:
        yield _wrong("定时", "没有夜跑的部署：请重启 yizhan serve")
        return ()
    active = [each["schedule"] for each in nightly["schedules"] if each["active"] and not nightly["paused"]]
    if not active:
        yield _wrong("定时", "夜跑的定时停着：请在 Prefect 界面的 Deployments 里打开 nightly 的定时，或重启 yizhan serve")
    elif nightly["status"] != "READY":
        yield _wrong("定时", "没有进程在等夜跑：服务在，执行夜跑的没了；请重启 yizhan serve")
    else:
        yield _well("定时", "，".join(f"{each['cron']}（{each['timezone']}）" for each in active))
    return active


def _zone(house: House, schedules: Sequence[Mapping[str, str]]) -> Finding:
    """Prefect runs the night by the city's zone. The machine's own may be another: nothing goes by it but the system's logs, and whoever reads them should know."""
    zone, here = house.city.timezone, now().astimezone()
    if foreign := sorted({each["timezone"] or "UTC" for each in schedules} - {zone}):
        return _wrong("时区", f"定时按 {'、'.join(foreign)} 跑，而城市在 {zone}：夜跑的钟点不对；请重启 yizhan serve，定时会按城市重设")
    machine = "" if here.utcoffset() == house.moment().utcoffset() else f"；本机的时区是 {here:%Z}（{here:%z}），只有系统日志按它记时"
    return _well("时区", f"{zone}，现在 {house.moment():%Y-%m-%d %H:%M}；夜跑在每天 {NIGHT_AT:%H:%M}{machine}")


def _ports(settings: Settings) -> Iterator[Finding]:
    """Each port is free, or is ours: what answers on it is what stands there while `yizhan serve` runs."""
    ours: tuple[tuple[str, int, Callable[[], bool]], ...] = (
        ("YIZHAN_PORT", settings.port, lambda: running_server(settings.home) == f"http://{HOST}:{settings.port}/api"),
        ("YIZHAN_DESK_PORT", settings.desk_port, lambda: "没有“doctor”这个操作" in _page(f"http://{HOST}:{settings.desk_port}/do/doctor")),
    )
    for setting, port, is_ours in ours:
        if _is_free(port):
            yield _well("端口", f"{port}（{setting}）空着")
        elif is_ours():
            yield _well("端口", f"{port}（{setting}）是我们的")
        else:
            yield _wrong("端口", f"{port} 被别的程序占着：请停掉它，或设置 {setting} 换一个端口")


def _messages(house: House) -> Finding:
    if not house.settings.notify:
        return _skipped("通知", "没有设置 YIZHAN_NOTIFY：夜跑出事不会告诉任何人")
    if unknown := unknown_addresses(house.settings.notify):
        return _wrong("通知", f"YIZHAN_NOTIFY 的第 {'、'.join(map(str, unknown))} 个地址 apprise 不认识：请改正")
    if waiting := house.untold:
        return _wrong("通知", f"{len(waiting)} 条没有送出：{waiting[0]}")
    return _well("通知", "没有等待发出的")


def _page(address: str) -> str:
    try:
        return requests.get(address, timeout=_PATIENCE).text
    except requests.RequestException:
        return ""


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(_PATIENCE)
        return probe.connect_ex((HOST, port)) != 0


def _bytes(size: int) -> str:
    return f"{size / 1024**3:.1f} GB" if size >= 1024**3 else f"{size / 1024**2:.0f} MB"


def _well(about: str, sentence: str) -> Finding:
    return Finding("well", about, sentence)


def _wrong(about: str, sentence: str) -> Finding:
    return Finding("wrong", about, sentence)


def _skipped(about: str, sentence: str) -> Finding:
    return Finding("skipped", about, sentence)
