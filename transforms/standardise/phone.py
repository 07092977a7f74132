"""Phones: landlines with their area code, 400 and 800 numbers, hot lines, and mobiles, which reach a person and stay apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from transforms.standardise import words
from transforms.standardise.text import text
from transforms.standardise.unreadable import Unreadable

#: 1[3-9] then nine digits is a mobile (YD/T 1060 numbering); a 0 then two digits (010, 02x) or three is an area code; local numbers start 2-8.
NUMBER = re.compile(
    r"(?<![\d.])(?:"
    r"(?:\+?(?:00)?86[- ]?)?(?P<mobile>1[3-9]\d[- ]?\d{4}[- ]?\d{4})"
    r"|(?P<free>[48]00[- ]?\d{3}[- ]?\d{4}|[48]00\d[- ]?\d{3}[- ]?\d{3})"
    r"|(?:(?:\+?(?:00)?86[- ]?)?\(?(?P<area>0(?:10|2\d|[3-9]\d{2}))\)?[- ]?)(?P<line>[2-8]\d{2,3}[- ]?\d{4}|[2-8]\d{6})"
    r"|(?P<local>[2-8]\d{2,3}[- ]?\d{4})"
    r"|(?P<hot>9[56]\d{3,4}|1[01]\d{3}|12\d{3}|11[0-9]|12[0-2])"
    r")(?:\s*(?:转|-)\s*\d{1,4}(?!\d))?(?![\d.])"
)

_SEPARATED = re.compile(r"[- ]")
_DULL = re.compile(r"^(\d)\1+$")


@dataclass(frozen=True, slots=True)
class Phone:
    """`public`: 0553-3812345, 400-8812345, 95588; `mobiles`: 11 digits, personal. Both sorted, each number once. `several`: more than one was written."""

    public: tuple[str, ...]
    mobiles: tuple[str, ...]

    @property
    def several(self) -> bool:
        """Whether the cell holds more than one number."""
        return len(self.public) + len(self.mobiles) > 1


def phone(written: str, area: str | None = None) -> Phone | None:
    """The phones in a cell; `area` is the area code of numbers written without one. Raises Unreadable('phone_unreadable') when there is none."""
    clean = text(written)
    if clean is None:
        return None
    public: set[str] = set()
    mobiles: set[str] = set()
    for found in NUMBER.finditer(clean):
        if found["mobile"]:
            mobiles.add(_SEPARATED.sub("", found["mobile"]))
            continue
        area = found["area"] or area
        number = _public(found, area)
        if number:
            public.add(number)
    if not public and not mobiles:
        raise Unreadable("phone_unreadable")
    return Phone(tuple(sorted(public)), tuple(sorted(mobiles)))


def is_shared(number: str) -> bool:
    """Whether a public number is a hot line or a 400 number: it reaches an organisation of many places and tells nothing of one."""
    return number in hotlines() or re.fullmatch(r"9[56]\d{3,4}|1\d{2,4}|[48]00-\d{7}", number) is not None


@cache
def area_code(city: str) -> str | None:
    """The area code of a city by its name (芜湖市 → 0553), from vocabulary/area_codes.csv: libphonenumber's list, as python-phonenumbers 9 carries it."""
    return next((line["area_code"] for line in words.lines("area_codes") if line["city"] == city), None)


@cache
def hotlines() -> frozenset[str]:
    """Hot lines known by name (vocabulary/hotlines.csv)."""
    return frozenset(line["phone"] for line in words.lines("hotlines"))


def _public(found: re.Match[str], area: str | None) -> str | None:
    if found["free"]:
        digits = _SEPARATED.sub("", found["free"])
        return f"{digits[:3]}-{digits[3:]}"
    if found["hot"]:
        return found["hot"]
    digits = _SEPARATED.sub("", found["line"] or found["local"])
    if _DULL.match(digits):
        return None
    return f"{area}-{digits}" if area else digits
