"""Clusters: average linkage with constraints, inside the connected components of the pairs above a link threshold.

Average linkage because one strong wrong pair must not chain two stations together (measured on a synthetic city: F1 0.76 with plain
components, 0.93 so). Means are compared as exact integers, ties by listing order, so the result is one whatever the machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from transforms.dedupe.coded import Ints, Marks
from transforms.dedupe.components import component_of

#: A component larger than this is split by raising its link threshold, so that all its pairs (about n²/2) stay affordable. A station
#: is on at most a handful of lists; what is larger is a chain of weak links.
COMPONENT_BOUND: Final = 120

#: By how much the threshold rises a round (milli-bits). Small steps cut the weakest links first.
_RISE: Final = 1000

#: The weight at which a judged pair enters the links: above every other.
_JUDGED: Final = 1 << 40

#: The mean of what may never meet.
_NEVER: Final = np.iinfo(np.int64).min

#: Weights of components that are held at a time: bounds memory, changes nothing.
_CELLS_AT_ONCE: Final = 1 << 19

Weigh = Callable[[Ints, Ints], Ints]


@dataclass(frozen=True, slots=True)
class Distinct:
    """Lists of which each line is a station of its own. `source`: a code a listing, −1 of any other list; `since` and `until`: when it stood on its list.

    Two listings that never stood there at one time may be one station: its owner gave it another number.
    """

    source: Ints
    since: Ints
    until: Ints

    def keeps_apart(self, a: Ints, b: Ints) -> Marks:
        """Whether the listings at `a` and at `b` (arrays that go together) are two stations."""
        own = self.source[a]
        overlap = (self.since[a] < self.until[b]) & (self.since[b] < self.until[a])
        return np.asarray((own >= 0) & (own == self.source[b]) & overlap & (a != b), dtype=np.bool_)


def never_meet(exclusive: Sequence[Ints], a: Ints, b: Ints) -> Marks:
    """Whether listings at `a` and at `b` (arrays that go together) have two codes of one of the `exclusive`, −1 being none."""
    barred = np.zeros(np.broadcast_shapes(a.shape, b.shape), dtype=np.bool_)
    for codes in exclusive:
        barred |= (codes[a] != codes[b]) & (codes[a] >= 0) & (codes[b] >= 0)
    return barred


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a cluster may not hold (each of `exclusive` has one code a listing, −1 none: two codes never meet; judged `apart` pairs; two of one of the
    `distinct` lists) and must hold (`together`)."""

    exclusive: tuple[Ints, ...]
    apart: frozenset[tuple[int, int]]
    together: tuple[tuple[int, int], ...]
    distinct: Distinct | None = None

    def barred(self, groups: Ints) -> Marks:
        """Which listings of each group (the last axis) never meet, whatever a person says of them: a square a group."""
        barred = never_meet(self.exclusive, groups[..., :, None], groups[..., None, :])
        if self.distinct is not None:
            barred |= self.distinct.keeps_apart(groups[..., :, None], groups[..., None, :])
        return barred

    def by_listing(self) -> Mapping[int, Constraints]:
        """What was judged of each listing that is the left side of a judged pair, so that a component need not look through all of it."""
        apart: dict[int, list[tuple[int, int]]] = {}
        together: dict[int, list[tuple[int, int]]] = {}
        for pair in self.apart:
            apart.setdefault(pair[0], []).append(pair)
        for pair in self.together:
            together.setdefault(pair[0], []).append(pair)
        return {
            node: replace(self, apart=frozenset(apart.get(node, ())), together=tuple(together.get(node, ())))
            for node in {*apart, *together}
        }

    def within(self, group: Ints, by_listing: Mapping[int, Constraints]) -> Constraints:
        """What of it concerns a component."""
        own = [by_listing[node] for node in group.tolist() if node in by_listing]
        return replace(
            self,
            apart=frozenset(pair for each in own for pair in each.apart),
            together=tuple(pair for each in own for pair in each.together),
        )


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
    heights = np.append(weights[strong].astype(np.int64), np.full(len(judged), _JUDGED, dtype=np.int64))
    components, cuts = _components(count, edges, heights, link)
    labels = np.arange(count, dtype=np.int64)
    by_listing = constraints.by_listing()
    spoken_of = np.array(sorted({*by_listing, *(right for _, right in (*constraints.apart, *constraints.together))}), dtype=np.int64)

    def settle(groups: Ints) -> Ints:
        size = groups.shape[1]
        upper = np.triu_indices(size, 1)
        squares = np.zeros((len(groups), size, size), dtype=np.int64)
        squares[:, upper[0], upper[1]] = weigh(groups[:, upper[0]].reshape(-1), groups[:, upper[1]].reshape(-1)).reshape(len(groups), -1)
        squares += squares.transpose(0, 2, 1)
        settled, asked = groups.copy(), np.isin(groups, spoken_of).any(axis=1)
        if not asked.all():
            settled[~asked] = _linkages(groups[~asked], squares[~asked], same, constraints)
        for at in np.flatnonzero(asked):
            for part in _linkage(groups[at], squares[at], same, constraints.within(groups[at], by_listing)):
                settled[at, np.isin(groups[at], part)] = min(part)
        return settled

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # components share no listing
        for groups, settled in pool.map(lambda groups: (groups, settle(groups)), components):
            labels[groups] = settled
    return Clustered(labels, cuts)


