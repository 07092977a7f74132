"""Two clean lists: each listing has at most one partner, and it is in the other list."""

from __future__ import annotations

import numpy as np

from transforms.dedupe.components import component_of
from transforms.dedupe.features import Ints

#: A component with more listings of one list than this is settled pair by pair from the heaviest on: the square would not fit.
_SQUARE_AT_MOST = 1500


def partners(count: int, left: Ints, right: Ints, weights: Ints, same: int) -> Ints:
    """Labels as `cluster` gives (the lower position of each pair), for the assignment with the greatest sum of weights over `same`.

    `left` are positions of one list, `right` of the other; pairs below `same` milli-bits are never partners. Ties go to the earlier listing.
    """
    strong = weights >= same
    a, b, gain = left[strong], right[strong], weights[strong] - same + 1
    labels = np.arange(count, dtype=np.int64)
    if not len(a):
        return labels
    component = component_of(count, a, b)[a]
    order = np.lexsort((b, a, component))
    bounds = np.nonzero(np.diff(component[order]))[0] + 1
    for part in np.split(order, bounds):
        for first, second in _assigned(a[part], b[part], gain[part]):
            labels[max(first, second)] = min(first, second)
    return labels


def _assigned(a: Ints, b: Ints, gain: Ints) -> list[tuple[int, int]]:
    rows, row = np.unique(a, return_inverse=True)
    columns, column = np.unique(b, return_inverse=True)
    if len(rows) == 1 or len(columns) == 1 or max(len(rows), len(columns)) > _SQUARE_AT_MOST:
        return _greedy(a, b, gain)
    from scipy.optimize import linear_sum_assignment  # a fifth of a second to import, and most components never come here

    square = np.zeros((len(rows), len(columns)), dtype=np.float64)
    square[row, column] = gain
    chosen = zip(*linear_sum_assignment(square, maximize=True), strict=True)
    return [(int(rows[at]), int(columns[to])) for at, to in chosen if square[at, to] > 0]


def _greedy(a: Ints, b: Ints, gain: Ints) -> list[tuple[int, int]]:
    taken: set[int] = set()
    found = []
    for at in np.lexsort((b, a, -gain)):
        first, second = int(a[at]), int(b[at])
        if first not in taken and second not in taken:
            taken |= {first, second}
            found.append((first, second))
    return found
