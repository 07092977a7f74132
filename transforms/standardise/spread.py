"""Run a cleaner once for each distinct value of a column, and spread what it read back over the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from transforms.standardise.unreadable import Unreadable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Spread(Generic[T]):
    """What a cleaner read of a column: `readings` of the distinct values, `codes` a row's place in them (-1: absent), `faults` their rules."""

    readings: list[T | None]
    faults: list[str | None]
    codes: NDArray[np.intp]

    def column(self, read: Callable[[T], Any]) -> NDArray[np.object_]:
        """One object a row: `read` of its reading, None where there is none."""
        values = np.empty(len(self.readings) + 1, dtype=object)
        for place, reading in enumerate(self.readings):
            values[place] = None if reading is None else read(reading)
        values[-1] = None
        return values[self.codes]

    def where(self, test: Callable[[T], bool]) -> NDArray[np.bool_]:
        """A mask of the rows whose reading passes `test`."""
        passed = np.fromiter((reading is not None and test(reading) for reading in [*self.readings, None]), dtype=bool)
        return passed[self.codes]

    def failed(self, rule: str) -> NDArray[np.bool_]:
        """A mask of the rows on which the cleaner raised with this rule."""
        return np.fromiter((fault == rule for fault in [*self.faults, None]), dtype=bool)[self.codes]


def spread(column: pd.Series, cleaner: Callable[[str], T | None]) -> Spread[T]:
    """`cleaner` over the distinct values of a text column; absent cells are not shown to it."""
    codes, values = pd.factorize(column)
    readings: list[T | None] = []
    faults: list[str | None] = []
    for value in values.tolist():
        reading, fault = _read(cleaner, value)
        readings.append(reading)
        faults.append(fault)
    return Spread(readings, faults, codes)


def _read(cleaner: Callable[[str], T | None], value: str) -> tuple[T | None, str | None]:
    try:
        return cleaner(value), None
    except Unreadable as unreadable:
        return None, unreadable.reason


def objects(values: Iterable[Any]) -> NDArray[np.object_]:
    """Values as a column of objects, one each, whatever they are (numpy would unpack tuples)."""
    listed = list(values)
    column = np.empty(len(listed), dtype=object)
    column[:] = listed
    return column
