"""What of a person is to be gone: finding a phone or a name in any text, however it is written, and taking it out.

A value is looked for among the candidates that a text holds (runs of digits that may be a phone, Chinese names that stand apart), so that the
same finding serves with the value itself and with a keyed hash of it, when nobody knows the value any more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeAlias

Kind: TypeAlias = Literal["phone", "name"]

#: Takes what is to be gone out of a text: the text without it, and how many times it stood there.
Redact: TypeAlias = Callable[[str], tuple[str, int]]

_BETWEEN: Final = r"[ \u3000\-\u2010-\u2015\uff0d.·_]?"
_MOBILE: Final = rf"(?:(?:\+|00)?86{_BETWEEN})?(?P<digits>[1１](?:{_BETWEEN}\d){{10}})"
_LANDLINE: Final = rf"[(（]?(?P<digits>[0０](?:{_BETWEEN}\d){{2,3}}[)）]?{_BETWEEN}\d(?:{_BETWEEN}\d){{6,7}})"
_LOCAL: Final = rf"(?P<digits>[2-9２-９](?:{_BETWEEN}\d){{6,9}})"
_SCIENTIFIC: Final = r"(?P<digits>1\.\d{1,10})[Ee]\+?10"

#: The longer forms first: a mobile is no landline with something before it. A spreadsheet may have written a number as 13900001234.0.
_PHONES: Final = (
    re.compile(rf"(?<![\d.]){_SCIENTIFIC}(?!\d)"),
    *(re.compile(rf"(?<!\d)(?<!\d\.){form}(?:\.0+)?(?!\d)") for form in (_MOBILE, _LANDLINE, _LOCAL)),
)

_HAN: Final = r"[\u3400-\u9fff·]"
_SPACED: Final = re.compile(rf"(?<!{_HAN})[\u3400-\u9fff](?:[ \u3000][\u3400-\u9fff]){{1,3}}(?!{_HAN})")
_RUN: Final = re.compile(rf"{_HAN}{{2,30}}")

#: What may stand before and behind a name without a gap.
_NAMED: Final = re.compile(
    r"(?P<before>(?:负责人|联系人|站长|电话|联系|姓名|手机)?)(?P<name>.{2,15}?)"
    r"(?P<behind>(?:女士|先生|老师|主任|经理|书记|站长|行长|主席|同志|师傅|收|电话|手机)?)"
)

#: An area code and the rest: the rest alone is the same phone, within its city.
_AREA: Final = re.compile(r"0(?:10|2\d|[3-9]\d{2})(?P<rest>[2-9]\d{6,7})")


class Gone(Protocol):
    """What is to be gone. `forms`: the plain forms that count as it (digits alone; a name without gaps), none where nobody knows them any more."""

    @property
    def forms(self) -> tuple[str, ...]: ...

    def holds(self, kind: Kind, form: str) -> bool:
        """Whether the candidate is this value."""
        ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """What was erased before, of which nothing is left but the means to tell it."""

    is_gone: Callable[[Kind, str], bool]
    forms: tuple[str, ...] = ()

    def holds(self, kind: Kind, form: str) -> bool:
        """Whether the candidate is one of the values."""
        return self.is_gone(kind, form)


@dataclass(frozen=True, slots=True)
class Personal:
    """A value of a person that is to be gone. `forms`: the plain forms that count as it (digits alone; a name without gaps)."""

    kind: Kind
    forms: tuple[str, ...]

    def holds(self, kind: Kind, form: str) -> bool:
        """Whether the candidate is this value."""
        return kind == self.kind and form in self.forms


def personal(kind: Kind, written: str) -> Personal:
    """The value as a person wrote it down. Raises ValueError (a Chinese sentence) for what no list could be searched for."""
    plain = unicodedata.normalize("NFKC", written).strip()
    forms = _phone_forms(plain) if kind == "phone" else ("".join(plain.split()),)
    value = Personal(kind, forms)
    if redacted(forms[0] if forms else "", is_gone=value.holds)[1] != 1:
        wanted = "应是 11 位手机号，或带区号的座机号" if kind == "phone" else "应是 2 到 15 个汉字的姓名"
        raise ValueError(f"“{written}”{wanted}")
    return value


def without(text: str, values: Collection[Gone]) -> tuple[str, int]:
    """The text without the values, and how many times they stood there."""
    return redacted(text, is_gone=lambda kind, form: any(value.holds(kind, form) for value in values))


def redacted(text: str, *, is_gone: Callable[[Kind, str], bool]) -> tuple[str, int]:
    """The text without every candidate that `is_gone`, and how many those were. What stands around it stays."""
    found = 0

    def phone(match: re.Match[str]) -> str:
        nonlocal found
        if not is_gone("phone", _plain_digits(match["digits"])):
            return match[0]
        found += 1
        return ""

    def spaced(match: re.Match[str]) -> str:
        nonlocal found
        if not is_gone("name", "".join(match[0].split())):
            return match[0]
        found += 1
        return ""

    def name(match: re.Match[str]) -> str:
        nonlocal found
        for told in _readings(match[0]):
            if is_gone("name", told[1]):
                found += 1
                return told[0] + told[2]
        return match[0]

    for pattern in _PHONES:
        text = pattern.sub(phone, text)
    text = _SPACED.sub(spaced, text)
    return _RUN.sub(name, text), found


def _readings(run: str) -> list[tuple[str, str, str]]:
    """What the run may be read as: (before, name, behind), as it stands first."""
    whole = [("", run, "")] if len(run) <= 15 else []
    match = _NAMED.fullmatch(run)
    return [*whole, (match["before"], match["name"], match["behind"])] if match else whole


def _plain_digits(written: str) -> str:
    digits = "".join(str(unicodedata.digit(sign)) for sign in written if sign.isdigit())
    return digits.ljust(11, "0") if re.match(r"1\.\d+$", written) else digits


def _phone_forms(written: str) -> tuple[str, ...]:
    digits = re.sub(r"\D", "", written)
    digits = digits[2:] if len(digits) == 13 and digits.startswith("86") else digits
    area = _AREA.fullmatch(digits)
    return (digits, area["rest"]) if area else (digits,) if digits else ()
