"""Precision, recall and F1 of clusters against a truth, over pairs; counted, never enumerated, so that a cluster may have any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Score:
    """Pairs found, true, and both."""

    found: int
    true: int
    hits: int

    @property
    def precision(self) -> float:
        """Share of the pairs found that are true."""
        return self.hits / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of the true pairs that were found."""
        return self.hits / self.true if self.true else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.hits / (self.found + self.true) if self.found + self.true else 1.0


def pair_score(clusters: pd.Series, truth: pd.Series) -> Score:
    """Both are labels by listing id; a listing that the truth does not name is a station of its own there."""
    labels = pd.DataFrame({"found": pd.factorize(clusters)[0], "true": truth.reindex(clusters.index)}, index=clusters.index)
    known = labels["true"].notna()
    true = np.where(known, pd.factorize(labels["true"])[0], -1 - np.arange(len(labels)))
    frame = pd.DataFrame({"found": labels["found"].to_numpy(), "true": true})
    return Score(_pairs(frame, ["found"]), _pairs(frame, ["true"]), _pairs(frame, ["found", "true"]))


def _pairs(frame: pd.DataFrame, by: list[str]) -> int:
    sizes = frame.groupby(by).size().to_numpy(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())
