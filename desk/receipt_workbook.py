"""The Excel file of a receipt: written for an owner to fill in, and read when it comes back - whatever a spreadsheet did to it meanwhile.

Each line carries what it is about (行标识), so columns may be moved, lines sorted or deleted. Which list, night and publication it is of stands on a
hidden sheet. Every cell is written as text: no formula runs, no number loses a digit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pandas as pd
from python_calamine import CalamineSheet

from desk import words
from desk.receipt import POSITION, Receipt
from sources.kit.raw import NotAsDeclaredError, Payload
from sources.kit.workbook import Cell, cell_text, opened
from transforms.records import FIELDS

HELD, FLAGGED, EXPLAINED, MARKS = "没有收下的行", "收下但请核对的行", "说明", "回执标识"

LINE, SINCE, DEGREE, FIELD, VALUE, WRONG, REMEDY, RIGHT, MARK = (
    "行号",
    "自",
    "程度",
    "有误的栏",
    "原来的值",
    "问题",
    "怎么改",
    "更正值",
    "行标识",
)

#: Our columns before the owner's: header, width, what it holds.
_OURS: Final = (
    (LINE, 9, "这一行在贵单位名单里的位置：行号，或“工作表!行号”"),
    (SINCE, 11, "从哪一夜起没有收下"),
    (DEGREE, 7, "严重：这一行没有收下；提醒：行收下了，这一栏请核对"),
    (FIELD, 20, "问题出在哪一栏：先是贵单位的表头，括号里是我们的叫法"),
    (VALUE, 24, "这一栏原来写的是什么"),
    (WRONG, 36, "哪里不对"),
    (REMEDY, 26, "该怎样改"),
    (RIGHT, 24, "请只在这一栏填写：这一栏正确的值。不填就是没有意见；坐标写“经度,纬度”两个数。灰色的格子不能这样改，请在名单里改"),
)

#: Characters that one cell holds.
CELL_LIMIT: Final = 32_767

#: Lines of a sheet. An owner who must mend more than this mends its export; all of them stand in the quarantine.
LINES: Final = 20_000

#: Rows among which the header is looked for: someone may have put a title above it.
_HEADER_WITHIN: Final = 20

#: Lets the workbook of one night be the same however often it is written.
_CREATED: Final = time(2, 0)

_TITLES: Final = {field.name: field.title for field in FIELDS if "row" in field.on} | {POSITION: "经度,纬度"}
_EXAMPLES: Final = {field.name: field.example for field in FIELDS if "row" in field.on}


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """A line whose 更正值 is filled. `at`: where it stands, for a sentence; `mark`: its 行标识, empty for a line that was added."""

    at: str
    field: str
    value: str
    mark: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A receipt that came back: of which source, night and publication, how many decisions that publication knew, and the lines filled in."""

    source: str
    night: str
    publication: str
    decisions: int
    lines: tuple[ReturnedLine, ...]


def mark_of(source: str, row_digest: str, field: str, row_key: str) -> str:
    """What a line is about: source, the row's content, field and key of the row, the key last for it may hold anything."""
    return f"{source} {row_digest[:16]} {field} {row_key}"


def workbook_of(receipt: Receipt) -> bytes:
    """The receipt's Excel file."""
    import xlsxwriter

    content = BytesIO()
    created = datetime.combine(date.fromisoformat(receipt.night), _CREATED, tzinfo=UTC).replace(tzinfo=None)
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": f"{receipt.source.title} {receipt.night} 回执", "created": created})
        formats: dict[str, dict[str, object]] = {
            "text": {},
            "wrong": {"bg_color": "#f8d7da"},
            "fill": {"bg_color": "#fff2cc", "locked": False, "border": 1},
            "shut": {"bg_color": "#d9d9d9"},
            "faint": {"font_color": "#888888"},
            "head": {"bold": True, "bg_color": "#dbe5f1", "border": 1},
        }
        known = {
            name: workbook.add_format({"num_format": "@", "valign": "top", "text_wrap": True, **style}) for name, style in formats.items()
        }
        for name, rows in ((HELD, receipt.held), (FLAGGED, receipt.flagged)):
            _lines(workbook.add_worksheet(name), rows, receipt, known)
        _explanation(workbook.add_worksheet(EXPLAINED), receipt, known)
        _marks(workbook.add_worksheet(MARKS), receipt)
        if receipt.held.empty:
            workbook.worksheets()[1 if len(receipt.flagged) else 2].activate()
    return content.getvalue()


