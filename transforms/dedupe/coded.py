"""A text column as codes of its distinct values, so that whatever is worked out from a text is worked out once a value, not once a listing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pandas.arrays import ArrowStringArray

#: Whole numbers, of 32 bits where there is one a listing or a pair and 64 where sums need them.
Ints: TypeAlias = npt.NDArray[np.signedinteger[Any]]
Marks: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Coded:
    """`code`: one a listing, −1 where the text is absent or empty. `values`: the distinct texts, none empty, as a column of pandas' str."""

    code: Ints
    values: pd.Series

    def per_listing(self, of_value: npt.NDArray[Any], absent: Any) -> npt.NDArray[Any]:
        """What is known of each value, spread over the listings."""
        return np.asarray(np.append(of_value, np.array([absent], dtype=of_value.dtype))[self.code])

    def where(self, kept: Marks) -> Ints:
        """The codes, with those of values not kept as absent."""
        return np.where(self.per_listing(kept, absent=False), self.code, -1).astype(np.int32)

    def texts(self) -> pd.Series:
        """The column again; NA where absent."""
        taken = pa.array(self.values, type=pa.large_string()).take(pa.array(self.code, mask=self.code < 0))
        return pd.Series(taken, dtype="str")

    def mapped(self, change: Callable[[pd.Series], pd.Series]) -> Coded:
        """The column with each value changed; what becomes equal gets one code, what becomes empty is absent."""
        code, values = _distinct(change(self.values))
        return Coded(self.per_listing(code, absent=-1), values)

    def counted_on(self, other: Coded) -> Coded:
        """The other, its codes counted on from those of this, which stay what they are, and the values of both."""
        place, values = one_numbering(self.values, other.values)
        return Coded(np.append(place, np.int32(-1))[other.code], values)


def one_numbering(first: pd.Series, second: pd.Series) -> tuple[Ints, pd.Series]:
    """The codes that the `second` values have when the `first` keep theirs, and all values."""
    known, more = column_of(first), column_of(second)
    found = pc.index_in(more, value_set=known)
    new = found.is_null().to_numpy(zero_copy_only=False)
    place = found.fill_null(0).to_numpy().astype(np.int32)
    place[new] = len(first) + np.arange(np.count_nonzero(new), dtype=np.int32)
    return place, texts(pa.concat_arrays([known, more.filter(pa.array(new))]))


def coded(column: pd.Series | None, count: int, order: Ints | None) -> Coded:
    """`column` (None: a column that is not there), its rows put into `order`."""
    if column is None:
        return Coded(np.full(count, -1, dtype=np.int32), pd.Series([], dtype="str"))
    code, values = _distinct(column.astype("str"))
    return Coded(code if order is None else code[order], values)


def coded_texts(texts: Iterable[str | None]) -> Coded:
    """A column of Python texts."""
    code, values = _distinct(pd.Series(list(texts), dtype="str"))
    return Coded(code, values)


def column_of(values: pd.Series) -> pa.LargeStringArray:
    """Texts of pandas as one column of arrow's."""
    column = pa.array(values.astype("str"), type=pa.large_string())
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def texts(column: pa.Array) -> pd.Series:
    """A column of texts for pandas, its memory shared and not copied."""
    return pd.Series(ArrowStringArray(pa.chunked_array([column]), dtype=pd.StringDtype(na_value=np.nan)))  # type: ignore[call-arg]


def joint_codes(first: pd.Series, second: pd.Series) -> tuple[Ints, Ints]:
    """Codes of two lists of values in one numbering."""
    codes = pd.factorize(pd.concat([first, second], ignore_index=True))[0].astype(np.int32)
    return codes[: len(first)], codes[len(first) :]


def points_of(column: pa.LargeStringArray) -> tuple[Ints, npt.NDArray[np.uint32]]:
    """How many characters each text of a column without gaps has, and the code points of all, one text after the other."""
    _, offsets, written = column.buffers()
    ends = (
        np.frombuffer(offsets, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
        if len(column)
        else np.zeros(1, dtype=np.int64)
    )
    text = written[int(ends[0]) : int(ends[-1])].to_pybytes().decode() if len(column) and written is not None else ""
    return pc.utf8_length(column).to_numpy(), np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)


def sorted_distinct(codes: Ints) -> Ints:
    """The distinct codes in order. By sorting: the hash table behind `np.unique` takes several times as long on millions."""
    ordered = np.sort(codes)
    return np.asarray(ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]])


def dense(*parts: Ints) -> Ints:
    """One code from 0 on for each distinct row of the `parts` (each at least 0), in the order of the rows' values."""
    packed = packed_codes(parts)
    highest = int(packed.max(initial=0))
    if highest <= len(packed):  # counted, not sorted
        met = np.zeros(highest + 1, dtype=np.bool_)
        met[packed] = True
        return (np.cumsum(met, dtype=np.int32) - np.int32(1))[packed]
    distinct, which = np.unique(packed, return_inverse=True)
    return np.asarray(which, dtype=np.int32 if len(distinct) < 1 << 31 else np.int64)


def packed_codes(parts: Iterable[Ints]) -> Ints:
    """The rows of `parts` (codes from 0 on) as one number each; where 62 bits do not hold them, the first parts are numbered anew."""
    packed, width = np.zeros(0, dtype=np.int64), 0
    for part in parts:
        bits = int(part.max()).bit_length() if len(part) else 0
        if width + bits > 62:
            packed = np.unique(packed, return_inverse=True)[1].astype(np.int64)
            width = int(packed.max()).bit_length()
        packed = part.astype(np.int64) if not width and not len(packed) else (packed << bits) | part
        width += bits
    return packed


def _distinct(column: pd.Series) -> tuple[Ints, pd.Series]:
    codes, found = pd.factorize(column)
    values = pd.Series(found, dtype="str").reset_index(drop=True)
    empty = np.flatnonzero((values == "").to_numpy(np.bool_))
    if not len(empty):
        return codes.astype(np.int32), values
    at = int(empty[0])
    codes = np.where(codes == at, -1, codes - (codes > at))
    return codes.astype(np.int32), values.drop(at).reset_index(drop=True)
