"""The queue: what an answer would settle comes first, and what is settled is not asked."""

from __future__ import annotations

import pandas as pd

from transforms.dedupe.changes import changes
from transforms.dedupe.doubts import QUEUE_COLUMNS, review_queue

SAME = 1000


def pairs(*rows: tuple[str, str, int, str | None]) -> pd.DataFrame:
    """Pairs that wait for a person: left, right, weight, and a verdict where one is asked again."""
    return pd.DataFrame(list(rows), columns=["left_id", "right_id", "weight_mb", "verdict"]).assign(levels="{}", is_review=True)


def alone(*ids: str) -> dict[str, str]:
    return {each: f"s-{each}" for each in ids}


def asked(queue: pd.DataFrame) -> list[tuple[str, str]]:
    return list(queue[["left_id", "right_id"]].itertuples(index=False, name=None))


def test_the_most_uncertain_of_equal_reach_comes_first() -> None:
    queue = review_queue(pairs(("a", "b", 3900, None), ("c", "d", 1100, None)), alone("a", "b", "c", "d"), {}, SAME)
    assert tuple(queue.columns) == QUEUE_COLUMNS
    assert asked(queue) == [("c", "d"), ("a", "b")]


def test_what_touches_many_stations_comes_before_what_is_more_uncertain() -> None:
    hub = [("hub", each, 2500, None) for each in ("p", "q", "r", "s")]
    queue = review_queue(pairs(("a", "b", 1000, None), *hub), alone("a", "b", "hub", "p", "q", "r", "s"), {}, SAME)
    assert asked(queue)[0][0] == "hub"
    assert queue["touched"].tolist() == [5, 5, 5, 5, 2]


def test_pairs_of_the_same_two_stations_are_one_question() -> None:
    stations = {"a": "s", "b": "t", "c": "t"}
    queue = review_queue(pairs(("a", "b", 3000, None), ("a", "c", 1200, None)), stations, {}, SAME)
    assert asked(queue) == [("a", "c")]
    assert queue["settles"].tolist() == [2]


def test_what_follows_from_answers_is_not_asked() -> None:
    doubtful = pairs(("a", "c", 2000, None), ("b", "d", 2000, None), ("a", "x", 2000, None))
    answers = {("a", "b"): "same", ("b", "c"): "same", ("c", "d"): "not"}
    assert asked(review_queue(doubtful, alone("a", "b", "c", "d", "x"), answers, SAME)) == [("a", "x")]


def test_who_is_asked_again_is_asked_first() -> None:
    queue = review_queue(pairs(("a", "b", 1000, None), ("c", "d", 9000, "not")), alone("a", "b", "c", "d"), {("c", "d"): "not"}, SAME)
    assert asked(queue) == [("c", "d"), ("a", "b")]
    assert queue["again"].tolist() == [True, False]


def test_closed_listings_and_pairs_that_are_no_review_are_not_asked() -> None:
    doubtful = pairs(("a", "b", 1000, None), ("a", "gone", 1000, None))
    assert asked(review_queue(doubtful.assign(is_review=[False, True]), alone("a", "b"), {}, SAME)) == []


def stations(**of: str) -> pd.DataFrame:
    return pd.DataFrame({"listing_id": list(of), "station_id": list(of.values())})


def test_changes_are_told_as_merged_split_and_kept() -> None:
    found = changes(stations(a="1", b="2", c="3", d="3", e="4", gone="5"), stations(a="1", b="1", c="3", d="6", e="4", new="7"))
    assert found.merged.to_dict("records") == [{"station_id": "1", "parts": "1;2"}]
    assert found.split.to_dict("records") == [{"station_id": "3", "parts": "3;6"}]
    assert (found.touched, found.kept) == (3, 1)


def test_no_change() -> None:
    same = stations(a="1", b="2")
    found = changes(same, same)
    assert (found.touched, found.kept) == (0, 2)
