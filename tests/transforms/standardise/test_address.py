from __future__ import annotations

from dataclasses import replace

import pytest

from transforms.records import City
from transforms.standardise import Unreadable
from transforms.standardise.address import address
from transforms.standardise.places import Places


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        (
            "安徽省芜湖市镜湖区青阳路38号一楼",
            {"text": "镜湖区青阳路38号1楼", "county": "镜湖区", "road": "青阳路", "number": "38", "floor": "1"},
        ),
        ("镜湖区赭山街道青阳路三十八号", {"town": "赭山街道", "road": "青阳路", "number": "38"}),
        ("青阳路叁拾捌号二〇三室", {"road": "青阳路", "number": "38", "room": "203"}),
        ("胜太路88-15号", {"road": "胜太路", "number": "88-15"}),
        ("胜太路38号--16", {"number": "38-16"}),
        ("胜太路88号-3湖滨公寓", {"number": "88-3", "landmark": "湖滨公寓"}),
        ("利源中路77", {"road": "利源中路", "number": "77"}),
        ("云霞路88弄52号1478室", {"road": "云霞路", "number": "88-52", "room": "1478"}),
        ("韩府路与将军大道交叉处", {"road": "韩府路", "landmark": "将军大道与韩府路交叉口"}),
        ("将军大道与韩府路交叉口西", {"landmark": "将军大道与韩府路交叉口"}),
        ("北京西路沿河路路口", {"road": "北京西路"}),
        ("通淮街北京烤鸭旁", {"road": "通淮街", "landmark": "北京烤鸭"}),
        ("万达广场对面", {"landmark": "万达广场", "road": None}),
        ("宜居国际南门青阳路38号", {"road": "青阳路", "number": "38", "landmark": "宜居国际"}),
        ("三鑫工业园鑫园路96号", {"road": "鑫园路", "number": "96"}),
        ("公园北路5号", {"road": "公园北路", "number": "5"}),
        ("双龙大道1688号金鹰天地广场B1层", {"floor": "-1", "landmark": "金鹰天地广场"}),
        ("双龙大道1355号瑞都购物广场F2", {"floor": "2", "landmark": "瑞都购物广场"}),
        ("新街口湖滨路湖滨公寓26栋101室", {"building": "26栋", "room": "101"}),
        ("环城北路西段1050", {"road": "环城北路", "number": "1050"}),
        ("顺翔西街将军大道9号", {"road": "将军大道", "number": "9"}),
        ("同曦街A7-1号", {"road": "同曦街", "number": "A7-1"}),
        ("百家湖大街高尔夫西花园19-1-19", {"road": "百家湖大街", "room": "19-1-19", "landmark": "高尔夫西花园"}),
        ("托乐嘉苏果超市旁", {"landmark": "托乐嘉苏果超市", "road": None}),
        ("G206国道南侧", {"road": "G206国道"}),
        ("白杨街道4号大街12号", {"town": "白杨街道", "road": "4号大街", "number": "12"}),
        ("荆山街道荆西社区棠梅路8号", {"town": "荆山街道", "community": "荆西社区", "road": "棠梅路"}),
        ("裕溪口街道新三村社区沿江路13号", {"community": "新三村社区", "road": "沿江路"}),
        ("青阳路社区居委会一楼", {"community": "青阳路社区居委会", "road": None}),
        ("郭仁村王家冲小组", {"community": "郭仁村", "road": "王家冲小组"}),
        ("尚湖镇新鑫村陶坝17号", {"town": "尚湖镇", "community": "新鑫村", "road": "陶坝", "number": "17"}),
        ("芜湖县湾沚镇芜湖南路5号", {"county": "湾沚区", "town": "湾沚镇", "road": "芜湖南路"}),
        ("瀂港路17号", {"road": "澛港路"}),
        ("浙江省温州市乐清市柳市镇荣峰路4号", {"town": "柳市镇", "road": "荣峰路", "number": "4"}),
        ("江苏省南京市江宁区将军大道9号", {"road": "将军大道", "text": "将军大道9号"}),
        ("通江大道1号(东方新城旁)", {"text": "通江大道1号(东方新城旁)", "landmark": "东方新城"}),
        ("中山路8号（步行街", {"text": "中山路8号(步行街)"}),
        ("沈百南路11号3-4号门面", {"number": "11", "room": "3-4", "landmark": None}),
        ("海南渡路161楼", {"road": "海南渡路", "floor": None}),
        ("青阳路38号(芜湖经开区)", {"text": "青阳路38号(芜湖经开区)", "road": "青阳路", "number": "38", "landmark": None}),
        ("经济开发区西区凤鸣路14-9号", {"road": "凤鸣路", "number": "14-9"}),
        ("安徽-芜湖-弋江区瑞丰汽配城", {"county": "弋江区", "landmark": "瑞丰汽配城"}),
        ("中国轻纺城北四区3-1884号", {"text": "中国轻纺城北四区3-1884号"}),
        ("镜湖区邮政巷", {"road": "邮政巷"}),
        ("胜利新区38号", {"road": "胜利新区", "number": "38"}),
    ],
    ids=str,
)
def test_address(written: str, parts: dict[str, str | None], places: Places) -> None:
    read = address(written, places)
    assert read is not None
    assert {part: getattr(read, part) for part in parts} == parts
    assert address(read.text, places) == read


def test_a_city_without_divisions(city: City) -> None:
    nanjing = Places(replace(city, name="南京市", province="江苏省", code="3201", divisions=(), changes=(), variants={}))
    read = address("江宁开发区胜太西路138号", nanjing)
    assert read is not None
    assert (read.road, read.number) == ("胜太西路", "138")
    whole = address("南京市江宁区将军大道9号托乐嘉花园西2栋129室", nanjing)
    assert whole is not None
    assert (whole.road, whole.number, whole.room) == ("将军大道", "9", "129")


@pytest.mark.parametrize(
    "written",
    ["12", "??", "(号)", "芜湖经济技术开发区", "安徽省芜湖市null", "青阳路38号" * 2_000],
    ids=["digits", "marks", "bracket", "zone", "null", "10 kB"],
)
def test_unreadable(written: str, places: Places) -> None:
    with pytest.raises(Unreadable, match="address_unreadable"):
        address(written, places)


def test_absent(places: Places) -> None:
    assert address(" 无 ", places) is None
