"""Rows of one list that are equal in every cell: the same line given many times over."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pandas as pd

#: So often must one name stand on a list before its rows are looked at: fewer meet in their blocks, whose caps are not reached.
_SEEN: Final = 60

#: What two equal rows may differ in.
_OWN: Final = frozenset({"listing_id", "line"})


def twins_of(rows: pd.DataFrame, distinct: Collection[str]) -> dict[str, str]:
    """listing_id → that of the first row of its list that is equal to it. `rows` as `read_lists` gives them; each row of a `distinct` list is a station of its own."""
    names = pd.factorize(rows["name"])[0]
    often = pd.Series(names).groupby(names).transform("size").to_numpy() > _SEEN
    asked = rows[often & (names >= 0) & ~rows["source"].isin(distinct).to_numpy()]
    if asked.empty:
        return {}
    cells = [column for column in rows.columns if column not in _OWN]
    first = asked.groupby(cells, dropna=False, sort=False)["listing_id"].transform("first")
    twin = first != asked["listing_id"]
    return dict(zip(asked["listing_id"][twin], first[twin], strict=True))
