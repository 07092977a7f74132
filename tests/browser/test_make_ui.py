"""`make ui` as it is told in the README: from the addresses that it prints to pages that answer, and Ctrl-C stops all of it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Page, expect

from tests.browser.city import PATIENCE, free_port, until
from tests.docs.reading import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_make_ui_prints_addresses_that_answer_and_ctrl_c_stops_everything(page: Page, tmp_path: Path) -> None:
    ports = free_port(), free_port()
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "YIZHAN_HOME": str(tmp_path / "var"),
        "YIZHAN_PORT": str(ports[0]),
        "YIZHAN_DESK_PORT": str(ports[1]),
    }
    log = tmp_path / "make.log"
    with log.open("w") as output:  # a process group of its own, as a terminal gives it
        make = psutil.Popen(["make", "ui"], cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        until(lambda: make.poll() is not None or "Ctrl-C" in log.read_text("utf-8"))
        desk, ui = re.findall(r"http://127\.0\.0\.1:\d+", log.read_text("utf-8"))[:2]
        assert (ui, desk) == tuple(f"http://127.0.0.1:{port}" for port in ports), log.read_text("utf-8")
        page.goto(ui)
        expect(page).to_have_title(re.compile("Prefect"))
        page.goto(f"{ui}/v2/deployments")
        expect(page.get_by_text("放行").first).to_be_visible()
        page.goto(desk)
        expect(page.locator("main")).to_contain_text(re.compile("[一-龥]"))
        started = [make, *make.children(recursive=True)]
        assert len(started) > 3, "make, the command, Prefect's server, the sample city"
        os.killpg(make.pid, signal.SIGINT)
        _, alive = psutil.wait_procs(started, timeout=PATIENCE)
        assert alive == []
        assert [port for port in ports if _answers(port)] == []
        assert not (tmp_path / "var" / "sandbox.env").exists()
    finally:
        for left in [*make.children(recursive=True), make] if make.is_running() else []:
            left.kill()


def _answers(port: int) -> bool:
    return any(each.laddr and each.laddr.port == port and each.status == psutil.CONN_LISTEN for each in psutil.net_connections("tcp4"))
