"""A night that kills itself: `python -m tests.night.mortal HOME NIGHT POINT`. Prints how many steps it had when it lives to its end.

A step is a call of a function of the project in any thread, or an act on the file system. POINT 0: it lives.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Final

from dotenv import dotenv_values

from flows.settings import ROOT
from tests.night.town import Household

#: Acts on files between which a half-finished night shows.
_ACTS: Final = frozenset(
    {"open", "os.rename", "os.symlink", "os.link", "os.chmod", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "shutil.copyfile"}
)


class Counter:
    """Counts steps, and ends the process at one of them as the kernel would."""

    def __init__(self, last: int) -> None:
        self.steps, self._last, self._lock = 0, last, threading.Lock()

    def step(self) -> None:
        """One more."""
        with self._lock:
            self.steps += 1
            if self.steps == self._last:
                os.kill(os.getpid(), signal.SIGKILL)

    def call(self, frame: FrameType, event: str, _: object) -> None:
        """For `sys.setprofile`."""
        if event == "call" and frame.f_code.co_filename.startswith(str(ROOT)) and ".venv" not in frame.f_code.co_filename:
            self.step()

    def act(self, event: str, _: object) -> None:
        """For `sys.addaudithook`."""
        if event in _ACTS:
            self.step()


def main(home: Path, night: str, point: int) -> int:
    """Run the night; how many steps it had."""
    household = Household(home, {name: value for name, value in dotenv_values(home / "settings.env").items() if value is not None})
    import great_expectations  # noqa: F401

    import expectations.run  # noqa: F401  (imports are no part of the night)

    counter = Counter(point)
    sys.addaudithook(counter.act)
    threading.setprofile(counter.call)
    sys.setprofile(counter.call)
    household.run(night)
    sys.setprofile(None)
    return counter.steps


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))}\n")
