"""`yizhan serve --sample` for real: the UI answers, a click runs the night, another command finds the server, and stopping leaves nothing."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import duckdb
import psutil
import pytest
import requests

from tests.flows.test_command import YIZHAN, yizhan
from warehouse.journal import read_journal

pytestmark = pytest.mark.soak

START_S = 240


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The address of the API, and the serving process."""
    port, desk_port = _free_port(), _free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "YIZHAN_HOME": str(tmp_path),
        "YIZHAN_PORT": str(port),
        "YIZHAN_DESK_PORT": str(desk_port),
    }
    with (tmp_path / "serve.log").open("w") as output:
        process = psutil.Popen([YIZHAN, "serve", "--sample"], env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield f"http://127.0.0.1:{port}/api", process
    finally:
        if process.is_running():
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _deployment(api: str, process: psutil.Process, name: str = "nightly") -> dict[str, Any]:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.is_running()
        try:
            found = requests.post(f"{api}/deployments/filter", json={"deployments": {"name": {"any_": [name]}}}, timeout=5).json()
        except (requests.RequestException, json.JSONDecodeError):
            found = []
        if found:
            return dict(found[0])
        time.sleep(0.5)
    raise AssertionError("no deployment was served")


def _clicked(api: str, deployment: str, parameters: dict[str, Any] | None = None) -> str:
    """A run as the UI's button starts it; the server says 503 while its database is busy, and the UI asks again."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        answer = requests.post(f"{api}/deployments/{deployment}/create_flow_run", json={"parameters": parameters or {}}, timeout=30)
        if answer.status_code == 201:
            return str(answer.json()["id"])
        assert answer.status_code == 503, answer.text
        time.sleep(0.5)
    raise AssertionError("the server stayed busy")


def _ended(api: str, run_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        run = requests.get(f"{api}/flow_runs/{run_id}", timeout=5).json()
        if run["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED"):
            return dict(run)
        time.sleep(0.5)
    raise AssertionError("the run did not end")


def _acts_from_the_report(api: str, process: psutil.Process, home: Path) -> None:
    """As an operator does: follow a link of the report, fill in what is missing, see the register changed, and take it back."""
    reports = requests.post(f"{api}/artifacts/filter", json={"artifacts": {"key": {"any_": ["night-report"]}}}, timeout=10).json()
    link = re.search(r"\[更正第 \S+ 行\]\((http://127\.0\.0\.1:\d+/do/correct\?[^)]+)\)", reports[0]["data"])
    assert link is not None
    opened = requests.get(link[1], timeout=10, allow_redirects=False).headers["location"]
    deployment, query = re.search(r"/deployment/([^/]+)/run\?(.*)", opened).groups()  # type: ignore[union-attr]
    form = json.loads(parse_qs(query)["parameters"][0])["form"]
    signed = {"who": "李敏", "why": "打电话问过业主"}
    wrong = _ended(api, _clicked(api, deployment, {"form": {**form, **signed, "value": "测试"}}))
    assert (wrong["state"]["name"], "像是测试用的站点" in wrong["state"]["message"]) == ("Refused", True)
    right = _ended(api, _clicked(api, deployment, {"form": {**form, **signed, "value": "赭山公园劳动者驿站"}}))
    assert right["state"]["name"] == "Completed", right["state"]
    assert "赭山公园" in yizhan("station", _station(home, form["key"]), home=home).stdout
    number = read_journal(home / "decisions.jsonl").log["decision_id"].iloc[-1]
    undone = _ended(api, _clicked(api, _deployment(api, process, "撤销")["id"], {"form": {**signed, "decision": number}}))
    assert undone["state"]["name"] == "Completed", undone["state"]
    assert form["key"] in yizhan("quarantine", home=home).stdout.replace("\n", "") or _station(home, form["key"]) == ""


def _station(home: Path, key: str) -> str:
    """The station of an open listing, "" where there is none."""
    with duckdb.connect(str((home / "current").resolve() / "warehouse.duckdb"), read_only=True) as warehouse:
        row = warehouse.execute(
            "select station_id from station_listing join listing using (listing_id) where station_listing.valid_to is null and listing.valid_to is null "
            "and is_open and listing.source || ':' || row_key = ?",
            [key],
        ).fetchone()
    return str(row[0]) if row else ""


def test_serving_the_sample_city(serving: tuple[str, psutil.Process], tmp_path: Path) -> None:
    api, process = serving
    deployment = _deployment(api, process)
    assert requests.get(f"{api.removesuffix('/api')}/ui-settings", timeout=10).json()["api_url"] == api, "its pages ask this server"
    schedule = deployment["schedules"][0]["schedule"]
    assert (schedule["cron"], schedule["timezone"]) == ("0 2 * * *", "Asia/Shanghai")
    ended = _ended(api, _clicked(api, deployment["id"]))
    assert ended["state"]["name"] == "Quarantined", ended["state"]
    assert "needs-review" in ended["tags"]
    _acts_from_the_report(api, process, tmp_path)
    again = yizhan("nightly", "--sample", home=tmp_path)
    assert again.returncode == 0, again.stderr
    runs = requests.post(f"{api}/flow_runs/filter", json={"flow_runs": {"tags": {"all_": ["nightly"]}}}, timeout=10).json()
    assert len(runs) == 2, "the second run was not told to the server that runs"
    children = process.children(recursive=True)
    assert children
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    _, alive = psutil.wait_procs(children, timeout=30)
    assert not alive
