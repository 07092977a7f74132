"""Whatever stands in a cell, a cleaner reads it, calls it absent, or raises Unreadable: nothing else comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.records.rules import RULES
from transforms.standardise import Unreadable
from transforms.standardise.address import address
from transforms.standardise.batch import batch
from transforms.standardise.credit_code import credit_code
from transforms.standardise.dates import day
from transforms.standardise.facilities import facilities
from transforms.standardise.hours import hours
from transforms.standardise.name import name
from transforms.standardise.phone import phone
from transforms.standardise.places import Places
from transforms.standardise.plaque import plaques
from transforms.standardise.position import degrees
from transforms.standardise.status import is_closed

CLEANERS: dict[str, Callable[[str], object]] = {
    "batch": batch,
    "credit_code": credit_code,
    "day": day,
    "degrees": degrees,
    "facilities": facilities,
    "hours": hours,
    "phone": phone,
    "plaques": plaques,
    "status": is_closed,
}
_TEXTS = st.text(max_size=30) | st.text(
    alphabet="路街号一二三38-—~至:：（）点时周月日区市县镇村社青阳湖 中国移动工行支站厅驿.,、；0123456789年季夏冬休息下午Aa°′", max_size=24
)


@pytest.mark.parametrize("noun", sorted(CLEANERS))
@given(written=_TEXTS)
def test_any_text(noun: str, written: str) -> None:
    _reads(CLEANERS[noun], written)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=_TEXTS)
def test_any_name_and_address(written: str, places: Places) -> None:
    _reads(partial(name, places=places), written)
    _reads(partial(address, places=places), written)


@given(
    first=st.integers(0, 23),
    minutes=st.integers(0, 59),
    last=st.integers(0, 23),
    days=st.sampled_from(["", "周一至周五", "每天", "周六日", "工作日"]),
)
def test_hours_are_idempotent(first: int, minutes: int, last: int, days: str) -> None:
    try:
        once = hours(f"{days}{first}:{minutes:02d}-{last}:{minutes:02d}")
    except Unreadable:
        assert first == last
        return
    assert once is not None
    assert hours(once.osm) == once


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    head=st.sampled_from(["", "安徽省芜湖市", "芜湖市镜湖区", "无为县襄安镇", "赭山街道", "江苏省南京市江宁区"]),
    road=st.sampled_from(["青阳路", "北京西路", "文津东路", "澛港路", "4号大街"]),
    number=st.sampled_from(["38号", "三十八号", "叁拾捌号", "38-2号", "３８号", "38"]),
    tail=st.sampled_from(["", "一楼", "万达广场3幢", "(星隆国际旁)", "二〇三室", "与长江路交叉口"]),
)
def test_addresses_are_idempotent(head: str, road: str, number: str, tail: str, places: Places) -> None:
    once = address(head + road + number + tail, places)
    assert once is not None
    assert once.road == road
    assert address(once.text, places) == once


def _reads(cleaner: Callable[[str], object], written: str) -> None:
    try:
        cleaner(written)
    except Unreadable as unreadable:
        assert unreadable.reason in RULES  # noqa: PT017 - any other exception is to fail the test
