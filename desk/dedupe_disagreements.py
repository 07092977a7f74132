"""Where the stations found and a truth disagree, as a person reads it: what was joined wrongly, and what was missed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from desk.dedupe_review import COLUMNS, sides_of, told_pairs
from transforms.dedupe import Matched, Model

WRONG, MISSED = "错合", "漏合"


def disagreements_of(matched: Matched, clusters: pd.DataFrame, truth: pd.Series, listings: pd.DataFrame, model: Model) -> pd.DataFrame:
    """One line a part that is wrongly in a station, or that a true station lacks: the first listing of the part beside the first of the station.

    Weight and reasons are empty where the two were never compared, or weigh too little to be kept. A listing that the truth does not name is a station of its own there.
    """
    known = clusters.set_index("listing_id")["station_id"]
    true = ("=" + truth.reindex(known.index).astype("str")).where(truth.reindex(known.index).notna(), known.index.to_series())
    parts = pd.DataFrame({"listing_id": known.index, "found": known.to_numpy(), "true": true.to_numpy()})
    wrong, missed = _apart(parts, "found", "true").assign(verdict=WRONG), _apart(parts, "true", "found").assign(verdict=MISSED)
    pairs = pd.concat([wrong, missed], ignore_index=True)
    stored = matched.pairs[["left_id", "right_id", "weight_mb", "levels"]]
    weighed = pairs.merge(stored.astype({"levels": "str"}), on=["left_id", "right_id"], how="left")
    compared = weighed["weight_mb"].notna()
    told = pd.concat(
        [
            told_pairs(weighed[compared].sort_values("weight_mb", ascending=False, kind="stable"), listings, model).astype("str"),
            sides_of(weighed[~compared], listings).assign(weight="", why=""),
        ],
        ignore_index=True,
    )
    both = told.merge(pairs, on=["left_id", "right_id"], how="left")
    order = np.argsort(both["verdict"].eq(MISSED).to_numpy(), kind="stable")
    return both.iloc[order][["verdict", *COLUMNS]].reset_index(drop=True)


def _apart(parts: pd.DataFrame, whole: str, part: str) -> pd.DataFrame:
    """left_id and right_id (in order) of the first listing of each group of `whole` and of each further part of it."""
    firsts = parts.sort_values("listing_id", kind="stable").drop_duplicates([whole, part])
    head = firsts.groupby(whole)["listing_id"].transform("first")
    further = firsts["listing_id"] != head
    a, b = head[further].to_numpy(dtype=object), firsts["listing_id"][further].to_numpy(dtype=object)
    return pd.DataFrame({"left_id": np.minimum(a, b), "right_id": np.maximum(a, b)}, dtype="str")
