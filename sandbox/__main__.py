"""Serve the sample city on 127.0.0.1 until it is told to stop: `python -m sandbox --seed 1 --night 0 --env var/sandbox.env`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from subprocess import SubprocessError
from typing import Final

from sandbox.servers.serving import Serving, Wish, serving

#: Seconds between two looks at the calendar, at PostgreSQL and at the process that started this one.
_LOOK_S: Final = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; the exit code: 0 when told to stop, 1 when the city could not go on, 2 for wrong use."""
    asked = _parser().parse_args(arguments)
    parent = os.getppid() if asked.with_parent else None
    stop = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(sign, lambda *_: stop.set())
    try:
        with serving(Wish(asked.seed, asked.night, asked.scale, asked.env, asked.root, asked.truth)) as city:
            edition = city.city.edition
            _say(
                f"The sample city is served: night {edition.night} ({edition.day}). Addresses and keys are in {asked.env}. Ctrl-C stops it."
            )
            why = _watch(city, stop, parent)
    except (OSError, RuntimeError, SubprocessError) as why_not:
        sys.stderr.write(f"The sample city could not be served: {why_not}\n")
        return 1
    if why:
        sys.stderr.write(f"{why}\n")
    return 1 if why else 0


def _watch(city: Serving, stop: threading.Event, parent: int | None) -> str | None:
    """Wait until the city is told to stop, or nobody is left who could tell it; else the reason why it cannot go on."""
    while not stop.wait(_LOOK_S):
        if parent is not None and os.getppid() != parent:
            return None
        if not city.server.is_running:
            return "The sample city stops: its PostgreSQL has ended."
        city.control.follow()
    return None


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A sample city on 127.0.0.1: 940 stations that never existed, and six lists of them, each served as its owner would.",
        epilog="Example: python -m sandbox --seed 1 --night 0 --env var/sandbox.env --truth var/truth.csv",
    )
    parser.add_argument("--seed", type=int, default=1, help="the city's seed (default 1)")
    parser.add_argument("--night", type=_night, help="the night to publish, counted from 2026-06-01 (default: follow the calendar)")
    parser.add_argument("--env", type=Path, default=Path("var/sandbox.env"), help="file for addresses and keys (default var/sandbox.env)")
    parser.add_argument("--scale", type=_scale, default=1.0, help="1.0 has 940 stations (the default), 0.1 a tenth")
    parser.add_argument("--root", type=Path, help="folder for the rural bank's workbook, kept afterwards (default: a temporary one)")
    parser.add_argument("--truth", type=Path, help="file for the truth of the rows; that of the stations goes to NAME_stations beside it")
    parser.add_argument("--with-parent", action="store_true", help="stop when the process that started this one ends")
    return parser


def _night(text: str) -> int:
    night = int(text)
    if night < 0:
        raise argparse.ArgumentTypeError("nights are counted from 0")
    return night


def _scale(text: str) -> float:
    scale = float(text)
    if not 0.05 <= scale <= 5:  # below, some list has no row left; above, the owners' codes would repeat
        raise argparse.ArgumentTypeError("a scale lies between 0.05 and 5")
    return scale


if __name__ == "__main__":
    sys.exit(main())
