"""The rows of one source on their way to listings: columns in, columns out, issues beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transforms.records.fields import DTYPES, FIELDS, LISTING_META
from transforms.records.issues import issue_rows, no_issues
from transforms.records.layout import Layout
from transforms.records.rules import RULES
from transforms.standardise.spread import Spread, spread

T = TypeVar("T")
_META = ("source", "row_key", "line")


class Columns:
    """One source's rows, the listing's columns as they come to be, and the issues met on the way."""

    def __init__(self, rows: pd.DataFrame, layout: Layout) -> None:
        self.rows = rows.reset_index(drop=True)
        self.layout = layout
        self.listing: dict[str, Any] = {}
        self.issues: list[pd.DataFrame] = []
        self.held = np.zeros(len(rows), dtype=bool)

    def written(self, field: str) -> pd.Series:
        """A field as the owner wrote it, NA where absent, the layout's constant where it declares one."""
        column = self.rows[field] if field in self.rows.columns else pd.Series([None] * len(self.rows), dtype="str")
        constant = self.layout.constants.get(field)
        return column.fillna(constant) if constant is not None else column

    def read(self, field: str, cleaner: Callable[[str], T | None]) -> Spread[T]:
        """`cleaner` over a field's distinct values; what it cannot read becomes an issue of the rule it names."""
        column = self.written(field)
        found = spread(column, cleaner)
        for rule in sorted({fault for fault in found.faults if fault}):
            self.flag(rule, found.failed(rule), column.to_numpy(dtype=object), field)
        return found

    def flag(self, rule: str, mask: NDArray[np.bool_], values: NDArray[np.object_], field: str | None = None) -> None:
        """An issue of `rule` for each row of the mask, with the row's value; a critical one holds the row back."""
        if not mask.any():
            return
        places = np.flatnonzero(mask)
        self.issues.append(issue_rows(RULES[rule], self.rows.loc[places, list(_META)], list(values[places]), field=field))
        if RULES[rule].severity == "critical":
            self.held |= mask

    def frame(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Listings (rows not held back) and all issues."""
        meta = {name: self.rows[name] for name in LISTING_META}
        fields = {
            field.name: pd.Series(self.listing.get(field.name, [None] * len(self.rows)), dtype=DTYPES[field.type])  # type: ignore[call-overload]
            for field in FIELDS
            if "listing" in field.on
        }
        listings = pd.DataFrame({**meta, **fields}).loc[~self.held].reset_index(drop=True)
        issues = pd.concat(self.issues, ignore_index=True) if self.issues else no_issues()
        return listings, issues


def joined(parts: tuple[str, ...] | None) -> str | None:
    """Codes or phones joined by ;, None when there are none."""
    return ";".join(parts) if parts else None
