"""Judgements as constraints: which pairs people hold together and which apart, what they say that cannot all be true, and whom it is about."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from transforms.dedupe.evidence import news_mb
from transforms.dedupe.features import Features
from transforms.dedupe.model import Model

Pair = tuple[str, str]

#: A judged pair is asked about again when its evidence moved by this much against the verdict (two bits: four to one). What a single
#: field says when an owner rewords it stays below; a move, another phone and another name go past it.
MATERIAL_MB: Final = 2000

#: What of a listing a verdict is about, besides its id: nothing of a person, and what an owner's new numbering leaves as it was.
CONTENT: Final = ("source", "name", "address")


@dataclass(frozen=True, slots=True)
class Judged:
    """Pairs of positions in the features. `together` is kept free of chains that contradict `apart`; `contradictions` lists what was left out."""

    together: tuple[tuple[int, int], ...]
    apart: frozenset[tuple[int, int]]
    contradictions: pd.DataFrame


def judged(listings: Features, judgements: pd.DataFrame) -> Judged:
    """The constraints of `judgements` (left_id, right_id, verdict same | not | unsure) on listings that are here; others say nothing tonight.

    A "same" that would close a chain between two listings judged "not" is left out, the last in the order of ids: refusing to merge can be
    mended by one more judgement, a wrong merge is published.
    """
    named = {*judgements["left_id"], *judgements["right_id"]}
    place = {listing_id: at for at, listing_id in enumerate(listings.ids) if listing_id in named} if named else {}
    verdicts: dict[str, set[tuple[int, int]]] = {"same": set(), "not": set()}
    for left, right, verdict in zip(judgements["left_id"], judgements["right_id"], judgements["verdict"], strict=True):
        if verdict in verdicts and left in place and right in place and left != right:
            a, b = sorted((place[left], place[right]))
            verdicts[verdict].add((a, b))
    apart = frozenset(verdicts["not"])
    opposed: dict[int, set[int]] = {}
    for a, b in apart:
        opposed.setdefault(a, set()).add(b)
    group = {at: {at} for pair in verdicts["same"] for at in pair}
    kept, refused = [], []
    for a, b in sorted(verdicts["same"]):
        joined = group[a] | group[b]
        if any(not joined.isdisjoint(opposed[at]) for at in joined if at in opposed):
            refused.append((listings.ids[a], listings.ids[b]))
            continue
        kept.append((a, b))
        for member in joined:
            group[member] = joined
    return Judged(tuple(kept), apart, pd.DataFrame(refused, columns=["left_id", "right_id"], dtype="str"))


def contradictions(verdicts: Mapping[Pair, str]) -> list[tuple[str, ...]]:
    """Chains of listings of which each is judged the same as the next, and the first not the same as the last; the shortest for each "not".

    `verdicts`: (left_id, right_id) → same, not or unsure.
    """
    beside: dict[str, set[str]] = {}
    for (left, right), verdict in verdicts.items():
        if verdict == "same":
            beside.setdefault(left, set()).add(right)
            beside.setdefault(right, set()).add(left)
    return [chain for (left, right), verdict in sorted(verdicts.items()) if verdict == "not" and (chain := chain_of(beside, left, right))]


def chain_of(beside: Mapping[str, Iterable[str]], first: str, last: str) -> tuple[str, ...] | None:
    """The shortest way from `first` to `last` over neighbours, or None."""
    came: dict[str, str | None] = {first: None}
    edge = [first]
    while edge and last not in came:
        ahead = []
        for at in edge:
            for step in sorted(beside.get(at, ())):
                if step not in came:
                    came[step] = at
                    ahead.append(step)
        edge = ahead
    if last not in came:
        return None
    chain = [last]
    while (before := came[chain[-1]]) is not None:
        chain.append(before)
    return tuple(reversed(chain))


def content_of(listing: Mapping[Any, Any]) -> dict[str, str]:
    """The content of a listing by which a verdict finds it again."""
    return {name: "" if pd.isna(listing[name]) else str(listing[name]) for name in CONTENT}


def applied(judgements: pd.DataFrame, listings: pd.DataFrame | Known) -> pd.DataFrame:
    """The `judgements` with those added that, by their content (`left`, `right`), are now about another listing than they name.

    A verdict follows its content when the listing that it names is missing from its list, closed, gone, or became another place altogether (its owner gave the
    number away), and exactly one open listing of that source reads as the one judged did. It goes on holding for a closed listing, which anchors its
    station's id, but not for a place that only took over a number. A verdict on the very pair beats one that followed its content, and a later one an earlier.
    """
    if judgements.empty or "left" not in judgements.columns or judgements[["left", "right"]].isna().all(axis=None):
        return judgements
    known = listings if isinstance(listings, Known) else Known(listings)
    moved = []
    for at, row in enumerate(judgements.to_dict("records")):
        left, right = (known.whom(row[f"{side}_id"], row[side]) for side in ("left", "right"))
        if (left, right) != (row["left_id"], row["right_id"]) and left != right:
            a, b = sorted((left, right))
            # what a side's content is, goes where the side goes
            told = (row["left"], row["right"]) if a == left else (row["right"], row["left"])
            moved.append((at, {**row, "left_id": a, "right_id": b, "left": told[0], "right": told[1]}))
    given_away = {at for at, _ in moved if known.is_given_away(judgements.iloc[at])}
    own = judgements[~pd.Series(range(len(judgements))).isin(given_away).to_numpy()]
    followed = pd.DataFrame([row for _, row in moved], columns=list(judgements.columns)).astype(judgements.dtypes.to_dict())
    both = pd.concat([followed.drop_duplicates(["left_id", "right_id"], keep="last"), own], ignore_index=True)
    return both.drop_duplicates(["left_id", "right_id"], keep="last").reset_index(drop=True)


class Known:
    """Listings by id and by content: made once where many are asked about."""

    def __init__(self, listings: pd.DataFrame) -> None:
        contents = listings[list(CONTENT)].astype("str").fillna("")
        rows = list(contents.itertuples(index=False, name=None))
        is_open = listings["is_open"].astype(bool)
        if "carried_cause" in listings.columns:  # a number that was given up stays open for one more night, beside the new one
            is_open &= listings["carried_cause"].fillna("").ne("absent_once")
        self._content = dict(zip(listings["listing_id"], rows, strict=True))
        self._open = set(listings.loc[is_open, "listing_id"])
        self._at: dict[tuple[str, ...], list[str]] = {}
        for listing_id, row, standing in zip(listings["listing_id"], rows, is_open, strict=True):
            if standing:
                self._at.setdefault(row, []).append(listing_id)

    def whom(self, listing_id: str, content: object) -> str:
        """The listing that a verdict on `listing_id`, which read `content` (JSON) when it was judged, is about now."""
        told = _told(content)
        if told is None or (listing_id in self._open and not self._is_another(listing_id, told)):
            return listing_id
        alike = self._at.get(told, [])
        return alike[0] if len(alike) == 1 else listing_id

    def is_given_away(self, judgement: pd.Series) -> bool:
        """Whether a side's number now stands for another place, and its content elsewhere."""
        sides = [(str(judgement[f"{side}_id"]), judgement[side]) for side in ("left", "right")]
        return any(listing_id in self._open and self.whom(listing_id, content) != listing_id for listing_id, content in sides)

    def _is_another(self, listing_id: str, told: tuple[str, ...]) -> bool:
        """Neither the name nor the address is what it was: alone that is a renaming or a move, with the content elsewhere a number given away."""
        return all(now != then for now, then in zip(self._content[listing_id][1:], told[1:], strict=True))