def _lines(sheet: Any, rows: pd.DataFrame, receipt: Receipt, formats: dict[str, Any]) -> None:
    """A line a row and thing wrong with it: ours, then the owner's own cells, then what the line is about."""
    ours = [each for each in _OURS if each[0] != SINCE or "opened_on" in rows.columns]
    cells = [json.loads(verbatim) for verbatim in rows["verbatim"].head(LINES)]
    owners = list(dict.fromkeys(header for row in cells for header in row))
    taken = {*(header for header, _, _ in ours), MARK}
    headers = [*(header for header, _, _ in ours), *(f"{header}（原表）" if header in taken else header for header in owners), MARK]
    for at, header in enumerate(headers):
        _write(sheet, 0, at, header, formats["head"])
    for number, (row, own) in enumerate(zip(rows.head(LINES).to_dict("records"), cells, strict=True), start=1):
        wrong = _headers_of(row["field"], receipt)
        mark = mark_of(receipt.source.key, row["row_digest"], row["field"], row["row_key"]) if row["is_mendable"] else ""
        mark = mark if len(mark) <= CELL_LIMIT else ""
        told = _told(row, wrong)
        for at, (header, _, _) in enumerate(ours):
            _write(sheet, number, at, told[header], formats[("fill" if mark else "shut") if header == RIGHT else "text"])
        for at, header in enumerate(owners, start=len(ours)):
            _write(sheet, number, at, own.get(header), formats["wrong" if header in wrong else "text"])
        _write(sheet, number, len(headers) - 1, mark, formats["faint"])
    if len(rows) > LINES:
        _write(sheet, LINES + 1, 0, f"另有 {len(rows) - LINES} 处没有列出", formats["text"])
    for at, (_, width, _) in enumerate(ours):
        sheet.set_column(at, at, width)
    sheet.set_column(len(ours), len(headers) - 1, 16)
    sheet.freeze_panes(1, len(ours))
    sheet.autofilter(0, 0, max(len(cells), 1), len(headers) - 1)
    sheet.protect("", {"format_columns": True, "format_rows": True, "autofilter": True, "sort": True})


def _told(row: dict[Any, Any], headers: Sequence[str]) -> dict[str, object]:
    title = _TITLES.get(row["field"], "")
    return {
        LINE: row["line"],
        SINCE: str(row.get("opened_on"))[:10],
        DEGREE: words.word(words.SEVERITIES, row["severity"]),
        FIELD: f"{'、'.join(headers)}（{title}）" if headers else title or "整行",
        VALUE: row["value"],
        WRONG: row["wrong"],
        REMEDY: row["remedy"],
        RIGHT: None,
    }


def _headers_of(field: object, receipt: Receipt) -> list[str]:
    """The owner's headers of a field, of both degrees where they are one."""
    names = str(field).split(",") if field == POSITION else [str(field)]
    return [header for name in names for header, of in receipt.source.columns.items() if of == name]


def _explanation(sheet: Any, receipt: Receipt, formats: dict[str, Any]) -> None:
    source = receipt.source
    lines: list[tuple[str, str, str]] = [
        ("名单", f"{source.owner} {source.title}", f"{receipt.night} 这一夜的回执"),
        ("怎样交回", "只填黄色的“更正值”，存盘，把这个文件发回来", "整行可以删，列可以换位置；不要改“行标识”，不要加行"),
        ("更好的办法", "在自己的名单里改好，照常发布", "下一夜自动收下，不必交回这个文件"),
        ("", "", ""),
        ("栏", "含义", "例"),
        *((header, meaning, "") for header, _, meaning in _OURS),
        *(
            (header, f"贵单位的表头，登记为“{_TITLES.get(field, field)}”", _EXAMPLES.get(field, ""))
            for header, field in source.columns.items()
        ),
        *((header, "贵单位的表头，不采用", "") for header in source.ignored),
        (MARK, "这一行说的是哪一条，请不要改", ""),
    ]
    for number, line in enumerate(lines):
        for at, cell in enumerate(line):
            _write(sheet, number, at, cell, formats["head" if line[0] == "栏" else "text"])
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 2, 52)
    sheet.protect()


