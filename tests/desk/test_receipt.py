"""A receipt shows an owner its own lines as it wrote them, of others nothing that is personal, and can be read back whatever a spreadsheet did to it."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from desk.receipt import POSITION, Receipt, remedy_of
from desk.receipt_beside import COLUMNS, disputes
from desk.receipt_changes import changes
from desk.receipt_page import receipt_page
from desk.receipt_workbook import CELL_LIMIT, FLAGGED, HELD, MARK, MARKS, RIGHT, read_workbook, workbook_of
from flows.rules import every_rule
from sources.kit.raw import NotAsDeclaredError
from sources.wuhu.union import SOURCE

NASTY = {
    "stationCode": "00123456789012345678",
    "stationName": '=HYPERLINK("http://x")',
    "address": "+cmd|' /C calc'!A0",
    "linkPhone": "05533812345",
    "linkman": "@SUM(A1)",
    "openTime": "-1",
    RIGHT: "业主自己也有这一栏",
    "remark": "长" * (CELL_LIMIT + 5),
}


def line(number: int, field: str, value: str, **more: object) -> dict[str, object]:
    told: dict[str, object] = {
        "line": str(number), "row_key": f"WHGH-{number}", "row_digest": f"{number:064x}", "verbatim": json.dumps(NASTY), "rule": "name_absent",
        "title": "缺少名称", "field": field, "value": value, "severity": "critical", "message": "", "wrong": f"名称“{value}”不对。", "remedy": "请填写。",
        "is_mendable": True, "opened_on": "2026-06-01",
    }  # fmt: skip
    return {**told, **more}


def receipt(*held: dict[str, object], **more: Any) -> Receipt:
    rows = pd.DataFrame(list(held) or [line(1, "name", "—")])
    figures = {
        "rows_read": 10, "accepted": 7, "held_back": 1, "ignored": 2, "open_after": 7, "is_stopped": False, "last_good_on": "2026-06-01",
        "outcome": "ok", "mode": "snapshot", "message": "",
    }  # fmt: skip
    told: dict[str, Any] = {
        "source": SOURCE, "night": "2026-06-01", "publication": "2026-06-01-1", "decisions": 3, "figures": figures, "whole": (), "held": rows,
        "flagged": rows.iloc[:0].drop(columns="opened_on"), "noted": pd.DataFrame(columns=["rule", "title", "issues", "example"]),
        "closed": pd.DataFrame(columns=["row_key", "name", "address"]), "changes": (),
        "disputes": (),
    }  # fmt: skip
    return Receipt(**{**told, **more})


def edited(tmp_path: Path, sent: Receipt, edit: Any) -> Path:
    """The receipt's file after a person's editing."""
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(sent)))
    edit(book)
    path = tmp_path / "back.xlsx"
    book.save(path)
    return path


def column(sheet: Any, header: str) -> int:
    return next(int(cell.column) for cell in sheet[1] if cell.value == header)


def test_every_cell_of_the_owner_is_text_and_none_is_a_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(receipt())))
    sheet = book[HELD]
    headers = [cell.value for cell in sheet[1]]
    row = dict(zip(headers, sheet[2], strict=True))
    assert {cell.data_type for cell in sheet[2] if cell.value is not None} == {"s"}
    told = {header: row[header].value for header in NASTY if header not in (RIGHT, "remark")}
    assert told == {header: value for header, value in NASTY.items() if header not in (RIGHT, "remark")}
    assert row[f"{RIGHT}（原表）"].value == NASTY[RIGHT]
    assert str(row["remark"].value).endswith(f"（共 {CELL_LIMIT + 5} 字，此处截断）")
    assert row[RIGHT].value is None
    assert not row[RIGHT].protection.locked
    assert row[MARK].protection.locked
    assert sheet.protection.sheet
    assert book[MARKS].sheet_state == "hidden"
    assert workbook_of(receipt()) == workbook_of(receipt())


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (13900001234, "13900001234"),
        (118.3854, "118.3854"),
        (datetime(2025, 6, 1), "2025-06-01"),  # noqa: DTZ001 - as a spreadsheet keeps it
        ("  青阳路社区工会驿站 ", "青阳路社区工会驿站"),
        (913402001234567890, "9.13402001234568E+17"),
    ],
    ids=["phone", "degree", "date", "text", "lost digits"],
)
def test_a_value_is_read_as_it_was_meant_whatever_the_spreadsheet_made_of_it(tmp_path: Path, typed: object, read: str) -> None:
    def edit(book: Any) -> None:
        sheet = book[HELD]
        sheet.cell(2, column(sheet, RIGHT)).value = typed
        sheet.cell(2, column(sheet, RIGHT)).number_format = "yyyy-mm-dd" if isinstance(typed, datetime) else "General"

    returned = read_workbook(edited(tmp_path, receipt(), edit))
    assert (returned.source, returned.night, returned.publication, returned.decisions) == ("union", "2026-06-01", "2026-06-01-1", 3)
    assert [(each.value[:15], each.mark) for each in returned.lines] == [(read[:15], f"union {1:064x}"[:22] + " name WHGH-1")]


def test_columns_moved_lines_deleted_and_added_are_read_for_what_they_are(tmp_path: Path) -> None:
    def edit(book: Any) -> None:
        sheet = book[HELD]
        for number, value in enumerate(("甲", "乙", "丙"), start=2):
            sheet.cell(number, column(sheet, RIGHT)).value = value
        sheet.delete_rows(3)
        sheet.insert_cols(1, 2)
        sheet.insert_rows(1)
        sheet["A1"] = "工会的回执"
        sheet.append([None] * (column_at(sheet, RIGHT) - 1) + ["加的"])
        sheet.title = "改了名"

    def column_at(sheet: Any, header: str) -> int:
        return next(int(cell.column) for cell in sheet[2] if cell.value == header)

    sent = receipt(line(1, "name", "—"), line(2, "name", "无"), line(3, POSITION, "0,0"))
    returned = read_workbook(edited(tmp_path, sent, edit))
    assert [(each.at, each.value, each.mark.split(" ", 2)[-1]) for each in returned.lines] == [
        ("改了名第 3 行", "甲", "name WHGH-1"),
        ("改了名第 4 行", "丙", "lng,lat WHGH-3"),
        ("改了名第 5 行", "加的", ""),
    ]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda book: book.remove(book[MARKS]), "不是回执"),
        (lambda book: book[HELD].delete_cols(column(book[HELD], MARK)) or book.remove(book[FLAGGED]), "没有一张表"),
        (lambda book: book[MARKS].delete_rows(1), "被改过"),
    ],
    ids=["no marks", "no column", "marks changed"],
)
def test_what_is_no_receipt_any_more_is_refused_in_words(tmp_path: Path, edit: Any, sentence: str) -> None:
    with pytest.raises(NotAsDeclaredError, match=sentence):
        read_workbook(edited(tmp_path, receipt(), edit))


def test_every_rule_says_what_an_owner_is_to_do() -> None:
    rules = [rule for rule in every_rule().values() if rule.responsibility == "owner" and rule.severity != "info"]
    of_rows = [rule for rule in rules if not rule.id.startswith(("source_", "datum_"))]
    for rule in of_rows:
        wrong, remedy = remedy_of(rule.sentence.replace("{value}", "甲；请乙"))
        assert remedy.startswith("请"), rule.id
        assert "请乙" not in remedy, rule.id
        assert wrong


def listing(source: str, **said: object) -> dict[str, object]:
    return {**dict.fromkeys(COLUMNS), "station_id": "s1", "source": source, "row_key": f"{source}-1", "name": f"{source} 站", **said}


def test_contradictions_tell_how_many_say_otherwise_and_no_number_of_theirs() -> None:
    found = disputes(
        [
            listing(
                "union", phones="0553-1;0553-2", address="青阳路38号", road="青阳路", number="38", county="镜湖区", opened_on="2025-06-01"
            ),
            listing(
                "bank",
                phones="0553-9",
                address="青阳路40号 13900001234",
                road="青阳路",
                number="40",
                county="镜湖区",
                opened_on="2025-06-30",
            ),
            listing("tower", phones="0553-2", road="青阳路", number="41", address="青阳路41号", stated_batch="renovated"),
            listing("tower", phones="0553-3", road="赭山路", number="1", address="赭山路1号"),
            listing("civil", phones="0553-7"),
        ],
        "union",
    )
    told = {each.title: (each.value, each.others, each.alike, each.told) for each in found}
    assert told == {
        "门牌": ("青阳路38号", 2, 0, "青阳路40号 139****1234、青阳路41号、赭山路1号"),
        "电话": ("0553-1;0553-2", 2, 1, ""),
    }


def test_what_stands_otherwise_than_it_was_written_is_counted_with_examples() -> None:
    row = {
        "row_digest": "a", "lng_wgs84": 118.3, "position_basis": "given", "name": "甲站", "host": None, "address": "镜湖区青阳路38号", "county": "镜湖区",
        "town": None, "community": None, "phones": "0553-3812345", "contact_phone": "13900001234", "hours_text": "8:30-17:30", "opened_on": None,
        "credit_code": None,
    }  # fmt: skip
    own = {
        "stationName": "甲站",
        "address": "青阳路38号",
        "linkPhone": "3812345/13900001234",
        "county": " 镜湖区 ",
        "openTime": None,
        "street": "赭山",
    }
    told = changes([{**row, "verbatim": json.dumps(own)}, {**row, "row_digest": "a+b", "verbatim": json.dumps(own)}], SOURCE, "GCJ-02")
    assert [(each.title, each.rows, each.examples) for each in told] == [
        ("坐标", 2, ()),
        ("地址", 1, (("青阳路38号", "镜湖区青阳路38号"),)),
        ("电话", 1, (("3812345/13900001234", "0553-3812345;13900001234"),)),
        ("人工更正", 1, ()),
    ]


def test_the_page_fetches_nothing_and_runs_nothing_that_an_owner_wrote() -> None:
    page = receipt_page(receipt(line(1, "name", "<script>alert(1)</script>"), line(12, "name", "无")))
    assert "<script" not in page
    assert "http" not in page
    assert "没有收下的 2 行" in page
    assert "1、12" in page


def test_a_list_that_was_stopped_says_so_first() -> None:
    figures = {**receipt().figures, "is_stopped": True, "accepted": 0, "held_back": 10, "ignored": 0}
    page = receipt_page(receipt(figures=figures, whole=("表头缺少“address”一列；请恢复，或由运维接受变更。",)))
    assert page.index("整份没有采用") < page.index("收到")
    assert "表头缺少“address”一列" in page
