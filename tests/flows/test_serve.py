"""`yizhan serve --sample` for real: the UI answers, a click runs the night, another command finds the server, and stopping leaves nothing."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from tests.flows.test_command import YIZHAN, yizhan

pytestmark = pytest.mark.soak

START_S = 240


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The address of the API, and the serving process."""
    port = _free_port()
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "YIZHAN_HOME": str(tmp_path), "YIZHAN_PORT": str(port)}
    with (tmp_path / "serve.log").open("w") as output:
        process = psutil.Popen([YIZHAN, "serve", "--sample"], env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield f"http://127.0.0.1:{port}/api", process
    finally:
        if process.is_running():
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _deployment(api: str, process: psutil.Process) -> dict[str, Any]:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.is_running()
        try:
            found = requests.post(f"{api}/deployments/filter", json={}, timeout=5).json()
        except (requests.RequestException, json.JSONDecodeError):
            found = []
        if found:
            return dict(found[0])
        time.sleep(0.5)
    raise AssertionError("no deployment was served")


def _clicked(api: str, deployment: str) -> str:
    """A run as the UI's button starts it; the server says 503 while its database is busy, and the UI asks again."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        answer = requests.post(f"{api}/deployments/{deployment}/create_flow_run", json={"parameters": {}}, timeout=30)
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


def test_serving_the_sample_city(serving: tuple[str, psutil.Process], tmp_path: Path) -> None:
    api, process = serving
    deployment = _deployment(api, process)
    assert requests.get(f"{api.removesuffix('/api')}/ui-settings", timeout=10).json()["api_url"] == api, "its pages ask this server"
    schedule = deployment["schedules"][0]["schedule"]
    assert (schedule["cron"], schedule["timezone"]) == ("0 2 * * *", "Asia/Shanghai")
    ended = _ended(api, _clicked(api, deployment["id"]))
    assert ended["state"]["name"] == "Quarantined", ended["state"]
    assert "needs-review" in ended["tags"]
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
