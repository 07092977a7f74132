"""A list in whatever file it comes: CSV (UTF-8 with or without BOM, GB18030), Excel or Parquet, told by content; its header found under title rows."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.csv as pa_csv  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from sources.kit.csv_rows import CsvRows
from sources.kit.raw import NotAsDeclaredError, Payload, Raw, clean_header, distinct_headers, parts_of
from sources.kit.workbook import Workbook
from transforms.standardise.cells import TEXT, series_of

#: Whether a row of cells can be the header: the caller knows the words for a name.
IsHeader = Callable[[Sequence[str]], bool]

#: A title, a date and a note stand above the header of the tallest workbook met.
_TITLES_AT_MOST: Final = 5

_DELIMITERS: Final = (",", "\t", ";", "|")
_ZIP, _OLD_EXCEL, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"


def read_file(path: Path, is_header: IsHeader) -> Raw:
    """The cells of the file as text. Raises NotAsDeclaredError with a Chinese sentence where it is no such file, or holds no row."""
    with path.open("rb") as file:
        is_parquet = file.read(len(_PARQUET)) == _PARQUET
    if is_parquet:  # Arrow reads it where it lies
        return _with_rows(path, _parquet(path))
    content = path.read_bytes()
    if not content.strip():
        raise NotAsDeclaredError(f"{path.name}：文件是空的")
    if content.startswith((_ZIP, _OLD_EXCEL)) or path.suffix.lower() in {".xlsx", ".xls", ".xlsm"}:
        raw = _workbook(Payload(path.name, content), is_header)
    else:
        raw = _csv(Payload(path.name, content), is_header)
    return _with_rows(path, raw)


def _with_rows(path: Path, raw: Raw) -> Raw:
    if not len(raw.cells):
        raise NotAsDeclaredError(f"{path.name}：只有表头，没有一行数据" if raw.headers else f"{path.name}：文件是空的")
    return raw


def _parquet(path: Path) -> Raw:
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError):
        raise NotAsDeclaredError(f"{path.name}：Parquet 读不出来（可能不完整）；请重新导出") from None
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Arrow works without Python's lock
        cells = pd.DataFrame(dict(zip(table.column_names, pool.map(_told, table.columns), strict=True)))
    return _raw(cells, first=1)


def _told(told: pa.ChunkedArray) -> pd.Series:
    """A column as the text that a person would write; whole numbers that a missing cell made into 3.0 lose the .0."""
    if pa.types.is_string(told.type) or pa.types.is_large_string(told.type):
        return series_of(told.cast(TEXT).combine_chunks())
    if pa.types.is_float64(told.type) and len(told):
        figures = told.to_numpy()
        alike = _written_alike(figures)
        if alike.mean() > _MOSTLY:
            return _figures(told, figures, alike)
    column: pd.Series = told.to_pandas()
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all() and (column.dropna().abs() < _EXACT).all():
        column = column.astype("Int64")
    return column.astype("str").where(column.notna(), None).astype("str")


#: Whole numbers from here on (2^53) are no longer all there are among floats.
_EXACT: Final = 9_007_199_254_740_992

#: Share of a column's numbers that Arrow has to write as Python does for it to write them all; the rest Python writes, one by one.
_MOSTLY: Final = 0.9


def _written_alike(figures: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which numbers Arrow writes as Python does: those neither whole nor so small or large that one of them would write an exponent, and none."""
    size = np.abs(figures)
    return np.asarray(np.isnan(figures) | ((size > 0.001) & (size < 1e9) & (size % 1 != 0)), dtype=np.bool_)


