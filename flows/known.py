"""What a night may take over from the one before: rows that read the same give the same listing and the same findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from expectations.listings import LISTINGS
from expectations.rows import ROWS
from transforms.records import empty_frame, no_issues
from warehouse.state import State

#: Columns by which a row is recognised.
_CONTENT: Final = ["source", "row_key", "row_digest"]

#: Rules whose findings on a row depend on more than its content: on the rows beside it, or on the night. They are asked every night.
NIGHTLY: Final = frozenset(
    {
        "row_repeated",
        "row_key_repeated",
        "row_key_missing",
        "row_cells_misplaced",
        *(check.rule.id for check in (*ROWS, *LISTINGS) if check.is_dated),
    }
)


#: What the cleaners may say of a row on one night and not on a later one: a date that lies ahead cannot be taken until it has come.
#: Such a row is worked out anew.
_PASSING: Final = frozenset({"date_unreadable"})


@dataclass(frozen=True, slots=True)
class Known:
    """`listings` (with _CONTENT) that tonight's rows may take over, and the `issues` that were found with them."""

    listings: pd.DataFrame
    issues: pd.DataFrame

    def again(self, rows: pd.DataFrame) -> pd.Series:
        """Which of the rows (row stage) were known before with the same content."""
        known = pd.MultiIndex.from_frame(self.listings[_CONTENT])
        return pd.Series(pd.MultiIndex.from_frame(rows[_CONTENT]).isin(known), index=rows.index)

    def listings_of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The listings of rows that are known, at tonight's lines."""
        known = rows[[*_CONTENT, "line", "verbatim"]].merge(self.listings.drop(columns="verbatim"), on=_CONTENT)
        return known[list(empty_frame("listing").columns)]

    def issues_of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The issues of rows that are known, at tonight's lines."""
        found = rows[["source", "row_key", "line"]].merge(self.issues.drop(columns="line"), on=["source", "row_key"])
        return found[list(no_issues().columns)]


def nothing_known() -> Known:
    """Take nothing over: every row is worked out anew."""
    return Known(empty_frame("listing").drop(columns="line"), no_issues())


def known_before(state: State) -> Known:
    """What the last good night of each source made of its rows.

    Only of nights that brought the whole list: after a night that brought changes, what was found with the other rows stands elsewhere.
    A listing whose values are carried stands for a row that was not taken, and is no answer for one that is.
    """
    sources = state.source_state
    whole = set(sources.loc[sources["mode"].isin(["snapshot", "unchanged"]), "source"])
    listing = state.listing
    usable = listing["is_open"].astype(bool) & listing["carried_since"].isna() & listing["source"].isin(whole)
    issues = state.row_issue
    passing = pd.MultiIndex.from_frame(issues.loc[issues["rule"].isin(_PASSING), ["source", "row_key"]])
    usable &= ~pd.MultiIndex.from_frame(listing[["source", "row_key"]]).isin(passing)
    return Known(listing[usable], issues[issues["source"].isin(whole) & ~issues["rule"].isin(NIGHTLY)])
