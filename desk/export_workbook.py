"""The Excel file of an export: the rows, and sheets that explain its columns and codes. No cell is a formula; what is text stays text."""

from __future__ import annotations

from datetime import UTC, datetime, time
from io import BytesIO
from typing import IO, Any, Final

from desk.asking import QuestionError
from desk.export_register import Taken

#: What a sheet, a cell and the name of a sheet hold (Excel specifications and limits).
ROWS, CHARACTERS, _SHEET_NAME = 1_048_575, 32_767, 31

EXPLAINED, CODES = "说明", "代码"

#: Columns that hold keys of lists.
_SOURCES: Final = ("source", "sources", "other_source")

_HEADERS: Final = (("列名", 18), ("中文名", 16), ("类型", 10), ("含义", 90))
_KINDS: Final = {"string": "文字", "integer": "整数", "number": "数", "boolean": "是否", "date": "日期", "datetime": "时间"}
_WIDTHS: Final = {"integer": 10, "number": 13, "boolean": 8, "date": 12, "datetime": 20}
_TEXT_WIDTHS: Final = {"station_id": 20, "name": 34, "address": 40, "hours": 26, "hours_text": 26, "facilities": 34, "plaques": 26}


def write_workbook(taken: Taken, file: IO[bytes]) -> None:
    """Write the workbook to a binary file. Raises QuestionError when the rows or a cell do not fit into a sheet."""
    import xlsxwriter

    if len(taken.rows) > ROWS:
        raise QuestionError(f"Excel 的一张表放不下 {len(taken.rows):,} 行（最多 {ROWS:,}）；请用 --where 缩小，或用 csv、parquet")
    created = datetime.combine(taken.night, time(2, 0), tzinfo=UTC).replace(tzinfo=None)  # the same night gives the same file
    content = BytesIO()  # a file that is full would be told under another name, and once more when it is thrown away
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": f"{taken.name} {taken.night}", "created": created})
        known = {
            "head": workbook.add_format({"bold": True, "bg_color": "#dbe5f1", "border": 1}),
            "string": workbook.add_format({"num_format": "@"}),
            "date": workbook.add_format({"num_format": "yyyy-mm-dd"}),
            "datetime": workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            "wrapped": workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top"}),
        }
        _rows(workbook.add_worksheet(taken.name[:_SHEET_NAME]), taken, known)
        _explanation(workbook.add_worksheet(EXPLAINED), taken, known)
        _codes(workbook.add_worksheet(CODES), taken, known)
    file.write(content.getbuffer())


def _rows(sheet: Any, taken: Taken, known: dict[str, Any]) -> None:
    """A column at a time: the header carries the Chinese title as a note."""
    for at, column in enumerate(taken.columns):
        sheet.write_string(0, at, column.name, known["head"])
        if column.title:
            sheet.write_comment(0, at, column.title, {"x_scale": 0.8, "y_scale": 0.4})
        sheet.set_column(at, at, _WIDTHS.get(column.kind) or _TEXT_WIDTHS.get(column.name, 16), known.get(column.kind))
        put, style = _put(sheet, column.kind), known.get(column.kind)
        for line, value in enumerate(taken.rows.column(at).to_pylist(), start=1):
            if value is not None and put(line, at, value, style) == -2:
                raise QuestionError(f"{column.name} 第 {line} 行超过 Excel 一格能放的 {CHARACTERS:,} 个字符；请用 csv 或 parquet")
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(len(taken.rows), 1), len(taken.columns) - 1)


def _put(sheet: Any, kind: str) -> Any:
    if kind == "string":
        return lambda line, at, value, style: sheet.write_string(line, at, str(value), style)
    return {"boolean": sheet.write_boolean, "date": sheet.write_datetime, "datetime": sheet.write_datetime}.get(kind, sheet.write_number)


def _explanation(sheet: Any, taken: Taken, known: dict[str, Any]) -> None:
    """What the rows are of, then a line a column."""
    facts = (
        ("发布", taken.publication),
        ("截至", f"{taken.night} 这一夜"),
        ("行数", f"{len(taken.rows):,}"),
        ("条件", taken.wish.where or "（全部）"),
        ("坐标", "GCJ-02（国测局，国内地图用）" if taken.wish.is_gcj02 else "WGS-84"),
        ("来源" if taken.wish.is_public else "来源与许可", "\n".join(taken.told_owners)),
    )
    for line, (name, told) in enumerate(facts):
        sheet.write_string(line, 0, name, known["head"])
        sheet.merge_range(line, 1, line, 3, "", known["wrapped"])
        sheet.write_string(line, 1, told, known["wrapped"])
    sheet.set_row(len(facts) - 1, 16 * max(len(taken.owners), 1))
    top = len(facts) + 1
    for at, (header, width) in enumerate(_HEADERS):
        sheet.write_string(top, at, header, known["head"])
        sheet.set_column(at, at, width)
    for line, column in enumerate(taken.columns, start=top + 1):
        for at, told in enumerate((column.name, column.title, _KINDS[column.kind], column.meaning)):
            sheet.write_string(line, at, told, known["wrapped"])


def _codes(sheet: Any, taken: Taken, known: dict[str, Any]) -> None:
    """The codes that columns hold, in Chinese."""
    for at, (header, width) in enumerate((("列名", 14), ("代码", 24), ("中文", 30))):
        sheet.write_string(0, at, header, known["head"])
        sheet.set_column(at, at, width)
    lists = [(owner.key, f"{owner.name}《{owner.title}》") for owner in taken.owners]
    told = [(column.name, *code) for column in taken.columns for code in (lists if column.name in _SOURCES else column.codes)]
    for line, row in enumerate(told, start=1):
        for at, cell in enumerate(row):
            sheet.write_string(line, at, cell, known["string"])
