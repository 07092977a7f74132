"""Corrections that came to their end: the source itself now gives the value that a person gave."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import numpy as np
import pandas as pd

from transforms.allowed import Allowed
from transforms.records import columns_of

#: What a listing carries besides what it claims.
_META = ("listing_id", "source", "row_key", "line", "row_digest", "verbatim")


def caught_up(
    rows: pd.DataFrame, corrections: pd.DataFrame, night: str, read: Callable[[pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]]
) -> frozenset[str]:
    """Ids of the `corrections` (CORRECTION_COLUMNS) of one source whose owner sends the same in `rows` (row stage, as written), on a night not before the one
    that the person saw: what the owner wrote earlier is what was corrected.

    The same is the same text but for width and white space; or, where the field is not the name, what the cleaners make the same listing of, with the same findings
    (`read`: rows → listings, issues). A name is held to its letters: the rows' suite asks after them.
    """
    named = rows["source"] + ":" + rows["row_key"]
    asked = corrections[
        corrections["key"].isin(named) & corrections["field"].isin(columns_of("row")) & (corrections["night"].fillna("") <= night)
    ]
    if asked.empty:
        return frozenset()
    at = pd.Series(rows.index, index=named)
    at = at[~at.index.duplicated(keep=False)]  # of two rows under one key nobody knows which is meant
    asked = asked[asked["key"].isin(at.index)].reset_index(drop=True)
    own = rows.loc[at[asked["key"]]].reset_index(drop=True)
    by_hand = Allowed(corrections=corrections).corrected(own).assign(line=[f"{place}+" for place in asked.index])
    without = by_hand.assign(line=[str(place) for place in asked.index])
    for field, which in asked.groupby("field").groups.items():
        without.loc[which, str(field)] = own.loc[which, str(field)]
    same = [_folded(value) == _folded(own.at[place, field]) for place, field, value in asked[["field", "value"]].itertuples(name=None)]
    rest = np.flatnonzero(~np.array(same, dtype=bool) & asked["field"].ne("name").to_numpy())
    if len(rest):
        listings, issues = read(pd.concat([by_hand.loc[rest], without.loc[rest]], ignore_index=True))
        claims = _claims(listings, issues)
        for place in rest:
            same[place] = str(place) in claims and claims[str(place)] == claims.get(f"{place}+")
    return frozenset(asked.loc[same, "decision_id"])


def _claims(listings: pd.DataFrame, issues: pd.DataFrame) -> dict[str, tuple[object, ...]]:
    """Line → what the listing made of it claims, and what was found wrong with it."""
    claimed = listings.drop(columns=[name for name in _META if name in listings]).astype("object")
    claimed = claimed.where(claimed.notna(), None)
    wrong: dict[str, set[str]] = {}
    for line, rule, field in issues.loc[issues["severity"] != "info", ["line", "rule", "field"]].itertuples(index=False, name=None):
        wrong.setdefault(line, set()).add(f"{rule} {field}")
    told = zip(listings["line"], claimed.itertuples(index=False, name=None), strict=True)
    return {line: (*claim, frozenset(wrong.get(line, ()))) for line, claim in told}


def _folded(value: object) -> str:
    return "" if value is None or pd.isna(value) else "".join(unicodedata.normalize("NFKC", str(value)).split())  # type: ignore[call-overload]
