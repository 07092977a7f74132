"""The baseline of a listing and of a station, made from the field dictionary: the form of each field, and how long a text may be."""

from __future__ import annotations

from typing import Final

from expectations.check import Suite
from expectations.factories import formed_cells, short_cells
from transforms.records import FIELDS, Rule
from transforms.records.fields import Stage
from transforms.standardise import words

_DATE: Final = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
#: Landlines with their area code, or without it where the owner wrote none; 400 and 800 numbers; hot lines. No mobiles.
_PHONE: Final = r"(?:(?:0\d{2,3}-)?[2-8]\d{6,7}|[48]00-?\d{3}-?\d{4}|1\d{2,4}|9\d{4,5})(?:-\d{1,6})?"


def _codes(vocabulary: str) -> str:
    """Codes of a vocabulary, joined by ;."""
    one = "|".join(words.hosts(vocabulary))
    return rf"(?:{one})(?:;(?:{one}))*"


def forms() -> dict[str, str]:
    """Field → the regular expression that its values have once cleaned (Field.meaning says it in words)."""
    return {
        "kind": _codes("kinds"),
        "plaques": _codes("plaques"),
        "facilities": _codes("facilities"),
        "batch": r"(?:renovated|new_build|co_branded|none)",
        "batch_basis": r"(?:owner|rule|hint|date|correction)",
        "county_code": r"\d{6}",
        "town_code": r"\d{9}",
        "community_code": r"\d{12}",
        "phones": rf"{_PHONE}(?:;{_PHONE})*",
        "status": r"(?:open|closed)",
    }


def baseline(stage: Stage, broken: Rule, too_long: Rule) -> Suite:
    """Dates and fields of `forms` have their form; other stated texts keep to Field.limit."""
    texts = [field for field in FIELDS if stage in field.on and field.type in ("text", "date")]
    formed = {field.name: _DATE if field.type == "date" else forms().get(field.name, "") for field in texts}
    limits = {field.name: field.limit for field in texts if field.stated and not formed[field.name] and field.name != "credit_code"}
    return formed_cells(broken, {name: form for name, form in formed.items() if form}), short_cells(too_long, limits)
