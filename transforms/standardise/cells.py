"""A text column as Arrow holds it: one cell a row, null where absent. What runs over all cells at once runs here."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray
from pandas.arrays import ArrowStringArray

#: A column of texts (`pa.large_string()`).
Cells: TypeAlias = pa.Array
Marks: TypeAlias = NDArray[np.bool_]
Points: TypeAlias = NDArray[np.uint32]
Ints: TypeAlias = NDArray[np.signedinteger[Any]]

TEXT: Final = pa.large_string()

#: Cells of which a thread is not worth its start.
_FEW: Final = 10_000

#: What `text` leaves as it is, in the words of RE2, and the words of it that say "none".
_CLEAN: Final = r"^[\x{4e00}-\x{9fff}A-Za-z0-9()#,.\-]+$"
_ABSENT: Final = ("-", "--", "---", "无", "暂无", "空", "NA", "NULL", "NONE", "NAN", "N", "不详", "未知", "待定")

#: None of these words has more bytes, nor has one in lower case: longer cells need not be put into capitals to be told from them.
_ABSENT_BYTES: Final = max(len(word.encode()) for word in _ABSENT)


def cells_of(column: pd.Series) -> Cells:
    """A column of pandas' texts; its memory is shared where pandas keeps it in Arrow."""
    found = pa.array(column.array, type=TEXT, from_pandas=True)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def series_of(cells: Cells) -> pd.Series:
    """Cells for pandas, their memory shared."""
    return pd.Series(ArrowStringArray(pa.chunked_array([cells.cast(TEXT)]), dtype=pd.StringDtype(na_value=np.nan)))  # type: ignore[call-arg]


def nothing(count: int) -> Cells:
    """A column that is absent everywhere."""
    return pa.nulls(count, TEXT)


def everywhere(value: str | None, count: int) -> Cells:
    """A column of one value."""
    return pa.repeat(pa.scalar(value, TEXT), count)


def marks_of(found: pa.Array) -> Marks:
    """A column of truths; what is absent is not true."""
    return np.asarray(found.fill_null(fill_value=False).to_numpy(zero_copy_only=False), dtype=np.bool_)


def present(cells: Cells) -> Marks:
    """Which cells are there."""
    return marks_of(pc.is_valid(cells))


def kept(cells: Cells, where: Marks) -> Cells:
    """The cells of the rows marked, absent elsewhere."""
    return pc.if_else(pa.array(where), cells, pa.scalar(None, TEXT))


def side_by_side(*parts: Cells | str, between: str = "") -> Cells:
    """The texts of each row in one; absent where one of them is."""
    texts = [pa.scalar(part, TEXT) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*texts, pa.scalar(between, TEXT))


def matching(cells: Cells, pattern: str, *, any_case: bool = False) -> Marks:
    """Cells in which an RE2 pattern is found."""
    return marks_of(on_all_cores(cells, lambda part: pc.match_substring_regex(part, pattern, ignore_case=any_case)))


def extracted(cells: Cells, pattern: str) -> pa.StructArray:
    """The named groups of an RE2 pattern in each cell; absent where it does not match."""
    return on_all_cores(cells, lambda part: pc.extract_regex(part, pattern))


def on_all_cores(cells: Cells, kernel: Callable[[Cells], pa.Array]) -> pa.Array:
    """What a kernel of Arrow makes of cells, a part of them a core: Arrow works without Python's lock."""
    cores = os.cpu_count() or 1
    if len(cells) < _FEW or cores == 1:
        return kernel(cells)
    size = -(-len(cells) // cores)
    with ThreadPoolExecutor(cores) as pool:
        return pa.concat_arrays(list(pool.map(lambda start: kernel(cells.slice(start, size)), range(0, len(cells), size))))


def among(cells: Cells, values: Collection[str]) -> Marks:
    """Cells that are one of the values."""
    return marks_of(pc.is_in(cells, pa.array(sorted(values), TEXT)))


def plain(cells: Cells) -> Marks:
    """Cells that `text` gives back as they are: most cells of most lists."""
    clean = matching(cells, _CLEAN)
    short = np.flatnonzero(clean & marks_of(pc.less_equal(pc.binary_length(cells), _ABSENT_BYTES)))
    clean[short] = ~among(pc.utf8_upper(cells.take(pa.array(short))), _ABSENT)
    return clean


def points_of(cells: Cells) -> tuple[Ints, Points]:
    """How many characters each of cells without gaps has, and the code points of all, one cell after the other."""
    _, offsets, written = cells.buffers()
    if not len(cells) or written is None:
        return np.zeros(len(cells), dtype=np.int64), np.zeros(0, dtype=np.uint32)
    ends = np.frombuffer(offsets, dtype=np.int64)[cells.offset : cells.offset + len(cells) + 1]
    text = bytes(memoryview(written)[int(ends[0]) : int(ends[-1])]).decode()
    return pc.utf8_length(cells).to_numpy().astype(np.int64), np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def cells_from(lengths: Ints, points: Points) -> Cells:
    """The inverse of `points_of`."""
    widths = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
    ends = np.concatenate([[0], np.cumsum(widths)])[np.concatenate([[0], np.cumsum(lengths)])]
    written = points.astype("<u4").tobytes().decode("utf-32-le").encode()
    return pa.Array.from_buffers(TEXT, len(lengths), [None, pa.py_buffer(ends.astype(np.int64)), pa.py_buffer(written)])


def han_but(excluded: str) -> str:
    """An RE2 class of all Chinese characters but the excluded, without its brackets."""
    edges = sorted({ord(character) for character in excluded})
    spans, start = [], 0x4E00
    for edge in [*edges, 0xA000]:
        if edge > start:
            spans.append(f"\\x{{{start:x}}}-\\x{{{edge - 1:x}}}")
        start = edge + 1
    return "".join(spans)
