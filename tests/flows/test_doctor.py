"""A machine checked: nothing wrong is well, and each thing that is wrong is one line that says what to do."""

from __future__ import annotations

import json
import shutil
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import duckdb
import pytest
from rich.console import Console

from flows import doctor
from flows.doctor import check_machine
from flows.settings import Settings, now
from tests.flows.test_outbox import DOWN, MESSAGE, with_settings
from tests.night.town import Household
from tests.sources.owner_server import Asked, Reply, as_json, closed_port, serving
from warehouse.lock import Holder, writing

#: The schedule as Prefect tells it of a served deployment.
SERVED = {
    "paused": False,
    "status": "READY",
    "schedules": [{"active": True, "schedule": {"cron": "0 2 * * *", "timezone": "Asia/Shanghai"}}],
}


@pytest.fixture
def machine(published: Household, monkeypatch: pytest.MonkeyPatch) -> Household:
    """A household that ran last night, by the calendar of this machine, with ports of its own."""
    publication = published.house.publisher.current()
    assert publication is not None
    today = now().astimezone(ZoneInfo("Asia/Shanghai")).date()
    shutil.copytree(publication.folder, published.home / "published" / f"{today}-2")
    (published.home / "current").unlink()
    (published.home / "current").symlink_to(Path("published") / f"{today}-2")
    monkeypatch.setenv("YIZHAN_PORT", str(closed_port()))
    monkeypatch.setenv("YIZHAN_DESK_PORT", str(closed_port()))
    return published


def examined(household: Household) -> tuple[int, list[str]]:
    """The exit code, and the lines that are not well."""
    output = StringIO()
    settings = Settings(home=household.home, env_file=household.settings.env_file)
    code = check_machine(settings, Console(file=output, width=1000))
    *lines, _ = output.getvalue().splitlines()
    return code, [line for line in lines if not line.startswith("正常")]


def test_a_machine_on_which_all_is_well(machine: Household) -> None:
    assert examined(machine) == (
        0,
        [
            "未查  PostgreSQL：没有设置 YIZHAN_WAREHOUSE_URL：只发布到文件",
            "未查  Prefect：没有在运行：定时夜跑和页面都停着；请启动 yizhan serve（由系统定时器跑 yizhan nightly 的不必）",
            "未查  通知：没有设置 YIZHAN_NOTIFY：夜跑出事不会告诉任何人",
        ],
    )


@pytest.mark.parametrize(("zone", "told"), [("Asia/Shanghai", ""), ("America/New_York", "；本机的时区是 E")])
def test_a_machine_in_another_zone_is_told_and_not_wrong(machine: Household, monkeypatch: pytest.MonkeyPatch, zone: str, told: str) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        finding = doctor._zone(machine.house, [{"cron": "0 2 * * *", "timezone": "Asia/Shanghai"}])
    time.tzset()
    assert finding.state == "well"
    assert (told or "02:00") in finding.sentence
    assert ("本机" in finding.sentence) is bool(told)


Break = Callable[[Household, pytest.MonkeyPatch, ExitStack], object]


def _held(household: Household, _: object, open_: ExitStack) -> None:
    open_.enter_context(writing(household.home / "lock", Holder("夜跑", "2026-06-01", 1, (now() - timedelta(hours=7)).isoformat())))


def _full(_: Household, monkeypatch: pytest.MonkeyPatch, __: ExitStack) -> None:
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1024**2))


def _newer(household: Household, _: object, __: ExitStack) -> None:
    warehouse = (household.home / "current").resolve() / "warehouse.duckdb"
    warehouse.chmod(0o600)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update alembic_version set version_num = '9999'")


def _taken(_: Household, monkeypatch: pytest.MonkeyPatch, open_: ExitStack) -> None:
    there = open_.enter_context(serving(lambda _: Reply(b"hello")))
    monkeypatch.setenv("YIZHAN_DESK_PORT", str(urlsplit(there.url).port))


def _late(_: Household, monkeypatch: pytest.MonkeyPatch, __: ExitStack) -> None:
    monkeypatch.setattr(doctor, "now", lambda: now() + timedelta(minutes=9))


def _missed(household: Household, _: object, __: ExitStack) -> None:
    (household.home / "current").unlink()
    (household.home / "current").symlink_to(Path("published") / "2026-06-01-1")
    for path in household.home.glob("published/*-2"):
        shutil.rmtree(path)


