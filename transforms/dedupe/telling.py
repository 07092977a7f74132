"""Why two listings are one station or not, in Chinese: a line a piece of evidence, with its weight in bits."""

from __future__ import annotations

import json

from transforms.dedupe.levels import COMPARISONS
from transforms.dedupe.model import Model


def evidence(levels: str, model: Model) -> list[tuple[str, int]]:
    """(sentence, milli-bits) of a pair's levels as stored (JSON), the heaviest first; what is missing on both sides says nothing and is left out."""
    found = json.loads(levels)
    stratum = model.strata[found["stratum"]]
    told = []
    for comparison in COMPARISONS:
        level = found.get(comparison.name)
        if level is None:
            continue  # compared before this comparison was known
        weight = int(stratum.weights[comparison.name][comparison.levels.index(level)])
        if weight and not all(part.endswith("_missing") or part == "unplaced" for part in level.split("+")):
            told.append((f"{comparison.title}：{comparison.sentence(level)}", weight))
    return sorted(told, key=lambda line: (-abs(line[1]), line[0]))


def sentence(levels: str, model: Model) -> str:
    """The evidence on one line, each piece with its weight: 地点：相距不到30米，路名不同（+0.4）；…"""
    return "；".join(f"{text}（{bits(weight)}）" for text, weight in evidence(levels, model))


def bits(weight: int) -> str:
    """Milli-bits as signed bits with one decimal."""
    return f"{weight / 1000:+.1f}"
