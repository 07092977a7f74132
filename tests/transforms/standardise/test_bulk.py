"""What is read in bulk is what the cleaners read: on made texts, on every value of the sample city, and on a large list."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.dedupe_large import large
from sandbox.city import build
from sources.kit.registry import discover
from tests.transforms.standardise import bulk
from tests.transforms.standardise.conftest import WUHU
from transforms.records import load_city
from transforms.standardise import words
from transforms.standardise.anywhere import city_of
from transforms.standardise.places import Places

_WUHU = Places(load_city(WUHU))

#: What names and addresses are made of: words of the vocabularies, signs that the rules look for, divisions with and without their ends,
#: characters that no rule knows, figures, marks and what is dirty.
_WORDS = sorted({word for kind in ("kinds", "plaques", "brands") for word in words.by_word(kind, hints=True)})
_DIVISIONS = sorted(
    {
        part
        for division in _WUHU.city.divisions
        for part in (division.name, division.name[:-1], division.name.removesuffix("社区"), division.name.removesuffix("街道"))
        if part
    }
)
_SIGNS = list(
    "路街巷弄道号楼层室幢栋座区市县镇乡村社会委省旗组门口店厅站点行所部心院铺附米的与和中东南西北大小一二三十百五底首公共服务民政府场桥居办"
)
_RULED = ["大道", "大街", "东路", "中路", "社区", "街道", "村委会", "居委会", "小区", "新村", "花园", "广场", "大厦", "开发区", "公司", "有限公司", "股份有限公司", "集团", "分公司", "分行", "支行", "省", "安徽省", "芜湖", "芜湖市", "安徽", "中国", "地址", "位于", "东门", "对面", "旁", "往北100米", "交叉口", "地下", "负", "B1楼", "3层", "12楼", "2幢", "5单元", "101室", "38号", "7号楼", "附3号", "国道", "G205", "中心", "服务", "卫生", "(龙山店)", "24小时", "95588", "0553-3812345", "13900001234", "火车站", "加油站", "无", "暂无", "路口", "政府", "郊区", "南路"]  # fmt: skip
_PLAIN = [*"赭陵锦芜鸠柏银凰穗玥璟甯", "穗玥", "璟甯", "柏银", "穗玥路", "璟甯大道", "锦柏街"]
_MARKS = ["(", ")", "-", " ", "（", "）", ",", "·", "１", "A", "b", "3", "０", "〓", "\ue000", "齿", "龄"]
_PIECE = st.one_of(*(st.sampled_from(each) for each in (_WORDS, _DIVISIONS, _SIGNS, _RULED, _PLAIN, _PLAIN, _MARKS)))
_TEXTS = st.lists(st.lists(_PIECE, min_size=1, max_size=7).map("".join), min_size=1, max_size=25)
_HEAD = st.sampled_from(
    ["", "芜湖市", "安徽省芜湖市", "镜湖区", "芜湖市镜湖区", "合肥市蜀山区", "赭山街道", "无为市无城镇", "穗玥区璟甯街道", "玥玥社区"]
)
_ROAD = st.lists(st.sampled_from([*_SIGNS, *_PLAIN, *_DIVISIONS[:40]]), min_size=0, max_size=3).map("".join)
_ADDRESSES = st.lists(
    st.builds(
        lambda head, road, end, number, sign, rest: f"{head}{road}{end}{number}{sign}{rest}",
        _HEAD,
        _ROAD,
        st.sampled_from(["路", "街", "大道", "东路", "中街", "巷", ""]),
        st.sampled_from(["1", "38", "007", "00", "12345", "123456", "3-1", "十八", ""]),
        st.sampled_from(["号", "号", "号", "弄", ""]),
        st.lists(
            st.one_of(st.sampled_from(_RULED), st.sampled_from(_SIGNS), st.sampled_from(_PLAIN), st.sampled_from(_MARKS)), max_size=4
        ).map("".join),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=250)
@given(st.one_of(_ADDRESSES, _TEXTS))
@example(["路1号", "村弄东路1号"])
def test_addresses_of_any_pieces(values: list[str]) -> None:
    assert bulk.addresses(values, _WUHU)[1] == []


@settings(max_examples=250)
@given(_TEXTS, st.sampled_from([(), ("中国工商银行", "工行"), ("穗玥书店", "穗玥")]))
def test_names_of_any_pieces(values: list[str], brand: tuple[str, ...]) -> None:
    assert bulk.names(values, _WUHU, brand)[1] == []


@given(st.lists(st.from_regex(r"\A(0\d{2,3}-)?[0-9]{5,12}\Z"), min_size=1), st.sampled_from([None, "0553"]))
def test_phones(values: list[str], area: str | None) -> None:
    assert bulk.phones(values, area)[1] == []


@given(st.lists(st.from_regex(r"\A[0-9]{8}[0-9A-Z]{9,10}\Z"), min_size=1))
def test_credit_codes(values: list[str]) -> None:
    assert bulk.credit_codes([*values, "91340207MA2MWRK069", "913400007199042708"])[1] == []


@pytest.mark.parametrize("seed", [0, 11])
@pytest.mark.parametrize("field", ["name", "address"])
def test_every_value_of_the_sample_city(seed: int, field: str, tell: Callable[[str], None]) -> None:
    _held(field, _sample(seed)[field], _WUHU, tell, f"the sample city of seed {seed}")


@pytest.mark.parametrize("field", ["name", "address"])
def test_every_value_of_a_large_list(field: str, tell: Callable[[str], None]) -> None:
    rows = large(20_000, seed=5).plain.rename(columns={"district": "county", "street": "town"})
    places = Places(city_of(rows, sorted(rows["city"].dropna().str.removesuffix("市").unique())))
    known = _held(field, set(rows[field].dropna()), places, tell, "a large list")
    assert known > 0.95


def _held(field: str, values: set[str], places: Places, tell: Callable[[str], None], where: str) -> float:
    known, wrong = bulk.names(values, places) if field == "name" else bulk.addresses(values, places)
    tell(f"{where}, {field}: {known} of {len(values)} values read in bulk")
    assert wrong == []
    return known / len(values)


@cache
def _sample(seed: int) -> dict[str, set[str]]:
    """All names and addresses that the sample city's lists write on a night."""
    town = build(seed)
    found: dict[str, set[str]] = {"name": set(), "address": set()}
    for key, source in discover(WUHU).items():
        headers = {header: field for header, field in source.columns.items() if field in found}
        for row in town.rows(key, 0):
            for header, field in headers.items():
                if written := row.fields.get(header):
                    found[field].add(written)
    return found
