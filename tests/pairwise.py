"""Pairwise precision, recall and F1 of one grouping against another."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

Pair = tuple[str, str]


@dataclass(frozen=True)
class Pairwise:
    """Shares from 0 to 1; shows as one line."""

    precision: float
    recall: float
    found: int
    true: int

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def __str__(self) -> str:
        counted = f"{self.found} pairs found, {self.true} true"
        return f"precision {self.precision:.3f}, recall {self.recall:.3f}, F1 {self.f1:.3f} ({counted})"


def pairs_of(members: pd.Series, groups: pd.Series) -> set[Pair]:
    """Every two members of one group, the smaller first."""
    placed = pd.DataFrame({"member": members.to_numpy(), "group": groups.to_numpy()})
    both = placed.merge(placed, on="group")
    both = both[both["member_x"] < both["member_y"]]
    return set(zip(both["member_x"], both["member_y"], strict=True))


def pairwise(found: set[Pair], true: set[Pair]) -> Pairwise:
    """How well the pairs found are the true ones."""
    hits = len(found & true)
    return Pairwise(hits / max(len(found), 1), hits / max(len(true), 1), len(found), len(true))