def _components(count: int, edges: tuple[Ints, Ints], heights: Ints, link: int) -> tuple[Iterator[Ints], pd.DataFrame]:
    """Components of at least two listings, none above the bound, each sorted: those of one size a line each in one array, or several. And
    what had to be cut."""
    found: list[tuple[Ints, Ints]] = []
    cuts: list[pd.DataFrame] = []
    a, b, height = np.asarray(edges[0]), np.asarray(edges[1]), heights
    threshold = np.full(len(a), link, dtype=np.int64)
    while len(a):
        nodes, label = connected(count, a, b)
        held = label[np.searchsorted(nodes, a)]
        sizes, links = np.bincount(label), np.bincount(held)
        lowest = np.full(len(sizes), _JUDGED, dtype=np.int64)
        np.minimum.at(lowest, held, height)
        # judged together, all of it: a person's word has no bound
        fine = (sizes <= COMPONENT_BOUND) | (lowest == _JUDGED)
        found.append((nodes[fine[label]], label[fine[label]]))
        raised = np.zeros(len(sizes), dtype=np.int64)
        raised[held] = np.maximum(threshold, lowest[held]) + _RISE
        kept = ~fine[held] & (height >= raised[held])
        first = nodes[np.unique(label, return_index=True)[1]]
        told = pd.DataFrame(
            {"members": sizes, "first": first, "raised_to_mb": raised, "links_cut": links - np.bincount(held[kept], minlength=len(sizes))}
        )
        cuts.append(told[~fine])
        a, b, height, threshold = a[kept], b[kept], height[kept], raised[held[kept]]
    columns = ["members", "first", "raised_to_mb", "links_cut"]
    ordered = pd.concat(cuts).sort_values(columns).reset_index(drop=True) if cuts else pd.DataFrame(columns=columns, dtype="int64")
    return _by_size(found), ordered


def connected(count: int, a: Ints, b: Ints) -> tuple[Ints, Ints]:
    """The listings that the pairs name, in order, and the component of each."""
    named = np.zeros(count, dtype=np.bool_)
    named[a] = named[b] = True
    nodes = np.flatnonzero(named)
    place = np.zeros(count, dtype=np.int32)
    place[nodes] = np.arange(len(nodes), dtype=np.int32)
    return nodes, component_of(len(nodes), place[a], place[b])


def _by_size(found: list[tuple[Ints, Ints]]) -> Iterator[Ints]:
    """Components as arrays with a component a line."""
    sized: dict[int, list[Ints]] = {}
    for nodes, label in found:
        counts = np.bincount(label) if len(label) else np.zeros(0, dtype=np.int64)
        order = nodes[np.argsort(label, kind="stable")]
        firsts = np.cumsum(counts) - counts
        for size in np.unique(counts[counts > 1]).tolist():
            sized.setdefault(size, []).append(order[firsts[counts == size][:, None] + np.arange(size)])
    for size in sorted(sized):
        groups = np.concatenate(sized[size])
        step = max(_CELLS_AT_ONCE // size**2, 1)
        yield from (groups[at : at + step] for at in range(0, len(groups), step))


def _linkages(groups: Ints, sums: Ints, same: int, constraints: Constraints) -> Ints:
    """`_linkage` of many components of one size that no person spoke of, all of them step by step: the label of each listing."""
    size = groups.shape[1]
    labels = groups.copy()
    barred = constraints.barred(groups)
    barred[:, np.arange(size), np.arange(size)] = True
    counts = np.ones(groups.shape, dtype=np.int64)
    # an exact floor of the mean in thousandths of a milli-bit, as in `_linkage`; a step changes those of one cluster alone
    means = np.where(barred, _NEVER, sums * 1000)
    left = np.arange(len(groups))
    for _ in range(size - 1):
        flat = means.reshape(len(left), -1)
        best = flat.argmax(axis=1)
        going = flat[np.arange(len(left)), best] >= same * 1000
        if not going.all():
            left, sums, barred, counts, means, best = (each[going] for each in (left, sums, barred, counts, means, best))
        if not len(left):
            break
        rows, first, second = (
            np.arange(len(left)),
            best // size,
            best % size,
        )  # a mean stands there twice: the one met first has first < second
        sums[rows, first] += sums[rows, second]
        sums[rows, :, first] += sums[rows, :, second]
        barred[rows, first] |= barred[rows, second]
        barred[rows, first, second] = True
        barred[rows, :, first] = barred[rows, first]
        barred[rows, second] = barred[rows, :, second] = True
        counts[rows, first] += counts[rows, second]
        changed = np.where(barred[rows, first], _NEVER, sums[rows, first] * 1000 // (counts[rows, first][:, None] * counts))
        means[rows, first] = means[rows, :, first] = changed
        means[rows, second] = means[rows, :, second] = _NEVER
        mine, joining = labels[left], groups[left, second]
        labels[left] = np.where(mine == joining[:, None], groups[left, first][:, None], mine)
    return labels


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
    barred = constraints.barred(group)
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
