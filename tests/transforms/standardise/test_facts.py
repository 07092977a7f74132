"""Dates, statuses, batches, plaques, facilities and credit codes."""

from __future__ import annotations

import pytest

from transforms.standardise import Unreadable
from transforms.standardise.batch import batch, by_host, contradicts
from transforms.standardise.credit_code import credit_code
from transforms.standardise.dates import day
from transforms.standardise.facilities import facilities
from transforms.standardise.plaque import plaques
from transforms.standardise.status import is_closed


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2025年6月", "2025-06-01"),
        ("2025年6月3日", "2025-06-03"),
        ("2025-06-01", "2025-06-01"),
        ("2025/6/1", "2025-06-01"),
        ("2025.6.3", "2025-06-03"),
        ("20250601", "2025-06-01"),
        ("2025-06", "2025-06-01"),
        ("45000", "2023-03-15"),
        ("2026-05-30 02:11:00", "2026-05-30"),
        ("2026-05-30T18:00:00Z", "2026-05-31"),
        ("2026-05-30 18:00:00+00:00", "2026-05-31"),
        ("无", None),
    ],
    ids=str,
)
def test_day(written: str, iso: str | None) -> None:
    assert day(written) == iso
    assert iso is None or day(iso) == iso


@pytest.mark.parametrize("written", ["2025年", "去年", "2025-13-01", "2025-02-30"])
def test_day_unreadable(written: str) -> None:
    with pytest.raises(Unreadable, match="date_unreadable"):
        day(written)


def test_a_day_after_the_night_is_not_believed() -> None:
    with pytest.raises(Unreadable, match="date_unreadable"):
        day("2027-01-01", until="2026-06-01")


@pytest.mark.parametrize(
    ("written", "closed"),
    [
        ("正常", False),
        ("在用", False),
        ("停用", True),
        ("已拆除", True),
        ("暂停开放", True),
        ("true", True),
        ("false", False),
        ("装修", None),
    ],
    ids=str,
)
def test_status(written: str, closed: bool | None) -> None:
    assert is_closed(written) is closed


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("改造一批", "renovated"),
        ("新建", "new_build"),
        ("挂建开放一批", "co_branded"),
        ("不在三个一批", "none"),
        ("无", "none"),
        ("renovated", "renovated"),
        (" ", None),
    ],
    ids=str,
)
def test_batch(written: str, code: str | None) -> None:
    assert batch(written) == code


def test_batch_unreadable() -> None:
    with pytest.raises(Unreadable, match="batch_unreadable"):
        batch("第四批")


def test_batch_by_host() -> None:
    assert by_host("bank") == "co_branded"
    assert by_host("public") is None
    assert contradicts("renovated", "bank")
    assert contradicts("co_branded", "public")
    assert not contradicts("none", "bank")
    assert not contradicts(None, "bank")


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("Y", ("laodongzhe_gangwan",)),
        ("N", ()),
        ("工会驿站、劳动者港湾", ("gonghui_yizhan", "laodongzhe_gangwan")),
        ("暖蜂芜优·驿家人", ("nuanfeng_yijiaren",)),
        ("某某之家", None),
    ],
    ids=str,
)
def test_plaques(written: str, codes: tuple[str, ...] | None) -> None:
    assert plaques(written, ("laodongzhe_gangwan",)) == codes


def test_facilities() -> None:
    assert facilities("饮水机、微波炉，手机充电/WiFi") == ("charging", "microwave", "water", "wifi")
    assert facilities("其他") is None


@pytest.mark.parametrize("written", ["91340207MA2MWRK069", "9134 0000 7199 0427 08", "91340207ma2mwrk069"])
def test_credit_code(written: str) -> None:
    read = credit_code(written)
    assert read is not None
    assert len(read) == 18
    assert credit_code(read) == read


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("91350100M000100Y4Z", "credit_code_invalid"),
        ("9.1340207E+17", "number_precision_lost"),
        ("913400007199042000", "number_precision_lost"),
    ],
    ids=str,
)
def test_credit_code_unreadable(written: str, rule: str) -> None:
    with pytest.raises(Unreadable, match=rule):
        credit_code(written)
