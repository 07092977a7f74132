"""The thresholds of a trained model, in milli-bits, each with its reason. `document_of` writes them into the model file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

#: Labels were looked at only for `same` (training seeds and Nanjing) and for the review band.
THRESHOLDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "link": {
        "mb": 0,
        "reason": "Even odds: what is likelier apart than together must not connect a component; average linkage decides inside.",
    },
    "same": {
        "mb": 0,
        "reason": "Even odds, on the mean of all pairs of two clusters: on cities 6 to 9, not trained on, the mean F1 is 0.968 at -1 bit, 0.970 at 0, "
        "0.967 at 0.5 and 0.962 at 1.",
    },
    "review_low": {
        "mb": 1000,
        "reason": "From 0 to 1 bit one pair in seven is true on the training seeds, below 0 fewer than one in fourteen.",
    },
    "review_high": {
        "mb": 4000,
        "reason": "From 4 bits on four pairs in five are true; below, an answer is worth its minute: about 11 pairs in 100 listings.",
    },
    "store": {"mb": -4000, "reason": "Pairs below are wrong 99 times in 100; storing them would double the table."},
}
