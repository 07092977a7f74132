"""Pairs to learn u from: all there are, each once; or so many of them, each as likely as any other."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dedupe.drawn import Drawn, quarter_pairs, random_pairs
from transforms.dedupe.features import Features, features
from transforms.dedupe.geometry import distances

EVERYTHING = 1_000_000


def town(count: int, seed: int, cities: int = 1) -> Features:
    dice = np.random.default_rng(seed)
    return features(
        pd.DataFrame(
            {
                "listing_id": [f"a:{at:04d}" for at in range(count)],
                "source": "a",
                "name": "驿站",
                "city_code": pd.Series([f"{at % cities}" for at in range(count)], dtype="str"),
                "road": pd.Series([None if at % 3 else f"路{at % 7}" for at in range(count)], dtype="str"),
                "community_code": pd.Series([None if at % 4 else f"{at % 5}" for at in range(count)], dtype="str"),
                "lng_wgs84": np.where(dice.random(count) < 0.2, np.nan, 118.3 + dice.random(count) * 0.05),
                "lat_wgs84": 31.3 + dice.random(count) * 0.05,
            }
        )
    )


def pairs(drawn: Drawn) -> set[tuple[int, int]]:
    told = list(zip(drawn.left.tolist(), drawn.right.tolist(), strict=True))
    assert len(told) == len(set(told))
    assert all(a < b for a, b in told)
    return set(told)


@given(st.integers(2, 60), st.integers(0, 50), st.integers(1, 3))
def test_all_pairs_of_a_city_and_none_across_cities(count: int, seed: int, cities: int) -> None:
    wanted = {(a, b) for a, b in combinations(range(count), 2) if a % cities == b % cities}
    assert pairs(random_pairs(town(count, seed, cities), EVERYTHING)) == wanted


@given(st.integers(2, 80), st.integers(0, 50))
def test_every_pair_within_a_kilometre_of_one_community_or_on_one_road_is_of_the_quarter(count: int, seed: int) -> None:
    known = town(count, seed)
    left, right = (np.array(side) for side in zip(*combinations(range(count), 2), strict=True))
    close = distances(known, left, right) <= 1000
    one = [(group[left] == group[right]) & (group[left] >= 0) for group in (known.road, known.community)]
    wanted = {(int(a), int(b)) for a, b in zip(left[close | one[0] | one[1]], right[close | one[0] | one[1]], strict=True)}
    assert wanted <= pairs(quarter_pairs(known, EVERYTHING))


@pytest.mark.parametrize("draw", [random_pairs, quarter_pairs])
def test_a_part_is_drawn_evenly_and_says_how_large_a_part(draw: object) -> None:
    known = town(600, 1)
    everything, part = draw(known, EVERYTHING), draw(known, 20_000)  # type: ignore[operator]
    assert everything.share == 1.0
    assert pairs(part) < pairs(everything)
    assert len(part.left) == pytest.approx(part.share * len(everything.left), rel=0.25)
    # no end of the register is drawn more than another
    halves = np.bincount((part.left >= np.median(everything.left)).astype(int), minlength=2) / len(part.left)
    assert halves[0] == pytest.approx(0.5, abs=0.03)
    assert (draw(known, 20_000).left == part.left).all()  # type: ignore[operator]