def _told(content: object) -> tuple[str, ...] | None:
    if not isinstance(content, str) or not content:
        return None
    parts = json.loads(content)
    return tuple(str(parts.get(name, "")) for name in CONTENT)


def asked_again(pairs: pd.DataFrame, judgements: pd.DataFrame, sources: Mapping[str, str], model: Model) -> pd.Series:
    """Which of the `pairs` (left_id, right_id, levels) were judged on evidence that has since moved by MATERIAL_MB against the verdict.

    Against "unsure" is either way. The verdict goes on holding; only a person may change it. `sources`: listing_id → source.
    """
    again = pd.Series(data=False, index=pairs.index)
    # people judge a few pairs of millions: those alone are looked at
    few = pairs[pairs["left_id"].isin(judgements["left_id"]) & pairs["right_id"].isin(judgements["right_id"])]
    both = (
        few[["left_id", "right_id", "levels"]].reset_index(names="at").merge(judgements, on=["left_id", "right_id"], validate="one_to_one")
    )
    for row in both.to_dict("records"):
        if row["verdict"] in _AGAINST and isinstance(row["seen"], str):
            again[row["at"]] = _is_material(str(row["verdict"]), row, sources, model)
    return again


#: Verdict → the direction of evidence that speaks against it.
_AGAINST: Final[Mapping[str, tuple[int, ...]]] = {"same": (-1,), "not": (1,), "unsure": (-1, 1)}


def _is_material(verdict: str, row: Mapping[Any, Any], sources: Mapping[str, str], model: Model) -> bool:
    seen = json.loads(row["seen"]).get("levels")
    if not seen:
        return False
    moved = news_mb(seen, json.loads(row["levels"]), (sources[row["left_id"]], sources[row["right_id"]]), model)
    return any(moved * direction >= MATERIAL_MB for direction in _AGAINST[verdict])
