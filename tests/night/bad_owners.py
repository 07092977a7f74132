"""Owners that misbehave: each stands in for one of the town's, and gives the settings under which a household meets it instead."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openpyxl
import requests
from openpyxl.worksheet.worksheet import Worksheet

from tests.sources.owner_server import Asked, Reply, serving, speaking

Settings = Mapping[str, str]

#: Given the town's settings and a folder of one's own: the settings that differ while the block runs.
StandIn = Callable[[Settings, Path], AbstractContextManager[Settings]]

#: What must not go along to another server, or is made anew.
_OWN_HEADERS = frozenset({"host", "connection", "content-length", "accept-encoding"})


def setting(name: str, value: str) -> StandIn:
    """A setting of another value; an empty one is as good as none."""

    @contextmanager
    def stand_in(_town: Settings, _folder: Path) -> Iterator[Settings]:
        yield {name: value}

    return stand_in


def answering(name: str, answer: Callable[[Asked], Reply]) -> StandIn:
    """A server of its own at the address `name`."""

    @contextmanager
    def stand_in(_town: Settings, _folder: Path) -> Iterator[Settings]:
        with serving(answer) as served:
            yield {name: served.url}

    return stand_in


def on_a_socket(name: str, speak: Callable[[socket.socket, threading.Event], None]) -> StandIn:
    """A server that says its bytes as it likes."""

    @contextmanager
    def stand_in(_town: Settings, _folder: Path) -> Iterator[Settings]:
        with speaking(speak) as served:
            yield {name: served.url}

    return stand_in


def altering(name: str, alter: Callable[[Asked, bytes], bytes | Reply], target: Callable[[str], str] = str) -> StandIn:
    """The town's own owner, with an answer that was altered on the way; `target` alters what it is asked. Failures pass as they are."""

    @contextmanager
    def stand_in(town: Settings, _folder: Path) -> Iterator[Settings]:
        real = urlsplit(town[name])

        def answer(asked: Asked) -> Reply:
            headers = {header: value for header, value in asked.headers.items() if header.lower() not in _OWN_HEADERS}
            url = f"{real.scheme}://{real.netloc}{target(asked.target)}"
            came = requests.request(asked.method, url, headers=headers, data=asked.body, timeout=30)
            if came.status_code != 200:
                return Reply(came.content, came.status_code, {"Retry-After": "0"})
            altered = alter(asked, came.content)
            return altered if isinstance(altered, Reply) else Reply(altered)

        with serving(answer) as served:
            yield {name: served.url.removesuffix("/list") + real.path}

    return stand_in


def altering_json(name: str, alter: Callable[[Any], Any], target: Callable[[str], str] = str) -> StandIn:
    """As `altering`, on the parsed body."""
    return altering(name, lambda _, body: json.dumps(alter(json.loads(body)), ensure_ascii=False).encode(), target)


def folder_with(file: str, content: bytes) -> StandIn:
    """The rural bank's folder, holding one file."""

    @contextmanager
    def stand_in(_town: Settings, folder: Path) -> Iterator[Settings]:
        (folder / file).write_bytes(content)
        yield {"YIZHAN_RURAL_PATH": str(folder)}

    return stand_in


def altered_workbook(alter: Callable[[Worksheet], None]) -> StandIn:
    """The rural bank's workbook with its first sheet altered."""

    @contextmanager
    def stand_in(town: Settings, folder: Path) -> Iterator[Settings]:
        book = openpyxl.load_workbook(Path(town["YIZHAN_RURAL_PATH"]) / "网点清单.xlsx")
        alter(book.worksheets[0])
        book.save(folder / "网点清单.xlsx")
        yield {"YIZHAN_RURAL_PATH": str(folder)}

    return stand_in
