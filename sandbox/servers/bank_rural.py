"""The rural bank's workbook, as WPS writes it: titles, a two-row merged header, a sheet a county, and a dimension that says A1."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sandbox.lists import Published
from sandbox.servers.edition import Edition, date_of

NAME: Final = "网点清单.xlsx"
FIRM: Final = "芜湖扬子农村商业银行"
#: The first row of a sheet that holds an outlet, as Excel numbers rows: two title rows and a header of two stand above.
FIRST_ROW: Final = 5


def put_out(edition: Edition, outbox: Path) -> None:
    """Put the workbook into the folder, whole or not at all, dated when its content last changed."""
    day = date_of(edition.rural_night)
    arriving = outbox.parent / f".{outbox.name}.arriving"
    arriving.write_bytes(workbook(edition.lists["bank_rural"], day))
    stamp = datetime.combine(day, time(), UTC).timestamp()
    os.utime(arriving, (stamp, stamp))
    arriving.replace(outbox / NAME)


def workbook(rows: Sequence[Published], day: date) -> bytes:
    """The workbook of the rows, whose `__sheet__` names the sheet. The same rows and day give the same bytes."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"author": FIRM, "created": datetime.combine(day, time())})
    title = book.add_format({"bold": True, "align": "center", "font_size": 14})
    head = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "border": 1})
    for county, outlets in groupby(rows, key=lambda row: row.fields["__sheet__"] or ""):
        _sheet(book.add_worksheet(county), [*outlets], (f"{FIRM}{county}网点清单", day), title, head)
    book.close()
    return _as_wps(buffer.getvalue())


def _sheet(sheet: Worksheet, rows: Sequence[Published], said: tuple[str, date], title: Format, head: Format) -> None:
    headers = [header for header in rows[0].fields if header != "__sheet__"]
    sheet.merge_range(0, 0, 0, len(headers) - 1, said[0], title)
    sheet.write_string(1, 0, f"填报单位：{FIRM}")
    sheet.write_string(1, len(headers) - 1, f"填报日期：{said[1].isoformat()}")
    _headers(sheet, headers, head)
    for number, row in enumerate(rows, start=FIRST_ROW - 1):
        for column, header in enumerate(headers):
            if header == "序号":
                sheet.write_number(number, column, int(row.fields[header] or 0))
            elif text := row.fields[header]:
                sheet.write_string(number, column, text)


def _headers(sheet: Worksheet, headers: Sequence[str], head: Format) -> None:
    """地址/详细地址 stands as 地址 over 详细地址, the upper one merged over its columns; a header of one level is merged over both rows."""
    top = FIRST_ROW - 3
    at = 0
    for upper, below in groupby(headers, key=lambda header: header.partition("/")[0]):
        parts = [header.partition("/")[2] for header in below]
        if parts == [""]:
            sheet.merge_range(top, at, top + 1, at, upper, head)
        else:
            sheet.merge_range(top, at, top, at + len(parts) - 1, upper, head)
            sheet.write_row(top + 1, at, parts, head)
        at += len(parts)


def _as_wps(content: bytes) -> bytes:
    """The same workbook with every sheet's dimension A1, which WPS leaves behind, and no time of writing in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w") as written:
        for entry in given.infolist():
            part = given.read(entry)
            if entry.filename.startswith("xl/worksheets/sheet"):
                part = re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1"/>', part, count=1)
            written.writestr(zipfile.ZipInfo(entry.filename), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
