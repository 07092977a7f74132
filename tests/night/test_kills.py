"""A night killed at any point and run again is as one that was never disturbed. Twenty points, drawn once and for all."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.night.chronicle import Chronicle
from tests.night.town import Household, Town, assert_same, iso

POINTS = 20
SEED = 20260601


def run_until(household: Household, point: int) -> tuple[int, int]:
    """Run night 1 in a process of its own that kills itself at its `point`-th step (0: never); its exit code and the steps it had."""
    command = [sys.executable, "-m", "tests.night.mortal", str(household.home), iso(1), str(point)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=240, check=False)
    return ended.returncode, int(ended.stdout.splitlines()[-1]) if ended.stdout else 0


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_night_killed_anywhere_and_run_again_is_the_same_night(chronicle: Chronicle, town: Town, tmp_path: Path) -> None:
    """kill -9 with the owners up, then the night again; between the two a reader sees all of night 0 or all of night 1."""
    town.move(1)
    nights = {night: chronicle.as_published(night).tables() for night in (0, 1)}
    whole = fresh(chronicle, tmp_path / "whole", town)
    code, steps = run_until(whole, 0)
    assert code == 0
    assert_same(whole.tables(), nights[1])
    dice = random.Random(SEED)
    seen = set()
    for number in range(POINTS):
        household = fresh(chronicle, tmp_path / str(number), town)
        point = dice.randrange(steps * number // POINTS, steps * (number + 1) // POINTS) + 1  # one in each twentieth of the night
        code, _ = run_until(household, point)
        assert code == -signal.SIGKILL, f"point {point} of {steps}"
        left = household.tables()
        night = len(left["night"]) - 1
        assert_same(left, nights[night])
        seen.add(night)
        household.run(iso(1))
        assert_same(household.tables(), nights[1])
        assert not (household.home / "staging").exists()
    assert 0 in seen


def fresh(chronicle: Chronicle, home: Path, town: Town) -> Household:
    """A household after night 0 that has fetched nothing of night 1 yet."""
    household = chronicle.household(home, after=0, env=town.env)
    for record in (household.home / "archive" / "retrievals" / iso(1)).iterdir():
        record.unlink()
    return household