def _marks(sheet: Any, receipt: Receipt) -> None:
    for number, (name, value) in enumerate(
        (
            ("source", receipt.source.key),
            ("night", receipt.night),
            ("publication", receipt.publication),
            ("decisions", str(receipt.decisions)),
        )
    ):
        sheet.write_string(number, 0, name)
        sheet.write_string(number, 1, value)
    sheet.protect()
    sheet.hide()


def _write(sheet: Any, row: int, column: int, value: object, style: Any) -> None:
    """A cell of text, whatever it looks like; one too long for a cell is cut and says so."""
    told = "" if value is None or pd.isna(value) else str(value)  # type: ignore[call-overload]
    if len(told) > CELL_LIMIT:
        told = f"{told[: CELL_LIMIT - 40]}…（共 {len(told)} 字，此处截断）"
    if told:
        sheet.write_string(row, column, told, style)
    else:
        sheet.write_blank(row, column, None, style)


def read_workbook(path: Path) -> Returned:
    """A receipt that came back. Raises NotAsDeclaredError with a Chinese sentence when it is none, and OSError."""
    content = path.read_bytes()
    with opened(Payload(path.name, content)) as workbook:
        sheets = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
        if MARKS not in sheets:
            raise NotAsDeclaredError(f"{path.name}：不是回执，或隐藏的“{MARKS}”表已被删去；请在原来的回执文件里填写后交回")
        marks = {str(row[0]): _text(row[1]) for row in sheets[MARKS].to_python() if len(row) > 1}
        lines = [(name, table) for name, sheet in sheets.items() if name != MARKS and (table := _table(sheet))]
    if lost := [name for name, sheet in sheets.items() if name != MARKS and _has_lost_its_heading(sheet)]:
        raise NotAsDeclaredError(f"{path.name}：“{lost[0]}”表里找不到“{RIGHT}”一栏，表头可能改过；请改回“{RIGHT}”再交")
    if not lines:
        raise NotAsDeclaredError(f"{path.name}：没有一张表同时有“{RIGHT}”和“{MARK}”两栏；请在原来的回执文件里填写后交回")
    try:
        source, night, publication, decisions = (marks[name] for name in ("source", "night", "publication", "decisions"))
        known = int(decisions)
    except (KeyError, ValueError):
        raise NotAsDeclaredError(f"{path.name}：隐藏的“{MARKS}”表被改过；请在原来的回执文件里填写后交回") from None
    return Returned(source, night, publication, known, tuple(line for name, table in lines for line in _filled(name, *table)))


def _has_lost_its_heading(sheet: CalamineSheet) -> bool:
    """Whether the sheet still says which lines are whose, and no longer which column was to be filled in."""
    headings = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)[:_HEADER_WITHIN]]
    return any(MARK in row for row in headings) and not any(MARK in row and RIGHT in row for row in headings)


def _table(sheet: CalamineSheet) -> tuple[int, list[list[Cell]]] | None:
    """The sheet's rows from its header on, and where the header stands; None for a sheet without our columns."""
    rows = sheet.to_python(skip_empty_area=False)
    for at, row in enumerate(rows[:_HEADER_WITHIN]):
        headers = [_text(cell) for cell in row]
        if RIGHT in headers and MARK in headers:
            return at, rows[at:]
    return None


def _filled(sheet: str, header_at: int, rows: list[list[Cell]]) -> list[ReturnedLine]:
    headers = [_text(cell) for cell in rows[0]]
    right, mark, field = headers.index(RIGHT), headers.index(MARK), headers.index(FIELD) if FIELD in headers else None
    return [
        ReturnedLine(f"{sheet}第 {number} 行", "" if field is None else _text(row[field]), value, _text(row[mark]))
        for number, row in enumerate(rows[1:], start=header_at + 2)
        if (value := _text(row[right]))
    ]


def _text(cell: Cell) -> str:
    """A cell as the text that a person meant, whatever type the spreadsheet made of it."""
    return cell_text(cell).strip()
