"""An owner's server on 127.0.0.1, for the tests of fetching: over HTTP by a function that answers, or byte by byte on a raw socket."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from requests.structures import CaseInsensitiveDict


@dataclass(frozen=True)
class Asked:
    """A request as it came in. `target` is the path with its query, or, at a proxy, the whole address."""

    method: str
    target: str
    headers: CaseInsensitiveDict[str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True)
class Reply:
    """What the owner answers."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A JSON answer."""
    return Reply(json.dumps(value, ensure_ascii=False).encode(), status, headers or {})


@dataclass
class Served:
    """A running server: its address, and what it was asked so far."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def serving(answer: Callable[[Asked], Reply], trust: ssl.SSLContext | None = None) -> Iterator[Served]:
    """An HTTP server (HTTPS with `trust`) that answers by the function."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(self.command, self.path, CaseInsensitiveDict(self.headers.items()), self.rfile.read(length))
            served.asked.append(asked)
            reply = answer(asked)
            self.send_response(reply.status)
            for name, text in reply.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing is said."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that hangs up is part of the tests."""

    server = Quiet(("127.0.0.1", 0), Handler)
    if trust:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    served = Served(f"{'https' if trust else 'http'}://127.0.0.1:{server.server_port}/list")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def speaking(speak: Callable[[socket.socket, threading.Event], None]) -> Iterator[Served]:
    """A server that reads a request's head and leaves the rest to `speak`; the event is set when the test is over."""
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    served = Served(f"http://127.0.0.1:{listener.getsockname()[1]}/list")

    def talk(line: socket.socket) -> None:
        with line, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                came = line.recv(65536)
                if not came:
                    return
                head += came
            served.asked.append(Asked("GET", head.split()[1].decode(), CaseInsensitiveDict(), b""))
            speak(line, over)

    def listen() -> None:
        while not over.is_set():
            with suppress(OSError):
                line, _ = listener.accept()
                lines.append(line)
                talkers.append(threading.Thread(target=talk, args=(line,)))
                talkers[-1].start()

    talkers: list[threading.Thread] = []
    lines: list[socket.socket] = []
    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield served
    finally:
        over.set()
        for line in (listener, *lines):  # a client may have left its end open
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        listener.close()
        for each in (thread, *talkers):
            each.join()


def saying(text: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Send these bytes and hang up."""

    def speak(line: socket.socket, _over: threading.Event) -> None:
        line.sendall(text)

    return speak


def dripping(head: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """Send the head, then one blank every 10 ms for as long as anyone listens."""

    def speak(line: socket.socket, over: threading.Event) -> None:
        line.sendall(head)
        while not over.wait(0.01):
            line.sendall(b" ")

    return speak


def closed_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
