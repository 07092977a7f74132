"""The review queue: doubtful pairs as questions, in the order of what an answer would settle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from transforms.dedupe.judgements import Pair

#: Columns of the queue, most worth asking first. `left_station`, `right_station`: the stations of now; `touched`: stations that hang on the answer;
#: `settles`: doubtful pairs that it answers at once; `again`: judged before, and asked again on new evidence; `worth`: touched × uncertainty.
QUEUE_COLUMNS: Final = (
    "left_id",
    "right_id",
    "weight_mb",
    "levels",
    "left_station",
    "right_station",
    "touched",
    "settles",
    "again",
    "worth",
)


def review_queue(pairs: pd.DataFrame, stations: Mapping[str, str], verdicts: Mapping[Pair, str], same_mb: int) -> pd.DataFrame:
    """The questions of `pairs` (left_id, right_id, weight_mb, levels, is_review, verdict), one a pair of stations (or a station by itself).

    Uncertainty is the entropy of the odds against the threshold `same_mb` at which stations are joined: a pair just there is worth a whole answer, one three bits
    beyond half of one. Stations touched are the pair's own and those in doubt with either: what is decided here weighs on each of them. Answers that
    follow from those given (`verdicts`) are not asked for.
    """
    asked = pairs[pairs["is_review"].fillna(value=False).astype(bool)]
    asked = asked[asked["left_id"].isin(stations) & asked["right_id"].isin(stations)]
    answers = Answers(verdicts)
    waits = [not answers.settle(pair) or again for pair, again in zip(_sides(asked), asked["verdict"].notna(), strict=True)]
    rows = asked[pd.Series(waits, index=asked.index, dtype=bool)]
    found = rows.assign(
        left_station=rows["left_id"].map(stations).astype("str"),
        right_station=rows["right_id"].map(stations).astype("str"),
        again=rows["verdict"].notna(),
        doubt=_entropy((rows["weight_mb"].astype("int64") - same_mb).to_numpy() / 1000),
    )
    beside = _neighbours(found)
    found["touched"] = [len(beside[a] | beside[b]) for a, b in zip(found["left_station"], found["right_station"], strict=True)]
    found["worth"] = (found["touched"] * found["doubt"]).round(3)
    found["question"] = [" ".join(sorted({a, b})) for a, b in zip(found["left_station"], found["right_station"], strict=True)]
    found["settles"] = found.groupby("question")["question"].transform("size")
    ordered = found.sort_values(["again", "worth", "left_id", "right_id"], ascending=[False, False, True, True], kind="stable")
    return ordered.drop_duplicates("question")[list(QUEUE_COLUMNS)].reset_index(drop=True)


def _sides(pairs: pd.DataFrame) -> list[Pair]:
    return list(zip(pairs["left_id"], pairs["right_id"], strict=True))


def _neighbours(found: pd.DataFrame) -> dict[str, set[str]]:
    """Station → itself and every station that shares a doubtful pair with it."""
    beside: dict[str, set[str]] = {}
    for a, b in zip(found["left_station"], found["right_station"], strict=True):
        beside.setdefault(a, {a}).add(b)
        beside.setdefault(b, {b}).add(a)
    return beside


def _entropy(bits: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    share = 1 / (1 + np.exp2(-bits))
    rest = 1 / (1 + np.exp2(bits))
    return np.asarray(-(share * np.log2(share) + rest * np.log2(rest)))


class Answers:
    """What follows from the answers given (pair → verdict): listings joined by chains of "same" are one group, and a "not" parts two groups."""

    def __init__(self, verdicts: Mapping[Pair, str]) -> None:
        self._named = {each for pair in verdicts for each in pair}
        self._group: dict[str, str] = {}
        for (a, b), verdict in sorted(verdicts.items()):
            if verdict == "same":
                self._group[self._of(a)] = self._of(b)
        self._apart = {frozenset((self._of(a), self._of(b))) for (a, b), verdict in verdicts.items() if verdict == "not"}

    def settle(self, pair: Pair) -> bool:
        """Whether they say already what this pair is."""
        if not self._named.issuperset(pair):  # nobody spoke of that side: most pairs, and told at once
            return pair[0] == pair[1]
        a, b = map(self._of, pair)
        return a == b or frozenset((a, b)) in self._apart

    def _of(self, listing_id: str) -> str:
        while (onward := self._group.get(listing_id, listing_id)) != listing_id:
            listing_id = onward
        return listing_id
