"""The rows of one source on their way to listings: columns in, columns out, issues beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transforms.records.fields import DTYPES, FIELDS, LISTING_META
from transforms.records.issues import ISSUE_COLUMNS, VALUE_LIMIT
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
        self.issues: dict[str, list[str | None]] = {column: [] for column in ISSUE_COLUMNS}
        self._where = {name: self.rows[name].to_numpy(dtype=object) for name in _META}
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
        told, places = RULES[rule], np.flatnonzero(mask)
        shown = [_shown(value) for value in values[places]]
        for column, cells in self._where.items():
            self.issues[column] += cells[places].tolist()
        same = {
            "station_id": None,
            "rule": rule,
            "field": field or told.field,
            "severity": told.severity,
            "responsibility": told.responsibility,
        }
        for column, cell in same.items():
            self.issues[column] += [cell] * len(places)
        self.issues["value"] += shown
        self.issues["message"] += [told.sentence.replace("{value}", value or "（空）") for value in shown]
        if RULES[rule].severity == "critical":
            self.held |= mask

    def frame(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Listings (rows not held back) and all issues."""
        meta = {name: self.rows[name] for name in LISTING_META}
        fields = {
            field.name: pd.Series(self.listing.get(field.name, [None] * len(self.rows)), dtype=DTYPES[field.type])
            for field in FIELDS
            if "listing" in field.on
        }
        listings = pd.DataFrame({**meta, **fields}).loc[~self.held].reset_index(drop=True)
        return listings, pd.DataFrame({column: pd.Series(cells, dtype="str") for column, cells in self.issues.items()})


def _shown(value: object) -> str | None:
    """A value as an issue shows it: as `issue_rows` does, without a frame for each rule (of 2,000 rows half the time went there)."""
    if not isinstance(value, str):
        return None
    return value if len(value) <= VALUE_LIMIT else value[: VALUE_LIMIT - 1] + "…"


def joined(parts: tuple[str, ...] | None) -> str | None:
    """Codes or phones joined by ;, None when there are none."""
    return ";".join(parts) if parts else None
