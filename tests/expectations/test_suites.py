"""Each expectation, broken once on purpose, is the one that fails; and nothing fails on what is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import pytest

from expectations.check import Suite
from expectations.listings import LISTINGS
from expectations.rows import ROWS
from expectations.run import rules, run_suite
from expectations.stations import STATIONS
from tests.expectations.examples import (
    CITY,
    LISTING,
    LISTINGS_BROKEN,
    NIGHT,
    ROW,
    ROWS_BROKEN,
    STATION,
    STATIONS_BROKEN,
    Broken,
    frame,
    too_long,
)
from transforms.records import FIELDS
from transforms.records.fields import Stage


def _lengthened(stage: Stage, suite: Suite, rule: str, good: Mapping[str, Any]) -> tuple[Broken, ...]:
    columns = next(check.reads for check in suite if check.rule.id == rule)
    limits = {field.name: field.limit for field in FIELDS if stage in field.on and field.name in columns}
    return tuple(Broken(rule, change) for change in too_long(limits, good))


CASES: Final[dict[str, tuple[Stage, Suite, dict[str, Any], tuple[Broken, ...]]]] = {
    "rows": ("row", ROWS, ROW, (*ROWS_BROKEN, *_lengthened("row", ROWS, "text_too_long", ROW))),
    "listings": ("listing", LISTINGS, LISTING, (*LISTINGS_BROKEN, *_lengthened("listing", LISTINGS, "listing_text_too_long", LISTING))),
    "stations": ("station", STATIONS, STATION, (*STATIONS_BROKEN, *_lengthened("station", STATIONS, "station_text_too_long", STATION))),
}
#: Broken only by company: these are tested below.
BY_COMPANY: Final = {"station_id_repeated", "station_twice"}


def _numbered(name: str, place: int, broken: Broken) -> dict[str, Any]:
    good = CASES[name][2]
    own = {"station_id": f"yz3402-{place:010x}", "address": f"镜湖区青阳路{place}号"} if name == "stations" else {"row_key": f"k{place}"}
    return {**good, **own, **broken.change}


@pytest.fixture(scope="module")
def found() -> dict[str, pd.DataFrame]:
    """Issues of each suite over all its broken examples at once."""
    issues = {}
    for name, (stage, suite, _, broken) in CASES.items():
        records = [_numbered(name, place, one) for place, one in enumerate(broken)]
        run = run_suite(suite, frame(stage, *records), _key(name), CITY, NIGHT)
        assert run.did_not_run == []
        issues[name] = run.issues
    return issues


def _key(name: str) -> list[str]:
    return ["station_id"] if name == "stations" else ["source", "row_key"]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        pytest.param(name, place, id=f"{name}-{one.rule}-{'+'.join(one.change)}")
        for name, case in CASES.items()
        for place, one in enumerate(case[3])
    ],
)
def test_broken_once_it_is_the_one_that_fails(found: dict[str, pd.DataFrame], name: str, place: int) -> None:
    broken = CASES[name][3][place]
    key = _key(name)[-1]
    mine = found[name][found[name][key] == _numbered(name, place, broken)[key]]
    assert set(mine["rule"]) == {broken.rule} | broken.also
    rule = rules()[broken.rule]
    first = mine[mine["rule"] == broken.rule].iloc[0]
    assert (first["severity"], first["responsibility"]) == (rule.severity, rule.responsibility)
    assert "{value}" not in first["message"]


@pytest.mark.parametrize("name", CASES)
def test_nothing_fails_on_what_is_right(name: str) -> None:
    stage, suite, good, _ = CASES[name]
    run = run_suite(suite, frame(stage, good), _key(name), CITY, NIGHT)
    assert run.issues.empty
    assert run.did_not_run == []
    assert run.ran == list(dict.fromkeys(check.rule.id for check in suite))


@pytest.mark.parametrize("name", CASES)
def test_every_check_and_every_column_it_asks_by_itself_has_a_broken_example(name: str) -> None:
    _, suite, _, broken = CASES[name]
    assert {one.rule for one in broken} | BY_COMPANY >= {check.rule.id for check in suite}
    for check in suite:
        if check.cells is not None:
            changed = {column for one in broken if one.rule == check.rule.id for column in one.change}
            assert changed >= set(check.reads), check.rule.id


def test_a_repeated_id_names_every_station_that_has_it() -> None:
    run = run_suite(STATIONS, frame("station", STATION, {**STATION, "address": "镜湖区青阳路39号"}), ["station_id"], CITY, NIGHT)
    assert list(run.issues["rule"]) == ["station_id_repeated"] * 2


def test_two_open_stations_of_one_name_at_one_address_are_doubtful() -> None:
    run = run_suite(STATIONS, frame("station", STATION, {**STATION, "station_id": "yz3402-0000000000"}), ["station_id"], CITY, NIGHT)
    assert list(run.issues["rule"]) == ["station_twice"] * 2


def test_there_are_enough_expectations_and_each_says_what_to_do() -> None:
    assert sum(len(suite) for suite in (ROWS, LISTINGS, STATIONS)) >= 25
    for rule in rules().values():
        assert rule.title
        assert rule.sentence.endswith("。")
        assert len(rule.reason) > 20


def test_a_county_code_of_before_2020_existed_before_2020() -> None:
    old = {**LISTING, "county_code": "340221", "town_code": None, "community_code": None, "updated_on": "2019-01-01", "opened_on": None}
    found = run_suite(LISTINGS, frame("listing", old), ["row_key"], CITY, "2019-06-01").issues
    assert "division_not_on_date" not in set(found["rule"])
    found = run_suite(LISTINGS, frame("listing", {**old, "county_code": "340210"}), ["row_key"], CITY, "2019-06-01").issues
    assert "division_not_on_date" in set(found["rule"])
