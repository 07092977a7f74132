"""Run a cleaner once for each distinct value of a column, and spread what it read back over the rows.

Most values of most lists are plain. A bulk reader recognises those whose reading is certain and gives it for all of them at once; whatever
it does not recognise the cleaner reads, one by one. The cleaner says what is right: a bulk reader gives what it gives, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.standardise.cells import TEXT, Cells, Ints, Marks, kept, marks_of, plain, present
from transforms.standardise.unreadable import Unreadable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bulk:
    """Distinct values read at once: which were `known`, and for those, in their order, the `parts` of their readings. A part left out is absent."""

    known: Marks
    parts: Mapping[str, pa.Array]


BulkReader: TypeAlias = Callable[[Cells], Bulk]


@dataclass(frozen=True, slots=True)
class Spread(Generic[T]):
    """What was read of a column: `readings` and `faults` of distinct values one by one, behind the `many` that were read in bulk.

    `codes`: a row's place among all of them, −1 where the cell is absent.
    """

    readings: list[T | None]
    faults: list[str | None]
    codes: Ints
    many: int = 0
    bulk: Mapping[str, pa.Array] = field(default_factory=dict)

    def texts(self, part: str = "", read: Callable[[T], str | None] | None = None) -> Cells:
        """One text a row: a part of its reading (by name; "" the reading itself), or what `read` makes of it where the bulk has that part."""
        each = read or (lambda reading: _part(reading, part))
        alone = pa.array([None if reading is None else each(reading) for reading in self.readings], TEXT)
        return self._over_rows(pa.concat_arrays([self.bulk.get(part, pa.nulls(self.many, TEXT)), alone]))

    def numbers(self, part: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """One number a row, NaN where there is none."""
        alone = pa.array([None if reading is None else getattr(reading, part) for reading in self.readings], pa.float64())
        found = self._over_rows(pa.concat_arrays([self.bulk.get(part, pa.nulls(self.many, pa.float64())), alone]))
        return np.asarray(found.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)

    def where(self, part: str = "") -> Marks:
        """The rows of whose reading a part is true."""
        alone = pa.array([reading is not None and bool(_part(reading, part)) for reading in self.readings], pa.bool_())
        return marks_of(self._over_rows(pa.concat_arrays([self.bulk.get(part, pa.nulls(self.many, pa.bool_())), alone])))

    def found(self) -> Marks:
        """The rows that have a reading."""
        alone = np.fromiter((reading is not None for reading in [*self.readings, None]), dtype=bool)
        return np.concatenate([np.ones(self.many, dtype=bool), alone])[self.codes]

    def failed(self, rule: str) -> Marks:
        """The rows on which the cleaner raised with this rule."""
        alone = np.fromiter((fault == rule for fault in [*self.faults, None]), dtype=bool)
        return np.concatenate([np.zeros(self.many, dtype=bool), alone])[self.codes]

    def _over_rows(self, values: pa.Array) -> pa.Array:
        return values.take(pa.array(self.codes, mask=self.codes < 0))


def spread(column: Cells, cleaner: Callable[[str], T | None], bulk: BulkReader | None = None) -> Spread[T]:
    """`cleaner` over the distinct values of a column, but for those that `bulk` knows; absent cells are not shown to either."""
    encoded = pc.dictionary_encode(column)
    codes, values = encoded.indices.fill_null(-1).to_numpy(), encoded.dictionary
    many, parts = 0, dict[str, pa.Array]()
    if bulk is not None and len(values):
        read = bulk(values)
        many, parts = int(read.known.sum()), dict(read.parts)
        place = np.where(read.known, np.cumsum(read.known) - 1, many + np.cumsum(~read.known) - 1)
        codes, values = np.append(place, -1)[codes], values.filter(pa.array(~read.known))
    readings: list[T | None] = []
    faults: list[str | None] = []
    for value in values.to_pylist():
        reading, fault = _read(cleaner, value)
        readings.append(reading)
        faults.append(fault)
    return Spread(readings, faults, codes, many, parts)


def distinct_rows(columns: list[Cells]) -> tuple[Ints, list[tuple[str, ...]]]:
    """A code for each row of the columns side by side, and the distinct rows that the codes stand for; "" where a cell is absent."""
    codes, span = np.zeros(len(columns[0]), dtype=np.int64), 1
    sides: list[tuple[Ints, list[str]]] = []
    for column in columns:
        encoded = pc.dictionary_encode(column)
        known = ["", *encoded.dictionary.to_pylist()]
        own = encoded.indices.fill_null(-1).to_numpy().astype(np.int64) + 1
        if span * len(known) >= 1 << 62:
            codes = pd.factorize(codes)[0]
            span = len(codes)
        codes, span = codes * len(known) + own, span * len(known)
        sides.append((own, known))
    codes = pd.factorize(codes)[0]
    new = np.flatnonzero(np.diff(np.maximum.accumulate(codes), prepend=-1))
    return codes, list(zip(*([known[place] for place in own[new].tolist()] for own, known in sides), strict=True))


def unchanged(values: Cells) -> Bulk:
    """The bulk reader of cleaners that leave plain text as it is."""
    known = plain(values)
    return Bulk(known, {"": values.filter(pa.array(known))})


def joined(parts: tuple[str, ...] | None) -> str | None:
    """Codes or phones joined by ;, None when there are none."""
    return ";".join(parts) if parts else None


def union(columns: list[Cells]) -> Cells:
    """Row by row the codes (joined by ;) of all columns, sorted, each once. Each column's own are in order."""
    filled = sum(present(column).astype(np.int64) for column in columns)
    several = np.flatnonzero(filled > 1)
    if not len(several):
        return pc.coalesce(*columns)
    cells = [column.take(pa.array(several)).to_pylist() for column in columns]
    merged = [joined(tuple(sorted({code for cell in row if cell for code in cell.split(";")}))) for row in zip(*cells, strict=True)]
    return pc.replace_with_mask(pc.coalesce(*columns), pa.array(np.asarray(filled > 1)), pa.array(merged, TEXT))


def first(*columns: Cells) -> Cells:
    """Row by row the first value that is there."""
    return pc.coalesce(*columns)


def _read(cleaner: Callable[[str], T | None], value: str) -> tuple[T | None, str | None]:
    try:
        return cleaner(value), None
    except Unreadable as unreadable:
        return None, unreadable.reason


def _part(reading: Any, part: str) -> Any:
    found = getattr(reading, part) if part else reading
    return joined(found) if isinstance(found, tuple) else found


__all__ = ["Bulk", "BulkReader", "Spread", "first", "joined", "kept", "spread", "unchanged", "union"]
