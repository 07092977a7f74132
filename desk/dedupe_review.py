"""The doubtful pairs of lists, as a person reads them: both sides' names and addresses, and why in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.dedupe import Matched, Model
from transforms.dedupe.telling import bits, sentence
from transforms.standardise.cells import cells_of, series_of

COLUMNS = ("left_id", "right_id", "weight", "left_name", "left_address", "right_name", "right_address", "why")


def review_of(matched: Matched, listings: pd.DataFrame, model: Model) -> pd.DataFrame:
    """One line a doubtful pair, the most doubtful first: nearest to the middle between the two thresholds."""
    doubtful = matched.pairs[matched.pairs["review"]]
    middle = (model.thresholds["review_low"] + model.thresholds["review_high"]) // 2
    order = (doubtful["weight_mb"] - middle).abs()
    # the pairs are in the order of their ids
    return told_pairs(doubtful.iloc[np.argsort(order.to_numpy(), kind="stable")], listings, model)


def told_pairs(pairs: pd.DataFrame, listings: pd.DataFrame, model: Model) -> pd.DataFrame:
    """Pairs with what a person needs to judge them."""
    told = sides_of(pairs, listings)
    told["weight"] = _each(pairs["weight_mb"], lambda weight: bits(int(weight)))
    told["why"] = _each(pairs["levels"], lambda levels: sentence(str(levels), model))
    return told[list(COLUMNS)]


def sides_of(pairs: pd.DataFrame, listings: pd.DataFrame) -> pd.DataFrame:
    """Ids, names and addresses of both sides."""
    sides = pc.dictionary_encode(pa.concat_arrays([cells_of(pairs["left_id"]), cells_of(pairs["right_id"])]))
    shown = pc.index_in(cells_of(listings["listing_id"]), value_set=sides.dictionary)
    # who is on no list with a readable name has neither name nor address
    rows = np.full(len(sides.dictionary), -1, dtype=np.int64)
    rows[shown.drop_null().to_numpy()] = np.flatnonzero(shown.is_valid().to_numpy(zero_copy_only=False))
    at = rows[sides.indices.to_numpy()]
    told = pd.DataFrame({name: series_of(cells_of(pairs[name])) for name in ("left_id", "right_id")})
    for side, place in (("left", at[: len(pairs)]), ("right", at[len(pairs) :])):
        for field in ("name", "address"):
            told[f"{side}_{field}"] = series_of(cells_of(listings[field]).take(pa.array(place, mask=place < 0)).fill_null(""))
    return told


def _each(column: pd.Series, told: Callable[[Any], str]) -> pd.Categorical:
    """What is told of each value of a column, once a value."""
    codes, values = pd.factorize(column)
    said, place = pd.factorize(pd.Series([told(value) for value in values], dtype="str"))[::-1]
    return pd.Categorical.from_codes(place[codes] if len(values) else codes, pd.Index(said, dtype="str"))
