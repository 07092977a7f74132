"""A night whose files may not grow beyond a size, as on a disk that is full: `python -m tests.night.starved HOME NIGHT BYTES`."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from dotenv import dotenv_values

from tests.night.town import Household
from warehouse.disk import DiskFullError


def main(home: Path, night: str, room: int) -> int:
    """Run the night as the household at `home`; 7 when there was no room, with the sentence that says so on standard error."""
    settings = {name: value for name, value in dotenv_values(home / "settings.env").items() if value is not None}
    household = Household(home, settings)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        household.run(night)
    except DiskFullError as full:
        sys.stderr.write(f"{full}\n")
        return 7
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
