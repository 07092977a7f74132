"""Each level met by a pair that shows it; comparisons are the same from both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.transforms.dedupe.some import HUNDREDTH_M, listing, listings
from transforms.dedupe import compare as module
from transforms.dedupe.compare import compare
from transforms.dedupe.features import character_sets, features
from transforms.dedupe.levels import COMPARISONS, STRATA

HERE = {"lng_wgs84": 118.38, "lat_wgs84": 31.33}


def north(metres: float) -> dict[str, float]:
    return {"lng_wgs84": 118.38, "lat_wgs84": 31.33 + metres / HUNDREDTH_M / 100}


def levels(a: dict[str, Any], b: dict[str, Any]) -> dict[str, str]:
    known = features(listings(listing("a:1", **a), listing("b:1", **b)))
    one, other = np.array([0]), np.array([1])
    there, back = compare(known, one, other), compare(known, other, one)
    for comparison in COMPARISONS:
        assert there.codes[comparison.name] == back.codes[comparison.name]
    told = {comparison.name: comparison.levels[int(there.codes[comparison.name][0])] for comparison in COMPARISONS}
    return {**told, "stratum": STRATA[there.stratum[0]]}


@pytest.mark.parametrize(
    ("a", "b", "where", "stratum"),
    [
        pytest.param(HERE, north(5), "d10+address_missing", "near", id="5 m"),
        pytest.param(HERE, north(20), "d30+address_missing", "near", id="20 m"),
        pytest.param(HERE, north(60), "d80+address_missing", "near", id="60 m"),
        pytest.param(HERE, north(140), "d150+address_missing", "near", id="140 m"),
        pytest.param(HERE, north(300), "d400+address_missing", "quarter", id="300 m"),
        pytest.param(HERE, north(900), "d1000+address_missing", "quarter", id="900 m"),
        pytest.param(HERE, north(1500), "d2000+address_missing", "far", id="1.5 km"),
        pytest.param(HERE, north(5000), "d_far+address_missing", "far", id="5 km"),
        pytest.param(HERE, {"lng_wgs84": 118.385407, "lat_wgs84": 31.328151}, "datum+address_missing", "quarter", id="GCJ-02 for WGS-84"),
        pytest.param(HERE, {"lng_wgs84": 118.392006, "lat_wgs84": 31.333812}, "datum+address_missing", "far", id="BD-09 for WGS-84"),
        pytest.param(
            {"road": "青阳路", "number": "38"}, {"road": "青阳路", "number": "38"}, "unplaced+number", "near", id="one door, no position"
        ),
        pytest.param(
            {"road": "青阳路", "number": "38", "building": "1幢"},
            {"road": "青阳路", "number": "38", "building": "2幢"},
            "unplaced+building",
            "near",
            id="two buildings",
        ),
        pytest.param(
            {"road": "青阳路", "number": "38-1"},
            {"road": "青阳路", "number": "38-2"},
            "unplaced+number_base",
            "quarter",
            id="shops of one number",
        ),
        pytest.param(
            {"road": "青阳路", "number": "38"}, {"road": "青阳路", "number": "40"}, "unplaced+number_near", "quarter", id="next number"
        ),
        pytest.param(
            {"road": "青阳路", "number": "38"}, {"road": "青阳路", "number": "380"}, "unplaced+number_differs", "quarter", id="far number"
        ),
        pytest.param(
            {"road": "青阳路", "number": "38", "county_code": "340202"},
            {"road": "青阳路", "number": "38", "county_code": "340207"},
            "elsewhere+road_differs",
            "far",
            id="one road name, two counties",
        ),
        pytest.param({"road": "青阳路", "number": "38"}, {"road": "青阳路"}, "unplaced+road", "quarter", id="one road, a number missing"),
        pytest.param({"town_code": "340202005"}, {"town_code": "340202005"}, "town+address_missing", "far", id="one town"),
        pytest.param({"county_code": "340202"}, {"county_code": "340202"}, "county+address_missing", "far", id="one county"),
        pytest.param({"landmark": "万达广场"}, {"landmark": "万达广场"}, "unplaced+landmark", "far", id="landmark"),
        pytest.param(
            {"landmark": "怡湖华庭", "building": "1幢", "room": "105"},
            {"road": "佳湖东路", "landmark": "怡湖华庭", "building": "1幢", "room": "105"},
            "unplaced+alike",
            "far",
            id="landmark and room",
        ),
        pytest.param(
            {"road": "双龙大道", "landmark": "景枫购物中心美食广场", "room": "F417"},
            {"road": "佳湖东路", "landmark": "景枫购物中心美食广场四楼", "room": "F417"},
            "unplaced+alike",
            "far",
            id="one room, two roads to it",
        ),
        pytest.param(
            {"road": "佳湖东路", "landmark": "怡湖华庭", "room": "105", "county_code": "340202"},
            {"landmark": "怡湖华庭", "room": "105", "county_code": "340207"},
            "elsewhere+landmark",
            "far",
            id="written alike in two counties",
        ),
        pytest.param(
            {"road": "青阳路", "number": "38", "landmark": "怡湖华庭", "room": "105"},
            {"road": "青阳路", "number": "380", "landmark": "怡湖华庭一期", "room": "105"},
            "unplaced+number_differs",
            "quarter",
            id="two numbers are believed, however alike the rest",
        ),
        pytest.param({"landmark": "门前"}, {"landmark": "门前"}, "unplaced+address_missing", "far", id="no landmark worth the name"),
        pytest.param(
            {"community_code": "340202005001"},
            {"community_code": "340202005001"},
            "community+address_missing",
            "quarter",
            id="one community",
        ),
    ],
)
def test_where(a: dict[str, Any], b: dict[str, Any], where: str, stratum: str) -> None:
    found = levels(a, b)
    assert (found["where"], found["stratum"]) == (where, stratum)


@pytest.mark.parametrize(
    ("a", "b", "level"),
    [
        pytest.param({"name_core": "青阳路社区"}, {"name_core": "青阳路社区"}, "equal_long", id="equal"),
        pytest.param({"name_core": "同庆楼"}, {"name_core": "同庆楼"}, "equal", id="equal and short"),
        pytest.param({"name_core": "青阳路", "road": "青阳路"}, {"name_core": "青阳路"}, "equal_area", id="only the road's name"),
        pytest.param({"name_core": "天门一村"}, {"name_core": "天门二村"}, "marker", id="first and second"),
        pytest.param({"name_core": "中山东路北段"}, {"name_core": "中山西路北段"}, "marker", id="east and west"),
        pytest.param({"name_core": "天门山文化一村"}, {"name_core": "天门文化二村"}, "marker", id="alike, but for the number"),
        pytest.param({"name_core": "天门1村"}, {"name_core": "天门一村"}, "close_begins", id="one number written twice"),
        pytest.param({"name_core": "大润发"}, {"name_core": "大润发烟墩"}, "begins", id="begins with it"),
        pytest.param({"name_core": "镜湖世纪城"}, {"name_core": "镜湖世纪城学府"}, "begins_long", id="begins with it, and long"),
        pytest.param({"name_core": "大润发"}, {"name_core": "烟墩大润发"}, "within", id="within"),
        pytest.param({"name_core": "镜湖世纪城"}, {"name_core": "学府镜湖世纪城"}, "within_long", id="within and long"),
        pytest.param({"name_core": "螺鼎记螺蛳粉"}, {"name_core": "螺鼎记螺狮粉"}, "nearly", id="one character miswritten"),
        pytest.param({"name_core": "ST ROSALIA CHURCH"}, {"name_core": "ST ROSALIAS CHURCH"}, "nearly", id="one letter more"),
        pytest.param(
            {"name_core": "FOSTER HALL BUILDING C"}, {"name_core": "FOSTER HALL BUILDING J"}, "marker", id="a letter that tells apart"
        ),
        pytest.param({"name_core": "镜湖王"}, {"name_core": "王镜湖楼"}, "within", id="as many, in another order"),
        pytest.param({"name_core": "王子烧烤牛蛙"}, {"name_core": "青蛙王子烧烤"}, "close", id="alike, begins otherwise"),
        pytest.param({"name_core": "镜湖书城"}, {"name_core": "镜湖广场"}, "some_begins", id="some characters, the first"),
        pytest.param({"name_core": "东门书城"}, {"name_core": "镜湖书城"}, "some", id="some characters"),
        pytest.param({"name_core": "柏庄名都"}, {"name_core": "香樟花园"}, "differs", id="different"),
        pytest.param({"name_core": None}, {"name_core": "香樟花园"}, "core_missing", id="missing"),
        pytest.param(
            {"name_core": "镜湖大润发01", "county": "镜湖区"}, {"name_core": "大润发"}, "equal", id="county and running number off"
        ),
    ],
)
def test_core(a: dict[str, Any], b: dict[str, Any], level: str) -> None:
    assert levels(a, b)["name"] == f"org_missing+{level}"


@pytest.mark.parametrize(
    ("comparison", "a", "b", "level"),
    [
        ("kind", {"kind": "bank_outlet", "name": "工行青阳支行"}, {"kind": "bank_outlet", "name": "青阳支行"}, "kind_same+premises_same"),
        (
            "kind",
            {"kind": "bank_outlet", "name": "青阳支行"},
            {"kind": "bank_self_service", "name": "青阳自助银行"},
            "kind_family+premises_sort",
        ),
        (
            "kind",
            {"kind": "union_station", "name": "工会驿站(青阳支行站)"},
            {"kind": "bank_outlet", "name": "青阳支行"},
            "kind_guest+premises_same",
        ),
        (
            "kind",
            {"kind": "telecom_hall", "name": "青阳营业厅"},
            {"kind": "bank_outlet", "name": "青阳支行"},
            "kind_differs+premises_differs",
        ),
        (
            "kind",
            {"kind": "city_post", "name": "青阳社区城市驿站"},
            {"kind": "party_centre", "name": "青阳社区党群服务中心"},
            "kind_guest+premises_sort",
        ),
        (
            "kind",
            {"kind": "union_station", "name": "青阳路站", "host": "镜湖区总工会"},
            {"kind": "bank_outlet", "name": "青阳路支行"},
            "kind_guest+premises_differs",
        ),
        ("kind", {"kind": "merchant", "name": "青阳"}, {"kind": "merchant", "name": "青阳"}, "kind_missing+premises_missing"),
        ("kind", {"kind": None, "name": "青阳"}, {"kind": None, "name": "青阳"}, "kind_missing+premises_missing"),
        (
            "kind",
            {"kind": "bank_outlet", "name": "青阳支行"},
            {"kind": None, "name": "中国工商银行"},
            "kind_missing+premises_trade",
        ),
        ("name", {"organisation": "中国工商银行"}, {"organisation": "中国工商银行"}, "org_same+core_missing"),
        ("name", {"organisation": "同庆楼餐饮管理"}, {"organisation": "同庆楼餐饮"}, "org_close+core_missing"),
        ("name", {"organisation": "中国工商银行"}, {"organisation": "中国移动"}, "org_differs+core_missing"),
        ("phone", {"phones": "0553-3812345"}, {"phones": "3812345;0553-1111111"}, "phone_same"),
        ("phone", {"phones": "95588"}, {"phones": "95588"}, "phone_missing"),
        ("phone", {"phones": "0553-3812345"}, {"phones": "0553-3812346"}, "phone_differs"),
        ("phone", {"contact_phone": "13900001234"}, {"contact_phone": "13900001234"}, "contact_same"),
        ("credit", {"credit_code": "913400007199042708"}, {"credit_code": "913400007199042708"}, "credit_same"),
        ("credit", {"credit_code": "913400007199042708"}, {"credit_code": "91340207MA2MWRK069"}, "credit_differs"),
        ("credit", {"credit_code": None}, {"credit_code": "91340207MA2MWRK069"}, "credit_missing"),
        ("plaque", {"plaques": "aixin_yizhan;gonghui_yizhan"}, {"plaques": "gonghui_yizhan"}, "plaque_shared"),
        ("plaque", {"plaques": "aixin_yizhan"}, {"plaques": "gonghui_yizhan"}, "plaque_differs"),
        ("plaque", {"plaques": None}, {"plaques": "gonghui_yizhan"}, "plaque_missing"),
        ("hours", {"hours": None}, {"hours": "08:30-17:30"}, "hours_missing"),
        ("facilities", {"facilities": "aed;water;wifi;books"}, {"facilities": "aed;water;wifi"}, "facilities_close"),
        ("facilities", {"facilities": "aed;water;wifi"}, {"facilities": "aed;water;books;rest"}, "facilities_some"),
        ("facilities", {"facilities": None}, {"facilities": "aed"}, "facilities_missing"),
        ("opened", {"opened_on": None}, {"opened_on": "2025-06-07"}, "opened_missing"),
        ("hours", {"hours": "Mo-Fr 08:30-17:30"}, {"hours": "08:30-17:30"}, "hours_same"),
        ("hours", {"hours": "24/7"}, {"hours": "08:30-17:30"}, "hours_differs"),
        ("facilities", {"facilities": "aed;water;wifi"}, {"facilities": "aed;water;wifi"}, "facilities_same"),
        ("facilities", {"facilities": "aed;water;wifi"}, {"facilities": "aed;books"}, "facilities_differs"),
        ("opened", {"opened_on": "2025-06-07"}, {"opened_on": "2025-06-07"}, "opened_same"),
        ("opened", {"opened_on": "2025-06-01"}, {"opened_on": "2025-06-07"}, "opened_month"),
        ("opened", {"opened_on": "2025-06-07"}, {"opened_on": "2025-06-08"}, "opened_differs"),
    ],
)
def test_other_levels(comparison: str, a: dict[str, Any], b: dict[str, Any], level: str) -> None:
    assert levels(a, b)[comparison] == level


#: How many places one list calls the same → what an equal name says.
NAMESAKES = [(1, "named_once"), (2, "named_twice"), (3, "named_often"), (5, "named_often"), (6, "named_everywhere")]


@pytest.mark.parametrize(("count", "level"), NAMESAKES)
def test_an_equal_name_says_the_less_the_more_places_a_list_calls_so(count: int, level: str) -> None:
    named = {"name": "梅花餐馆", "name_core": "梅花"}
    several = [listing(f"a:{at}", **named, **north(4000 * at)) for at in range(count)]
    known = features(listings(*several, listing("b:1", **named, **north(20)), listing("c:1", name="别处", name_core="别处")))
    told = compare(known, np.array([0]), np.array([count]))
    assert (known.ids[0], known.ids[count]) == ("a:0", "b:1")
    assert next(each for each in COMPARISONS if each.name == "namesakes").levels[int(told.codes["namesakes"][0])] == level


def test_every_part_of_every_level_is_met_by_a_pair_of_this_page() -> None:
    met = {level for _, level in NAMESAKES} | {"namesakes_missing", "org_missing"}
    for test, at in ((test_where, 2), (test_core, 2), (test_other_levels, 3)):
        for case in test.pytestmark[0].args[1]:
            met |= set(str((case.values if hasattr(case, "values") else case)[at]).split("+"))
    every = {level for comparison in COMPARISONS for part in comparison.parts for level in part}
    assert every - met == set()


def test_every_level_has_a_sentence() -> None:
    sentences = [comparison.sentence(level) for comparison in COMPARISONS for level in comparison.levels]
    assert all(sentences)
    assert len(set(sentences)) == len(sentences), "no two levels say the same"


def test_character_sets_are_of_characters_not_bytes() -> None:
    bits = character_sets(("青阳路", "赭山南", "青阳"))
    common = np.bitwise_count(bits[0] & bits[1]).sum(), np.bitwise_count(bits[0] & bits[2]).sum()
    assert common == (0, 2)


def test_a_repeated_listing_id_is_refused() -> None:
    with pytest.raises(ValueError, match="a:1"):
        features(listings(listing("a:1"), listing("a:1")))


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        listing(
            f"a:{at}", name_core="青阳路社区"[at % 3 :], road="青阳路", number=str(at % 4), phones=f"381234{at % 5}", **north(at * 90.0)
        )
        for at in range(12)
    ]
    known = features(listings(*rows))
    left, right = (side.astype(np.int64) for side in np.triu_indices(12, 1))
    whole = compare(known, left, right)
    monkeypatch.setattr(module, "CHUNK", 7)
    monkeypatch.setattr(module, "_ROWS", 3)
    parts = compare(known, left, right)
    assert all((whole.codes[name] == parts.codes[name]).all() for name in whole.codes)
    assert (whole.stratum == parts.stratum).all()
