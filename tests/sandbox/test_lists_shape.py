"""The six lists: their headers, sizes and overlap, and each owner's habits."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache

import pytest

from sandbox.city import Town, build
from sandbox.datum import METRES_A_DEGREE
from sandbox.faults import BLANKS
from sandbox.lists import DATUM, HEADERS, PARTS
from sandbox.lists.press import Published
from sandbox.station import SOURCES
from sandbox.writing import chinese_number, formal_number, full_width


@cache
def town() -> Town:
    """The city of seed 1, built once."""
    return build(1)


def column(source: str, part: str) -> list[str]:
    """The cells of a part that are not empty."""
    return [text for row in town().rows(source, 0) if (text := row.fields[PARTS[source][part]])]


@pytest.mark.parametrize("source", SOURCES)
def test_rows_have_exactly_the_protocols_headers(source: str) -> None:
    for night in (0, 10):
        assert all(tuple(row.fields) == HEADERS[source] for row in town().rows(source, night))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_six_lists_hold_about_1900_rows_on_at_least_800_stations(seed: int) -> None:
    city = build(seed)
    rows: list[Published] = [row for source in SOURCES for row in city.rows(source, 0)]
    assert 1800 <= len(rows) <= 2000
    alive = {station.id for station in city.stations(0) if station.is_open}
    assert len({row.station for row in rows} & alive) >= 800


def test_lists_overlap() -> None:
    listed: dict[str, set[str]] = defaultdict(set)
    for source in SOURCES:
        for row in town().rows(source, 0):
            listed[row.station].add(source)
    sizes = Counter(len(sources) for sources in listed.values())
    assert sizes[2] > 250
    assert sizes[3] > 150


def test_neighbours_share_doors_and_words() -> None:
    """What makes the lists hard: a road and number, or a word, says where a station stands but not which of several it is."""
    alive = [station for station in town().stations(0) if station.is_open]
    doors = Counter((station.place.county_code, station.place.road, station.place.number) for station in alive)
    assert sum(count for count in doors.values() if count > 1) > 0.3 * len(alive)
    words = Counter((station.hub, station.label) for station in alive)
    assert sum(count for count in words.values() if count > 1) > 0.3 * len(alive)
    over_counties: dict[str, set[str]] = defaultdict(set)
    for station in alive:
        over_counties[station.label].add(station.place.county_code)
    assert sum(len(counties) > 1 for counties in over_counties.values()) > 30


@pytest.mark.parametrize("source", [source for source in SOURCES if source != "bank_rural"])
def test_codes_are_unique_but_for_rows_put_in_twice(source: str) -> None:
    codes = Counter(row.fields[HEADERS[source][0]] for row in town().rows(source, 0) if "row_twice" not in row.faults)
    assert max(codes.values()) == 1


def test_some_lists_have_a_station_under_two_codes() -> None:
    for source in ("union", "telecom_tower", "civilization"):
        rows = [row for row in town().rows(source, 0) if "row_twice" not in row.faults]
        assert 2 <= len(rows) - len({row.station for row in rows}) <= 0.05 * len(rows)


def test_positions_are_in_the_owners_datum() -> None:
    truth = {station.id: station.place for station in town().stations(0)}
    for source, shift_m in {"union": 500, "bank_icbc": 1100, "telecom_mobile": 500, "telecom_tower": 0, "civilization": 0}.items():
        east: list[float] = []
        for row in town().rows(source, 0):
            if not any(fault.startswith("position") or fault == "other_datum" for fault in row.faults):
                lng = float(row.fields[PARTS[source]["lng"]] or 0)
                east.append((lng - truth[row.station].lng) * METRES_A_DEGREE * 0.855)
        east.sort()
        assert east[len(east) // 2] == pytest.approx(shift_m, abs=80), source
    assert set(DATUM) == set(SOURCES) - {"bank_rural"}


def test_each_owner_names_in_its_own_way() -> None:
    assert sum("户外劳动者服务站点" in name for name in column("union", "name")) > 0.5 * len(column("union", "name"))
    assert all(name.startswith("中国工商银行股份有限公司芜湖") for name in column("bank_icbc", "name") if name not in BLANKS)
    assert sum(len(name) <= 12 for name in column("telecom_mobile", "name")) > 0.8 * len(column("telecom_mobile", "name"))
    assert all("文明实践" in name for name in column("civilization", "name") if name not in BLANKS)
    assert sum("10086" in phone for phone in column("telecom_mobile", "phone")) > 30
    assert sum("95588" in phone for phone in column("bank_icbc", "phone")) > 15


def test_the_rural_bank_writes_numerals_of_every_kind() -> None:
    addresses = column("bank_rural", "address")
    for form in ("[零壹贰叁肆伍陆柒捌玖拾佰]+号", "[一二三四五六七八九十百]+号", "[0-9]+号"):
        assert sum(bool(re.search(form, text)) for text in addresses) >= 5, form
    assert {row.fields["__sheet__"] for row in town().rows("bank_rural", 0)} >= {"镜湖区", "鸠江区", "弋江区", "无为市"}


def test_civilization_keeps_a_hierarchy_under_codes_of_before_2020() -> None:
    rows = [row.fields for row in town().rows("civilization", 0)]
    codes = {row["编号"] for row in rows}
    assert {row["层级"] for row in rows} == {"中心", "所", "站", "点"}
    assert all(row["上级编号"] in codes for row in rows if row["层级"] != "中心" and row["上级编号"])
    divisions = [row["区划代码"] or "" for row in rows]
    assert all(re.fullmatch(r"3402\d{8}", division) for division in divisions)
    assert {division[:6] for division in divisions} == {"340202", "340203", "340207", "340208", "340221", "340222", "340223", "340225"}


@pytest.mark.parametrize(
    ("number", "plain", "formal"),
    [(8, "八", "捌"), (10, "十", "壹拾"), (21, "二十一", "贰拾壹"), (105, "一百零五", "壹佰零伍"), (120, "一百二十", "壹佰贰拾")],
)
def test_numerals(number: int, plain: str, formal: str) -> None:
    assert chinese_number(number) == plain
    assert formal_number(number) == formal


def test_full_width() -> None:
    assert full_width("中山路12号A座") == "中山路１２号Ａ座"
