"""Rows from Excel workbooks (.xlsx, .xls, by Excel or WPS): title rows, merged headers, several sheets."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, TypeAlias

import pandas as pd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from sources.kit.raw import NotAsDeclaredError, Payload, Raw, clean_header, digits_lost, distinct_headers, parts_of, text_frame

Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta

#: A spreadsheet keeps 15 digits of a number: from here on the last ones are not the owner's.
_EXACT_BELOW: Final = 1e15

#: How a workbook is kept inside the container that Office encrypts into: the name of its stream, in UTF-16.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OLD_CONTAINER: Final = b"\xd0\xcf\x11\xe0"
_WEB_PAGE: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|table|meta|\?xml)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Workbook:
    """Reads every visible sheet that is not blank.

    `title_rows` above the header are skipped, or as many of `title_rows` at most as stand above the first row that `is_header` takes for one; the header takes `header_rows`, a merged one is flattened (地址 over 详细地址 becomes
    `地址/详细地址`). A merged cell counts for each cell it covers. `sheet_header` adds a column of that header which holds the sheet's
    name. Numbers, dates and booleans become the text that a person would write; a text that starts with `=` stays one.
    """

    title_rows: int = 0
    header_rows: int = 1
    sheet_header: str | None = None
    is_header: Callable[[Sequence[str]], bool] | None = None

    def __call__(self, payloads: Sequence[Payload]) -> Raw:
        """Rows of all sheets of all workbooks, each line `sheet!row` as Excel numbers them. Raises NotAsDeclaredError."""
        sheets = [self._sheets(payload, several=len(payloads) > 1) for payload in payloads]
        blocks = [block for own in sheets for block in own]
        kept = [cells for _, cells in blocks if len(cells)]
        cells = pd.concat(kept) if kept else pd.DataFrame()
        lines = pd.Series(cells.index.to_list(), dtype="str")
        cells = cells.reset_index(drop=True)
        parts = parts_of([sum(len(rows) for _, rows in own) for own in sheets])
        return Raw(cells, lines, {label: tuple(rows.columns) for label, rows in blocks}, parts, unusable=digits_lost(cells))

    def _sheets(self, payload: Payload, *, several: bool) -> list[tuple[str, pd.DataFrame]]:
        with opened(payload) as workbook:
            shown = [
                each.name
                for each in workbook.sheets_metadata
                if each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet
            ]
            tables = [(name, *self._titled(workbook.get_sheet_by_name(name))) for name in shown]
        where = f"{payload.label}/" if several else ""
        return [(f"{where}{name}", self._rows(name, f"{where}{name}", table, titles)) for name, table, titles in tables if table]

    def _titled(self, sheet: CalamineSheet) -> tuple[list[list[str]], int]:
        """The table of a sheet, and how many rows stand above its header."""
        if self.is_header is None:
            return _table(sheet, self.title_rows + self.header_rows), self.title_rows
        for titles in range(self.title_rows + 1):
            table = _table(sheet, titles + self.header_rows)
            if table and self.is_header(_flattened(table[titles : titles + self.header_rows], len(table[0]))):
                return table, titles
        return _table(sheet, self.header_rows), 0

    def _rows(self, sheet: str, label: str, table: list[list[str]], titles: int) -> pd.DataFrame:
        first = titles + self.header_rows
        headers = _flattened(table[titles:first], len(table[0]))
        body = [(number, row) for number, row in enumerate(table[first:], start=first + 1) if any(map(str.strip, row))]
        kept = [at for at, header in enumerate(headers) if header or any(row[at].strip() for _, row in body)]
        names = distinct_headers([headers[at] or f"第{at + 1}列" for at in kept])
        cells = text_frame([[row[at] for at in kept] for _, row in body], names)
        cells.index = pd.Index([f"{label}!{number}" for number, _ in body], dtype="str")
        if self.sheet_header is not None:
            cells[self.sheet_header] = pd.Series(sheet, index=cells.index, dtype="str")
        return cells


def opened(payload: Payload) -> CalamineWorkbook:
    """The workbook of the payload. Raises NotAsDeclaredError with a Chinese sentence when it is locked, or none."""
    content = payload.content
    if _WEB_PAGE.match(content[:200]):
        raise NotAsDeclaredError(
            f"{payload.label}：应为 Excel 工作簿，实为网页（只是改了扩展名）；请用 Excel 或 WPS 打开后另存为 xlsx 再报"
        )
    locked = f"{payload.label}：工作簿设有打开密码，无法读取；请取消密码后重报"
    if content.startswith(_OLD_CONTAINER) and _ENCRYPTED in content:
        raise NotAsDeclaredError(locked)
    try:
        return CalamineWorkbook.from_object(io.BytesIO(content))
    except PasswordError:
        raise NotAsDeclaredError(locked) from None
    except CalamineError:
        raise NotAsDeclaredError(
            f"{payload.label}：应为 Excel 工作簿，内容读不出来（不是 Excel 文件或已损坏）；请另存为 xlsx 后重报"
        ) from None


def _table(sheet: CalamineSheet, header_ends: int) -> list[list[str]]:
    """The sheet from A1 on as text, merged cells filled. The rows that are there count, not the dimension that the file claims.

    Below the header only a merge down one column is filled: one across columns is a note or a sum, not a row's values.
    """
    table = [list(map(cell_text, row)) for row in sheet.to_python(skip_empty_area=False)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or []:
        if top < len(table) and left < len(table[0]) and (top < header_ends or left == right):
            for row in table[top : bottom + 1]:
                row[left : right + 1] = [table[top][left]] * len(row[left : right + 1])
    return table


def _flattened(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """One header a column: the distinct parts from top to bottom, joined by /."""
    columns = ([clean_header(row[at]) for row in rows] for at in range(width))
    return ["/".join(dict.fromkeys(part for part in column if part)) for column in columns]


def cell_text(cell: Cell) -> str:
    """A cell as the text that a person would write."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, int | float):
        return _number(float(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    if isinstance(cell, time):
        return cell.isoformat(timespec="minutes")
    return str(cell)


def _number(value: float) -> str:
    if abs(value) >= _EXACT_BELOW:
        return f"{value:.14E}"  # as the spreadsheet itself shows it; digits_lost knows this form
    return str(int(value)) if value.is_integer() else repr(value)
