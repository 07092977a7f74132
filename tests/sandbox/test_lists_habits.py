"""What owners say by habit: two lists of one place agree on facilities, hours and dates no more than real lists do."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from sandbox.city import Town, build
from sandbox.lists import PARTS
from sandbox.lists.habits import HABITS
from sandbox.station import SOURCES, Station
from sandbox.words import FACILITIES
from sandbox.writing import FACILITY_WORDS

_FACILITIES = {
    "union": "facilities",
    "bank_icbc": "services",
    "bank_rural": "驿站服务",
    "telecom_mobile": "facilities",
    "telecom_tower": "equipment",
    "civilization": "服务内容",
}
_CODE = {word: code for code, words in FACILITY_WORDS.items() for word in words}


@cache
def town() -> Town:
    """The city of seed 1, built once."""
    return build(1)


@cache
def truth() -> dict[str, Station]:
    """Its stations on night 0."""
    return {station.id: station for station in town().stations(0)}


def _stated(text: str) -> set[str]:
    for separator in "，,;；/ ":
        text = text.replace(separator, "、")
    return {_CODE[word] for word in text.split("、") if word}


@pytest.mark.parametrize("source", SOURCES)
def test_an_owner_states_about_six_of_ten_true_facilities_beside_its_stock_phrase(source: str) -> None:
    habit = HABITS[source]
    said = true = stock = 0
    rows = town().rows(source, 0)
    for row in rows:
        stated, known = _stated(row.fields[_FACILITIES[source]] or ""), set(truth()[row.station].facilities)
        assert not stated & habit.passed_over
        stock += stated >= set(habit.stock)
        said += len((stated & known) - set(habit.stock))
        true += len(known - set(habit.stock))
    assert 0.45 <= said / true <= 0.68
    assert stock / len(rows) > 0.5


@pytest.mark.parametrize("source", SOURCES)
def test_most_rows_carry_standard_hours(source: str) -> None:
    texts = [row.fields[PARTS[source]["hours"]] or "" for row in town().rows(source, 0)]
    digits = Counter("".join(character for character in text if character.isdigit()).replace("0", "") for text in texts)
    assert digits.most_common(1)[0][1] > 0.4 * len(texts)


def test_owners_date_one_place_differently_and_never_ahead() -> None:
    union = {row.station: row.fields["buildDate"] or "" for row in town().rows("union", 0)}
    tower = {row.station: row.fields["built_on"] or "" for row in town().rows("telecom_tower", 0)}
    both = [(union[key], tower[key]) for key in union.keys() & tower.keys() if len(union[key]) == 10 and tower[key]]
    assert len(both) > 100
    assert sum(a == b for a, b in both) < 0.1 * len(both)
    assert all(text < "2026-06-01" for text in [*union.values(), *tower.values()])
    assert sum(text == "" for text in union.values()) > 20
    assert sum(len(text) == 7 for text in union.values()) > 20
    assert max(Counter(text for text in union.values() if len(text) == 10).values()) > 20, "a ceremony dates many"


def test_every_menu_is_an_owners_own() -> None:
    assert len({habit.passed_over for habit in HABITS.values()}) == len(HABITS)
    assert all(habit.passed_over < set(FACILITIES) and not habit.passed_over & set(habit.stock) for habit in HABITS.values())
