"""Chance that repeats: every draw is named by what it is for, so that adding one draw never shifts another."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def dice(*keys: object) -> random.Random:
    """A generator of its own for what `keys` name. The same keys give the same draws on every machine."""
    return random.Random("|".join(map(str, keys)))


def share(*keys: object) -> float:
    """One number in [0, 1) for what `keys` name; cheaper than a whole generator."""
    digest = hashlib.blake2b("|".join(map(str, keys)).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / (1 << 56)


def weighted(rng: random.Random, choices: Sequence[tuple[T, float]]) -> T:
    """One of `choices` by its weight (weights need not sum to one)."""
    mark = rng.random() * sum(weight for _, weight in choices)
    for value, weight in choices:
        mark -= weight
        if mark < 0:
            return value
    return choices[-1][0]


def apportion(total: int, weights: Sequence[float]) -> list[int]:
    """`total` split over `weights` by largest remainder, so that the parts sum to it exactly."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return parts
