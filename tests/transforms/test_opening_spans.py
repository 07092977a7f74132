"""Opening hours spelt out: weekdays, seasons, nights, rules that override each other, and texts that are not understood."""

from __future__ import annotations

import pytest

from transforms.opening_spans import SPAN_COLUMNS, opening_spans
from transforms.standardise.hours import hours


def spans(text: str, weekday: int) -> list[tuple[int, ...]]:
    """season_from, season_to, opens_min, closes_min of the weekday."""
    frame = opening_spans([text]).query("weekday == @weekday")
    told = frame[["season_from", "season_to", "opens_min", "closes_min"]]
    return [tuple(row) for row in told.to_numpy("int64").tolist()]


@pytest.mark.parametrize(
    ("text", "weekday", "expected"),
    [
        ("24/7", 7, [(101, 1231, 0, 1440)]),
        ("Mo-Fr 08:30-12:00,14:00-17:30", 5, [(101, 1231, 510, 720), (101, 1231, 840, 1050)]),
        ("Mo-Fr 08:30-12:00", 6, []),
        ("Sa,Su 09:00-10:00; PH off", 7, [(101, 1231, 540, 600)]),
        ("Fr-Mo 09:00-10:00", 1, [(101, 1231, 540, 600)]),
        ("Fr-Mo 09:00-10:00", 2, []),
        ("20:00-06:00", 3, [(101, 1231, 1200, 1800)]),
        ("08:00-20:00; Su off", 7, []),
        ("May-Sep 08:00-19:00; Oct-Apr 09:00-17:00", 1, [(101, 430, 540, 1020), (501, 930, 480, 1140), (1001, 1231, 540, 1020)]),
        ("08:00-18:00; Jun 15-Aug 31 Mo 07:00-19:00", 1, [(101, 614, 480, 1080), (615, 831, 420, 1140), (901, 1231, 480, 1080)]),
        ("08:00-18:00; Jun 15-Aug 31 Mo 07:00-19:00", 2, [(101, 1231, 480, 1080)]),
        ("by appointment", 1, []),
    ],
)
def test_a_text_is_spelt_out(text: str, weekday: int, expected: list[tuple[int, int, int, int]]) -> None:
    assert spans(text, weekday) == expected


@pytest.mark.parametrize(
    "written",
    [
        "周一至周五 8:30-12:00，14:00-17:30",
        "24小时",
        "夏季 8:00-19:00，冬季 8:30-17:30",
        "工作日9:00-17:00，节假日休息",
        "晚上8点到次日凌晨6点",
        "6月15日-8月31日 8:00-20:00",
    ],
)
def test_whatever_the_cleaner_writes_is_understood(written: str) -> None:
    read = hours(written)
    assert read is not None
    assert len(opening_spans([read.osm])), read.osm


def test_a_text_is_told_once_and_keys_are_single() -> None:
    frame = opening_spans(["24/7", "08:00-12:00,08:00-13:00", "24/7"])
    assert list(frame.columns) == list(SPAN_COLUMNS)
    assert not frame.duplicated(["hours", "weekday", "season_from", "opens_min"]).any()
    assert opening_spans([]).empty
