"""A weight becomes a probability where known pairs show how often it is right, and nowhere else."""

import numpy as np
import pytest

from transforms.dedupe.calibration import EACH_AT_LEAST, PAIRS_AT_LEAST, Calibration, calibrate, calibration_of


def judged(count: int, shift: float, slope: float, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Pairs whose odds are really 2^(shift + slope · bits)."""
    dice = np.random.default_rng(seed)
    weights = dice.integers(-8000, 8000, count)
    return weights, dice.random(count) < 1 / (1 + np.exp2(-(shift + slope * weights / 1000)))


@pytest.mark.parametrize(("shift", "slope"), [(0.0, 1.0), (-1.0, 0.5), (0.5, 0.3)])
def test_it_finds_what_the_weights_are_worth(shift: float, slope: float) -> None:
    found = calibrate(*judged(20_000, shift, slope))
    assert found is not None
    assert found.shift_mb / 1000 == pytest.approx(shift, abs=0.15)
    assert found.slope_milli / 1000 == pytest.approx(slope, abs=0.05)


def test_over_confident_weights_are_drawn_to_even_odds() -> None:
    found = calibrate(*judged(5000, 0.0, 0.4))
    assert found is not None
    assert 0.5 < found.probability(np.array([4000]))[0] < 1 / (1 + 2**-4.0)


def test_few_pairs_of_either_verdict_say_nothing() -> None:
    weights, same = judged(PAIRS_AT_LEAST - 1, 0.0, 1.0)
    assert calibrate(weights, same) is None
    weights = np.arange(1000)
    assert calibrate(weights, weights < EACH_AT_LEAST - 1) is None
    assert calibrate(weights, weights < EACH_AT_LEAST) is not None


def test_verdicts_against_the_weights_make_no_weight_speak_for_its_opposite() -> None:
    weights, same = judged(2000, 0.0, 1.0)
    found = calibrate(weights, ~same)
    assert found is not None
    assert found.slope_milli == 0


def test_the_file_holds_all_of_it() -> None:
    found = Calibration(-250, 610, 400, 130)
    assert calibration_of(found.document()) == found
    assert calibration_of(None) is None
