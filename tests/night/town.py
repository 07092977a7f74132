"""A small sample city served for real, and a household that runs nights on it without Prefect."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import requests
from dotenv import dotenv_values
from sqlalchemy import Engine

from flows.house import House, open_house
from flows.night import Order, conclude, receive_all, run_nights
from flows.register import Verdict
from flows.settings import Settings, now
from warehouse.engine import open_warehouse
from warehouse.publish import Publisher
from warehouse.state import State, read_state
from warehouse.tables import METADATA

EPOCH = date(2026, 6, 1)

#: Wall-clock tables: all others are the same whenever the same night is run.
WALL_CLOCK = frozenset({"run", "retrieval"})


def iso(night: int) -> str:
    """The date of the sample city's n-th night."""
    return (EPOCH + timedelta(days=night)).isoformat()


@dataclass(frozen=True)
class Town:
    """A served sample city: its addresses and keys, and moving it to another night."""

    env: Mapping[str, str]

    def move(self, night: int) -> dict[str, int]:
        """Publish the lists of the night; source → rows of its whole list."""
        answer = requests.post(f"{self.env['SANDBOX_CONTROL_URL']}/night", json={"night": night}, timeout=120)
        answer.raise_for_status()
        return dict(answer.json()["rows"])


@contextmanager
def served_town(root: Path, *, seed: int = 1, scale: float = 0.1) -> Iterator[Town]:
    """The sample city as a child process, at night 0."""
    env_file, log = root / "sandbox.env", root / "sandbox.log"
    command = [sys.executable, "-m", "sandbox", "--seed", str(seed), "--night", "0", "--scale", str(scale)]
    with log.open("w", encoding="utf-8") as output:
        child = subprocess.Popen([*command, "--env", str(env_file), "--with-parent"], stdout=output, stderr=subprocess.STDOUT)
    try:
        while not env_file.exists():
            assert child.poll() is None, log.read_text("utf-8")
            time.sleep(0.1)
        yield Town({name: value for name, value in dotenv_values(env_file).items() if value is not None})
    finally:
        child.terminate()
        child.wait(timeout=60)


class Household:
    """An installation with a home of its own on a town."""

    def __init__(self, home: Path, env: Mapping[str, str], city: str = "wuhu") -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        env_file = home / "settings.env"
        env_file.write_text("".join(f"{name}={value}\n" for name, value in env.items()), "utf-8")
        self.settings = Settings(home=home, env_file=env_file, city=city)

    @property
    def house(self) -> House:
        """The installation as a night opens it."""
        return open_house(self.settings)

    def run(
        self, night: str, *, full: bool = False, refetch: bool = False, only: tuple[str, ...] = (), house: House | None = None
    ) -> Verdict:
        """One night, published."""
        house = house or self.house
        order = Order(night, f"{night}/{now().timestamp()}", now(), full=full, refetch=refetch, only=only)
        with house.publisher.begin(night, "测试") as draft:
            ended, _ = run_nights(house, order, draft, receive_all, conclude)
            draft.publish()
        return ended

    def query(self, sql: str) -> pd.DataFrame:
        """A query on the publication in force."""
        with self._opened() as engine:
            return pd.read_sql_query(sql, engine)

    def tables(self, without: frozenset[str] = frozenset()) -> dict[str, pd.DataFrame]:
        """Every table but those of wall-clock time, in the order of all columns; `without` are columns to leave out."""
        frames = {}
        with self._opened() as engine:
            for name, table in sorted(METADATA.tables.items()):
                if name in WALL_CLOCK:
                    continue
                listed = ", ".join(f'"{column.name}"' for column in table.columns if column.name not in without)
                frames[name] = pd.read_sql_query(f"select {listed} from {name} order by {listed}", engine)
        return frames

    def state(self) -> State:
        """What the next night starts from."""
        with self._opened() as engine, engine.connect() as connection:
            return read_state(connection)

    @contextmanager
    def _opened(self) -> Iterator[Engine]:
        publication = Publisher(self.home, clock=now).current()
        assert publication is not None
        engine = open_warehouse(publication.warehouse, read_only=True)
        try:
            yield engine
        finally:
            engine.dispose()


def assert_same(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> None:
    """Both warehouses hold the same rows."""
    assert list(left) == list(right)
    for name, frame in left.items():
        pd.testing.assert_frame_equal(frame, right[name], obj=name)
