"""Time the sample night: its stages alone, a second night with about 1 % changed, and the whole command with everything of Prefect.

python -m benchmarks.night            prints the figures and rewrites their part of benchmarks/RESULTS.md
python -m benchmarks.night --stages   only the stages
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.results import machine, rewrite
from flows import gather, night, register
from flows.settings import Settings, prepare_process
from tests.night.town import Household, iso, served_town
from warehouse.publish import Draft

#: Stages as DESIGN draws the night, and the functions that are theirs.
STAGES: Final[tuple[tuple[str, Any, str], ...]] = (
    ("fetch", gather, "retrieve"),
    ("read", gather, "read"),
    ("contract", gather, "apply"),
    ("suites", gather, "run_suite"),
    ("standardise", gather, "standardise"),
    ("source gate", gather, "gate"),
    ("ledger", gather, "settle"),
    ("dedupe", register, "_matched"),
    ("identity", register, "identify"),
    ("merge", register, "merge"),
    ("datum suspects", register, "datum_suspects"),
    ("station suite", register, "run_suite"),
    ("events", register, "night_events"),
    ("state", night, "read_state"),
    ("load", night, "load_night"),
    ("report", night, "night_report"),
    ("publish", Draft, "publish"),
)


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Seconds spent in each stage while the block runs (fetches run side by side, so their sum may exceed the wall)."""
    spent = dict.fromkeys((name for name, _, _ in STAGES), 0.0)
    kept = [(owner, attribute, getattr(owner, attribute)) for _, owner, attribute in STAGES]
    for name, owner, attribute in STAGES:
        setattr(owner, attribute, _timed(getattr(owner, attribute), spent, name))
    try:
        yield spent
    finally:
        for owner, attribute, function in kept:
            setattr(owner, attribute, function)


def _timed(function: Callable[..., Any], spent: dict[str, float], name: str) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] += time.perf_counter() - began

    return wrapper


def stages(root: Path) -> list[tuple[str, float, dict[str, float]]]:
    """Wall seconds and seconds a stage of night 0, night 1 (about 1 % changed) and night 1 with --full, imports left out."""
    figures = []
    with served_town(root, scale=1.0) as town:
        household = Household(root / "var", town.env)
        for name, number, full in (("first night", 0, False), ("second night", 1, False), ("second night, --full", 1, True)):
            town.move(number)
            with timed() as spent:
                began = time.perf_counter()
                household.run(iso(number), full=full)
                figures.append((name, time.perf_counter() - began, spent))
    return figures


def whole_command(root: Path) -> tuple[float, float]:
    """Wall seconds, and peak MB over all processes (sum of proportional set sizes), of `yizhan nightly --sample` on an empty home."""
    began = time.perf_counter()
    command = [str(Path(sys.executable).with_name("yizhan")), "nightly", "--sample", "--on", iso(0)]
    child = psutil.Popen(
        command, stdout=subprocess.DEVNULL, env={"YIZHAN_HOME": str(root / "home"), "PATH": "/usr/bin:/bin", "HOME": str(root)}
    )
    peak = 0.0
    while child.poll() is None:
        peak = max(peak, _memory(child))
        time.sleep(0.25)
    if child.returncode:
        raise SystemExit(f"yizhan nightly ended with {child.returncode}")
    return time.perf_counter() - began, peak


def _memory(process: psutil.Process) -> float:
    total = 0.0
    for each in (process, *process.children(recursive=True)):
        try:
            total += each.memory_full_info().pss / 1e6
        except psutil.Error:  # it ended while we looked
            continue
    return total


def main() -> None:
    """Measure, print, and rewrite the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stages", action="store_true", help="only the stages; RESULTS.md stays as it is")
    only_stages = parser.parse_args().stages
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        prepare_process(Settings(home=root / "var"))
        import great_expectations  # noqa: F401 - imports are left out of the figures

        text = _table(stages(root))
        if not only_stages:
            wall, peak = whole_command(root)
            text += f"\n`yizhan nightly --sample` on an empty home, servers and Prefect included: **{wall:.1f} s** wall, peak **{peak:.0f} MB** over all its processes.\n"
    print(text)
    if not only_stages:
        _keep(text)


def _table(figures: list[tuple[str, float, dict[str, float]]]) -> str:
    first = figures[0][1]
    lines = ["| stage | " + " | ".join(name for name, _, _ in figures) + " |", "|---|" + "--:|" * len(figures)]
    for name, _, _ in STAGES:
        cells = (f"{spent[name]:.2f} s ({spent[name] / wall:.0%})" for _, wall, spent in figures)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines.append("| **wall** | " + " | ".join(f"**{wall:.2f} s** ({wall / first:.0%} of the first)" for _, wall, _ in figures) + " |")
    return "\n".join(lines) + "\n"


def _keep(text: str) -> None:
    rewrite("night", f"## The sample night\n\n{machine()}. `make bench`.\n\n{text}")


if __name__ == "__main__":
    main()
