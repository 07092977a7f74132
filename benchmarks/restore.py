"""How long a backup takes, and a restore on an empty machine: `python -m benchmarks.restore [--nights N]` rewrites its part of RESULTS.md.

The sample city, lived for N nights; then both commands as an operator gives them, each a process of its own, timed from its start to its end. The machine is empty of
everything but the installation: another home, in which there is nothing. Restored is what answers as the first home did.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.results import machine, rewrite
from flows.settings import Settings, prepare_process
from tests.night.town import Household, assert_same, iso, served_town


def main() -> None:
    """Measure, print, and rewrite the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=14)
    nights = parser.parse_args().nights
    with tempfile.TemporaryDirectory() as folder, served_town(Path(folder), scale=1.0) as town:
        root = Path(folder)
        prepare_process(Settings(home=root / "var"))
        lived = Household(root / "var", town.env)
        for night in range(nights):
            town.move(night)
            lived.run(iso(night))
        backup, empty = root / "backup.tar", root / "empty"
        written = timed(lived.home, "backup", "--out", str(backup))
        restored = timed(empty, "restore", str(backup))
        assert_same(lived.tables(), Household(empty, town.env).tables())
        megabytes = backup.stat().st_size / 1e6
    lines = [
        "| | measured |",
        "|---|--:|",
        f"| backup of {nights} nights of the sample city, {megabytes:.0f} MB | {written:.1f} s |",
        f"| restore into an empty home, every table as it was | {restored:.1f} s |",
    ]
    print("\n".join(lines))
    rewrite("restore", "\n".join([f"## Backup and restore\n\n{machine()}. `python -m benchmarks.restore`: whole commands.\n", *lines]))


def timed(home: Path, *words: str) -> float:
    """Seconds that the command took in that home."""
    began = time.perf_counter()
    env = {**os.environ, "YIZHAN_HOME": str(home)}
    subprocess.run([sys.executable, "-c", "from flows.command import main; main()", *words], env=env, check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
