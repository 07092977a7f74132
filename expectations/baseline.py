"""The baseline of a listing and of a station, made from the field dictionary: the form of each field, and how long a text may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from expectations.check import Check, Factory, Suite
from expectations.factories import at_most_long, matches, stock
from transforms.records import FIELDS, Field, Rule
from transforms.records.fields import Stage
from transforms.standardise import words

_DATE: Final = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$".replace("(", "(?:")
_PHONE: Final = r"(?:0\d{2,3}-\d{7,8}|[48]00-?\d{3}-?\d{4}|1\d{2,4}|9\d{4,7})(?:-\d{1,6})?"


def _codes(vocabulary: str) -> str:
    """Codes of a vocabulary, joined by ;."""
    one = "|".join(words.hosts(vocabulary))
    return rf"^(?:{one})(?:;(?:{one}))*$"


def forms() -> Mapping[str, str]:
    """Field → the regular expression that its values have once cleaned (Field.meaning says it in words)."""
    return {
        "kind": _codes("kinds"),
        "plaques": _codes("plaques"),
        "facilities": _codes("facilities"),
        "batch": r"^(?:renovated|new_build|co_branded|none)$",
        "batch_basis": r"^(?:owner|rule|hint|correction)$",
        "county_code": r"^\d{6}$",
        "town_code": r"^\d{9}$",
        "community_code": r"^\d{12}$",
        "phones": rf"^{_PHONE}(?:;{_PHONE})*$",
        "status": r"^(?:open|closed)$",
    }


def baseline(stage: Stage, broken: Rule, too_long: Rule) -> Suite:
    """A check a field: dates and fields of `forms` have their form, positions are degrees, other stated texts keep to Field.limit."""
    made = ((field, _expected(field)) for field in FIELDS if stage in field.on)
    return tuple(
        Check(broken if formed else too_long, (field.name,), factory, field=field.name)
        for field, (factory, formed) in ((field, answer) for field, answer in made if answer is not None)
    )


def _expected(field: Field) -> tuple[Factory, bool] | None:
    form = _DATE if field.type == "date" else forms().get(field.name)
    if form is not None:
        return matches(field.name, form), True
    if field.type == "number":
        # the two numbers of the dictionary are degrees
        return stock("ExpectColumnValuesToBeBetween", column=field.name, min_value=-180, max_value=180), True
    if field.type == "text" and field.stated and field.name != "credit_code":
        return at_most_long(field.name, field.limit), False
    return None
