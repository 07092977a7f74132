"""One night in a process of its own: `python -m tests.night.apart HOME NIGHT [CORES]`. The home's settings stand in its settings.env."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dotenv import dotenv_values

from tests.night.town import Household


def main(home: Path, night: str) -> None:
    """Run the night as the household at `home`."""
    Household(home, {name: value for name, value in dotenv_values(home / "settings.env").items() if value is not None}).run(night)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(sys.argv[3])])
    main(Path(sys.argv[1]), sys.argv[2])
