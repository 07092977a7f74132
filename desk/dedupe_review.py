"""The doubtful pairs of lists, as a person reads them: both sides' names and addresses, and why in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from transforms.dedupe import Matched, Model
from transforms.dedupe.telling import bits, sentence

COLUMNS = ("left_id", "right_id", "weight", "left_name", "left_address", "right_name", "right_address", "why")


def review_of(matched: Matched, listings: pd.DataFrame, model: Model) -> pd.DataFrame:
    """One line a doubtful pair, the most doubtful first: nearest to the middle between the two thresholds."""
    doubtful = matched.pairs[matched.pairs["review"]]
    middle = (model.thresholds["review_low"] + model.thresholds["review_high"]) // 2
    order = (doubtful["weight_mb"] - middle).abs()
    ordered = doubtful.assign(order=order).sort_values(["order", "left_id", "right_id"], kind="stable")
    return told_pairs(ordered, listings, model)


def told_pairs(pairs: pd.DataFrame, listings: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Pairs with what a person needs to judge them."""
    told = sides_of(pairs, listings)
    told["weight"] = _each(pairs["weight_mb"], lambda weight: bits(int(weight)))
    told["why"] = _each(pairs["levels"], lambda levels: sentence(str(levels), model))
    return told[list(COLUMNS)]


def sides_of(pairs: pd.DataFrame, listings: pd.DataFrame) -> pd.DataFrame:
    """Ids, names and addresses of both sides."""
    shown = pd.concat([pairs["left_id"], pairs["right_id"]]).unique()
    known = listings.loc[listings["listing_id"].isin(shown), ["listing_id", "name", "address"]].set_index("listing_id")
    sides = {
        f"{side}_{field}": known[field].reindex(pairs[f"{side}_id"]).fillna("").to_numpy()
        for side in ("left", "right")
        for field in ("name", "address")
    }
    return pd.DataFrame({"left_id": pairs["left_id"].to_numpy(), "right_id": pairs["right_id"].to_numpy(), **sides})


def _each(column: pd.Series, told: Callable[[Any], str]) -> pd.Categorical:
    """What is told of each value of a column, once a value."""
    codes, values = pd.factorize(column)
    said, place = pd.factorize(pd.Series([told(value) for value in values], dtype="str"))[::-1]
    return pd.Categorical.from_codes(place[codes] if len(values) else codes, pd.Index(said, dtype="str"))
