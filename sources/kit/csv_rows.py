"""Rows from CSV files: UTF-8 with or without BOM, or GB18030."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from sources.kit.raw import (
    NotAsDeclaredError,
    Payload,
    Raw,
    cells_misplaced,
    clean_header,
    digits_lost,
    distinct_headers,
    parts_of,
    text_frame,
)
from sources.kit.text import decode

#: A row of our own after the last, which a quote left open swallows.
_END: Final = "\x1e"

#: Characters; a longer cell is a quote that was closed by the next one, far away. It is Python's own default, said here because any library
#: may change it for the whole process.
_LONGEST_CELL: Final = 131_072


@dataclass(frozen=True, slots=True)
class CsvRows:
    """Reads delimited text in the declared encoding, under the header that follows `title_rows` lines.

    A row with more or fewer cells than the header is kept, filled or cut to the header's width, and marked as row_cells_misplaced.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    title_rows: int = 0

    def __call__(self, payloads: Sequence[Payload]) -> Raw:
        """Rows of all files, each line the number of its row in the file (`file!row` of several). Raises NotAsDeclaredError."""
        several = len(payloads) > 1
        headers: dict[str, tuple[str, ...]] = {}
        frames: list[pd.DataFrame] = []
        misplaced: list[tuple[int, str]] = []
        read = 0
        for payload in payloads:
            names, rows = self._table(payload)
            label = f"{payload.label}!" if several else ""
            headers[payload.label if several else ""] = tuple(names)
            misplaced += [(read + at, self.delimiter.join(row)) for at, (_, row) in enumerate(rows) if len(row) != len(names)]
            cells = text_frame([[*row, *[""] * len(names)][: len(names)] for _, row in rows], names)
            cells.index = pd.Index([f"{label}{number}" for number, _ in rows], dtype="str")
            frames.append(cells)
            read += len(rows)
        cells = pd.concat(frames) if frames else pd.DataFrame()
        lines = pd.Series(cells.index.to_list(), dtype="str")
        cells = cells.reset_index(drop=True)
        unusable = pd.concat([digits_lost(cells), cells_misplaced(misplaced)], ignore_index=True)
        return Raw(cells, lines, headers, parts_of(list(map(len, frames))), unusable=unusable)

    def _table(self, payload: Payload) -> tuple[list[str], list[tuple[int, list[str]]]]:
        text = decode(payload, self.encoding)
        if text.lstrip()[:15].lower().startswith(("<!doctype", "<html")):
            raise NotAsDeclaredError(f"{payload.label}：应为 CSV，收到的是网页（可能是登录页）；请检查地址")
        rows = self._rows(payload, text)
        header = rows[self.title_rows] if len(rows) > self.title_rows else []
        body = [(number, row) for number, row in enumerate(rows, start=1) if number > self.title_rows + 1 and any(map(str.strip, row))]
        return distinct_headers([clean_header(name) or f"第{at}列" for at, name in enumerate(header, start=1)]), body

    def _rows(self, payload: Payload, text: str) -> list[list[str]]:
        """Every row of the text. Raises NotAsDeclaredError when a quote is never closed: one cell would hold all that follows."""
        csv.field_size_limit(_LONGEST_CELL)
        reader = csv.reader(io.StringIO(f"{text}\n{_END}", newline=""), delimiter=self.delimiter)
        rows: list[list[str]] = []
        try:
            rows.extend(reader)
        except csv.Error:
            rows.append([])
        if rows[-1] != [_END]:
            raise NotAsDeclaredError(f"{payload.label}：第 {len(rows)} 行有一个引号没有配对，其后的行都被当成了同一格；请改正后再试")
        return rows[:-1]
