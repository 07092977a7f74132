"""A city of one's own: made by one command, it runs a night as it is, also where nothing but the wheel is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.night.town import Household
from tests.yizhan import new_city_home

ROOT = Path(__file__).parents[2]


def test_a_new_city_runs_a_night(tmp_path: Path) -> None:
    home, variables = new_city_home(tmp_path)
    household = Household(home, {}, city=variables["YIZHAN_CITY"])
    assert household.run("2026-06-01").state == "published"
    stations = household.query("select name, county, lng_wgs84 from station where status = 'open'")
    assert len(stations) == 3
    assert stations.notna().all(axis=None)
    assert household.query("select count(*) as issues from issue where severity <> 'info'")["issues"].iloc[0] == 0
    assert household.run("2026-06-02").state == "published"


def test_a_city_of_weekly_lists_has_quiet_nights_between(tmp_path: Path) -> None:
    home, variables = new_city_home(tmp_path)
    source = Path(variables["YIZHAN_CITY"]) / "stations.py"
    source.write_text(source.read_text("utf-8").replace("Due.daily()", 'Due.weekly("Mon")'), "utf-8")
    household = Household(home, {}, city=variables["YIZHAN_CITY"])
    ended = [household.run(night).state for night in ("2026-06-01", "2026-06-02", "2026-06-08")]  # Monday, Tuesday, Monday
    assert ended == ["published", "published", "published"]
    assert household.query("select outcome from retrieval where night = '2026-06-02'")["outcome"].to_list() == ["not_due"]
    assert household.query("select count(*) as open from station where status = 'open'")["open"].iloc[0] == 3


def _without_the_repo(folder: Path) -> Path:
    """A virtual environment where the wheel is installed, and the packages that it needs are those of this one; gives its folder of commands."""
    wheels, venv = folder / "wheels", folder / "venv"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    commands = venv / "bin"
    wheel = next(wheels.glob("yizhan-*.whl"))
    subprocess.run([*pip, "--python", str(commands / "python"), "install", "--no-deps", "--no-index", str(wheel)], check=True)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(venv)}))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"), "utf-8")  # its own .pth, which leads to the repo, is not followed
    return commands


@pytest.mark.soak
def test_a_night_where_only_the_wheel_is_installed(tmp_path: Path) -> None:
    commands = _without_the_repo(tmp_path)
    home, variables = new_city_home(tmp_path, str(commands / "yizhan"))
    env = {"PATH": f"{commands}:{os.environ['PATH']}", "HOME": str(tmp_path), **variables}

    def told(*words: str) -> str:
        ended = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    loaded = told(
        str(commands / "python"), "-c", "import flows, sandbox, sources; print(flows.__file__, sandbox.__file__, sources.__file__)"
    )
    assert str(ROOT) not in loaded
    summary = told(str(commands / "yizhan"), "nightly", "--on", "2026-06-01")
    assert "已发布" in summary
    assert "3 站" in summary
    assert (home / "current" / "warehouse.duckdb").exists()
    sample = {name: value for name, value in env.items() if name != "YIZHAN_CITY"} | {"YIZHAN_HOME": str(tmp_path / "sample")}
    env.clear()
    env.update(sample)
    assert "telecom_tower" in told(str(commands / "yizhan"), "nightly", "--sample", "--on", "2026-06-01")
