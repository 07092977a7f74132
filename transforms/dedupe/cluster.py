"""Clusters: average linkage with constraints, inside the connected components of the pairs above a link threshold.

Average linkage because one strong wrong pair must not chain two stations together (measured on a synthetic city: F1 0.76 with plain
components, 0.93 so). Means are compared as exact integers, ties by listing order, so the result is one whatever the machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from transforms.dedupe.features import Ints, Marks

#: A component larger than this is split by raising its link threshold, so that all its pairs (about n²/2) stay affordable. A station
#: is on at most a handful of lists; what is larger is a chain of weak links.
COMPONENT_BOUND: Final = 120

#: By how much the threshold rises a round (milli-bits). Small steps cut the weakest links first.
_RISE: Final = 1000

#: The weight at which a judged pair enters the links: above every other.
_JUDGED: Final = 1 << 40

Weigh = Callable[[Ints, Ints], Ints]


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a cluster may not hold (each of `exclusive` has one code a listing, −1 none: two codes never meet; judged `apart` pairs) and must
    hold (`together`)."""

    exclusive: tuple[Ints, ...]
    apart: frozenset[tuple[int, int]]
    together: tuple[tuple[int, int], ...]

    @property
    def nodes(self) -> frozenset[int]:
        """Listings that any judgement names."""
        return frozenset(node for pair in (*self.apart, *self.together) for node in pair)


@dataclass(frozen=True, slots=True)
class Clustered:
    """`labels`: the lowest position of each listing's cluster. `cuts`: components over the bound (members, first, raised_to_mb, links_cut)."""

    labels: Ints
    cuts: pd.DataFrame


def cluster(count: int, left: Ints, right: Ints, weights: Ints, link: int, same: int, weigh: Weigh, constraints: Constraints) -> Clustered:
    """Clusters of `count` listings. Pairs of at least `link` milli-bits connect; clusters merge while their mean weight is at least `same`.

    `weigh` gives the weights of any pairs: inside a component all pairs count, candidates or not.
    """
    judged = np.array(constraints.together, dtype=np.int64).reshape(-1, 2)
    strong = weights >= link
    edges = (np.append(left[strong], judged[:, 0]), np.append(right[strong], judged[:, 1]))
    # a judged pair is never cut: it enters with a weight above every other
    heights = np.append(weights[strong], np.full(len(judged), _JUDGED, dtype=np.int64))
    members, cuts = _components(count, edges, heights, link)
    labels = np.arange(count, dtype=np.int64)
    inside = _inside(members)
    all_weights = weigh(inside[0], inside[1])
    spoken_of, silent = constraints.nodes, Constraints(constraints.exclusive, frozenset(), ())
    start = 0
    for group in members:
        size = len(group)
        square = np.zeros((size, size), dtype=np.int64)
        upper = np.triu_indices(size, 1)
        block = all_weights[start : start + len(upper[0])]
        start += len(upper[0])
        square[upper] = block
        for part in _linkage(group, square + square.T, same, constraints if spoken_of.intersection(group.tolist()) else silent):
            labels[part] = min(part)
    return Clustered(labels, cuts)


def _components(count: int, edges: tuple[Ints, Ints], heights: Ints, link: int) -> tuple[list[Ints], pd.DataFrame]:
    """Components of at least two listings, none above the bound, each sorted; and what had to be cut."""
    members: list[Ints] = []
    cuts: list[tuple[int, int, int, int]] = []
    waiting = [(edges[0], edges[1], heights, link)]
    while waiting:
        a, b, height, threshold = waiting.pop()
        if not len(a):
            continue
        labels = _connected(count, a, b)
        sizes = np.bincount(labels)
        held = labels[a]
        fine = sizes[held] <= COMPONENT_BOUND
        members.extend(_groups(np.unique(np.concatenate([a[fine], b[fine]])), labels))
        for label in np.unique(held[~fine]):
            mine = held == label
            first = int(min(a[mine].min(), b[mine].min()))
            raised = max(threshold, int(height[mine].min())) + _RISE
            kept = mine & (height >= raised)
            if height[mine].min() == _JUDGED:  # judged together, all of it: a person's word has no bound
                members.extend(_groups(np.unique(np.concatenate([a[mine], b[mine]])), labels))
                continue
            cuts.append((int(sizes[label]), first, raised, int(mine.sum() - kept.sum())))
            waiting.append((a[kept], b[kept], height[kept], raised))
    members.sort(key=lambda group: int(group[0]))
    return members, pd.DataFrame(sorted(cuts), columns=["members", "first", "raised_to_mb", "links_cut"])


