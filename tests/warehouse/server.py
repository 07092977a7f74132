"""A real PostgreSQL for tests, and a wire to it that can be cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from sqlalchemy.engine import make_url

from sandbox.servers.postgres import ADMIN, Postgres

PASSWORD = "not-a-secret"


@contextmanager
def running() -> Iterator[Postgres]:
    """The server, until the block ends."""
    server = Postgres(PASSWORD)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def new_database(server: Postgres) -> str:
    """The address of an empty database, as one who may do anything."""
    name = f"d{uuid4().hex}"
    with server.admin(autocommit=True) as admin:
        admin.execute(f"create database {name}".encode())
    return f"postgresql://{ADMIN}:{PASSWORD}@127.0.0.1:{server.port}/{name}"


@dataclass
class Wire:
    """A TCP proxy before the server. `cut` says what it does at the next COMMIT: lose the request, or the answer; afterwards it is whole again."""

    server: int
    cut: Literal["", "request", "answer"] = ""
    port: int = 0
    cuts: int = 0
    _listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, url: str) -> str:
        """The address of the same database through this wire."""
        return make_url(url).set(port=self.port).render_as_string(hide_password=False)

    def close(self) -> None:
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(("127.0.0.1", self.server))
                threading.Thread(target=self._requests, args=(near, far), daemon=True).start()
                threading.Thread(target=self._answers, args=(near, far), daemon=True).start()

    def _requests(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while told := near.recv(65536):
                is_commit = b"COMMIT" in told
                if is_commit and self.cut == "request":
                    self._cut(near, far)
                    return
                if is_commit and self.cut == "answer":
                    near.shutdown(socket.SHUT_RD)  # what comes back finds nobody: see _answers
                    self.cuts += 1
                    self._deaf.add(near.fileno())
                far.sendall(told)
            far.shutdown(socket.SHUT_WR)

    _deaf: set[int] = field(default_factory=set)

    def _answers(self, near: socket.socket, far: socket.socket) -> None:
        with suppress(OSError):
            while told := far.recv(65536):
                if near.fileno() in self._deaf:
                    self.cut = ""
                    near.close()
                    far.close()
                    return
                near.sendall(told)
            near.shutdown(socket.SHUT_WR)

    def _cut(self, near: socket.socket, far: socket.socket) -> None:
        self.cut, self.cuts = "", self.cuts + 1
        for end in (far, near):
            end.shutdown(socket.SHUT_RDWR)
