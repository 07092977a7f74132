"""A small gold set: patterns of which anyone who knows a city says at once what they are. A model that weighs one of them the other way is astray."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from transforms.dedupe.levels import COMPARISONS
from transforms.dedupe.model import Model

GOLD: Final = Path(__file__).with_name("gold.csv")


@cache
def gold() -> tuple[Mapping[str, str], ...]:
    """The set: verdict (same, not), why (Chinese), stratum, and a level of each comparison; one that the file leaves out is missing."""
    with GOLD.open(encoding="utf-8", newline="") as lines:
        return tuple({**{each.name: _missing(each.name) for each in COMPARISONS}, **line} for line in csv.DictReader(lines))


def _missing(name: str) -> str:
    return f"{name}_missing"


def astray(model: Model) -> tuple[str, ...]:
    """What the model gets wrong of the gold set, a Chinese sentence each, the furthest off first; the pairs are of two lists that it never saw."""
    wrong = []
    for case in gold():
        stratum = model.strata[case["stratum"]]
        weight = stratum.prior + stratum.sources["other"]
        weight += sum(int(stratum.weights[each.name][each.levels.index(case[each.name])]) for each in COMPARISONS)
        if (weight >= model.thresholds["same"]) != (case["verdict"] == "same"):
            held = "不是同一站" if case["verdict"] == "same" else "是同一站"
            wrong.append((-abs(weight), f"把“{case['why']}”看作{held}（{weight / 1000:+.1f} 比特）"))
    return tuple(sentence for _, sentence in sorted(wrong))


def warning(model: Model) -> tuple[str, ...]:
    """A line that says beforehand that the model weighs a pattern the other way than any city bears out; none when it does not."""
    wrong = astray(model)
    more = f"（这样的还有 {len(wrong) - 1} 种）" if len(wrong) > 1 else ""
    return (f"注意：这个模型{wrong[0]}，不合常理{more}",) if wrong else ()
