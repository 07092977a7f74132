from __future__ import annotations

import pytest

from transforms.records import City
from transforms.standardise import Unreadable
from transforms.standardise.kind import host_group
from transforms.standardise.name import name
from transforms.standardise.places import Places

ICBC = ("中国工商银行", "工商银行", "工行")


@pytest.mark.parametrize(
    ("written", "core", "organisation", "kind"),
    [
        ("户外劳动者服务站点工会驿站(青阳路社区站)", "青阳路社区", None, "union_station"),
        ("户外劳动者服务站点工会驿站（青阳路社区站）", "青阳路社区", None, "union_station"),
        ("青阳路社区居委会工会驿站", "青阳路社区", None, "community_centre"),
        ("中国工商银行股份有限公司芜湖青阳路支行", "青阳路", "中国工商银行", "bank_outlet"),
        ("工行青阳路支行", "青阳路", "中国工商银行", "bank_outlet"),
        ("工会驿站(工行青阳路支行站)", "青阳路", "中国工商银行", "bank_outlet"),
        ("中国工商银行股份有限公司芜湖车站支行", "车站", "中国工商银行", "bank_outlet"),
        ("中国农业银行股份有限公司芜湖分行营业部", "营业部", "中国农业银行", "bank_outlet"),
        ("芜湖扬子农村商业银行股份有限公司三山支行", "三山", "农村商业银行", "bank_outlet"),
        ("无为农商行襄安支行", "襄安", "农村商业银行", "bank_outlet"),
        ("泰山路农商行工会驿站", "泰山路", "农村商业银行", None),
        ("中国移动通信集团安徽有限公司芜湖分公司青阳路营业厅", "青阳路", "中国移动", "telecom_hall"),
        ("移动青阳路营业厅", "青阳路", "中国移动", "telecom_hall"),
        ("文一雅苑移动新时代文明实践点", "文一雅苑", "中国移动", "civ_point"),
        ("青阳路移动驿站舱", "青阳路", None, "telecom_cabin"),
        ("青阳路口骑手驿站岗亭", "青阳路口", None, "telecom_kiosk"),
        ("镜湖青山街社区城市驿站-01", "青山街社区", None, "city_post"),
        ("青阳路社区新时代文明实践站", "青阳路社区", None, "civ_station"),
        ("镜湖区新时代文明实践中心", "镜湖区", None, "civ_centre"),
        ("镜湖区赭山街道新时代文明实践所", "赭山街道", None, "civ_institute"),
        ("赭山街道青阳路社区党群服务中心", "青阳路社区", None, "party_centre"),
        ("瀂港街道党群服务中心", "澛港街道", None, "party_centre"),
        ("暖蜂芜优·驿家人(万达广场站)", "万达广场", None, "mall"),
        ("工会驿站(顺丰速运(新裕路店)站)", "新裕路", "顺丰速运", None),
        ("小菜园(龙山店)工会驿站", "小菜园龙山", None, "union_station"),
        ("丼武士功夫虾神.龙虾(托乐嘉店)", "丼武士功夫虾神龙虾", None, None),
        ("湖滨金陵饭店", "湖滨金陵饭店", None, "merchant"),
        ("芜湖路支行", "芜湖路", None, "bank_outlet"),
        ("火车站工会驿站", "火车站", None, "union_station"),
        ("NIKE", "NIKE", None, None),
    ],
    ids=str,
)
def test_name(written: str, core: str, organisation: str | None, kind: str | None, places: Places) -> None:
    read = name(written, places)
    assert read is not None
    assert (read.core, read.organisation) == (core, organisation)
    if kind:
        assert read.kind == kind
    again = name(read.text, places)
    assert again is not None
    assert (again.text, again.core, again.organisation, again.kind) == (read.text, read.core, read.organisation, read.kind)


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("食古论今(同曦假日百货店)", None),
        ("家里味土菜馆(诚基大厦店)", "merchant"),
        ("文珺百货", "mall"),
        ("工会驿站(同曦假日百货店)", "mall"),
        ("爱心驿站(诚基饭店)", "merchant"),
    ],
    ids=str,
)
def test_a_shops_branch_says_where_it_is_and_a_stations_whose(written: str, kind: str | None, places: Places) -> None:
    read = name(written, places)
    assert read is not None
    assert read.kind == kind


@pytest.mark.parametrize(
    ("written", "shown", "address", "phones"),
    [
        ("工会驿站(青阳路社区站)青阳路38号", "工会驿站(青阳路社区站)", "青阳路38号", None),
        ("移动柏庄名都营业厅（赫店路12号）", "移动柏庄名都营业厅", "赫店路12号", None),
        ("扬子农商行芜石路支行芜石路7号", "扬子农商行芜石路支行", "芜石路7号", None),
        ("皇武社区新时代文明实践站无为市芝山路9号", "皇武社区新时代文明实践站", "无为市芝山路9号", None),
        ("汤沟社区驿站 鸠江区中心路15号", "汤沟社区驿站", "鸠江区中心路15号", None),
        ("工会驿站(青阳路社区站)13800001234", "工会驿站(青阳路社区站)", None, "13800001234"),
        ("青阳路营业厅电话0553-3812345", "青阳路营业厅", None, "0553-3812345"),
        ("青阳路营业厅（0553-3812345）", "青阳路营业厅", None, "(0553-3812345"),
        ("青阳路营业厅（电话0553-3812345）", "青阳路营业厅", None, "0553-3812345"),
        ("青阳路38号", "青阳路38号", "青阳路38号", None),
        ("池田路40号停车场", "池田路40号停车场", "池田路40号", None),
        ("罗森(9203秣陵路16号店)", "罗森(9203秣陵路16号店)", None, None),
    ],
    ids=str,
)
def test_what_does_not_belong_into_a_name(written: str, shown: str, address: str | None, phones: str | None, places: Places) -> None:
    read = name(written, places)
    assert read is not None
    assert (read.text, read.address, read.phones) == (shown, address, phones)


def test_an_owners_brand_goes_for_all_its_places(places: Places) -> None:
    read = name("青阳路支行", places, ICBC)
    assert read is not None
    assert read.organisation == "中国工商银行"
    other = name("三和支行", places, ("三和小额贷款公司", "三和"))
    assert other is not None
    assert other.organisation == "三和小额贷款公司"


@pytest.mark.parametrize(
    ("written", "rule"),
    [("12345", "name_unreadable"), ("=1+1", "name_unreadable"), ("长" * 101, "name_too_long")],
    ids=["digits", "formula", "long"],
)
def test_unreadable(written: str, rule: str, places: Places) -> None:
    with pytest.raises(Unreadable, match=rule):
        name(written, places)


def test_absent(places: Places) -> None:
    assert name("无", places) is None


@pytest.mark.parametrize(
    ("host", "group"),
    [
        ("中国工商银行芜湖青阳路支行", "bank"),
        ("农商行长江中路支行", "bank"),
        ("中国移动芜湖分公司", "telecom"),
        ("青阳路社区居民委员会", "public"),
        ("沈巷镇人民政府", "public"),
        ("中国铁塔股份有限公司芜湖市分公司", None),
        ("芜湖星隆国际商业管理有限公司", None),
    ],
    ids=str,
)
def test_host_group(host: str, group: str | None, city: City) -> None:
    assert host_group(host) == group
