"""JSON, XML and CSV: what is read, and what is refused with one sentence."""

from __future__ import annotations

import json

import pytest

from sources.kit.csv_rows import CsvRows
from sources.kit.json_rows import JsonRows
from sources.kit.raw import NotAsDeclaredError, Payload
from sources.kit.source import Reader
from sources.kit.xml_rows import XmlRows

PLACES = XmlRows("阵地", total="总数")

BOMB = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE 名录 [<!ENTITY a "驿站驿站驿站"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<名录><阵地><名称>&c;</名称></阵地></名录>""".encode()

OUTSIDE = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/hostname">]><x><阵地><名称>&y;</名称></阵地></x>""".encode()


def _page(label: str, body: object) -> Payload:
    return Payload(label, json.dumps(body, ensure_ascii=False).encode())


def _xml(rows: str, encoding: str = "GB18030", declared: str | None = None) -> Payload:
    text = f'<?xml version="1.0" encoding="{declared or encoding}"?>\n<名录 总数="2">{rows}</名录>'
    return Payload("名录.xml", text.encode(encoding))


def test_pages_of_json_are_one_list() -> None:
    pages = [_page("1", {"data": {"list": [{"编号": "A"}, {"编号": "B"}]}}), _page("2", {"data": {"list": [{"编号": "C", "新": 1}]}})]
    raw = JsonRows("data.list")(pages)
    assert raw.cells["编号"].to_list() == ["A", "B", "C"]
    assert raw.lines.tolist() == ["1", "2", "3"]
    assert raw.headers == {"": ("编号", "新")}
    assert raw.parts.tolist() == [0, 0, 1]


def test_json_keeps_the_digits_that_the_owner_wrote() -> None:
    body = b'[{"lng": 118.3850, "id": 913400007199042708123, "open": true, "none": null, "blank": " ", "geo": {"lat": 31.30}, "has": ["\xe6\xb0\xb4", "wifi"], "of": [{"a": 1}], "empty": []}]'
    row = JsonRows()([Payload("1", body)]).cells.iloc[0]
    assert row.dropna().to_dict() == {
        "lng": "118.3850",
        "id": "913400007199042708123",
        "open": "true",
        "geo.lat": "31.30",
        "has": "水、wifi",
        "of": '[{"a": "1"}]',
    }
    assert sorted(row.index[row.isna()]) == ["blank", "empty", "none"]


def test_xml_in_gb18030_is_read_with_its_total() -> None:
    raw = PLACES(
        [
            _xml(
                "<阵地 状态='在用'><编号>1</编号><名称>澛港站㐂</名称><地址/></阵地><阵地><编号>2</编号><位置><经度>118.3</经度></位置></阵地>"
            )
        ]
    )
    assert raw.headers == {"": ("@状态", "编号", "名称", "地址", "位置/经度")}
    assert raw.cells["名称"].to_list()[:1] == ["澛港站㐂"]
    assert raw.cells["地址"].isna().all()
    assert raw.total == 2


def test_xml_whose_total_is_an_element_or_no_number() -> None:
    assert PLACES([Payload("a", "<名录><总数>7</总数></名录>".encode())]).total == 7
    assert PLACES([Payload("a", "<名录><总数>七</总数></名录>".encode())]).total is None


def test_repeated_children_are_joined() -> None:
    assert PLACES([_xml("<阵地><服务>水</服务><服务>电</服务></阵地>")]).cells["服务"].to_list() == ["水、电"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "GBK"])
def test_csv_in_the_encodings_of_owners(encoding: str) -> None:
    content = '站点名单\n编号,名 称\n1,甲\n\n2,"乙,\n丙"\n'.encode(encoding)
    raw = CsvRows(encoding=encoding, title_rows=1)([Payload("a.csv", content)])
    assert raw.headers == {"": ("编号", "名称")}
    assert raw.cells["名称"].to_list() == ["甲", "乙,\n丙"]
    assert raw.lines.tolist() == ["3", "5"]


def test_a_csv_row_of_another_width_is_marked_not_lost() -> None:
    raw = CsvRows()([Payload("a.csv", "编号,名称\n1,甲\n2,乙,丙\n3\n".encode())])
    assert raw.cells["编号"].to_list() == ["1", "2", "3"]
    assert raw.unusable[["at", "rule", "value"]].to_numpy().tolist() == [
        [1, "row_cells_misplaced", "2,乙,丙"],
        [2, "row_cells_misplaced", "3"],
    ]


def test_a_csv_saved_by_a_spreadsheet_shows_its_lost_digits_and_its_equals_signs() -> None:
    raw = CsvRows()([Payload("a.csv", "名称,信用代码\n=1+1,9.134E+17\n".encode())])
    assert raw.cells["名称"].to_list() == ["=1+1"]
    assert raw.unusable["rule"].to_list() == ["number_precision_lost"]


def test_several_csv_files_are_one_list() -> None:
    raw = CsvRows()([Payload("a.csv", "编号\n1\n".encode()), Payload("b.csv", "编号\n2\n".encode())])
    assert raw.lines.tolist() == ["a.csv!2", "b.csv!2"]
    assert raw.headers == {"a.csv": ("编号",), "b.csv": ("编号",)}
    assert raw.parts.tolist() == [0, 1]


LOGIN = "<!DOCTYPE html><html><body>请登录</body></html>".encode()


@pytest.mark.parametrize(
    ("reader", "content", "says"),
    [
        (JsonRows("data.list"), b'{"code":500,"data":[]}', "data.list"),
        (JsonRows("data.list"), LOGIN, "JSON"),
        (JsonRows("data.list"), b'{"data":{"list":[{"a":1}', "不是完整的 JSON"),
        (JsonRows(""), b"[1, 2]", "最外层"),
        (JsonRows(""), b"[" * 100_000, "JSON"),
        (JsonRows(""), '[{"名称":"甲"}]'.encode("gb18030"), "实为 GB18030"),
        (PLACES, BOMB, "实体定义"),
        (PLACES, OUTSIDE, "实体定义"),
        (PLACES, LOGIN, "网页"),
        (PLACES, _xml("<阵地/>", "gb18030", "UTF-8").content, "实为 GB18030"),
        (PLACES, _xml("<阵地/>", "utf-8", "GB18030").content, "实为 UTF-8"),
        (PLACES, _xml("<阵地/>", "utf-8", "KLINGON").content, "KLINGON"),
        (PLACES, _xml("<阵地/>").content[:57], "不是完整的 XML"),
        (CsvRows(), "编号,名称\n1,甲\n".encode("gb18030"), "实为 GB18030"),
        (CsvRows(encoding="gb18030"), "编号,名称\n1,甲\n".encode(), "实为 UTF-8"),
        (CsvRows(), b"a\xff\xfe\xff", "第 2 个字节"),
        (CsvRows(encoding="ascii"), b"a\xff", "ascii"),
        (CsvRows(), LOGIN, "网页"),
        (CsvRows(), b'a,b\n"' + b"x" * 200_000 + b'"', "第 2 行有一个引号"),
        (CsvRows(), b'a,b\n1,2\n"3\n",4\n5,"6\n7,8\n9,10\n', "第 4 行有一个引号"),
    ],
)
def test_what_is_not_as_declared_is_refused_in_one_sentence(reader: Reader, content: bytes, says: str) -> None:
    with pytest.raises(NotAsDeclaredError, match=says) as told:
        reader([Payload("第1页", content)])
    assert str(told.value).startswith("第1页：")
    assert len(str(told.value)) < 120
