"""A bulk reader against the cleaner that it stands for, value by value."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from transforms.standardise.address import Address, address
from transforms.standardise.bulk_address import bulk_address
from transforms.standardise.bulk_codes import bulk_credit_code, bulk_phone
from transforms.standardise.bulk_name import bulk_name
from transforms.standardise.cells import TEXT
from transforms.standardise.credit_code import credit_code
from transforms.standardise.kind import host_group
from transforms.standardise.name import Name, name
from transforms.standardise.phone import Phone, phone
from transforms.standardise.places import Places
from transforms.standardise.spread import Bulk, joined
from transforms.standardise.unreadable import Unreadable

Parts = dict[str, str | None]


def addresses(values: Iterable[str], places: Places) -> tuple[int, list[str]]:
    """How many of the values the bulk reader knew, and where it read otherwise than the cleaner."""
    return _against(values, partial(bulk_address, places=places), partial(address, places=places), _address)


def names(values: Iterable[str], places: Places, brand: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    """As `addresses`."""
    return _against(values, partial(bulk_name, places=places, brand=brand), partial(name, places=places, brand=brand), _name)


def phones(values: Iterable[str], area: str | None) -> tuple[int, list[str]]:
    """As `addresses`."""
    return _against(values, partial(bulk_phone, area=area), partial(phone, area=area), _phone)


def credit_codes(values: Iterable[str]) -> tuple[int, list[str]]:
    """As `addresses`."""
    return _against(values, bulk_credit_code, credit_code, lambda code: {"": code})


def _against(
    values: Iterable[str], bulk: Callable[[pa.Array], Bulk], cleaner: Callable[[str], Any], told: Callable[[Any], Parts]
) -> tuple[int, list[str]]:
    distinct = sorted(set(values))
    found = bulk(pa.array(distinct, TEXT))
    known = [value for value, is_known in zip(distinct, found.known.tolist(), strict=True) if is_known]
    columns = {part: column.to_pylist() for part, column in found.parts.items()}
    wrong = []
    for at, value in enumerate(known):
        expected = _expected(value, cleaner, told)
        read = {part: columns[part][at] if part in columns else None for part in (expected or columns)}
        if read != expected:
            wrong.append(f"{value}: {read} for {expected}")
    return len(known), wrong


def _expected(value: str, cleaner: Callable[[str], Any], told: Callable[[Any], Parts]) -> Parts | None:
    try:
        reading = cleaner(value)
    except Unreadable:
        return None
    return None if reading is None else told(reading)


def _address(found: Address) -> Parts:
    return {part: getattr(found, part) for part in Address.__dataclass_fields__}


def _name(found: Name) -> Parts:
    parts = ("text", "core", "organisation", "kind", "address", "phones")
    return {"plaques": joined(found.plaques), "group": host_group(found.text), **{part: getattr(found, part) for part in parts}}


def _phone(found: Phone) -> Parts:
    return {"public": joined(found.public), "mobiles": joined(found.mobiles)}
