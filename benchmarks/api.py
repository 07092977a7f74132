"""The register by HTTP: `python -m benchmarks.api [--seconds N] [--copies N ...]` rewrites its part of RESULTS.md.

The server is `yizhan api` in a process of its own; this one asks. What a core can do is told by the server's own processor time, so that whoever else is
at work on the machine does not count. Latency is that of an open loop: requests are due at fixed times whatever became of those before, and each is
timed from when it was due, so that a stall counts for all who would have waited in it.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Final

import duckdb
import psutil

from benchmarks.results import machine, rewrite
from flows.settings import prepare_process
from tests.night.town import Household, iso, served_town

ITEMS: Final = "/api/collections/stations/items"

#: Requests a second of the open loop, and connections that take turns: enough that none is waited for below a second of latency.
RATE, CONNECTIONS = 100, 100

#: Asked for at once by as many clients.
CLIENTS: Final = 500

#: The register of `copies` cities: every station again under other ids, with its statements and events.
_MANY: Final = """
create table station_history as select * replace (substr(station_id, 1, 7) || substr(md5(station_id || n), 1, 10) as station_id) from city.station_history, range({copies}) r(n) order by valid_from, station_id;
create table statement as select * replace (substr(station_id, 1, 7) || substr(md5(station_id || n), 1, 10) as station_id) from city.statement, range({copies}) r(n) order by station_id;
create table station_event as select * replace (substr(station_id, 1, 7) || substr(md5(station_id || n), 1, 10) as station_id, row_number() over () as number) from city.station_event, range({copies}) r(n);
create table station_redirect as from city.station_redirect;
create table night as from city.night;
"""


def main() -> None:
    """Measure, print, and rewrite the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20, help="of each measurement")
    parser.add_argument("--copies", type=int, nargs="*", default=[123, 480], help="registers of so many cities, beside the sample city's")
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        city = _sample(Path(folder) / "town")
        for copies in (1, *asked.copies):
            rows.append(measured(city if copies == 1 else _many(city, Path(folder) / f"many-{copies}", copies), asked.seconds))
            print(rows[-1], flush=True)
    head = [
        (
            f"| stations | one station: requests a second of a core | at {RATE}/s, from when due: median | p99 | worst | a page of 100 in a box | "
            f"{CLIENTS} clients at once: the last after | memory |"
        ),
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    table = "\n".join([*head, *rows])
    rewrite(
        "api",
        f"## The register by HTTP\n\n{machine()}, other work on the machine (load {os.getloadavg()[0]:.1f} at the end). `python -m benchmarks.api`: "
        f"`yizhan api` in a process of its own, stations asked for at random. Asked: 300 requests a second of a core, p99 50 ms at {RATE}/s.\n\n{table}",
    )


def measured(home: Path, seconds: int) -> str:
    """A line of the table for the register of a home."""
    with closing(duckdb.connect(str((home / "current").resolve() / "analyst.duckdb"), read_only=True)) as register:
        ids = [str(each) for (each,) in register.execute("select station_id from station_history where valid_to is null").fetchall()]
    chosen = random.Random(7).choices(ids, k=200_000)
    with served(home) as (port, server):
        _ask(port)(f"{ITEMS}/{ids[0]}")
        late = open_loop(port, [f"{ITEMS}/{each}" for each in chosen[: RATE * seconds]])
        page = open_loop(port, [f"{ITEMS}?bbox=118.3,31.2,118.5,31.4&limit=100"] * (10 * seconds), rate=10)
        rush = at_once(port, [f"{ITEMS}/{each}" for each in chosen[-CLIENTS:]])
        before = server.cpu_times()
        asked = as_fast_as_it_goes(port, [f"{ITEMS}/{each}" for each in chosen[RATE * seconds :]], seconds)
        after = server.cpu_times()
        memory = server.memory_info().rss / 2**20
    spent = after.user + after.system - before.user - before.system
    late.sort()
    page.sort()
    return (
        f"| {len(ids):,} | {asked / spent:,.0f} | {late[len(late) // 2] * 1000:.1f} ms | {late[int(len(late) * 0.99)] * 1000:.1f} ms | {late[-1] * 1000:.0f} ms "
        f"| median {page[len(page) // 2] * 1000:.0f} ms | {rush:.2f} s | {memory:.0f} MB |"
    )


@contextmanager
def served(home: Path) -> Iterator[tuple[int, psutil.Process]]:
    """`yizhan api` on a free port while the block runs: the port, and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    running = subprocess.Popen(
        [Path(sys.executable).with_name("yizhan"), "api", "--port", str(port)],
        env={**os.environ, "YIZHAN_HOME": str(home)},
        stdout=subprocess.DEVNULL,
    )
    try:
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if running.poll() is not None:
                raise SystemExit("the server ended")
            time.sleep(0.1)
        yield port, psutil.Process(running.pid)
    finally:
        running.terminate()
        running.wait()


def open_loop(port: int, paths: Sequence[str], rate: int = RATE) -> list[float]:
    """Seconds from when each request was due until its answer was read."""
    began = time.perf_counter() + 0.2
    numbers = count()
    late: list[float] = []

    def turn() -> None:
        ask = _ask(port)
        while (number := next(numbers)) < len(paths):
            due = began + number / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            ask(paths[number])
            late.append(time.perf_counter() - due)

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for each in [pool.submit(turn) for _ in range(CONNECTIONS)]:
            each.result()
    return late


def as_fast_as_it_goes(port: int, paths: Sequence[str], seconds: int) -> int:
    """Requests answered on 4 connections in that time."""
    until = time.perf_counter() + seconds
    numbers = count()

    def turn() -> int:
        ask, done = _ask(port), 0
        while time.perf_counter() < until:
            ask(paths[next(numbers) % len(paths)])
            done += 1
        return done

    with ThreadPoolExecutor(4) as pool:
        return sum(each.result() for each in [pool.submit(turn) for _ in range(4)])


def at_once(port: int, paths: Sequence[str]) -> float:
    """Seconds until the last of as many clients as there are paths, all asking at the same moment on connections of their own, has its answer."""
    ready = Barrier(len(paths))

    def turn(path: str) -> float:
        ask = _ask(port)
        ready.wait()
        began = time.perf_counter()
        ask(path)
        return time.perf_counter() - began

    with ThreadPoolExecutor(len(paths)) as pool:
        return max(pool.map(turn, paths))


def _ask(port: int) -> Callable[[str], None]:
    """Asks on a connection of its own, which stays open. Ends the benchmark when an answer is not 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(path: str) -> None:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")

    return ask


def _sample(root: Path) -> Path:
    """The home of the sample city after its first night."""
    root.mkdir()
    with served_town(root, scale=1.0) as town:
        household = Household(root / "var", town.env)
        prepare_process(household.settings)
        household.run(iso(0))
    return root / "var"


def _many(city: Path, home: Path, copies: int) -> Path:
    """A home whose register is that of so many cities."""
    published = (city / "current").resolve()
    folder = home / "published" / published.name
    folder.mkdir(parents=True)
    shutil.copy(published / "warehouse.duckdb", folder)
    with closing(duckdb.connect(str(folder / "analyst.duckdb"))) as made:
        made.execute(f"attach '{published / 'analyst.duckdb'}' as city (read_only)")
        made.execute(_MANY.format(copies=copies))
    (home / "current").symlink_to(Path("published") / published.name)
    return home


if __name__ == "__main__":
    main()