def _connected(count: int, a: Ints, b: Ints) -> Ints:
    graph = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _groups(nodes: Ints, labels: Ints) -> list[Ints]:
    order = nodes[np.argsort(labels[nodes], kind="stable")]
    return [part for part in np.split(order, np.nonzero(np.diff(labels[order]))[0] + 1) if len(part) > 1]


def _inside(members: list[Ints]) -> tuple[Ints, Ints]:
    """All pairs inside each component, in order."""
    empty = np.zeros(0, dtype=np.int64)
    corners = {size: np.triu_indices(size, 1) for size in {len(group) for group in members}}
    left = [group[corners[len(group)][0]] for group in members]
    right = [group[corners[len(group)][1]] for group in members]
    return np.concatenate([empty, *left]), np.concatenate([empty, *right])


def _linkage(group: Ints, square: Ints, same: int, constraints: Constraints) -> list[list[int]]:
    """The component's clusters: judged pairs first, then the pair of clusters with the highest mean weight, while it reaches `same`."""
    size = len(group)
    place = {int(node): at for at, node in enumerate(group)}
    barred = _barred(group, place, constraints)
    parts: list[list[int]] = [[int(node)] for node in group]
    sums, alive = square.copy(), np.ones(size, dtype=np.bool_)
    for a, b in constraints.together:
        if a in place and b in place:
            first, second = sorted((_home(parts, alive, a), _home(parts, alive, b)))
            if first != second:
                _speak_for(sums, first, second)
                _join(parts, barred, alive, first, second)
    counts = np.ones(size, dtype=np.int64)
    while alive.sum() > 1:
        scale = np.multiply.outer(counts, counts)
        # an exact floor of the mean in thousandths of a milli-bit: a float mean would tie differently from machine to machine
        means = np.where(barred | ~alive[:, None] | ~alive[None, :], np.iinfo(np.int64).min, sums * 1000 // np.maximum(scale, 1))
        np.fill_diagonal(means, np.iinfo(np.int64).min)
        best = int(means.argmax())
        first, second = sorted(divmod(best, size))
        if means[first, second] < same * 1000:
            break
        sums[first] += sums[second]
        sums[:, first] += sums[:, second]
        _join(parts, barred, alive, first, second)
        counts[first] += counts[second]
    return [parts[at] for at in np.nonzero(alive)[0]]


def _barred(group: Ints, place: Mapping[int, int], constraints: Constraints) -> Marks:
    barred = np.zeros((len(group), len(group)), dtype=np.bool_)
    for codes in (exclusive[group] for exclusive in constraints.exclusive):
        barred |= (codes[:, None] != codes[None, :]) & (codes[:, None] >= 0) & (codes[None, :] >= 0)
    for a, b in constraints.apart:
        if a in place and b in place:
            barred[place[a], place[b]] = barred[place[b], place[a]] = True
    return barred


def _home(parts: list[list[int]], alive: Marks, node: int) -> int:
    return next(int(at) for at in np.nonzero(alive)[0] if node in parts[at])


def _speak_for(sums: Ints, first: int, second: int) -> None:
    """Listings that a person holds together count as one, whose weight to any other is the best of theirs: what made the question hard
    (an old name, an old address) must not drive away the listings that agree with the better one."""
    sums[first] = np.maximum(sums[first], sums[second])
    sums[:, first] = np.maximum(sums[:, first], sums[:, second])


def _join(parts: list[list[int]], barred: Marks, alive: Marks, first: int, second: int) -> None:
    parts[first] = sorted(parts[first] + parts[second])
    barred[first] |= barred[second]
    barred[:, first] |= barred[:, second]
    alive[second] = False
