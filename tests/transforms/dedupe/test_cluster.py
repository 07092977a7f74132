from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.dedupe import cluster as module
from transforms.dedupe.cluster import Clustered, Constraints, Distinct, cluster
from transforms.dedupe.coded import Ints

SIZE = 6
PAIRS = list(combinations(range(SIZE), 2))
weights = st.lists(st.integers(-9000, 9000), min_size=len(PAIRS), max_size=len(PAIRS))
trades = st.lists(st.integers(-1, 1), min_size=SIZE, max_size=SIZE)


def run(
    size: int,
    weight: dict[tuple[int, int], int],
    trade: list[int] | None = None,
    apart: tuple[tuple[int, int], ...] = (),
    together: tuple[tuple[int, int], ...] = (),
    distinct: Distinct | None = None,
) -> Clustered:
    def weigh(left: Ints, right: Ints) -> Ints:
        return np.array([weight.get((int(a), int(b)), -20_000) for a, b in zip(left, right, strict=True)], dtype=np.int64)

    pairs = np.array(list(weight), dtype=np.int64).reshape(-1, 2)
    constraints = Constraints((np.array(trade or [-1] * size, dtype=np.int64),), frozenset(apart), together, distinct)
    return cluster(size, pairs[:, 0], pairs[:, 1], np.array(list(weight.values()), dtype=np.int64), 0, 0, weigh, constraints)


def labels(
    size: int,
    weight: dict[tuple[int, int], int],
    trade: list[int] | None = None,
    apart: tuple[tuple[int, int], ...] = (),
    together: tuple[tuple[int, int], ...] = (),
    distinct: Distinct | None = None,
) -> list[int]:
    return [int(label) for label in run(size, weight, trade, apart, together, distinct).labels]


def lists(source: list[int], spans: list[tuple[int, int]] | None = None) -> Distinct:
    """Lists that never repeat themselves: the list of each listing (−1: another), and when it stood there; all at one time."""
    since, until = zip(*(spans or [(0, 1)] * len(source)), strict=True)
    return Distinct(*(np.array(each, dtype=np.int64) for each in (source, since, until)))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(labels(3, {(0, 1): 5000}), [0, 0, 2], id="one pair"),
        pytest.param(labels(3, {(0, 1): -1}), [0, 1, 2], id="below the threshold"),
        pytest.param(labels(3, {(0, 1): 9000, (1, 2): 4000}), [0, 0, 2], id="one strong link does not chain"),
        pytest.param(labels(3, {(0, 1): 9000, (1, 2): 4000, (0, 2): -1000}), [0, 0, 0], id="the mean decides"),
        pytest.param(labels(2, {(0, 1): 9000}, [0, 1]), [0, 1], id="two trades stay two"),
        pytest.param(labels(3, {(0, 1): 9000, (1, 2): 8000, (0, 2): 7000}, [0, -1, 1]), [0, 0, 2], id="nor through a third"),
        pytest.param(labels(2, {(0, 1): 9000}, apart=((0, 1),)), [0, 1], id="judged apart"),
        pytest.param(labels(2, {(0, 1): -9000}, together=((0, 1),)), [0, 0], id="judged together"),
        pytest.param(labels(2, {(0, 1): -9000}, [0, 1], together=((0, 1),)), [0, 0], id="people outrank trades"),
        pytest.param(labels(4, {}, together=((0, 3), (1, 3))), [0, 0, 2, 0], id="judged chains join"),
        pytest.param(
            labels(3, {(0, 1): -9000, (1, 2): 9000}, together=((0, 1),)), [0, 0, 0], id="held together, the second speaks for both"
        ),
        pytest.param(labels(3, {(0, 1): -9000, (0, 2): 9000}, together=((0, 1),)), [0, 0, 0], id="or the first"),
        pytest.param(labels(2, {(0, 1): 9000}, distinct=lists([0, 0])), [0, 1], id="two lines of a list that never repeats itself"),
        pytest.param(labels(2, {(0, 1): 9000}, distinct=lists([0, 1])), [0, 0], id="a line each of two such lists"),
        pytest.param(labels(2, {(0, 1): 9000}, distinct=lists([-1, -1])), [0, 0], id="two lines of a list that may"),
        pytest.param(
            labels(3, {(0, 1): 9000, (1, 2): 8000, (0, 2): 7000}, distinct=lists([0, -1, 0])), [0, 0, 2], id="nor through another list"
        ),
        pytest.param(labels(2, {(0, 1): -9000}, together=((0, 1),), distinct=lists([0, 0])), [0, 0], id="people outrank a declaration"),
        pytest.param(
            labels(3, {(0, 2): 9000, (1, 2): 9000}, together=((0, 1),), distinct=lists([0, 0, 0])), [0, 0, 2], id="on this pair alone"
        ),
        pytest.param(labels(2, {(0, 1): 9000}, distinct=lists([0, 0], [(0, 5), (5, 9)])), [0, 0], id="one came when the other had gone"),
        pytest.param(labels(2, {(0, 1): 9000}, distinct=lists([0, 0], [(0, 6), (5, 9)])), [0, 1], id="both stood there for a night"),
    ],
)
def test_clusters(found: list[int], expected: list[int]) -> None:
    assert found == expected


