"""The sample city with owners' slips, served as an operator has it: Prefect's UI and our own pages over two nights, nine days apart."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import psutil
import requests
from dotenv import dotenv_values
from openpyxl import load_workbook

from flows.sample import EPOCH
from tests.flows.test_command import YIZHAN
from tests.night.town import Town
from warehouse.journal import read_journal

#: Seconds for a server to start or a run to end on a machine with other work.
PATIENCE = 300

#: What the slip is called: a row that somebody left in the rural bank's workbook.
SLIP = "测试网点请勿使用"

#: Days between the two nights: an owner that turned us away since has a list that is too old, and no weekly list is still fresh.
APART = 9


@dataclass(frozen=True)
class Served:
    """Addresses of Prefect and of our pages, and where the register lives."""

    ui: str
    desk: str
    home: Path

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Prefect's API; it says 503 while its database is busy."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = (
                requests.get(f"{self.ui}/api/{path}", timeout=30)
                if body is None
                else requests.post(f"{self.ui}/api/{path}", json=body, timeout=30)
            )
            if answer.status_code != 503:
                answer.raise_for_status()
                return answer.json()
            time.sleep(0.5)
        raise AssertionError(f"{path}: the server stayed busy")

    def deployment(self, name: str) -> str:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if found := self.ask("deployments/filter", {"deployments": {"name": {"any_": [name]}}}):
                return str(found[0]["id"])
            time.sleep(0.5)
        raise AssertionError(f"{name} was not served")

    def ended(self, run: str) -> dict[str, Any]:
        """The state in which a run ended."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            state = self.ask(f"flow_runs/{run}")["state"]
            if state and state["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
                return dict(state)
            time.sleep(0.5)
        raise AssertionError("the run did not end")

    @property
    def newest_report(self) -> dict[str, Any]:
        """The newest night's report."""
        asked = {"artifacts": {"key": {"any_": ["night-report"]}}, "sort": "CREATED_DESC", "limit": 1}
        return dict(self.ask("artifacts/filter", asked)[0])

    def report(self) -> str:
        """Its Markdown."""
        return str(self.newest_report["data"])

    def query(self, sql: str) -> pd.DataFrame:
        with duckdb.connect(str((self.home / "current").resolve() / "warehouse.duckdb"), read_only=True) as warehouse:
            return warehouse.execute(sql).df()

    @property
    def log(self) -> pd.DataFrame:
        return read_journal(self.home / "decisions.jsonl").log


def free_port() -> int:
    """A port on 127.0.0.1 that nobody holds."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def served(root: Path) -> Iterator[Served]:
    """The city and the servers while the block runs, after two nights: one nine days ago, and tonight's, on which a bank's row is a test
    and the other bank turns us away."""
    owners, env_file, ours = root / "owners", root / "sandbox.env", root / "settings.env"
    owners.mkdir()
    tonight = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    number = (tonight - EPOCH).days
    sandbox = [sys.executable, "-m", "sandbox", "--root", str(owners), "--env", str(env_file), "--with-parent"]
    with child([*sandbox, "--night", str(number - APART)], root / "sandbox.log", {}):
        until(env_file.exists)
        ours.write_text(env_file.read_text("utf-8"), "utf-8")
        ports = free_port(), free_port()
        env = {
            "YIZHAN_HOME": str(root / "var"),
            "YIZHAN_ENV_FILE": str(ours),
            "YIZHAN_PORT": str(ports[0]),
            "YIZHAN_DESK_PORT": str(ports[1]),
        }
        with child([str(YIZHAN), "serve"], root / "serve.log", env):
            city = Served(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", root / "var")
            until(lambda: _answers(city))
            _night(city, {"on": (tonight - timedelta(days=APART)).isoformat()})
            Town({name: value for name, value in dotenv_values(env_file).items() if value}).move(number)
            _slip(next(owners.rglob("*.xlsx")))
            ours.write_text(re.sub(r"(?m)^(YIZHAN_ICBC_SECRET)=.*$", r"\1=expired", ours.read_text("utf-8")), "utf-8")
            _night(city, {})
            yield city


def _night(city: Served, parameters: dict[str, str]) -> None:
    """A night, as a click starts it."""
    night = city.ask(f"deployments/{city.deployment('nightly')}/create_flow_run", {"parameters": parameters})
    state = city.ended(night["id"])
    assert state["name"] == "Quarantined", state


def _slip(workbook: Path) -> None:
    """One more line in the workbook's first sheet of lines, like the last but for its name."""
    book = load_workbook(workbook)
    sheet = next(each for each in book.worksheets if each.max_row > 8)
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    header = next(line for line in lines if any("名称" in str(value) for value in line))
    name = next(at for at, value in enumerate(header) if "名称" in str(value))
    last = [line for line in lines if line[name]][-1]
    sheet.append([*last[:name], SLIP, *last[name + 1 :]])
    book.save(workbook)


def _answers(city: Served) -> bool:
    try:
        return requests.get(f"{city.ui}/api/health", timeout=5).ok and requests.get(city.desk, timeout=5).status_code < 500
    except requests.RequestException:
        return False


@contextmanager
def child(command: list[str], log: Path, env: dict[str, str]) -> Iterator[None]:
    """A process while the block runs; what it says goes to `log`."""
    with log.open("w") as output:
        process = psutil.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={"PATH": "/usr/bin:/bin", "HOME": str(log.parent), **env}
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what must come."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not start"
        time.sleep(0.2)
