"""An owner that gives its whole list new numbers, recognised by what the rows say."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import pandas as pd

#: Share of the vanished listings that must come back under a new key for the list to count as renumbered. A night closes and edits
#: about 1 % of the others, so a real renumbering is far above it; chance (the same name and address for another place) far below.
MATCHED_SHARE: Final = 0.80

#: Fewer than this, or no more than a tenth of the list, is an owner that corrects a few numbers: those listings close and open.
WHOLE_LIST_SHARE: Final = 0.10
WHOLE_LIST_FLOOR: Final = 3

_MARKS: Final = re.compile(r"[\W_]+")


def renumbered(vanished: pd.DataFrame, appeared: pd.DataFrame, open_before: int) -> dict[str, str]:
    """New row_key → old listing_id, empty unless the list was renumbered.

    `vanished` [listing_id, row_key, name, address], `appeared` [row_key, name, address], both as standardised. Matched one to one:
    a content that occurs twice on either side proves nothing and is left out.
    """
    if len(vanished) < WHOLE_LIST_FLOOR or len(vanished) <= WHOLE_LIST_SHARE * open_before:
        return {}
    old = vanished.assign(content=content(vanished)).drop_duplicates("content", keep=False)
    new = appeared.assign(content=content(appeared)).drop_duplicates("content", keep=False)
    matched = new[["row_key", "content"]].merge(old[["listing_id", "content"]], on="content")
    if len(matched) < MATCHED_SHARE * len(vanished):
        return {}
    return dict(zip(matched["row_key"], matched["listing_id"], strict=True))


def content(listings: pd.DataFrame) -> pd.Series:
    """Name and address of every listing in one comparable text: folded width, letters and digits alone."""
    texts = listings["name"].fillna("") + "\n" + listings["address"].fillna("")
    folded = {text: "\n".join(_MARKS.sub("", unicodedata.normalize("NFKC", part)) for part in text.split("\n")) for text in texts.unique()}
    return texts.map(folded).astype("str")
