from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.standardise import Unreadable
from transforms.standardise.numeral import arabic, numeral


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        pytest.param("青阳路三十八号", "青阳路38号", id="common"),
        pytest.param("青阳路叁拾捌号", "青阳路38号", id="formal"),
        pytest.param("壹佰零贰号", "102号", id="formal with zero"),
        pytest.param("二〇三室", "203室", id="digit by digit"),
        pytest.param("一楼", "1楼", id="floor"),
        pytest.param("首层", "1层", id="ground floor"),
        pytest.param("负一楼", "-1楼", id="below ground"),
        pytest.param("88一15号", "88-15号", id="one for a dash"),
        pytest.param("920号-14八楼", "920号-14 8楼", id="not run together"),
        pytest.param("三山区五一路十里墩镇", "三山区五一路十里墩镇", id="names stay"),
        pytest.param("第二支行", "第二支行", id="ordinal stays"),
        pytest.param("五里楼村", "五里楼村", id="village stays"),
    ],
)
def test_arabic(written: str, clean: str) -> None:
    assert arabic(written) == clean
    assert arabic(clean) == clean


@given(st.text(alphabet="一二十百三零〇壹贰号楼层室路青38- ", max_size=12))
def test_arabic_is_idempotent(written: str) -> None:
    assert arabic(arabic(written)) == arabic(written)


def test_no_number_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        numeral("青阳")
