"""Workbooks of WPS and Excel: headers over several rows, sheets, numbers, and files that are no workbook."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from xlsxwriter.worksheet import Worksheet

from sources.kit.raw import NotAsDeclaredError, Payload, Raw
from sources.kit.workbook import Workbook
from tests.sources.workbooks import WEB_PAGE, as_wps_writes_it, locked, workbook

OUTLETS = Workbook(title_rows=2, header_rows=2, sheet_header="工作表")


def _header(sheet: Worksheet) -> None:
    sheet.merge_range(0, 0, 0, 4, "网点清单")
    sheet.write(1, 0, "填报单位：某行")
    for column, title in ((0, "序号"), (1, "网点名称")):
        sheet.merge_range(2, column, 3, column, title)
    sheet.merge_range(2, 2, 2, 4, "地 址")
    for column, title in ((2, "乡镇街道"), (3, "社区（村）"), (4, "详细\n地址")):
        sheet.write(3, column, title)


def _outlets(*rows: tuple[object, ...]) -> Payload:
    def fill(sheet: Worksheet) -> None:
        _header(sheet)
        for at, row in enumerate(rows):
            sheet.write_row(4 + at, 0, row)

    return Payload("网点清单.xlsx", as_wps_writes_it(workbook(("镜湖区", fill))))


def _read(*rows: tuple[object, ...]) -> Raw:
    return OUTLETS([_outlets(*rows)])


def test_a_header_of_two_merged_rows_is_flattened_and_the_sheet_is_a_field() -> None:
    raw = _read((1, "甲支行", "赭山街道", "青阳路社区", "青阳路38号"))
    assert raw.headers == {"镜湖区": ("序号", "网点名称", "地址/乡镇街道", "地址/社区（村）", "地址/详细地址", "工作表")}
    assert raw.cells.iloc[0].to_list() == ["1", "甲支行", "赭山街道", "青阳路社区", "青阳路38号", "镜湖区"]
    assert raw.lines.tolist() == ["镜湖区!5"]


def test_a_sheet_that_claims_to_be_one_cell_is_read_whole() -> None:
    assert len(_read(*[(number, f"第{number}支行", "", "", "") for number in range(1, 41)]).cells) == 40


def test_blank_rows_are_no_rows_and_keep_their_numbers() -> None:
    assert _read((1, "甲"), (), (), (2, "乙")).lines.tolist() == ["镜湖区!5", "镜湖区!8"]


def test_an_id_stored_as_a_number_has_lost_its_digits() -> None:
    raw = _read((1, 913400007199042708, "913400007199042708"))
    assert raw.unusable.to_dict("records") == [
        {"at": 0, "header": "网点名称", "rule": "number_precision_lost", "value": "9.13400007199043E+17"}
    ]
    assert raw.cells["地址/乡镇街道"].iloc[0] == "913400007199042708"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (5533812345, "5533812345"),
        (118.3854, "118.3854"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("０５５３", "０５５３"),
        (date(2026, 6, 1), "2026-06-01"),
        (datetime(2026, 6, 1, 8, 30), "2026-06-01 08:30"),  # noqa: DTZ001 (a cell has no zone)
        (True, "true"),
        ("驿" * 10_240, "驿" * 10_240),
    ],
    ids=["whole", "fraction", "equals", "fullwidth", "date", "time", "flag", "long"],
)
def test_a_cell_is_the_text_that_a_person_sees(cell: object, text: str) -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.write(0, 0, "名称")
        sheet.write(1, 0, cell)

    assert Workbook()([Payload("a.xlsx", workbook(("表", fill)))]).cells["名称"].to_list() == [text]


def test_a_cell_merged_down_counts_for_each_row_and_a_merged_note_for_none() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.write_row(0, 0, ("街道", "名称", "电话"))
        sheet.merge_range(1, 0, 2, 0, "赭山街道")
        sheet.write_column(1, 1, ("甲", "乙"))
        sheet.merge_range(3, 0, 3, 2, "制表人：王芳")

    cells = Workbook()([Payload("a.xlsx", workbook(("表", fill)))]).cells
    assert cells["街道"].to_list() == ["赭山街道", "赭山街道", "制表人：王芳"]
    assert cells["名称"].isna().tolist() == [False, False, True]


def test_sheets_follow_each_other_and_hidden_or_blank_ones_do_not_count() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.write_column(0, 0, ("名称", sheet.get_name() + "支行"))

    def hidden(sheet: Worksheet) -> None:
        fill(sheet)
        sheet.hide()

    raw = Workbook()([Payload("a.xlsx", workbook(("镜湖区", fill), ("空表", lambda _: None), ("去年", hidden), ("弋江区", fill)))])
    assert raw.cells["名称"].to_list() == ["镜湖区支行", "弋江区支行"]
    assert raw.lines.tolist() == ["镜湖区!2", "弋江区!2"]
    assert list(raw.headers) == ["镜湖区", "弋江区"]


def test_several_workbooks_are_one_list_and_each_line_names_its_file() -> None:
    raw = OUTLETS([_outlets((1, "甲")), Payload("南陵.xlsx", _outlets((1, "乙")).content)])
    assert raw.lines.tolist() == ["网点清单.xlsx/镜湖区!5", "南陵.xlsx/镜湖区!5"]
    assert raw.parts.tolist() == [0, 1]


def test_columns_of_one_name_and_of_none_show_as_columns_nobody_declared() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.write_row(0, 0, ("名称", "电话", "电话", "", ""))
        sheet.write_row(1, 0, ("甲", "1", "2", "", "备注"))

    assert Workbook()([Payload("a.xlsx", workbook(("表", fill)))]).headers == {"表": ("名称", "电话", "电话(2)", "第5列")}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (WEB_PAGE, "实为网页"),
        (locked(), "密码"),
        (b"", "不是 Excel 文件"),
        ("网点名称,地址\n甲,乙\n".encode(), "不是 Excel 文件"),
        (workbook(("表", lambda _: None))[:1000], "已损坏"),
    ],
    ids=["web-page", "password", "nothing", "csv", "cut"],
)
def test_what_is_no_workbook_is_told_in_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(NotAsDeclaredError, match=says) as told:
        Workbook()([Payload("网点清单.xls", content)])
    assert str(told.value).startswith("网点清单.xls：")


def test_a_sheet_that_begins_further_down_keeps_its_row_numbers() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.write_column(3, 1, ("名称", "甲"))

    raw = Workbook(title_rows=3)([Payload("a.xlsx", workbook(("表", fill)))])
    assert (raw.headers, raw.lines.tolist()) == ({"表": ("名称",)}, ["表!5"])
