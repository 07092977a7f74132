"""Pairs grouped by pattern: every pattern once, in the order of its codes, with as many pairs as bear it."""

from collections import Counter

import numpy as np
import pytest

from transforms.dedupe.em import patterns_of


@pytest.mark.parametrize("highest", [3, 1 << 20], ids=["codes fit a word", "codes do not fit a word"])
def test_patterns_are_counted_in_their_order(highest: int) -> None:
    random = np.random.default_rng(5)
    # of ten comparisons with a million levels each a pattern has 200 bits; three rows of codes, so that most pairs share theirs
    rows = random.integers(0, highest, (3, 10))[random.integers(0, 3, 500)]
    sources, known = random.integers(0, 2, 500), random.choice([0.0, 1.0, np.nan], 500)
    found = patterns_of({f"c{at}": rows[:, at] for at in range(10)}, sources, known)
    judged = np.nan_to_num(known, nan=-1)
    expected = sorted(
        Counter((*row.tolist(), int(source), float(said)) for row, source, said in zip(rows, sources, judged, strict=True)).items()
    )
    told = np.nan_to_num(found.known, nan=-1)
    columns = [*found.codes.values(), found.sources, told, found.counts]
    assert [tuple(line) for line in zip(*(column.tolist() for column in columns), strict=True)] == [
        (*row, count) for row, count in expected
    ]


def test_nobody_judged_and_no_pairs() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert not len(patterns_of({"name": none}, none).counts)
    found = patterns_of({"name": np.array([1, 1])}, np.array([0, 0]))
    assert np.isnan(found.known).all()
    assert found.counts.tolist() == [2.0]
