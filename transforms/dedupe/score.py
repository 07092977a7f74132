"""Weights of pairs: integer sums over comparison patterns, so that nothing hangs on the order of addition."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from transforms.dedupe.coded import Ints
from transforms.dedupe.compare import Levels, compare_chunk, in_chunks
from transforms.dedupe.features import Features
from transforms.dedupe.levels import COMPARISONS, STRATA
from transforms.dedupe.model import Model


def score(listings: Features, left: Ints, right: Ints, levels: Levels, model: Model) -> Ints:
    """Milli-bits for each pair: log-odds of being one station as the model sees them (a weight, not a probability)."""
    return _score(listings, left, right, levels, _Tables(listings, model))


def weigher(listings: Features, model: Model) -> Callable[[Ints, Ints], Ints]:
    """A function that gives the weights of any pairs (left, right), however many: their levels are given up as soon as they are weighed."""
    tables = _Tables(listings, model)

    def weigh(left: Ints, right: Ints) -> Ints:
        return np.concatenate(in_chunks(lambda a, b: _score(listings, a, b, compare_chunk(listings, a, b), tables), left, right))

    return weigh


class _Tables:
    """The model's weights as tables with a line a stratum; those of sources and the prior as one, by both sources of these listings."""

    def __init__(self, listings: Features, model: Model) -> None:
        strata = [model.strata[name] for name in STRATA]
        names = listings.sources
        self.levels = {
            comparison.name: np.stack([stratum.weights[comparison.name] for stratum in strata]).astype(np.int64)
            for comparison in COMPARISONS
        }
        told = [[[stratum.prior + stratum.source_weight(a, b) for b in names] for a in names] for stratum in strata]
        self.sources = np.array(told, dtype=np.int64).reshape(len(strata), len(names), len(names))


def _score(listings: Features, left: Ints, right: Ints, levels: Levels, tables: _Tables) -> Ints:
    sources = np.int32(len(listings.sources))
    stratum = levels.stratum.astype(np.int32)
    total = tables.sources.take((stratum * sources + listings.source[left]) * sources + listings.source[right])
    for comparison in COMPARISONS:
        table = tables.levels[comparison.name]
        total += table.take(stratum * np.int32(table.shape[1]) + levels.codes[comparison.name])
    return total
