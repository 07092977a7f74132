"""Columns of any list: recognised by header in Chinese and English, or named by hand; datums, ids and files settled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from xlsxwriter.worksheet import Worksheet

from sources.kit.any_list import ListError, read_lists
from sources.kit.recognise import ColumnsError, asked_for, datum_in, datum_of, recognise
from tests.sources.workbooks import workbook
from transforms.records import columns_of
from transforms.standardise import words

PLAIN = (
    "listing_id",
    "source",
    "name",
    "address",
    "city",
    "district",
    "street",
    "community",
    "lng",
    "lat",
    "datum",
    "phone",
    "credit_code",
    "kind",
)


def test_the_plain_header_is_recognised_whole() -> None:
    fields = list(recognise(PLAIN).values())
    assert sorted(fields) == sorted({*PLAIN} - {"district", "street"} | {"county", "town"})


def test_every_field_of_the_vocabulary_is_one() -> None:
    known = {*columns_of("row"), "listing_id", "source", "datum", "city", "ignored"}
    assert {line["field"] for line in words.lines("headers")} <= known


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["序号", "站点编号", "站点名称", "详细地址", "经度", "纬度"], ["", "listing_id", "name", "address", "lng", "lat"]),
        (
            ["Id", "Source", "Site name", "Address", "Zip", "Phone", "Program Name"],
            ["listing_id", "source", "name", "address", "", "phone", ""],
        ),
        (["名称（必填）", "联系电话", "统一社会信用代码", "所属区县", "街道（乡镇）"], ["name", "phone", "credit_code", "county", "town"]),
        (["爱心驿站名称", "驿站地址", "负责人"], ["name", "address", "contact"]),
        (["NAME", "Longitude (WGS84)", "LAT", "store_type"], ["name", "lng", "lat", ""]),
        (["商户名称", "联系人姓名", "类型"], ["name", "contact", "kind"]),
        (["lng_gcj02", "lat_gcj02", "title"], ["lng", "lat", "name"]),
        (["颜色", "大小"], ["", ""]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_headers_and_what_they_mean(headers: list[str], expected: list[str]) -> None:
    found = recognise(headers)
    assert [found.get(header, "") for header in headers] == expected


@pytest.mark.parametrize(
    ("text", "datum"),
    [
        ("wgs84", "WGS-84"),
        ("GCJ-02", "GCJ-02"),
        ("gcj02ll", "GCJ-02"),
        ("bd09", "BD-09"),
        ("百度坐标", "BD-09"),
        ("CGCS2000", "CGCS2000"),
        ("mars", None),
    ],
)
def test_datums_as_people_write_them(text: str, datum: str | None) -> None:
    assert datum_of(text) == datum


def test_a_datum_in_a_header() -> None:
    assert datum_in("经度（GCJ-02）") == "GCJ-02"
    assert datum_in("经度") is None


def test_columns_named_by_hand() -> None:
    assert asked_for("name=title, district=qu,lat=") == {"name": "title", "county": "qu", "lat": ""}
    with pytest.raises(ColumnsError, match="看不懂"):
        asked_for("colour=name")


def csv(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_the_datum_of_a_row_is_its_own_else_that_asked_for_else_that_of_the_header(tmp_path: Path) -> None:
    own = csv(tmp_path / "own.csv", "name,lng,lat,datum\na,118,31,bd09\nb,118,31,\n")
    assert read_lists([own]).rows["datum"].tolist() == ["BD-09", "WGS-84"]
    assert read_lists([own], datum="gcj02").rows["datum"].tolist() == ["BD-09", "GCJ-02"]
    header = csv(tmp_path / "header.csv", "name,lng_gcj02,lat_gcj02\na,118,31\n")
    assert read_lists([header]).rows["datum"].tolist() == ["GCJ-02"]
    none = csv(tmp_path / "none.csv", "name,address\na,b\n")
    assert read_lists([none], datum="gcj02").rows["datum"].isna().all()
    odd = csv(tmp_path / "odd.csv", "name,lng,lat,datum\na,118,31,金星\n")
    with pytest.raises(ListError, match="不认识的写法：金星"):
        read_lists([odd])


def test_a_street_of_an_english_list_is_its_address(tmp_path: Path) -> None:
    english = csv(tmp_path / "a.csv", "name,street,city\nCircle K,501 N Main St,Pittsburgh\n")
    assert read_lists([english]).rows["address"].tolist() == ["501 N Main St"]
    chinese = csv(tmp_path / "b.csv", "name,street\n青松面馆,赭山街道\n")
    assert read_lists([chinese]).rows["town"].tolist() == ["赭山街道"]


def test_a_source_is_the_column_else_the_file(tmp_path: Path) -> None:
    files = [csv(tmp_path / "union.csv", "name\na\n"), csv(tmp_path / "banks.csv", "name,source\nb,icbc\nc,\n")]
    assert read_lists(files).rows["source"].tolist() == ["union", "icbc", "banks"]


def test_cells_over_several_lines_and_rows_of_another_width_are_kept(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", 'id,name,address\n1,"Chicago\nCommons",27 Washington\n2,short\n3,long,b,c\n')
    rows = read_lists([path]).rows
    assert rows["listing_id"].tolist() == ["1", "2", "3"]
    assert rows["name"].tolist() == ["Chicago\nCommons", "short", "long"]


def test_numbers_of_a_parquet_are_told_as_a_person_would(tmp_path: Path) -> None:
    pd.DataFrame({"id": [1, 2], "name": ["a", "b"], "phone": [2865286.0, None]}).to_parquet(tmp_path / "a.parquet")
    rows = read_lists([tmp_path / "a.parquet"]).rows
    assert rows["listing_id"].tolist() == ["1", "2"]
    assert rows["phone"].tolist()[0] == "2865286"


def test_every_sheet_of_a_workbook_has_titles_of_its_own_and_a_sheet_of_notes_is_no_list(tmp_path: Path) -> None:
    def rows(*lines: tuple[str, ...]) -> Callable[[Worksheet], None]:
        def fill(sheet: Worksheet) -> None:
            for at, line in enumerate(lines):
                sheet.write_row(at, 0, line)

        return fill

    header, one, other = ("名称", "地址"), ("天门山社区服务站", "天门山路8号"), ("同庆楼", "北京路3号")
    made = workbook(
        ("一", rows(("全市驿站名单", ""), header, one)), ("二", rows(header, other)), ("说明", rows(("项目", "内容"), ("联系人", "张三")))
    )
    (tmp_path / "a.xlsx").write_bytes(made)
    lists = read_lists([tmp_path / "a.xlsx"])
    assert lists.rows["name"].tolist() == ["天门山社区服务站", "同庆楼"]
    assert lists.rows["listing_id"].tolist() == ["a.xlsx:一!3", "a.xlsx:二!2"]
    assert lists.unread == ("a.xlsx：说明",)
    assert read_lists([tmp_path / "a.xlsx"], {"name": "内容"}).rows["name"].tolist() == ["张三"], "named by hand"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_title_above_the_header_says_nothing_of_what_parts_the_columns(tmp_path: Path, delimiter: str) -> None:
    lines = ["关于全市驿站的表", delimiter.join(("序号", "站点", "地址")), delimiter.join(("1", "同庆楼", "北京路3号"))]
    lists = read_lists([csv(tmp_path / "a.csv", "\n".join(lines) + "\n")])
    assert lists.rows[["name", "address"]].to_numpy().tolist() == [["同庆楼", "北京路3号"]]


def test_two_files_of_one_name_are_two_lists(tmp_path: Path) -> None:
    files = [tmp_path / one / folder / "list.csv" for one in "xy" for folder in ("l",)]
    for file in files:
        file.parent.mkdir(parents=True)
        csv(file, "name\n同庆楼\n")
    lists = read_lists(files)
    assert lists.rows["source"].tolist() == ["x/l/list", "y/l/list"]
    assert lists.rows["listing_id"].tolist() == ["x/l/list.csv:2", "y/l/list.csv:2"]


def test_one_file_given_twice(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "name\na\n")
    with pytest.raises(ListError, match="同一个文件给了两次"):
        read_lists([path, path])
