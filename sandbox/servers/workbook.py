"""The rural bank's workbook, as WPS writes it: titles, a two-row merged header, a sheet a county, and a dimension that says A1."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from itertools import groupby

import xlsxwriter

from sandbox.lists import Published

NAME = "网点清单.xlsx"


def workbook(rows: Sequence[Published], day: date) -> bytes:
    """The workbook of the rows, whose `__sheet__` names the sheet."""
    buffer = io.BytesIO()
    # a fixed date of creation: the same night gives the same bytes
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    book.set_properties({"created": day, "author": "WPS 表格"})
    title = book.add_format({"bold": True, "align": "center", "font_size": 14})
    head = book.add_format({"bold": True, "align": "center", "valign": "vcenter", "border": 1})
    ordered = sorted(rows, key=lambda row: row.fields["__sheet__"] or "")
    for county, group in groupby(ordered, key=lambda row: row.fields["__sheet__"] or ""):
        _sheet(book.add_worksheet(county), county, list(group), day, title, head)
    book.close()
    return _as_wps(buffer.getvalue())


def _sheet(
    sheet: xlsxwriter.worksheet.Worksheet,
    county: str,
    rows: list[Published],
    day: date,
    title: xlsxwriter.format.Format,
    head: xlsxwriter.format.Format,
) -> None:
    headers = [header for header in rows[0].fields if header != "__sheet__"]
    last = len(headers) - 1
    sheet.merge_range(0, 0, 0, last, f"芜湖扬子农村商业银行{county}网点一览表", title)
    sheet.write(1, 0, "填报单位：芜湖扬子农村商业银行")
    sheet.write(1, last, f"填报日期：{day.isoformat()}")
    at = 0
    for group, members in groupby(headers, key=lambda header: header.partition("/")[0]):
        width = len(list(members))
        if width > 1:
            sheet.merge_range(2, at, 2, at + width - 1, group, head)
        else:
            sheet.merge_range(2, at, 3, at, group, head)
        at += width
    for column, header in enumerate(headers):
        if "/" in header:
            sheet.write(3, column, header.partition("/")[2], head)
    for number, row in enumerate(rows, start=4):
        for column, header in enumerate(headers):
            value = row.fields[header]
            if value is not None:
                sheet.write_string(number, column, value)


def _as_wps(content: bytes) -> bytes:
    """The same workbook with every sheet's dimension A1, which WPS leaves behind."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for entry in given.infolist():
            part = given.read(entry)
            if entry.filename.startswith("xl/worksheets/sheet"):
                part = re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="A1"/>', part)
            written.writestr(zipfile.ZipInfo(entry.filename, (1980, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
