"""The rows of one source on their way to listings: columns in, columns out, issues beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.records.fields import DTYPES, FIELDS, LISTING_META
from transforms.records.issues import ISSUE_COLUMNS, VALUE_LIMIT, no_issues
from transforms.records.layout import Layout
from transforms.records.rules import RULES
from transforms.standardise.cells import TEXT, Cells, Marks, cells_of, everywhere, nothing, series_of, side_by_side
from transforms.standardise.spread import BulkReader, Spread, spread

T = TypeVar("T")
_META = ("source", "row_key", "line")

#: Where issues were looked for (a step, a rule, a field), and those that were met.
Looked: TypeAlias = tuple[tuple[str, str, str], pa.Table | None]


class Columns:
    """One source's rows, the listing's columns as they come to be, and the issues met on the way."""

    def __init__(self, rows: pd.DataFrame, layout: Layout) -> None:
        self.rows = rows.reset_index(drop=True)
        self.layout = layout
        #: Field → its column: cells, or an array of numbers or truths.
        self.listing: dict[str, Any] = {}
        #: What was looked for, in that order, and the issues met there.
        self.issues: list[Looked] = []
        self.held = np.zeros(len(rows), dtype=bool)
        self._written: dict[str, Cells] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def written(self, field: str) -> Cells:
        """A field as the owner wrote it, null where absent, the layout's constant where it declares one."""
        if field not in self._written:
            column = cells_of(self.rows[field]) if field in self.rows.columns else nothing(len(self))
            constant = self.layout.constants.get(field)
            self._written[field] = column.fill_null(constant) if constant is not None else column
        return self._written[field]

    def is_empty(self, field: str) -> bool:
        """Whether the owner wrote nothing at all in a field."""
        return bool(self.written(field).null_count == len(self))

    def read(self, field: str, cleaner: Callable[[str], T | None], bulk: BulkReader | None = None) -> Spread[T]:
        """`cleaner` over a field's distinct values; what it cannot read becomes an issue of the rule it names."""
        column = self.written(field)
        found = spread(column, cleaner, bulk)
        self.issues.append((("read", "", field), None))
        for rule in sorted({fault for fault in found.faults if fault}):
            self.issues.append((("read", rule, field), self._issues(rule, found.failed(rule), column, field)))
        return found

    def flag(self, rule: str, mask: Marks, values: Cells, field: str | None = None) -> None:
        """An issue of `rule` for each row of the mask, with the row's value; a critical one holds the row back."""
        looked = "flag", rule, field or RULES[rule].field
        self.issues.append((looked, self._issues(rule, mask, values, field) if mask.any() else None))

    def _issues(self, rule: str, mask: Marks, values: Cells, field: str | None) -> pa.Table:
        told, places = RULES[rule], pa.array(np.flatnonzero(mask))
        value = _shown(values.take(places))
        cells = {name: cells_of(self.rows[name]).take(places) for name in _META}
        cells |= {"value": value, "message": _sentences(told.sentence, value)}
        same = {"rule": rule, "field": field or told.field, "severity": told.severity, "responsibility": told.responsibility}
        cells |= {name: everywhere(text, len(places)) for name, text in same.items()}
        if told.severity == "critical":
            self.held |= mask
        return pa.table({name: cells.get(name, nothing(len(places))) for name in ISSUE_COLUMNS})

    def frame(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Listings (rows not held back) and all issues."""
        meta = {name: self.rows[name] for name in LISTING_META}
        fields = {field.name: self._column(field.name, DTYPES[field.type]) for field in FIELDS if "listing" in field.on}
        listings = pd.DataFrame({**meta, **fields})
        if self.held.any():
            listings = listings.loc[~self.held].reset_index(drop=True)
        tables = [table for _, table in self.issues if table is not None]
        if not tables:
            return listings, no_issues()
        met = pa.concat_tables(tables)
        return listings, pd.DataFrame({name: series_of(met[name].combine_chunks()) for name in ISSUE_COLUMNS})

    def _column(self, name: str, dtype: str) -> pd.Series:
        column = self.listing.get(name)
        if dtype == "str":
            return series_of(nothing(len(self)) if column is None else column)
        return pd.Series([None] * len(self) if column is None else column, dtype=dtype)


def _shown(values: Cells) -> Cells:
    """Values as an issue shows them: as `issue_rows` does, without a frame for each rule (of 2,000 rows half the time went there)."""
    long = pc.greater(pc.utf8_length(values), VALUE_LIMIT)
    if not pc.any(long).as_py():
        return values
    return pc.if_else(long, side_by_side(pc.utf8_slice_codeunits(values, 0, VALUE_LIMIT - 1), "…"), values)


def _sentences(sentence: str, values: Cells) -> Cells:
    before, *parts = sentence.split("{value}")
    told, filled = everywhere(before, len(values)), values.fill_null("")
    filled = pc.if_else(pc.equal(filled, ""), pa.scalar("（空）", TEXT), filled)
    for part in parts:
        told = side_by_side(told, filled, part)
    return told
