"""Exports as others read them: spreadsheets, frictionless, geopandas; whole, or not there."""

from __future__ import annotations

import csv
import errno
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import geopandas as gpd  # type: ignore[import-untyped]
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from frictionless import Package
from openpyxl import load_workbook

from desk import export_files
from desk.asking import QuestionError, opened
from desk.cells_csv import marked, read_back
from desk.export_files import FORMATS, write_export
from desk.export_register import Taken, Wish, take
from tests.desk.register import NAMES, named, publish, publisher
from tests.warehouse.nights import Claim
from transforms.standardise.position import from_wgs84
from warehouse.publish import Publication

SPATIAL = ("geoparquet", "geojson")


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """Two nights of stations with awkward names; on the second, one is renamed. A mobile stands among the phones."""
    publishing = publisher(tmp_path_factory.mktemp("exports"))
    claims = named(NAMES)
    publish(publishing, "2026-06-01", claims, phones="0553-3812345;13900001234")
    claims[0] = Claim("union", "1", name="新名字", station=1)
    return publish(publishing, "2026-06-03", claims, phones="0553-3812345;13900001234")


def taken(publication: Publication, **wish: Any) -> Taken:
    with opened(publication.analyst) as connection:
        return take(connection, publication, Wish(**wish))


@pytest.fixture(scope="module")
def folder(publication: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first night in every format."""
    folder = tmp_path_factory.mktemp("taken")
    write_export(taken(publication, as_of=date(2026, 6, 1)), list(FORMATS), folder)
    return folder


def test_the_csv_is_one_that_excel_opens_right_and_nothing_in_it_is_a_formula(folder: Path) -> None:
    content = (folder / "station.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") >= len(NAMES) + 1
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert all(
        not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) and cell[:1] not in ("\t", "\r")
        for row in rows
        for cell in row
    )
    assert {row[rows[0].index("county_code")] for row in rows[1:]} == {"'340202"}, "a code of digits stays text"


def test_the_csv_reads_back_exactly(folder: Path) -> None:
    written = pd.read_csv(folder / "station.csv", dtype=str, keep_default_na=False)
    names = read_back(pa.array(written["name"].tolist())).to_pylist()
    assert sorted(names) == sorted(NAMES)
    assert read_back(marked(pa.array([*NAMES, None, ""]))).to_pylist() == [*NAMES, None, ""]


def test_a_text_that_a_spreadsheet_leaves_alone_is_left_alone() -> None:
    plain = [
        "0553-3812345",
        "18:00-02:00",
        "yz3402-00000001",
        "5幢",
        "新站 -1",
        "88-15-3号",
        "Mar 咖啡",
        "Marriott",
        "Decor 12",
        "8时-12时",
        "12月站",
        "3号",
    ]
    assert marked(pa.array(plain)).to_pylist() == plain


def test_a_text_that_a_spreadsheet_would_take_for_something_else_is_marked() -> None:
    taken = [
        "8时30分",
        "下午5时",
        "8:30 PM",
        "5 pm",
        "Mar-5",
        "5-Mar",
        "March 2026",
        "1 1/2",
        "3-1",
        "¥5",
        "$1,200",
        "12 %",
        "０５５３",
        "1e5",
        "TRUE",
        "6月1日",
    ]
    assert marked(pa.array(taken)).to_pylist() == [f"'{each}" for each in taken]


def test_the_workbook_holds_text_as_text_and_explains_its_columns(folder: Path) -> None:
    book = load_workbook(folder / "station.xlsx")
    assert book.sheetnames == ["station", "说明", "代码"]
    rows = list(book["station"].iter_rows())
    at = {cell.value: place for place, cell in enumerate(rows[0])}
    assert sorted(str(row[at["name"]].value).replace("_x000D_", "\r") for row in rows[1:]) == sorted(NAMES)
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}, "no formula"
    assert {row[at["county_code"]].data_type for row in rows[1:]} == {"s"}
    told = {row[0].value: (row[1].value, row[3].value) for row in book["说明"].iter_rows()}
    assert set(at) <= set(told)
    assert told["lng_wgs84"] == ("经度", "longitude, degrees WGS-84, rounded to 7 places")
    codes = {tuple(cell.value for cell in row) for row in book["代码"].iter_rows()}
    assert {
        ("batch", "renovated", "改造一批"),
        ("status", "closed", "停用"),
        ("close_cause", "absent_twice", "连续两次名单中没有"),
        ("sources", "union", "市总工会《工会驿站名单》"),
    } <= codes


def test_the_package_is_valid_and_says_what_the_files_are_of(folder: Path) -> None:
    report = Package(str(folder / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "message"])
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert package["yizhan"] == {
        "publication": "2026-06-03-2",
        "night": "2026-06-01",
        "asOf": "2026-06-01",
        "where": None,
        "isPublic": False,
        "datum": "WGS-84",
        "rows": len(NAMES),
    }
    assert package["sources"] == [{"title": "市总工会《工会驿站名单》：内部"}]
    assert all(field["description"] for resource in package["resources"] for field in resource["schema"]["fields"])


def test_a_digest_of_the_package_finds_a_changed_file(publication: Publication, tmp_path: Path) -> None:
    write_export(taken(publication), ["parquet"], tmp_path)
    with (tmp_path / "station.parquet").open("ab") as file:
        file.write(b"x")
    assert not Package(str(tmp_path / "datapackage.json")).validate().valid


def test_geoparquet_is_read_by_others_with_its_places_and_by_box(folder: Path) -> None:
    path = folder / "station.geo.parquet"
    places = gpd.read_parquet(path)
    assert str(places.crs) == "OGC:CRS84"
    assert places.geometry.isna().sum() == 1, "a station without a position is kept"
    assert {(point.x, point.y) for point in places.geometry.dropna()} == {(118.38, 31.33)}
    assert len(gpd.read_parquet(path, bbox=(118, 31, 119, 32))) == len(NAMES) - 1
    assert len(gpd.read_parquet(path, bbox=(117, 31, 118, 32))) == 0
    geo = json.loads(pq.read_schema(path).metadata[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["columns"]["geometry"]["covering"]["bbox"]["xmin"] == ["bbox", "xmin"]


def test_geojson_is_rfc_7946_and_says_so_when_it_is_not_in_its_datum(publication: Publication, folder: Path, tmp_path: Path) -> None:
    plain = json.loads((folder / "station.geojson").read_text("utf-8"))
    assert plain["type"] == "FeatureCollection"
    assert "crs" not in plain
    assert "datum" not in plain
    assert [feature["geometry"] for feature in plain["features"]].count(None) == 1
    assert {json.dumps(feature["geometry"]["coordinates"]) for feature in plain["features"] if feature["geometry"]} == {"[118.38, 31.33]"}
    assert sorted(feature["properties"]["name"] for feature in plain["features"]) == sorted(NAMES)
    write_export(taken(publication, is_gcj02=True), list(SPATIAL), tmp_path)
    moved = json.loads((tmp_path / "station.gcj02.geojson").read_text("utf-8"))
    assert moved["datum"] == "GCJ-02"
    assert "不是 RFC 7946" in moved["note"]
    east, north = from_wgs84([118.38], [31.33], "GCJ-02")
    assert moved["features"][0]["geometry"]["coordinates"] == [round(float(east[0]), 7), round(float(north[0]), 7)]
    assert gpd.read_parquet(tmp_path / "station.gcj02.geo.parquet").crs is None
    columns = pq.read_schema(tmp_path / "station.gcj02.geo.parquet").names
    assert "lng_gcj02" in columns
    assert "lng_wgs84" not in columns


def test_parquet_columns_carry_their_meaning(folder: Path) -> None:
    schema = pq.read_schema(folder / "station.parquet")
    assert schema.field("hours").metadata[b"title"].decode() == "开放时间"
    assert schema.metadata[b"publication"] == b"2026-06-03-2"


def test_the_public_sees_no_person_and_no_row(publication: Publication) -> None:
    public = taken(publication, is_public=True)
    told = json.dumps(public.rows.to_pylist(), default=str, ensure_ascii=False)
    assert "13900001234" not in told
    assert "0553-3812345" in told
    assert "王芳" not in told
    assert "union:" not in told
    for table in ("listing", "statement", "station_listing", "pair", "run", "station_diary"):
        with pytest.raises(QuestionError, match="不对外公开"):
            taken(publication, table=table, is_public=True)


def test_the_public_is_told_whose_lists_and_not_under_which_terms(publication: Publication, tmp_path: Path) -> None:
    write_export(taken(publication, is_public=True), ["csv", "xlsx"], tmp_path)
    package = json.loads((tmp_path / "datapackage.json").read_text("utf-8"))
    assert Package(str(tmp_path / "datapackage.json")).validate().valid
    assert package["sources"] == [{"title": "市总工会《工会驿站名单》"}]
    assert "licenses" not in package
    cells = {str(cell.value) for sheet in load_workbook(tmp_path / "station.xlsx") for row in sheet.iter_rows() for cell in row}
    assert "市总工会《工会驿站名单》" in cells
    assert not any("内部" in cell for cell in cells)


@pytest.mark.parametrize("night", [date(2026, 6, day) for day in (1, 2, 3)])
def test_the_stations_of_a_past_night_are_those_published_for_it(publication: Publication, night: date) -> None:
    """Also on the third, on which one began to read otherwise."""
    with opened(publication.analyst) as connection:
        published = connection.execute(f"select station_id, name from station_as_of('{night}') order by station_id").fetchall()
    rows = taken(publication, as_of=night).rows
    assert list(zip(rows.column("station_id").to_pylist(), rows.column("name").to_pylist(), strict=True)) == published


def test_a_file_that_no_export_wrote_is_not_replaced(publication: Publication, tmp_path: Path) -> None:
    (tmp_path / "station.csv").write_text("mine", "utf-8")
    with pytest.raises(QuestionError, match="不敢覆盖"):
        write_export(taken(publication), ["csv", "parquet"], tmp_path)
    assert [each.read_text("utf-8") for each in tmp_path.iterdir()] == ["mine"]


def test_another_table_can_be_taken(publication: Publication, tmp_path: Path) -> None:
    write_export(taken(publication, table="mart_station_by_county_batch"), ["csv", "xlsx", "parquet"], tmp_path)
    assert Package(str(tmp_path / "datapackage.json")).validate().valid
    for form in SPATIAL:
        with pytest.raises(QuestionError, match="没有坐标"):
            write_export(taken(publication, table="owner"), [form], tmp_path)
    with pytest.raises(QuestionError, match="没有这样的表：quarantine"):
        taken(publication, table="quarantine")


def test_every_table_that_analysts_may_read_fits_into_a_workbook(publication: Publication, tmp_path: Path) -> None:
    with duckdb.connect(str(publication.analyst), read_only=True) as connection:
        names = [name for (name,) in connection.execute("select table_name from information_schema.tables order by 1").fetchall()]
    assert max(map(len, names)) > 31, "Excel's longest name of a sheet"
    for name in names:
        (path,) = [each for each in write_export(taken(publication, table=name), ["xlsx"], tmp_path / name) if each.suffix == ".xlsx"]
        assert load_workbook(path, read_only=True).sheetnames[0] == name[:31]


def test_the_public_dictionary_tells_of_what_is_public(publication: Publication) -> None:
    assert set(taken(publication, table="dictionary", is_public=True).rows.column("readable_by").to_pylist()) == {"public"}
    assert set(taken(publication, table="dictionary").rows.column("readable_by").to_pylist()) == {"public", "analyst"}


def test_a_past_night_is_as_it_was_and_before_the_first_there_is_none(publication: Publication) -> None:
    def renamed(**wish: Any) -> bool:
        return "新名字" in taken(publication, **wish).rows.column("name").to_pylist()

    assert renamed()
    assert renamed(as_of=date(2026, 6, 3))
    between = taken(publication, as_of=date(2026, 6, 2))
    assert between.night == date(2026, 6, 1)
    assert not renamed(as_of=date(2026, 6, 2))
    with pytest.raises(QuestionError, match="第一夜是 2026-06-01"):
        taken(publication, as_of=date(2026, 5, 31))
    with pytest.raises(QuestionError, match="只用于驿站"):
        taken(publication, table="owner", as_of=date(2026, 6, 2))


def test_a_condition_keeps_what_it_says(publication: Publication) -> None:
    assert len(taken(publication, where="name = '3-4' or name = '0012' -- both").rows) == 2
    assert len(taken(publication, where="lng_wgs84 is null").rows) == 1
    assert len(taken(publication, where="false").rows) == 0


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("", "写得不对"),
        ("county =", "写得不对"),
        ("district = '镜湖区'", 'column "district" not found'),
        ("true; drop table station_history", "只写一个条件"),
        ("true) union select * from listing where (true", "只能是一个条件"),
        ("true) limit (1", "只能是一个条件"),
        ("true) using sample (1", "只能是一个条件"),
        ("station_id in (select station_id from station_listing)", "不能有子查询"),
        ("exists (from read_csv('/etc/passwd'))", "不能有子查询"),
        ("max(name) = '1'", "写得不对"),
    ],
)
def test_a_condition_that_is_none_is_refused_in_one_sentence(publication: Publication, where: str, sentence: str) -> None:
    with pytest.raises(QuestionError, match=sentence) as refused:
        taken(publication, where=where)
    assert "\n" not in str(refused.value)


def test_the_same_publication_gives_the_same_bytes(publication: Publication, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_export(taken(publication), list(FORMATS), tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_an_export_takes_the_place_of_the_one_before(publication: Publication, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    write_export(taken(publication), ["csv", "parquet"], tmp_path)
    write_export(taken(publication), ["geojson"], tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"mine.txt", "station.geojson", "datapackage.json"}


@pytest.mark.parametrize("stranger", ["{}", "[1]", "no json"])
def test_a_package_of_another_is_left_alone(publication: Publication, tmp_path: Path, stranger: str) -> None:
    (tmp_path / "datapackage.json").write_text(stranger)
    with pytest.raises(QuestionError, match="换一个目录"):
        write_export(taken(publication), ["csv"], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["datapackage.json"]


@pytest.mark.parametrize("form", list(FORMATS))
def test_without_room_the_folder_is_as_it_was(publication: Publication, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_export(taken(publication, where="name = '3-4'"), [form], tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def no_room(*_: object) -> bytes:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(export_files, "package_of", no_room)
    with pytest.raises(OSError, match="No space"):
        write_export(taken(publication), [form], tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
