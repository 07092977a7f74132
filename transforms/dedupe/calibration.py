"""From weights to probabilities, where judged or true pairs show how often a weight is right. Without them a weight stays a weight.

Weights are over-confident, for evidence is never quite independent. Two numbers mend that (Platt 1999): probability = 1 / (1 + 2^-(shift + slope · bits)),
fitted by likelihood and drawn to shift 0, slope 1 while there are few pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from transforms.dedupe.coded import Ints, Marks
from transforms.dedupe.features import Floats

#: Fewer pairs, or fewer of either verdict, show too little: the share of true pairs in a band would be known to no better than one in ten.
PAIRS_AT_LEAST, EACH_AT_LEAST = 100, 20

#: Pairs' worth of belief in shift 0 and slope 1.
_BELIEF: Final = 10.0
_BELIEVED: Final = np.array([0.0, 1.0])

#: Weights beyond this (bits) are as sure as can be; farther ones would draw the line to themselves.
_REACH: Final = 20.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """`shift_mb` and `slope_milli` as in the model file; `pairs` they were learnt from, `same` of them one station."""

    shift_mb: int
    slope_milli: int
    pairs: int
    same: int

    def probability(self, weight_mb: Ints) -> Floats:
        """Of being one station."""
        bits = np.clip(weight_mb / 1000, -_REACH, _REACH)
        return np.asarray(1 / (1 + np.exp2(-(self.shift_mb / 1000 + self.slope_milli / 1000 * bits))))

    def document(self) -> dict[str, int]:
        """As it stands in the model file."""
        return {"shift_mb": self.shift_mb, "slope_milli": self.slope_milli, "pairs": self.pairs, "same": self.same}


def calibration_of(part: Mapping[str, Any] | None) -> Calibration | None:
    """What the model file says; None where it says nothing."""
    return None if part is None else Calibration(*(int(part[name]) for name in Calibration.__slots__))


def calibrate(weight_mb: Ints, same: Marks) -> Calibration | None:
    """From pairs of known verdict; None where they are too few."""
    count, yes = len(same), int(same.sum())
    from scipy.optimize import minimize  # only here, and it takes its time to load

    if count < PAIRS_AT_LEAST or min(yes, count - yes) < EACH_AT_LEAST:
        return None
    bits = np.clip(weight_mb / 1000, -_REACH, _REACH)
    sign = np.where(same, 1.0, -1.0)

    def against(found: Floats) -> float:
        """Bits by which the pairs, and the belief, speak against shift and slope."""
        wrong = np.logaddexp2(0.0, -sign * (found[0] + found[1] * bits)).sum()
        return float(wrong + _BELIEF / 2 * ((found - _BELIEVED) ** 2).sum())

    shift, slope = minimize(against, _BELIEVED, bounds=((None, None), (0.0, None))).x
    return Calibration(round(float(shift) * 1000), round(float(slope) * 1000), count, yes)