def _figures(
    told: pa.ChunkedArray, figures: np.ndarray[tuple[int], np.dtype[np.float64]], alike: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> pd.Series:
    texts = pc.if_else(pc.is_nan(told), None, told).cast(TEXT).combine_chunks()
    others = pa.array([str(figure) for figure in figures[~alike].tolist()], type=TEXT)
    return series_of(pc.replace_with_mask(texts, pa.array(~alike), others))


def _workbook(payload: Payload, is_header: IsHeader) -> Raw:
    """The sheets that hold a list, each under titles of its own; all of them where none can be told for one. A sheet of notes is no list."""
    raw = Workbook(title_rows=_TITLES_AT_MOST - 1, is_header=is_header)([payload])
    lists = [sheet for sheet, headers in raw.headers.items() if is_header(headers)]
    if not lists or len(lists) == len(raw.headers):
        return raw
    kept = np.isin(raw.lines.str.rsplit("!", n=1).str[0].to_numpy(dtype=object), lists)
    headers = {sheet: raw.headers[sheet] for sheet in lists}
    own = list(dict.fromkeys(header for names in headers.values() for header in names))
    left_out = tuple(sheet for sheet in raw.headers if sheet not in headers)
    cells = raw.cells.loc[kept, own].reset_index(drop=True)
    return replace(
        raw, cells=cells, lines=raw.lines[kept].reset_index(drop=True), headers=headers, parts=parts_of([int(kept.sum())]), unread=left_out
    )


def _csv(payload: Payload, is_header: IsHeader) -> Raw:
    encoding = "utf-8" if _decodes(payload.content, "utf-8") else "gb18030"
    head = payload.content[: 1 << 16].decode(encoding, errors="ignore").removeprefix("\ufeff")
    first = next(iter(head.splitlines()), "")
    commonest = max(_DELIMITERS, key=first.count)
    try:
        # a title above the header says nothing of what parts the columns
        read = ((delimiter, *_header(head, delimiter, is_header)) for delimiter in (commonest, *_DELIMITERS))
        known = next((each for each in read if is_header([clean_header(cell) for cell in each[2]])), None)
        delimiter, titles, header = known or (commonest, *_header(head, commonest, is_header))
    except csv.Error:
        raise NotAsDeclaredError(f"{payload.label}：不是 CSV，也不是 Excel 或 Parquet；请重新导出") from None
    # an odd number of quotes leaves one open: the patient reader says where
    fast = None if payload.content.count(b'"') % 2 else _fast(payload, encoding, delimiter, titles, header)
    return fast or CsvRows(encoding, delimiter, titles)([payload])


def _header(head: str, delimiter: str, is_header: IsHeader) -> tuple[int, list[str]]:
    rows = [row for row, _ in zip(csv.reader(io.StringIO(head, newline=""), delimiter=delimiter), range(_TITLES_AT_MOST), strict=False)]
    at = next((at for at, row in enumerate(rows) if is_header([clean_header(cell) for cell in row])), 0)
    return at, rows[at] if rows else []


def _fast(payload: Payload, encoding: str, delimiter: str, titles: int, header: Sequence[str]) -> Raw | None:
    """The rows by Arrow, as text; None where a row is shorter or longer than the header, or a title or header takes several lines: the
    patient reader counts those."""
    lines = payload.content.split(b"\n", titles + 1)
    if len(lines) < titles + 2 or any(line.count(b'"') % 2 for line in lines[: titles + 1]):
        return None
    names = distinct_headers([clean_header(name) or f"第{at}列" for at, name in enumerate(header, start=1)])
    kinds = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, quoted_strings_can_be_null=True, null_values=[""]
    )
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(payload.content),
            pa_csv.ReadOptions(column_names=names, skip_rows=titles + 1, encoding=encoding),
            pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            kinds,
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None
    return _raw(table.to_pandas(), first=titles + 2)


def _raw(cells: pd.DataFrame, *, first: int) -> Raw:
    filled = np.zeros(len(cells), dtype=bool)
    for name in cells.columns:
        if not filled.all():
            filled |= cells[name].notna().to_numpy()
    lines = series_of(pa.array(np.arange(first, first + len(cells))[filled]).cast(TEXT))
    kept = cells if filled.all() else cells[filled].reset_index(drop=True)
    return Raw(kept, lines, {"": tuple(cells.columns)}, parts_of([int(filled.sum())]))


def _decodes(content: bytes, encoding: str) -> bool:
    try:
        content.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
