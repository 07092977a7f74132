"""A payload is written anew in its own format, byte for byte but for what is gone; or it is said that it cannot be."""

from __future__ import annotations

import io
import json
import zipfile
from functools import partial

import pandas as pd
import pytest
import xlsxwriter

from sources.kit.redact import without
from transforms.erasure import personal
from transforms.erasure import without as text_without

VALUES = [personal("phone", "13900001234"), personal("name", "王芳")]
redact = partial(text_without, values=VALUES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{"a": 13900001234, "b": 118.380000}', b'{"a": null, "b": 118.380000}'),
        (rb'{"a": "\u738b\u82b3", "b": "\u674e\u56db"}', rb'{"a": "", "b": "\u674e\u56db"}'),
        ('{"a":"王芳"}\n{"a":"李四 139 0000 1234"}\n'.encode(), '{"a":""}\n{"a":"李四 "}\n'.encode()),
        ("\ufeff名称,电话\r\n甲,13900001234\r\n乙,\r\n".encode(), "\ufeff名称,电话\r\n甲,\r\n乙,\r\n".encode()),
        ("名称,联系人\n甲,王芳\n乙,王芳菲\n".encode("gb18030"), "名称,联系人\n甲,\n乙,王芳菲\n".encode("gb18030")),
        ("<r><p>王芳</p><t>&#49;3900001234</t></r>".encode(), b"<r><p></p><t></t></r>"),
        ("名称\t王芳".encode("utf-16"), "名称\t".encode("utf-16")),
    ],
    ids=["json-number", "json-escaped", "json-lines", "csv-bom", "csv-gb18030", "xml", "utf-16"],
)
def test_text_is_written_anew_in_its_own_encoding(before: bytes, after: bytes) -> None:
    assert without(before, redact)[0] == after


def test_what_holds_nothing_is_the_same_bytes() -> None:
    content = '{"a":  "李四", "b":1.50}'.encode()
    assert without(content, redact) == (content, 0)


def _workbook() -> bytes:
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"in_memory": True}) as book:
        sheet = book.add_worksheet("镜湖区")
        for line, row in enumerate(
            [("名称", "联系人", "电话"), ("甲", "王芳", 13900001234), ("乙", "李四", 13900001235), ("丙", "王芳 13900001234", "")]
        ):
            sheet.write_row(line, 0, row)
    return written.getvalue()


def test_a_workbook_loses_the_cells_and_nothing_else() -> None:
    left, times = without(_workbook(), redact)
    assert left is not None
    assert times == 4
    read = pd.read_excel(io.BytesIO(left), header=None, engine="calamine", dtype=str).fillna("")
    assert read.to_numpy().tolist() == [["名称", "联系人", "电话"], ["甲", "", ""], ["乙", "李四", "13900001235"], ["丙", "", ""]]
    with zipfile.ZipFile(io.BytesIO(left)) as members:
        assert all(b"13900001234" not in members.read(name) and "王芳".encode() not in members.read(name) for name in members.namelist())


def test_what_nobody_can_write_anew_with_certainty_is_told() -> None:
    binary = b"\xd0\xcf\x11\xe0\xff\xfe\x00" + "王芳".encode("utf-16-le") + b"\x00\xff\xff"
    assert without(binary, redact)[0] is None
    assert without(b"\xd0\xcf\x11\xe0\xff\xfe\x00\xff", redact)[0] == b"\xd0\xcf\x11\xe0\xff\xfe\x00\xff"


def test_json_stays_json() -> None:
    content = json.dumps([{"n": "王芳", "p": ["13900001234", 13900001234]}], ensure_ascii=True).encode()
    left, times = without(content, redact)
    assert left is not None
    assert (json.loads(left), times) == ([{"n": "", "p": ["", None]}], 3)
