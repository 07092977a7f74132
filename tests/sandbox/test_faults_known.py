"""The faults: each strikes at least 2 % of the rows of its lists, is known to the truth, and is really there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache

import pytest

from sandbox.city import Town, build
from sandbox.credit import check_character
from sandbox.faults import BLANKS, FAULTS, Fault
from sandbox.lists import DATUM, PARTS
from sandbox.lists.draft import CLOSED_WORDS
from sandbox.lists.press import Published
from sandbox.station import SOURCES


@cache
def town() -> Town:
    """The city of seed 1, built once."""
    return build(1)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
@pytest.mark.parametrize("seed", [1, 2])
def test_each_fault_strikes_at_least_two_rows_in_a_hundred(fault: Fault, seed: int) -> None:
    city = town() if seed == 1 else build(seed)
    for source in fault.sources:
        rows = city.rows(source, 0)
        struck = sum(fault.id in row.faults for row in rows)
        assert 0.02 <= struck / len(rows) <= 0.09, (source, struck, len(rows))
    for source in set(SOURCES) - set(fault.sources):
        assert not any(fault.id in row.faults for row in city.rows(source, 0))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_small_city_has_each_fault_somewhere(seed: int) -> None:
    city = build(seed, 0.1)
    found = {fault for source in SOURCES for row in city.rows(source, 0) for fault in row.faults}
    assert found == {fault.id for fault in FAULTS}


Cells = Mapping[str, str]


def _number(text: str) -> float:
    return float(text or "nan")


#: What a reader sees in a row that bears the fault, by part.
SIGNS: Mapping[str, Callable[[Cells], bool]] = {
    "position_missing": lambda cells: not cells["lng"] and not cells["lat"],
    "position_swapped": lambda cells: _number(cells["lng"]) < 32 and _number(cells["lat"]) > 117,
    "position_zero": lambda cells: _number(cells["lng"]) == 0 and _number(cells["lat"]) == 0,
    "two_phones": lambda cells: len(re.findall(r"\d{5,}|\d{3} \d{4}", cells["phone"])) >= 2,
    "bad_check_digit": lambda cells: check_character(cells["credit_code"][:17]) != cells["credit_code"][17],
    "hours_over_midnight": lambda cells: re.search(r"-(次日)?0?[1-6]:", cells["hours"]) is not None,
    "fullwidth_digits": lambda cells: re.search("[０-９]", cells["address"]) is not None,
    "lugang_variant": lambda cells: "瀂港" in cells["address"] or "鲁港" in cells["address"],
    "private_use": lambda cells: any("\ue000" <= character <= "\uf8ff" for character in cells["name"] + cells["address"]),
    "batch_contradiction": lambda cells: cells["batch"] in ("改造一批", "新建一批"),
    "address_in_name": lambda cells: re.search(r"\d+号", cells["name"]) is not None,
    "phone_in_name": lambda cells: re.search(r"\d{7}", cells["name"]) is not None,
    "name_blank": lambda cells: cells["name"] in BLANKS,
    "closed_listed": lambda cells: cells["status"] in CLOSED_WORDS.values(),
}


def _cells(source: str, row: Published) -> Cells:
    return {part: row.fields[header] or "" for part, header in PARTS[source].items()}


@pytest.mark.parametrize("fault", sorted(SIGNS))
def test_a_row_that_bears_a_fault_shows_it(fault: str) -> None:
    for source in SOURCES:
        for row in town().rows(source, 0):
            if fault in row.faults:
                assert SIGNS[fault](_cells(source, row)), (source, row)


@pytest.mark.parametrize("fault", sorted(set(SIGNS) - {"batch_contradiction"}))
def test_a_row_that_shows_a_fault_bears_it(fault: str) -> None:
    """Nothing is wrong by accident: what the lists show, the truth knows."""
    for source in SOURCES:
        if not any(fault == known.id and source in known.sources for known in FAULTS):
            continue
        for row in town().rows(source, 0):
            if fault not in row.faults:
                assert not SIGNS[fault](_cells(source, row)), (source, row)


def test_a_row_put_in_twice_has_its_equal() -> None:
    for source in SOURCES:
        rows = town().rows(source, 0)
        for row in rows:
            if "row_twice" in row.faults:
                assert sum(other.fields == row.fields for other in rows) == 2


def test_another_datum_is_only_where_two_right_positions_stand_beside_it() -> None:
    wrong = ("position_missing", "position_swapped", "position_zero", "other_datum")
    placed = [(row, bool(set(wrong) & set(row.faults)), source) for source in DATUM for row in town().rows(source, 0)]
    right = {(row.station, source) for row, spoilt, source in placed if not spoilt}
    found = [(row, source) for row, _, source in placed if "other_datum" in row.faults]
    assert len(found) > 40
    for row, source in found:
        assert sum((row.station, other) in right for other in DATUM if other != source) >= 2


def test_communities_that_do_not_exist_do_not() -> None:
    from sandbox.geography import communities

    real = {community.name for community in communities()} | {community.written for community in communities()}
    for source in SOURCES:
        for row in town().rows(source, 0):
            header = PARTS[source].get("community")
            written = row.fields[header] if header else None
            if written:
                # A self-made character or a variant may stand in a real community's name.
                twisted = {"private_use", "lugang_variant"} & set(row.faults)
                assert (written not in real) == ("unknown_community" in row.faults) or twisted