def _slow_clock(_: Household, monkeypatch: pytest.MonkeyPatch, __: ExitStack) -> None:
    monkeypatch.setattr(doctor, "now", lambda: now() - timedelta(days=2))


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (_held, "写入锁：夜跑正在写（2026-06-01 这一夜，进程 1，"),
        (_full, "磁盘：剩 1 MB"),
        (_newer, "的结构 9999 比本程序"),
        (lambda each, *_: ((each.home / "current").resolve() / "warehouse.duckdb").unlink(), "读不出来"),
        (lambda each, *_: (each.home / "decisions.jsonl").write_text("{}\n"), "决定日志：决定日志 decisions.jsonl 第 1 行无法读取"),
        (_missed, "最近一夜：是 2026-06-01，"),
        (_slow_clock, "时钟慢了"),
        (_late, "时钟：与各业主的时钟相差"),
        (lambda _, patch, __: patch.setenv("YIZHAN_UNION_KEY", "wrong"), "户外劳动者服务站点名录：127.0.0.1:"),
        (lambda _, patch, __: patch.setenv("YIZHAN_UNION_KEY", ""), "户外劳动者服务站点名录：没有设置 YIZHAN_UNION_KEY"),
        (lambda _, patch, __: patch.setenv("YIZHAN_MOBILE_CLIENT_SECRET", "wrong"), "营业厅与便民亭清单：127.0.0.1:"),
        (lambda _, patch, __: patch.setenv("YIZHAN_RURAL_PATH", "sftp://robot@127.0.0.1:9/lists"), "网点清单："),
        (lambda _, patch, __: patch.setenv("YIZHAN_TOWER_URL", "postgresql://robot:s3cret@127.0.0.1:9/ops"), "驿站站址视图：连不上数据库"),
        (lambda _, patch, __: patch.setenv("YIZHAN_CIVILIZATION_URL", "http://127.0.0.1:9/"), "拒绝连接"),
        (_taken, "被别的程序占着"),
        (lambda _, patch, __: patch.setenv("YIZHAN_NOTIFY", "nosuch://s3cret"), "通知：YIZHAN_NOTIFY 的第 1 个地址"),
        (lambda _, patch, __: patch.setenv("YIZHAN_CITY", "atlantis"), "设置：YIZHAN_CITY=atlantis"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_1(machine: Household, monkeypatch: pytest.MonkeyPatch, harm: Break, told: str) -> None:
    with ExitStack() as open_:
        harm(machine, monkeypatch, open_)
        code, lines = examined(machine)
    wrong = [line for line in lines if line.startswith("有误")]
    assert code == 1
    assert told in wrong[0]
    assert len(wrong) == 1 or "时钟" in told, "what signs its requests is refused under a wrong clock"
    assert "s3cret" not in wrong[0]


def test_messages_that_wait_are_wrong(machine: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    with_settings(machine, monkeypatch, NOTIFY=DOWN).house.outbox.tell(MESSAGE)
    assert any(line.startswith("有误  通知：1 条没有送出") for line in examined(machine)[1])


@pytest.fixture
def prefect_says(machine: Household) -> Iterator[list[Any]]:
    """What a Prefect server of this home answers when it is asked for the night's deployment."""
    answer: list[Any] = []

    def said(asked: Asked) -> Reply:
        return Reply() if asked.target == "/api/health" else as_json(answer)

    with serving(said) as server:
        (machine.home / "prefect").mkdir()
        (machine.home / "prefect" / "ui.json").write_text(json.dumps({"api": server.url.replace("/list", "/api"), "pid": 1}))
        yield answer


@pytest.mark.parametrize(
    ("deployment", "told"),
    [
        (SERVED, None),
        (None, "没有夜跑的部署"),
        ({**SERVED, "paused": True}, "夜跑的定时停着"),
        ({**SERVED, "schedules": []}, "夜跑的定时停着"),
        ({**SERVED, "status": "NOT_READY"}, "没有进程在等夜跑"),
        (
            {**SERVED, "schedules": [{"active": True, "schedule": {"cron": "0 2 * * *", "timezone": "UTC"}}]},
            "时区：定时按 UTC 跑，而城市在 Asia/Shanghai",
        ),
    ],
)
def test_the_schedule_is_looked_at_where_prefect_runs(
    machine: Household, prefect_says: list[Any], deployment: object, told: str | None
) -> None:
    prefect_says += [deployment] if deployment else []
    code, lines = examined(machine)
    wrong = [line for line in lines if line.startswith("有误")]
    assert (code, wrong) == (0, []) if told is None else (code == 1 and told in wrong[0])
