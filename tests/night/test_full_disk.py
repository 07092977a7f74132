"""A disk that is full while a night is fetched or published: one sentence, the night before stays in force, and the next try runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.night.town import Household, Town, assert_same, iso
from tests.yizhan import YIZHAN, new_city_home

ROOT = Path(__file__).parents[2]
TOLD = "磁盘空间不足，{night} 这一夜没有发布；上一次发布的内容仍然有效。请清理磁盘后重新运行这一夜。"


def test_no_room_leaves_the_night_before(household: Household, town: Town) -> None:
    household.run(iso(0))
    before, publication = household.tables(), household.house.publisher.current()
    assert publication is not None
    town.move(1)
    for room in (4_096, publication.warehouse.stat().st_size):  # not even a payload; the copy of the warehouse but not the night
        command = [sys.executable, "-m", "tests.night.starved", str(household.home), iso(1), str(room)]
        starved = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (starved.returncode, starved.stderr.strip()) == (7, TOLD.format(night=iso(1)))
        assert household.house.publisher.current() == publication
        assert not (household.home / "staging").exists()
    assert_same(household.tables(), before)
    household.run(iso(1))
    assert household.query("select max(night) as night from night")["night"].astype("str").iloc[0][:10] == iso(1)


def _may_mount() -> bool:
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "-rm", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.soak
@pytest.mark.skipif(not _may_mount(), reason="needs unshare with a user namespace, to mount a small disk")
def test_a_full_disk_by_the_command_line(tmp_path: Path) -> None:
    home, env = new_city_home(tmp_path)
    script = f"""
    mount -t tmpfs -o size=300M tmpfs {home}
    {YIZHAN} nightly --on 2026-06-01 || exit 50
    mount -o remount,size=$(($(df -k --output=used {home} | tail -1) + 2000))k {home}
    {YIZHAN} nightly --on 2026-06-02; full=$?
    mount -o remount,size=300M {home}
    {YIZHAN} nightly --on 2026-06-02 || exit 51
    exit $full
    """
    home.mkdir()
    ended = subprocess.run(["unshare", "-rm", "sh", "-c", script], env={**os.environ, **env}, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert TOLD.format(night="2026-06-02") in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
