"""Weights of pairs: integer sums over comparison patterns, so that nothing hangs on the order of addition."""

from __future__ import annotations

import numpy as np

from transforms.dedupe.compare import Levels
from transforms.dedupe.features import Features, Ints
from transforms.dedupe.levels import COMPARISONS, STRATA
from transforms.dedupe.model import Model, Stratum


def score(listings: Features, left: Ints, right: Ints, levels: Levels, model: Model) -> Ints:
    """Milli-bits for each pair: log-odds of being one station as the model sees them (a weight, not a probability)."""
    return np.choose(levels.stratum, [_weigh(listings, left, right, levels, model.strata[name]) for name in STRATA])


def _weigh(listings: Features, left: Ints, right: Ints, levels: Levels, stratum: Stratum) -> Ints:
    total = np.full(len(left), stratum.prior, dtype=np.int64)
    for comparison in COMPARISONS:
        total += stratum.weights[comparison.name][levels.codes[comparison.name]]
    names = listings.sources
    table = np.array([[stratum.source_weight(a, b) for b in names] for a in names], dtype=np.int64).reshape(len(names), len(names))
    return np.asarray(total + table[listings.source[left], listings.source[right]])
