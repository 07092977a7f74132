"""A frame as CSV, quoted where it must be, as pandas writes it; in Arrow, for a million rows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.standardise.cells import TEXT, Cells, cells_of, marks_of, side_by_side

#: What makes a cell one that is quoted.
_QUOTED: Final = '[",\r\n]'


def write_csv(frame: pd.DataFrame, path: Path, mark: str = "") -> None:
    """The frame's texts into `path`, in UTF-8, `mark` before all (Excel takes a CSV for Chinese only by its byte order mark)."""
    header = ",".join(frame.columns)
    lines = side_by_side(*(_texts(frame[name]) for name in frame.columns), between=",")
    with path.open("wb") as file:
        file.write(f"{mark}{header}\n".encode())
        for start in range(0, len(lines), 1 << 17):
            part = pa.chunked_array([lines[start : start + (1 << 17)]]).combine_chunks()
            whole = side_by_side(part, "\n")
            _, offsets, written = whole.buffers()
            ends = memoryview(offsets).cast("q")[whole.offset : whole.offset + len(whole) + 1]
            file.write(memoryview(written)[ends[0] : ends[len(whole)]])


def _texts(column: pd.Series) -> Cells:
    """The cells as they are written; those of a category are looked at once each."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        known = _quoted(cells_of(pd.Series(column.cat.categories, dtype="str")))
        return known.take(pa.array(column.cat.codes.to_numpy(), mask=(column.cat.codes < 0).to_numpy())).fill_null("")
    return _quoted(cells_of(column.astype("str")).fill_null(""))


def _quoted(cells: Cells) -> Cells:
    must = pc.match_substring_regex(cells, _QUOTED)
    if not marks_of(must).any():
        return cells
    return pc.if_else(must, side_by_side('"', pc.replace_substring(cells, '"', '""'), '"'), cells).cast(TEXT)
