"""One small sample city, served for the whole session by the real program; tests that move it bring it back to night 0."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import psutil
import pytest
import requests
from dotenv import dotenv_values

from sandbox import city
from sandbox.city import Town
from sandbox.lists import Published

SEED, SCALE = 1, 0.1


@dataclass(frozen=True)
class Program:
    """`python -m sandbox` while it runs: its process, and what its env file says."""

    process: subprocess.Popen[str]
    env: Mapping[str, str]
    env_file: Path

    def processes(self) -> list[psutil.Process]:
        """The program and everything that it started."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def move(self, night: int) -> None:
        """Move the city to a night."""
        requests.post(f"{self.env['SANDBOX_CONTROL_URL']}/night", json={"night": night}, timeout=60).raise_for_status()


#: Starts the program with these arguments, besides seed, scale and env file, which it gives.
Start: TypeAlias = Callable[..., Program]


def command(env_file: Path, arguments: Sequence[str]) -> list[str]:
    """The command line of a small city."""
    return [sys.executable, "-m", "sandbox", "--seed", str(SEED), "--scale", str(SCALE), "--env", str(env_file), *arguments]


def ready(process: subprocess.Popen[str], env_file: Path) -> Program:
    """The program once its env file is there."""
    while not env_file.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    values = {name: value for name, value in dotenv_values(env_file).items() if value is not None}
    return Program(process, values, env_file)


@contextmanager
def program(folder: Path, *arguments: str) -> Iterator[Program]:
    """The program while the block runs."""
    env_file = folder / "sandbox.env"
    process = subprocess.Popen(command(env_file, arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield ready(process, env_file)
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The city that all tests share, at night 0."""
    folder = tmp_path_factory.mktemp("sandbox")
    with program(folder, "--night", "0", "--root", str(folder), "--truth", str(folder / "truth.csv"), "--with-parent") as running:
        yield running


@pytest.fixture
def later(served: Program) -> Iterator[Callable[[int], None]]:
    """Moves the shared city to a night, for one test."""
    yield served.move
    served.move(0)


@pytest.fixture(scope="session")
def town() -> Town:
    """The same city without servers: what they are expected to publish."""
    return city.build(SEED, SCALE)


def fields(rows: Sequence[Published]) -> list[dict[str, str | None]]:
    """The rows as their owner writes them."""
    return [row.fields for row in rows]
