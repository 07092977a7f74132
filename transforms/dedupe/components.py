"""Connected components of pairs, in arrays: a graph library costs more to import than a night's graph to walk."""

from __future__ import annotations

import numpy as np

from transforms.dedupe.coded import Ints


def component_of(count: int, a: Ints, b: Ints) -> Ints:
    """The component of each of `count` nodes that the pairs (a[i], b[i]) join, numbered from 0 in the order of their least nodes."""
    least = np.arange(count, dtype=np.int64)
    while True:
        one, other = least[a], least[b]
        apart = one != other
        if not apart.any():
            return np.unique(least, return_inverse=True)[1].astype(np.int64)
        a, b, one, other = a[apart], b[apart], one[apart], other[apart]
        lower = np.minimum(one, other)
        # the greater of the two roots hangs itself on the lesser: `least` never grows, and every node leads to the least that it has met
        np.minimum.at(least, one, lower)
        np.minimum.at(least, other, lower)
        while not np.array_equal(least, onward := least[least]):
            least = onward
