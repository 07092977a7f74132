from __future__ import annotations

import pytest

from transforms.standardise import Unreadable
from transforms.standardise.hours import hours


@pytest.mark.parametrize(
    ("written", "osm"),
    [
        ("周一至周五 8:30-12:00，14:00-17:30", "Mo-Fr 08:30-12:00,14:00-17:30"),
        ("8:30-17:30", "08:30-17:30"),
        ("星期一到星期五9点—17点半", "Mo-Fr 09:00-17:30"),
        ("工作日8：30—17：30；周末9：00—16：30", "Mo-Fr 08:30-17:30; Sa-Su 09:00-16:30"),
        ("上午8:30-12:00 下午2:00-5:30", "08:30-12:00,14:00-17:30"),
        ("8:30-12:00,2:00-5:30", "08:30-12:00,14:00-17:30"),
        ("24小时", "24/7"),
        ("全天24小时开放", "24/7"),
        ("00:00-24:00", "24/7"),
        ("24h", "24/7"),
        ("每天8:00-22:00", "08:00-22:00"),
        ("周一至周日：08:30~17:30", "08:30-17:30"),
        ("9:00-21:00周一至周六", "Mo-Sa 09:00-21:00"),
        ("周一、周三、周五 9:00-11:00", "Mo,We,Fr 09:00-11:00"),
        ("夏季8:00-12:00,14:30-17:30；冬季8:30-12:00,14:00-17:00", "May-Sep 08:00-12:00,14:30-17:30; Oct-Apr 08:30-12:00,14:00-17:00"),
        ("夏季(6月1日-9月30日)8:00-18:00,冬季(10月1日-5月31日)8:30-17:30", "Jun-Sep 08:00-18:00; Oct-May 08:30-17:30"),
        ("法定节假日休息，周一至周五8:30-17:00", "Mo-Fr 08:30-17:00; PH off"),
        ("8:30-17:30（中午不休息）", "08:30-17:30"),
    ],
    ids=str,
)
def test_hours(written: str, osm: str) -> None:
    read = hours(written)
    assert read is not None
    assert (read.osm, read.past_midnight) == (osm, False)
    assert hours(read.osm) == read


@pytest.mark.parametrize(
    ("written", "osm"),
    [
        ("22:00-次日6:00", "22:00-06:00"),
        ("18:00-02:00", "18:00-02:00"),
        ("7:00-1:00", "07:00-01:00"),
        ("17:30-次日1:30", "17:30-01:30"),
        ("8:00-26:00", "08:00-02:00"),
        ("晚上8点-凌晨3点", "20:00-03:00"),
    ],
    ids=str,
)
def test_past_midnight(written: str, osm: str) -> None:
    read = hours(written)
    assert read is not None
    assert (read.osm, read.past_midnight) == (osm, True)
    assert hours(read.osm) == read


@pytest.mark.parametrize("written", ["随营业网点", "9:00-9:00", "周一至周五", "电话预约", "8:30-17:30视天气而定", "99:00-100:00"])
def test_unreadable(written: str) -> None:
    with pytest.raises(Unreadable, match="hours_unreadable"):
        hours(written)


def test_absent() -> None:
    assert hours("无") is None