@settings(deadline=None)
@given(weights, trades, st.sets(st.sampled_from(PAIRS), max_size=3))
def test_constraints_hold(weight: list[int], trade: list[int], apart: set[tuple[int, int]]) -> None:
    found = labels(SIZE, dict(zip(PAIRS, weight, strict=True)), trade, tuple(apart))
    for a, b in PAIRS:
        if found[a] == found[b]:
            assert (a, b) not in apart
            assert trade[a] == trade[b] or -1 in (trade[a], trade[b])


@settings(deadline=None)
@given(st.permutations(range(SIZE)), st.lists(st.integers(-9000, 9000), min_size=len(PAIRS), max_size=len(PAIRS), unique=True))
def test_renaming_listings_renames_clusters(order: list[int], weight: list[int]) -> None:
    given_weights = dict(zip(PAIRS, weight, strict=True))
    renamed = {(min(order[a], order[b]), max(order[a], order[b])): value for (a, b), value in given_weights.items()}
    straight, mixed = labels(SIZE, given_weights), labels(SIZE, renamed)
    for a, b in PAIRS:
        # means are floored to thousandths of a milli-bit; unique weights make ties of merged clusters rare but not impossible
        if len({*given_weights.values()}) == len(PAIRS) and not _ties(given_weights):
            assert (straight[a] == straight[b]) == (mixed[order[a]] == mixed[order[b]])


def _ties(weight: dict[tuple[int, int], int]) -> bool:
    sums = [sum(chosen) / len(chosen) for size in (1, 2) for chosen in combinations(weight.values(), size)]
    return len({round(mean, 3) for mean in sums}) < len(sums)


def test_a_giant_component_is_cut_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMPONENT_BOUND", 4)
    chain = {(a, a + 1): (9000 if a % 2 == 0 else 100) for a in range(9)}
    found = run(10, chain)
    assert found.labels.tolist() == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8]
    assert found.cuts["members"].tolist() == [10]
    assert found.cuts["links_cut"].tolist() == [4]


def test_what_is_judged_together_is_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMPONENT_BOUND", 3)
    chain = tuple((a, a + 1) for a in range(5))
    assert labels(6, dict.fromkeys(chain, 100), together=chain) == [0] * 6


@settings(deadline=None)
@given(st.lists(weights, min_size=1, max_size=4), trades, trades, st.integers(-1500, 3000))
def test_many_components_at_once_are_clustered_as_one_by_one(
    drawn: list[list[int]], trade: list[int], source: list[int], same: int
) -> None:
    exclusive = (np.array(trade * len(drawn), dtype=np.int64),)
    groups = np.arange(SIZE * len(drawn)).reshape(-1, SIZE)
    constraints = Constraints(exclusive, frozenset(), (), lists(source * len(drawn)))
    squares = np.zeros((len(drawn), SIZE, SIZE), dtype=np.int64)
    for square, weight in zip(squares, drawn, strict=True):
        for (a, b), value in zip(PAIRS, weight, strict=True):
            square[a, b] = square[b, a] = value // 900 * 900  # coarse, so that means often tie
    found = module._linkages(groups, squares.copy(), same, constraints)
    for group, square, labels_found in zip(groups, squares, found, strict=True):
        parts = module._linkage(group, square, same, constraints)
        wanted = {node: min(part) for part in parts for node in part}
        assert labels_found.tolist() == [wanted[int(node)] for node in group]


def test_a_component_of_fifty_thousand_costs_no_more_than_its_bound() -> None:
    size = 50_000
    asked: list[int] = []

    def weigh(left: Ints, right: Ints) -> Ints:
        asked.append(len(left))
        return np.where(right - left == 1, 2000 + left * 37 % 4000, -20_000)

    left = np.arange(size - 1, dtype=np.int64)
    constraints = Constraints((np.full(size, -1, dtype=np.int64),), frozenset(), ())
    found = cluster(size, left, left + 1, weigh(left, left + 1), 0, 1000, weigh, constraints)
    assert sum(asked) <= size * (module.COMPONENT_BOUND + 1) // 2
    assert found.cuts["members"].max() == size
    assert np.bincount(found.labels).max() == 2
