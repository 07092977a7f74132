"""The dead man's switch: silent while nights run, and else says which did not, once, whatever state Prefect, the warehouse or the settings are in."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from flows import watch as watching
from flows.settings import Settings
from flows.watch import due_night, watch
from tests.flows.test_outbox import DOWN, address, said, taken
from tests.sources.owner_server import Served, serving

#: Three in the afternoon of 4 June, city time.
AFTERNOON = datetime(2026, 6, 4, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hour", "grace", "night"),
    [(4.9, 3, "2026-06-03"), (5, 3, "2026-06-04"), (1.9, 0, "2026-06-03"), (2, 0, "2026-06-04"), (5, 30, "2026-06-02")],
)
def test_a_night_is_due_once_its_grace_is_over(hour: float, grace: float, night: str) -> None:
    assert due_night(datetime(2026, 6, 4, tzinfo=UTC) + timedelta(hours=hour), grace) == night


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(watching, "now", lambda: AFTERNOON)
    return monkeypatch


def publication(home: Path, name: str, nights: tuple[str, ...] = ()) -> Path:
    """A published folder as the switch sees it, with a warehouse of these nights, in force."""
    folder = home / "published" / name
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as warehouse:
        warehouse.execute("create table night (night date)")
        for night in nights:
            warehouse.execute("insert into night values (?)", [night])
    (home / "current").unlink(missing_ok=True)
    (home / "current").symlink_to(Path("published") / name)
    return folder / "warehouse.duckdb"


def looked(home: Path, notify: str = "", city: str = "wuhu", notify_on: str = "missed") -> tuple[int, str]:
    """Exit code and what was said."""
    output = StringIO()
    code = watch(Settings(home=home, notify=notify, city=city, notify_on=notify_on), Console(file=output, width=500), grace=3)
    return code, output.getvalue()


@pytest.mark.usefixtures("clock")
def test_nothing_is_said_while_nights_are_run_whatever_the_warehouse_is_like(tmp_path: Path) -> None:
    warehouse = publication(tmp_path, "2026-06-04-3")
    warehouse.write_bytes(b"broken")
    assert looked(tmp_path) == (0, "")
    for number in range(4, 12):
        publication(tmp_path, f"2026-06-01-{number}", ("2026-06-01", "2026-06-04"))
    shutil.rmtree(warehouse.parent)
    assert looked(tmp_path) == (0, ""), "an older night was replayed so often that the night's own publication was pruned"


@pytest.mark.usefixtures("clock")
def test_a_night_that_did_not_run_is_told_once_and_the_next_again(tmp_path: Path, clock: pytest.MonkeyPatch) -> None:
    publication(tmp_path, "2026-06-02-1", ("2026-06-02",))
    with serving(taken) as channel:
        for _ in range(3):
            code, text = looked(tmp_path, address(channel))
            assert code == 1
            assert "2026-06-04 这一夜应于 02:00 开始，到 06-04 05:00 还没有跑完" in text
            assert "自 2026-06-03 起已有 2 夜没有跑" in text
            assert "请启动 yizhan serve" in text
        publication(tmp_path, "2026-06-03-2", ("2026-06-03",))
        assert "自 2026-06-04 起已有 1 夜没有跑" in looked(tmp_path, address(channel))[1], "what is said changes, the night does not"
        assert [each.splitlines()[0] for each in said(channel)] == ["芜湖市驿站 2026-06-04：这一夜没有跑完"]
        clock.setattr(watching, "now", lambda: AFTERNOON + timedelta(days=1))
        looked(tmp_path, address(channel))
        assert len(channel.asked) == 2
        assert looked(tmp_path, address(channel), notify_on="rejected")[0] == 1
        assert len(channel.asked) == 2


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("state", ["missing", "broken", "locked"])
def test_it_needs_no_warehouse(tmp_path: Path, state: str) -> None:
    warehouse = publication(tmp_path, "2026-06-02-1", ("2026-06-02",))
    held = duckdb.connect(str(tmp_path / "none.duckdb"))
    if state == "missing":
        warehouse.unlink()
    elif state == "broken":
        warehouse.write_bytes(b"broken" * 1000)
    else:
        held = duckdb.connect(str(warehouse), config={"threads": 1})
    with held:
        code, text = looked(tmp_path)
    assert code == 1
    assert "最近跑完的是 2026-06-02" in text
    assert "仓库 2026-06-02-1 读不出来" in text


@pytest.mark.usefixtures("clock")
def test_a_disk_that_is_not_there_and_a_city_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    with serving(taken) as channel:
        assert "磁盘挂上了没有" in looked(tmp_path / "none", address(channel))[1]
        for _ in range(2):
            assert looked(tmp_path, address(channel), city="atlantis")[0] == 1
    assert [each.splitlines()[0] for each in said(channel)] == ["芜湖市驿站 2026-06-04：这一夜没有跑完", "驿站：设置有误，夜跑跑不起来"]


@pytest.mark.usefixtures("clock")
def test_what_waits_is_sent_while_all_is_well(tmp_path: Path) -> None:
    publication(tmp_path, "2026-06-02-1", ("2026-06-02",))
    looked(tmp_path, DOWN)
    publication(tmp_path, "2026-06-04-2", ("2026-06-04",))
    with serving(taken) as channel:
        assert looked(tmp_path, address(channel)) == (0, "")
    assert titles(channel) == ["芜湖市驿站 2026-06-04：这一夜没有跑完"]


def titles(channel: Served) -> list[str]:
    return [json.loads(each.body)["title"] for each in channel.asked]
