"""The sample city as a child process: started, waited for, stopped. It is a program of its own, reached only through its addresses."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import requests
from dotenv import dotenv_values

#: The date of the sample city's night 0.
EPOCH = date(2026, 6, 1)

#: Starting six servers, PostgreSQL among them, takes about 5 s; a loaded machine may need ten times that.
START_SECONDS = 120


class SampleError(RuntimeError):
    """The sample city did not start; the message says what it printed."""


@contextmanager
def sample_city(home: Path, night: date | None = None) -> Iterator[Path]:
    """Serve the sample city while the block runs and give its env file; one that already runs (make ui) is used and left running,
    and never moved to another night: whoever runs it follows its calendar.

    `night` fixes the city at that date; without it the city follows the calendar.
    """
    if night is not None and night < EPOCH:
        raise SampleError(f"样例城市从 {EPOCH} 这一夜开始，没有 {night}")
    env_file = home / "sandbox.env"
    if present := _present(env_file):
        if night is not None and night.isoformat() != present:
            raise SampleError(
                f"样例城市正在运行（make ui），现在是 {present} 这一夜；要另跑 {night}，请先停掉它，或用 YIZHAN_HOME 另指一个目录"
            )
        yield env_file
        return
    home.mkdir(parents=True, exist_ok=True)
    env_file.unlink(missing_ok=True)
    log = home / "sandbox.log"
    command = [sys.executable, "-m", "sandbox", "--env", str(env_file), "--with-parent"]
    command += ["--night", str((night - EPOCH).days)] if night is not None else []
    with log.open("w", encoding="utf-8") as output:
        city = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)  # noqa: S603
    try:
        _wait(city, env_file, log)
        yield env_file
    finally:
        city.terminate()
        city.wait(timeout=60)
        env_file.unlink(missing_ok=True)


def _wait(city: subprocess.Popen[bytes], env_file: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not env_file.exists():
        if city.poll() is not None or time.monotonic() > deadline:
            raise SampleError(f"样例城市没有启动：{log.read_text('utf-8')[-2000:] or '没有输出'}")
        time.sleep(0.1)


def _present(env_file: Path) -> str | None:
    """The date of the city that runs behind the env file; None when none answers."""
    address = dotenv_values(env_file).get("SANDBOX_CONTROL_URL") if env_file.exists() else None
    if not address:
        return None
    try:
        return str(requests.get(address, timeout=10).json()["date"])
    except (requests.RequestException, ValueError, KeyError):
        return None
