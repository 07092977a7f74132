"""Judgements as constraints: which pairs people hold together and which apart, and what they say that cannot all be true."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from transforms.dedupe.features import Features


@dataclass(frozen=True, slots=True)
class Judged:
    """Pairs of positions in the features. `together` is kept free of chains that contradict `apart`; `contradictions` lists what was left out."""

    together: tuple[tuple[int, int], ...]
    apart: frozenset[tuple[int, int]]
    contradictions: pd.DataFrame


def judged(listings: Features, judgements: pd.DataFrame) -> Judged:
    """The constraints of `judgements` (left_id, right_id, verdict same | not | unsure) on listings that are here; others say nothing tonight.

    A "same" that would close a chain between two listings judged "not" is left out, weakest claim first: refusing to merge can be
    mended by one more judgement, a wrong merge is published.
    """
    place = {listing_id: at for at, listing_id in enumerate(listings.ids)}
    verdicts: dict[str, set[tuple[int, int]]] = {"same": set(), "not": set()}
    for left, right, verdict in zip(judgements["left_id"], judgements["right_id"], judgements["verdict"], strict=True):
        if verdict in verdicts and left in place and right in place and left != right:
            a, b = sorted((place[left], place[right]))
            verdicts[verdict].add((a, b))
    apart = frozenset(verdicts["not"])
    group = {at: {at} for pair in verdicts["same"] for at in pair}
    kept, refused = [], []
    for a, b in sorted(verdicts["same"]):
        joined = group[a] | group[b]
        if any(x in joined and y in joined for x, y in apart):
            refused.append((listings.ids[a], listings.ids[b]))
            continue
        kept.append((a, b))
        for member in joined:
            group[member] = joined
    return Judged(tuple(kept), apart, pd.DataFrame(refused, columns=["left_id", "right_id"], dtype="str"))
