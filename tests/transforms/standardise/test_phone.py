from __future__ import annotations

import pytest

from transforms.standardise import Unreadable
from transforms.standardise.phone import area_code, is_shared, phone


@pytest.mark.parametrize(
    ("written", "public", "mobiles"),
    [
        ("0553-3812345", ("0553-3812345",), ()),
        ("05533812345", ("0553-3812345",), ()),
        ("(0553)3812345", ("0553-3812345",), ()),
        ("0553-381 2345", ("0553-3812345",), ()),
        ("+86 0553-3812345", ("0553-3812345",), ()),
        ("0553-3812345转801", ("0553-3812345",), ()),
        ("3812345", ("3812345",), ()),
        ("010-65123456", ("010-65123456",), ()),
        ("0553-3812345、3812346", ("0553-3812345", "0553-3812346"), ()),
        ("０５５３－３８１２３４５", ("0553-3812345",), ()),
        ("400-881-2345", ("400-8812345",), ()),
        ("95588", ("95588",), ()),
        ("12351", ("12351",), ()),
        ("13900001234", (), ("13900001234",)),
        ("139 0000 1234", (), ("13900001234",)),
        ("+8613900001234", (), ("13900001234",)),
        ("0553-3812345/13900001234", ("0553-3812345",), ("13900001234",)),
        ("王芳13900001234;李四13800001234", (), ("13800001234", "13900001234")),
    ],
    ids=str,
)
def test_phone(written: str, public: tuple[str, ...], mobiles: tuple[str, ...]) -> None:
    read = phone(written)
    assert read is not None
    assert (read.public, read.mobiles) == (public, mobiles)
    assert read.several == (len(public) + len(mobiles) > 1)
    assert phone(";".join((*public, *mobiles))) == read


def test_the_area_code_of_a_city() -> None:
    assert [area_code(city) for city in ("芜湖市", "南京市", "北京市", "没有市")] == ["0553", "025", "010", None]


def test_an_area_code_for_numbers_without_one() -> None:
    read = phone("3812345", area="0553")
    assert read is not None
    assert read.public == ("0553-3812345",)


@pytest.mark.parametrize("written", ["abc", "123", "139000012345678", "0553-0000000"])
def test_unreadable(written: str) -> None:
    with pytest.raises(Unreadable, match="phone_unreadable"):
        phone(written)


@pytest.mark.parametrize(
    ("number", "shared"),
    [("95588", True), ("10086", True), ("12351", True), ("400-8812345", True), ("96669", True), ("0553-3812345", False)],
    ids=str,
)
def test_hot_lines_are_shared(number: str, shared: bool) -> None:
    assert is_shared(number) is shared
