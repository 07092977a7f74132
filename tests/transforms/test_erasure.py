"""A phone or a name is found however it is written, and nothing else is taken for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.erasure import personal, without

MOBILE, LANDLINE, NAME = personal("phone", "13900001234"), personal("phone", "0553-3812345"), personal("name", "王芳")


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("13900001234", ""),
        ("139 0000 1234", ""),
        ("139-0000-1234", ""),
        ("+86 139-0000-1234", ""),
        ("008613900001234", ""),
        ("１３９００００１２３４", ""),
        ("13900001234.0", ""),
        ("1.3900001234E10", ""),
        ("1.3900001234E+10", ""),
        ("95588 马磊刚13900001234", "95588 马磊刚"),
        ("0553-501 1638;13900001234", "0553-501 1638;"),
        ("芜湖锦绣新城支行电话13900001234", "芜湖锦绣新城支行电话"),
    ],
)
def test_a_mobile_is_found_however_it_is_written(written: str, left: str) -> None:
    assert without(written, [MOBILE]) == (left, 1)


@pytest.mark.parametrize("written", ["139000012345", "213900001234", "13900001235", "3900001234", "0.13900001234", "1390000123"])
def test_another_number_stays(written: str) -> None:
    assert without(written, [MOBILE]) == (written, 0)


@pytest.mark.parametrize("written", ["0553-3812345", "(0553)3812345", "0553 381 2345", "05533812345", "3812345"])
def test_a_landline_is_found_with_and_without_its_area(written: str) -> None:
    assert without(written, [LANDLINE]) == ("", 1)


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("王芳", ""),
        ("王 芳", ""),
        ("王芳主任", "主任"),
        ("联系人王芳", "联系人"),
        ("联系人：王芳 139", "联系人： 139"),
        ("王芳、李四", "、李四"),
    ],
)
def test_a_name_that_stands_apart_is_found(written: str, left: str) -> None:
    assert without(written, [NAME]) == (left, 1)


@pytest.mark.parametrize("written", ["王芳菲", "小王芳", "王芳诊所", "芳王"])
def test_a_name_within_another_word_stays(written: str) -> None:
    assert without(written, [NAME]) == (written, 0)


@pytest.mark.parametrize(("kind", "written"), [("phone", "139"), ("phone", "x"), ("name", "王"), ("name", "Wang Fang"), ("phone", "")])
def test_what_no_list_can_be_searched_for_is_refused(kind: str, written: str) -> None:
    with pytest.raises(ValueError, match="应是"):
        personal(kind, written)  # type: ignore[arg-type]


@given(st.text(alphabet="0139 王芳-;电话2４\n", max_size=60))
def test_what_was_taken_out_is_not_found_again(text: str) -> None:
    left, times = without(text, [MOBILE, NAME])
    assert (times == 0) == (left == text)
