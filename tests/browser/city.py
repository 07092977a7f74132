"""The sample city with an owner's slip, served as an operator has it: Prefect's UI and our own pages over one night."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psutil
import requests
from openpyxl import load_workbook

from tests.flows.test_command import YIZHAN
from warehouse.journal import read_journal

#: Seconds for a server to start or a run to end on a machine with other work.
PATIENCE = 300

#: What the slip is called: a row that somebody left in the rural bank's workbook.
SLIP = "测试网点请勿使用"


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


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def served(root: Path) -> Iterator[Served]:
    """The city and the servers while the block runs, after one night."""
    owners, env_file = root / "owners", root / "sandbox.env"
    owners.mkdir()
    with _child(
        [sys.executable, "-m", "sandbox", "--root", str(owners), "--env", str(env_file), "--with-parent"], root / "sandbox.log", {}
    ):
        _until(env_file.exists)
        _slip(next(owners.rglob("*.xlsx")))
        ports = _free_port(), _free_port()
        env = {
            "YIZHAN_HOME": str(root / "var"),
            "YIZHAN_ENV_FILE": str(env_file),
            "YIZHAN_PORT": str(ports[0]),
            "YIZHAN_DESK_PORT": str(ports[1]),
        }
        with _child([str(YIZHAN), "serve"], root / "serve.log", env):
            city = Served(f"http://127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}", root / "var")
            _until(lambda: _answers(city))
            night = city.ask(f"deployments/{city.deployment('nightly')}/create_flow_run", {})
            assert city.ended(night["id"])["name"] == "Quarantined"
            yield city


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
def _child(command: list[str], log: Path, env: dict[str, str]) -> Iterator[None]:
    with log.open("w") as output:
        process = psutil.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env={"PATH": "/usr/bin:/bin", "HOME": str(log.parent), **env}
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not start"
        time.sleep(0.2)
