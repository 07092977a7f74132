"""A small register over some nights, and the API served on a real port."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pandas as pd
import uvicorn

from flows.api import alone, read_api
from flows.registers import Registers
from flows.settings import Settings
from tests.warehouse.nights import Claim, filled, night_tables, station_id
from warehouse.load import load_night
from warehouse.publish import Publication, Publisher


@dataclass(frozen=True)
class Night:
    """A night: what stands, what redirects (number → number), and the events beside `opened`."""

    claims: Sequence[Claim]
    redirects: Mapping[int, int] = field(default_factory=dict)
    events: Sequence[Mapping[str, Any]] = ()


def event(number: int, what: str, cause: str | None = None, detail: str | None = None) -> dict[str, Any]:
    """An event of a station."""
    return {"station_id": station_id(number), "event": what, "cause": cause, "source": "union", "detail": detail}


def publisher_of(home: Path, keep: int = 7) -> Publisher:
    """The publisher of a home."""
    return Publisher(home, keep=keep, clock=lambda: datetime(2026, 6, 1, 2, tzinfo=UTC))


def publish(publisher: Publisher, on: str, night: Night) -> Publication:
    """Publish the night on top of what stands."""
    made = night_tables(night.claims, on)
    opened = made.station_event if publisher.current() is None else made.station_event.iloc[:0]
    made = replace(
        made,
        station=made.station.assign(lat_wgs84=made.station["lng_wgs84"].where(made.station["lng_wgs84"].isna(), 31.33)),
        station_redirect=filled(
            "station_redirect", [{"from_id": station_id(old), "to_id": station_id(new)} for old, new in night.redirects.items()]
        ),
        station_event=pd.concat([opened, filled("station_event", night.events)], ignore_index=True),
    )
    with publisher.begin(on, "夜间运行") as draft:
        with draft.engine.begin() as connection:
            load_night(connection, on, made)
        return draft.publish()


@dataclass
class Served:
    """The API on a port: `ask` takes a path below /api/, or a whole address."""

    base: str
    registers: Registers
    client: httpx.Client

    def ask(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        address = path if path.startswith("http") else f"{self.base}{path}"
        return self.client.request(method, address, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def told(self, path: str, status: int = 200) -> Any:
        answer = self.ask(path)
        assert answer.status_code == status, answer.text
        return answer.json()


@contextmanager
def served(home: Path, *, is_public: bool = False) -> Iterator[Served]:
    """The API of a home, on a free port: as it is beside our own pages, or as `yizhan api` serves it to the public."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
        registers, reading = read_api(Settings(home=home), base, is_public=is_public)
        server = uvicorn.Server(uvicorn.Config(alone(reading, base), log_level="warning"))
        serving = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        serving.start()
        try:
            with registers.watched(), httpx.Client(timeout=30, trust_env=False) as client:
                while not server.started:
                    serving.join(0.01)
                yield Served(base, registers, client)
        finally:
            server.should_exit = True
            serving.join(timeout=10)
