"""Prefect's server for `make ui`, and finding it again from another command."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import requests

from flows.settings import set_variable

HOST = "127.0.0.1"

#: The first start of Prefect's server migrates its database: 17 s on a quiet machine, several times that on a busy one.
START_SECONDS = 180


class ServerError(RuntimeError):
    """Prefect's server cannot be started; the message says why and what to do."""


def running_server(home: Path) -> str | None:
    """Address of the API of the server that `make ui` started with this home, when it answers."""
    record = home / "prefect" / "ui.json"
    try:
        address = str(json.loads(record.read_text("utf-8"))["api"])
    except (OSError, ValueError, KeyError):  # none was started, or it is being written
        return None
    return address if _healthy(address) else None


@contextmanager
def only_server(home: Path) -> Iterator[None]:
    """Nobody else serves this home while the block runs: a second server would stop the first one's schedule when it ends. Raises ServerError."""
    path = home / "prefect" / "serve.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(descriptor, 20, 0).decode("ascii", errors="replace").strip()
            raise ServerError(f"已有一个 yizhan serve 在用 {home.resolve()}（进程 {pid or '未知'}）：请用它，或先停掉它") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def prefect_server(home: Path, port: int, ui: str) -> Iterator[str]:
    """Prefect's server on 127.0.0.1 while the block runs; gives the address of its API. `ui`: where a browser reaches its pages."""
    refuse_taken(port, "YIZHAN_PORT")
    api = f"http://{HOST}:{port}/api"
    set_variable("PREFECT_SERVER_UI_API_URL", f"{ui}/api")  # else the pages ask port 4200, whatever the server's own is
    record = home / "prefect" / "ui.json"
    log = home / "prefect" / "server.log"
    if log.exists():
        log.replace(log.with_name("server.log.1"))  # why the last one ended is asked after it was started again
    with log.open("w", encoding="utf-8") as output:
        server = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "prefect", "server", "start", "--host", HOST, "--port", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    is_over, is_up = Event(), False
    try:
        _wait(server, api, log)
        record.write_text(json.dumps({"api": api, "pid": server.pid}), "utf-8")
        Thread(target=_end_with, args=(server, is_over), daemon=True).start()
        is_up = True
        yield api
    finally:
        is_over.set()
        ended_by_itself = is_up and server.poll() is not None
        record.unlink(missing_ok=True)
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(timeout=30)
        if ended_by_itself:
            raise ServerError(f"Prefect 服务自己停了，夜跑和页面都停；原因见 {log}，请重新启动")


def _end_with(server: subprocess.Popen[bytes], is_over: Event) -> None:
    """End this process when the server ends by itself: a service manager starts both anew, and nights are not waited for in vain."""
    server.wait()
    if not is_over.is_set():
        os.kill(os.getpid(), signal.SIGTERM)


def refuse_taken(port: int, setting: str) -> None:
    """Raises ServerError when the port on 127.0.0.1 is taken; `setting` chooses another."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise ServerError(f"端口 {port} 已被占用；请停掉占用者，或设置 {setting} 换一个端口") from None


def _wait(server: subprocess.Popen[bytes], api: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _healthy(api):
        if server.poll() is not None or time.monotonic() > deadline:
            raise ServerError(f"Prefect 服务没有启动：{log.read_text('utf-8')[-2000:] or '没有输出'}")
        time.sleep(0.2)


def _healthy(api: str) -> bool:
    try:
        return requests.get(f"{api}/health", timeout=2).status_code == 200
    except requests.RequestException:
        return False
