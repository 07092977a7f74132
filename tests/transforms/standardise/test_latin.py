"""Names, addresses and phones in Latin letters."""

from __future__ import annotations

import pytest

from transforms.standardise.latin import core, is_latin, phone_abroad, street


@pytest.mark.parametrize(
    ("text", "latin"), [("Circle K", True), ("Café Zürich", True), ("KFC(芜湖店)", False), ("青松面馆", False), ("123-4", False)]
)
def test_latin_or_not(text: str, latin: bool) -> None:
    assert is_latin(text) == latin


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fuel & Fuddle", "Fuel and Fuddle"),
        ("The Eddy Theatre", "Eddy Theater"),
        ("Precious Little One's Learning Center, Inc.", "PRECIOUS LITTLE ONES LEARNING CENTRE"),
        ("Saint Augustine", "St. Augustine"),
    ],
)
def test_names_written_in_two_ways_have_one_core(one: str, other: str) -> None:
    assert core(one) == core(other)


def test_a_name_of_nothing_but_small_words_keeps_them() -> None:
    assert core("The Company") == "THE COMPANY"


@pytest.mark.parametrize(
    ("text", "road", "number"),
    [
        ("221 E. 51st St. ", "51", "221"),
        ("221 East 51 Street", "51", "221"),
        ("Fourth Avenue, 316", "4", "316"),
        ("224 N. Central", "CENTRAL", "224"),
        ("1333-45 W. Argyle", "ARGYLE", "1333"),
        ("13231 S.Burley", "BURLEY", "13231"),
        ("Avenue A, 12", "AVENUE A", "12"),
        ("2001 Saint Clair Street", "SAINT", "2001"),
        ("Washington Rd, Alfred St", "WASHINGTON", None),
        ("Suite 500", None, None),
    ],
)
def test_streets(text: str, road: str | None, number: str | None) -> None:
    found = street(text)
    assert (found.road, found.number) == (road, number)


@pytest.mark.parametrize(
    ("text", "digits"), [("(773) 286-5286", "7732865286"), ("+1 773 286 5286 x12", "7732865286"), ("2865286", "2865286"), ("911", None)]
)
def test_phones(text: str, digits: str | None) -> None:
    assert phone_abroad(text) == digits
