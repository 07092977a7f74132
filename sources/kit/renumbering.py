"""An owner that gives its whole list new numbers, recognised by what the rows say."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import pandas as pd

#: Share of the listings that lost their place which must come back under another key for the list to count as renumbered. A night closes
#: and edits about 1 %, so a real renumbering is far above it; chance (the same name and address for another place) far below.
MATCHED_SHARE: Final = 0.80

#: Fewer than this, or no more than a tenth of the list, is an owner that corrects a few numbers: those listings close and open.
WHOLE_LIST_SHARE: Final = 0.10
WHOLE_LIST_FLOOR: Final = 3

_MARKS: Final = re.compile(r"[\W_]+")


def renumbered(before: pd.DataFrame, tonight: pd.DataFrame, closed_keys: frozenset[str], *, is_delta: bool) -> dict[str, str]:
    """New row_key → old listing_id, empty unless the list was renumbered.

    `before` are the open listings [listing_id, row_key, name, address], `tonight` the rows taken [row_key, name, address]; both as
    standardised. The new numbers may be the old ones in another order. Matched one to one: a content that occurs twice on either side
    proves nothing and is left out. Of a list that was renumbered, a place that was edited the same night is told by its name or address.
    """
    old, new = before.assign(content=content(before)), tonight.assign(content=content(tonight))
    loose_old, loose_new = _unlike(old, new), _unlike(new, old)
    if is_delta:  # what the changes do not name stands as it stood
        loose_old = loose_old[loose_old["row_key"].isin(closed_keys) | loose_old["row_key"].isin(new["row_key"])]
    if len(loose_old) < WHOLE_LIST_FLOOR or len(loose_old) <= WHOLE_LIST_SHARE * len(before):
        return {}
    ids = _one_to_one(loose_old, loose_new, "content")
    if len(ids) < MATCHED_SHARE * len(loose_old):
        return {}
    for column in ("name", "address"):
        left_old = loose_old[~loose_old["listing_id"].isin(set(ids.values()))]
        ids |= _one_to_one(left_old, loose_new[~loose_new["row_key"].isin(ids)], column)
    return ids


def _one_to_one(old: pd.DataFrame, new: pd.DataFrame, column: str) -> dict[str, str]:
    """row_key of `new` → listing_id of `old`, where a value of the column stands once on either side."""
    once_old, once_new = (rows[rows[column].notna()].drop_duplicates(column, keep=False) for rows in (old, new))
    matched = once_new.merge(once_old, on=column, suffixes=("", "_old"))
    return dict(zip(matched["row_key"], matched["listing_id"], strict=True))


def _unlike(these: pd.DataFrame, those: pd.DataFrame) -> pd.DataFrame:
    """Rows of `these` that do not stand in `those` with the same key and content."""
    same = these[["row_key", "content"]].merge(those[["row_key", "content"]].drop_duplicates(), how="left", indicator=True)
    return these[(same["_merge"] == "left_only").to_numpy()]


def content(listings: pd.DataFrame) -> pd.Series:
    """Name and address of every listing in one comparable text: folded width, letters and digits alone."""
    texts = listings["name"].fillna("") + "\n" + listings["address"].fillna("")
    folded = {text: "\n".join(_MARKS.sub("", unicodedata.normalize("NFKC", part)) for part in text.split("\n")) for text in texts.unique()}
    return texts.map(folded).astype("str")
