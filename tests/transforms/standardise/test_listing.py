"""The whole of standardise: each fault comes out as its rule, and rows do not see each other."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transforms.standardise.made import first_of, rows_of
from transforms.records import RULES, City, Layout, columns_of, empty_frame, issue_rows
from transforms.standardise import standardise

NIGHT = "2026-06-01"
GOOD: dict[str, str | None] = {
    "name": "户外劳动者服务站点工会驿站(三山里社区站)",
    "host": "三山里社区居民委员会",
    "batch": "改造一批",
    "address": "安徽省芜湖市镜湖区青阳路38号一楼",
    "county": "镜湖区",
    "town": "张家山街道",
    "community": "三山里社区居民委员会",
    "lng": "118.385407",
    "lat": "31.328151",
    "phone": "0553-3812345",
    "contact": "王芳",
    "hours": "周一至周五 8:30-12:00，14:00-17:30",
    "facilities": "饮水机、微波炉",
    "credit_code": "913400007199042708",
    "status": "正常",
    "opened": "2025年6月",
    "updated": "2026-05-30",
}

FAULTS: list[tuple[str, dict[str, str | None]]] = [
    ("position_missing", {"lng": None, "lat": None}),
    ("position_missing", {"lat": None}),
    ("position_zero", {"lng": "0", "lat": "0.0"}),
    ("position_swapped", {"lng": "31.328151", "lat": "118.385407"}),
    ("position_outside", {"lng": "100.5", "lat": "20.1"}),
    ("position_outside", {"lng": "1183854", "lat": "313281"}),
    ("position_rounded", {"lng": "118.38", "lat": "31.33"}),
    ("position_unreadable", {"lng": "约118度半左右"}),
    ("phone_several", {"phone": "0553-3812345/13900001234"}),
    ("phone_unreadable", {"phone": "见门口"}),
    ("credit_code_invalid", {"credit_code": "913400007199042709"}),
    ("number_precision_lost", {"credit_code": "9.134E+17"}),
    ("closed_still_listed", {"status": "停用"}),
    ("county_unknown", {"county": "天河区"}),
    ("town_unknown", {"town": "天河街道"}),
    ("community_unknown", {"community": "幸福里社区"}),
    ("division_unknown", {"division": "110101"}),
    ("division_code_old", {"division": "340221"}),
    ("hours_past_midnight", {"hours": "18:00-次日2:00"}),
    ("hours_unreadable", {"hours": "随商场"}),
    ("text_fullwidth", {"address": "镜湖区青阳路３８号"}),
    ("place_name_variant", {"address": "弋江区瀂港路8号"}),
    ("text_private_use", {"address": "镜湖区青\ue5e5阳路8号"}),
    ("batch_contradicts_owner", {"host": "中国工商银行芜湖青阳路支行"}),
    ("batch_unreadable", {"batch": "第四批"}),
    ("name_contains_address", {"name": "工会驿站(三山里社区站)青阳路38号"}),
    ("name_contains_phone", {"name": "工会驿站(三山里社区站)13900001234"}),
    ("address_unreadable", {"address": "??"}),
    ("date_unreadable", {"opened": "去年"}),
    ("date_unreadable", {"updated": "2026-06-02"}),
]


def test_a_good_row(city: City, layout: Layout) -> None:
    listings, issues = standardise(rows_of([GOOD]), layout, city, NIGHT)
    assert issues.empty
    listing = listings.iloc[0].to_dict()
    expected = {
        "listing_id": "union:k0",
        "name_core": "三山里社区",
        "kind": "union_station",
        "plaques": "gonghui_yizhan;huwai_laodongzhe",
        "batch": "renovated",
        "batch_basis": "owner",
        "county_code": "340202",
        "town_code": "340202013",
        "community_code": "340202013001",
        "community": "三山里社区",
        "address": "镜湖区青阳路38号1楼",
        "road": "青阳路",
        "number": "38",
        "floor": "1",
        "position_basis": "given",
        "phones": "0553-3812345",
        "contact_name": "王芳",
        "hours": "Mo-Fr 08:30-12:00,14:00-17:30",
        "facilities": "microwave;water",
        "credit_code": "913400007199042708",
        "is_closed_by_owner": False,
        "opened_on": "2025-06-01",
        "updated_on": "2026-05-30",
    }
    assert {field: listing[field] for field in expected} == expected
    assert (listing["lng_wgs84"], listing["lat_wgs84"]) == pytest.approx((118.38, 31.33), abs=2e-6)


@pytest.mark.parametrize(("rule", "change"), FAULTS, ids=[rule for rule, _ in FAULTS])
def test_each_fault_is_its_rule(rule: str, change: dict[str, str | None], city: City, layout: Layout) -> None:
    listings, issues = standardise(rows_of([{**GOOD, **change}]), layout, city, NIGHT)
    assert rule in set(issues["rule"])
    assert set(issues["rule"]) <= {rule, "batch_contradicts_owner", "division_code_old"} or rule == "place_name_variant"
    assert len(listings) == 1
    assert set(issues["severity"]) <= {"warning", "info"}


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("name_unreadable", {"name": None}),
        ("name_unreadable", {"name": "无"}),
        ("name_unreadable", {"name": "123"}),
        ("name_too_long", {"name": "长" * 10_000}),
    ],
    ids=["absent", "none", "digits", "10 kB"],
)
def test_without_a_name_there_is_no_listing(rule: str, change: dict[str, str | None], city: City, layout: Layout) -> None:
    listings, issues = standardise(rows_of([GOOD, {**GOOD, **change}]), layout, city, NIGHT)
    assert listings["row_key"].tolist() == ["k0"]
    assert issues.loc[issues["severity"] == "critical", ["row_key", "rule"]].to_numpy().tolist() == [["k1", rule]]


def test_other_required_fields(city: City, layout: Layout) -> None:
    listings, issues = standardise(rows_of([{**GOOD, "address": None}]), replace(layout, required=("name", "address")), city, NIGHT)
    assert listings.empty
    assert issues["rule"].tolist() == ["required_missing"]
    assert issues["field"].tolist() == ["address"]


def test_frames_are_as_the_dictionary_says(city: City, layout: Layout) -> None:
    listings, issues = standardise(rows_of([GOOD, {**GOOD, "lng": None, "phone": "见门口"}]), layout, city, NIGHT)
    empty, no_issues = standardise(rows_of([]), layout, city, NIGHT)
    for frame in (listings, empty):
        assert frame.columns.tolist() == empty_frame("listing").columns.tolist()
        assert frame.dtypes.to_dict() == empty_frame("listing").dtypes.to_dict()
    pd.testing.assert_frame_equal(issues.iloc[:0], no_issues)
    rule = issues["rule"].iloc[0]
    pd.testing.assert_frame_equal(issues.head(1), issue_rows(RULES[rule], rows_of([GOOD, GOOD]).iloc[[1]], [issues["value"].iloc[0]]))


def test_phones_and_people(city: City, layout: Layout) -> None:
    row = {**GOOD, "name": "工会驿站(三山里社区站)13800001234", "contact": "王芳 13700001234", "phone": "12351、13900001234"}
    listings, _ = standardise(rows_of([row]), layout, city, NIGHT)
    assert first_of(listings, "phones", "contact_phone", "contact_name") == ["12351", "13700001234;13800001234;13900001234", "王芳"]


def test_a_number_without_area_code_is_the_citys(city: City, layout: Layout) -> None:
    listings, _ = standardise(rows_of([{**GOOD, "phone": "3812345"}]), layout, city, NIGHT)
    assert first_of(listings, "phones") == ["0553-3812345"]


def test_the_address_in_the_name_serves_where_there_is_no_other(city: City, layout: Layout) -> None:
    row = {**GOOD, "name": "工会驿站(三山里社区站)青阳路38号", "address": None}
    listings, _ = standardise(rows_of([row]), layout, city, NIGHT)
    assert first_of(listings, "road", "number", "name") == ["青阳路", "38", "工会驿站(三山里社区站)"]


def test_a_position_gives_the_county_where_nothing_else_does(city: City, layout: Layout) -> None:
    row = {"name": "某某驿站", "lng": "118.385407", "lat": "31.328151"}
    listings, _ = standardise(rows_of([row]), layout, city, NIGHT)
    assert listings.loc[0, "county_code"] == "340202"


def test_a_source_without_datum_misses_no_positions(city: City, layout: Layout) -> None:
    listings, issues = standardise(rows_of([{**GOOD, "lng": None, "lat": None}]), replace(layout, datum=None), city, NIGHT)
    assert issues.empty
    assert listings["lng_wgs84"].isna().all()


@pytest.mark.parametrize(
    ("kind", "row", "batch", "basis"),
    [
        ("bank_outlet", {"name": "工行青阳路支行"}, "co_branded", "rule"),
        ("telecom_kiosk", {"name": "青阳路便民亭"}, "new_build", "rule"),
        ("civ_station", {"name": "三山里社区新时代文明实践站"}, None, None),
        ("union_station", {"name": "工会驿站(工行青阳路支行站)"}, "co_branded", "rule"),
        ("union_station", {"name": "工会驿站(三山里社区站)", "batch": "新建一批"}, "new_build", "owner"),
    ],
    ids=["bank", "kiosk", "unknown", "plaque on a bank", "stated"],
)
def test_batch(kind: str, row: dict[str, str | None], batch: str | None, basis: str | None, city: City) -> None:
    listings, issues = standardise(rows_of([row]), Layout("list", kind, {}), city, NIGHT)
    found = first_of(listings, "batch", "batch_basis")
    assert found == [batch, basis]
    assert issues.empty


def test_a_kind_of_place_beats_a_plaque(city: City) -> None:
    rows = rows_of(
        [
            {"name": "工会驿站(工行青阳路支行站)", "kind": "工会驿站"},
            {"name": "农商行襄安支行文明实践点", "level": "点"},
            {"name": "三山里社区文明实践站", "level": "站"},
        ]
    )
    listings, _ = standardise(rows, Layout("list", "civ_station", {}), city, NIGHT)
    assert listings["kind"].tolist() == ["bank_outlet", "bank_outlet", "civ_station"]


def test_constants_of_the_layout(city: City, layout: Layout) -> None:
    listings, _ = standardise(rows_of([{"name": "某某驿站"}]), replace(layout, constants={"county": "镜湖区"}), city, NIGHT)
    assert listings.loc[0, "county_code"] == "340202"


_VALUES: dict[str, list[str | None]] = {field: [GOOD.get(field)] for field in columns_of("row")}
for _, _change in FAULTS:
    for _field, _value in _change.items():
        _VALUES[_field].append(_value)
_ROWS = st.lists(st.fixed_dictionaries({field: st.sampled_from(values) for field, values in _VALUES.items()}), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=_ROWS, seed=st.integers(0, 1000))
def test_rows_do_not_see_each_other(records: list[dict[str, str | None]], seed: int, city: City, layout: Layout) -> None:
    """In bulk as one by one, and in any order."""
    rows = rows_of(records)
    listings, issues = standardise(rows, layout, city, NIGHT)
    singles = [standardise(rows.iloc[[place]], layout, city, NIGHT) for place in range(len(rows))]
    _same(listings, pd.concat([listing for listing, _ in singles]), ["row_key"])
    _same(issues, pd.concat([issue for _, issue in singles]), ["row_key", "rule", "field"])
    shuffled = standardise(rows.sample(frac=1, random_state=seed), layout, city, NIGHT)
    _same(listings, shuffled[0], ["row_key"])
    _same(issues, shuffled[1], ["row_key", "rule", "field"])


def _same(one: pd.DataFrame, other: pd.DataFrame, by: list[str]) -> None:
    frames = [frame.sort_values(by, ignore_index=True) for frame in (one, other)]
    pd.testing.assert_frame_equal(frames[0], frames[1])
