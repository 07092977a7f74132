from __future__ import annotations

import pandas as pd
import pytest

from tests.transforms.dedupe.some import listing, listings
from transforms.dedupe import datum_suspects

HERE = {"lng_wgs84": 118.38, "lat_wgs84": 31.33, "road": "青阳路"}
AS_GCJ = {"lng_wgs84": 118.385407, "lat_wgs84": 31.328151, "road": "青阳路"}
AS_BD = {"lng_wgs84": 118.392006, "lat_wgs84": 31.333812, "road": "青阳路"}


def suspects(*rows: dict[str, object], stations: list[int]) -> list[tuple[str, str]]:
    frame = listings(*rows)
    clusters = pd.DataFrame({"listing_id": frame["listing_id"], "cluster": stations})
    found = datum_suspects(frame, clusters)
    return list(found[["listing_id", "offset_kind"]].itertuples(index=False, name=None))


@pytest.mark.parametrize(("off", "kind"), [(AS_GCJ, "gcj02"), (AS_BD, "bd09_wgs84")])
def test_the_one_that_is_off_against_two_is_named(off: dict[str, object], kind: str) -> None:
    assert suspects(listing("a:1", **HERE), listing("b:1", **HERE), listing("c:1", **off), stations=[0, 0, 0]) == [("c:1", kind)]


def test_between_two_the_neighbours_decide() -> None:
    rows = [listing("a:1", **AS_GCJ), listing("b:1", **HERE), listing("b:2", **HERE), listing("b:3", **HERE)]
    assert suspects(*rows, stations=[0, 0, 2, 3]) == [("a:1", "gcj02")]


def test_without_neighbours_both_are_named() -> None:
    assert suspects(listing("a:1", **AS_GCJ), listing("b:1", **HERE), stations=[0, 0]) == [("a:1", "gcj02"), ("b:1", "gcj02")]


def test_stations_of_their_own_are_not_compared() -> None:
    assert suspects(listing("a:1", **AS_GCJ), listing("b:1", **HERE), stations=[0, 1]) == []


def test_no_positions() -> None:
    assert suspects(listing("a:1"), listing("b:1"), stations=[0, 0]) == []
