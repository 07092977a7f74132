"""Many rows in parts, each in a process of its own: most of what reads a cell is pure Python.

No row is read by what another says, so that the parts, one behind the other, are what all rows would have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from transforms.forked import side_by_side, workers
from transforms.records.layout import Layout
from transforms.standardise.cells import Cells, Marks, nothing
from transforms.standardise.columns import Columns, Looked
from transforms.standardise.listing import columns_of
from transforms.standardise.places import Places

#: Rows of which another process is worth its start: they take a fifth of a second, a start and the way back a twentieth.
_WORTH: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Part:
    """What `columns_of` found for some of the rows. A column that is absent everywhere is left out."""

    listing: dict[str, Any]
    issues: list[Looked]
    held: Marks


def columns_in_parts(rows: pd.DataFrame, layout: Layout, places: Places, on: str, datums: Cells) -> Columns:
    """`columns_of`, a part of the rows a process."""
    count = max(min(workers(), len(rows) // _WORTH), 1)
    if count == 1:
        return columns_of(rows, layout, places, on, datums)
    edges = [len(rows) * at // count for at in range(count + 1)]

    def part(start: int, end: int) -> _Part:
        found = columns_of(rows.iloc[start:end], layout, places, on, datums.slice(start, end - start))
        return _Part({name: column for name, column in found.listing.items() if not _is_absent(column)}, found.issues, found.held)

    found = side_by_side([partial(part, start, end) for start, end in pairwise(edges)])
    return _joined(Columns(rows, layout), found)


def _is_absent(column: Any) -> bool:
    return isinstance(column, pa.Array) and column.null_count == len(column)


def _joined(columns: Columns, parts: Sequence[_Part]) -> Columns:
    for name in dict.fromkeys(name for part in parts for name in part.listing):
        # each part gives its column up, so that they are not all held twice
        columns.listing[name] = _behind([part.listing.pop(name, None) for part in parts], [len(part.held) for part in parts])
    columns.issues = _in_turn([part.issues for part in parts])
    columns.held = np.concatenate([part.held for part in parts])
    return columns


def _behind(columns: Sequence[Any], counts: Sequence[int]) -> Any:
    """One column of those of the parts."""
    if isinstance(columns[0], np.ndarray):
        return np.concatenate(columns)
    return pa.concat_arrays([nothing(count) if column is None else column for column, count in zip(columns, counts, strict=True)])


def _in_turn(parts: Sequence[list[Looked]]) -> list[Looked]:
    """The issues of all parts, in the order in which they were looked for: each part has looked in the same, and left out some."""
    order: list[tuple[str, str, str]] = []
    for part in parts:
        at = 0
        for place, _ in part:
            if place not in order[at:]:
                order.insert(at, place)
            at = order.index(place, at) + 1
    met = {place: [table for part in parts for each, table in part if each == place and table is not None] for place in order}
    return [(place, pa.concat_tables(tables) if tables else None) for place, tables in met.items()]
