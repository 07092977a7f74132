"""The marts on known rows, and their contracts: what a header promises is what the view has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from tests.warehouse.nights import Claim, filled, night_tables
from tests.warehouse.reading import rows_of
from warehouse.load import load_night
from warehouse.views import View, install_views, views

FIRST, SECOND = "2026-06-01", "2026-06-02"

#: Station 1 on both lists, 2 and 3 the union's alone (3 without batch or position), 4 the bank's alone, 5 closed.
CLAIMS = [
    Claim("union", "1", station=1),
    Claim("bank", "1", station=1),
    Claim("union", "2", station=2),
    Claim("union", "3", station=3, batch=None, lng=None),
    Claim("bank", "4", station=4, county="鸠江区", batch="co_branded"),
    Claim("union", "5", station=5, is_open=False),
]


@pytest.fixture
def two_nights(warehouse: Engine) -> Iterator[Connection]:
    """A warehouse after two nights: 1 row held back on the first, 2 on the second, when the bank was stopped at its gate."""
    second = night_tables(CLAIMS, SECOND, held=["union:8", "union:9"])
    stopped: dict[str, Any] = {
        "source": "bank",
        "rule": "source_too_few",
        "severity": "critical",
        "responsibility": "owner",
        "message": "行数过少",
    }
    row_issues = [{str(name): value for name, value in row.items()} for row in second.issue.to_dict("records")]
    events = [
        {"station_id": "a", "event": "closed", "cause": "absent_twice"},
        {"station_id": "b", "event": "closed", "cause": "absent_twice"},
        {"station_id": "a", "event": "renamed", "cause": "listed", "detail": "甲 → 乙"},
    ]
    second = replace(
        second,
        issue=filled(
            "issue",
            [*row_issues, stopped, {**stopped, "source": "union", "rule": "header_unknown", "severity": "warning"}],
        ),
        source_night=second.source_night.assign(
            is_stopped=[True, False], held_back=[40, 2], last_good_on=[FIRST, SECOND], carried=[2, 0], open_after=[2, 4]
        ),
        station_event=filled("station_event", events),
    )
    with warehouse.begin() as connection:
        load_night(connection, FIRST, night_tables(CLAIMS, FIRST, held=["union:8"]))
        load_night(connection, SECOND, second)
        yield connection


def test_station_shows_what_stands(two_nights: Connection) -> None:
    assert rows_of(two_nights, "select count(*), count(case when status = 'open' then 1 end) from station") == [(5, 4)]


def test_stations_by_county_and_batch(two_nights: Connection) -> None:
    assert rows_of(
        two_nights, "select county, batch, station_count, placed_count, confirmed_count from mart_station_by_county_batch order by 1, 2"
    ) == [
        ("镜湖区", "renovated", 2, 2, 1),
        ("镜湖区", "unknown", 1, 0, 0),
        ("鸠江区", "co_branded", 1, 1, 0),
    ]


def test_overlap_of_owners(two_nights: Connection) -> None:
    assert rows_of(two_nights, "from mart_overlap_by_source_pair order by source, other_source nulls last") == [
        ("bank", "union", 1, 2, Decimal("0.5000")),
        ("bank", None, 1, 2, Decimal("0.5000")),
        ("union", "bank", 1, 3, Decimal("0.3333")),
        ("union", None, 2, 3, Decimal("0.6667")),
    ]


def test_quarantine_by_source_rule_and_night(two_nights: Connection) -> None:
    query = (
        "select night::varchar, source, rule, is_whole_source, held_rows, new_rows from mart_quarantine_by_source_rule_night order by 1, 2"
    )
    assert rows_of(two_nights, query) == [
        (FIRST, "union", "name_unreadable", False, 1, 1),
        (SECOND, "bank", "source_too_few", True, 40, 0),
        (SECOND, "union", "name_unreadable", False, 2, 1),
    ]


def test_changes_by_night(two_nights: Connection) -> None:
    assert rows_of(
        two_nights, f"select event, cause, event_count, station_count from mart_change_by_night where night = '{SECOND}' order by 1"
    ) == [
        ("closed", "absent_twice", 2, 2),
        ("renamed", "listed", 1, 1),
    ]


def test_freshness_by_source(two_nights: Connection) -> None:
    query = "select source, title, last_good_on::varchar, age_days, is_stopped, open_listings, carried_listings from mart_freshness_by_source order by 1"
    assert rows_of(two_nights, query) == [
        ("bank", "工会驿站名单", FIRST, 1, True, 2, 2),
        ("union", "工会驿站名单", SECOND, 0, False, 4, 0),
    ]


@pytest.mark.parametrize("view", views(), ids=lambda view: view.name)
def test_contract_tells_every_column_and_no_other(warehouse: Engine, view: View) -> None:
    with warehouse.connect() as connection:
        columns = rows_of(connection, f"select column_name, comment from duckdb_columns() where table_name = '{view.name}'")
    assert list(view.columns) == [name for name, _ in columns]
    assert view.columns == dict(columns)
    assert view.grain.startswith("Grain: one row a")
    assert view.question.endswith("?")


def test_at_least_twelve_marts_and_those_that_are_filled_as_tables() -> None:
    assert len([view for view in views() if view.name.startswith("mart_")]) >= 12
    assert [view.name for view in views() if view.reads_ops] == ["mart_quarantine_by_source_rule_night"]
    assert {view.name for view in views() if view.is_filled and not view.reads_ops} == {
        "station_confirmation",
        "mart_disagreement_by_field_source_pair",
    }


def test_views_can_be_put_in_anew(two_nights: Connection) -> None:
    before = rows_of(two_nights, "from mart_change_by_night")
    install_views(two_nights)
    assert rows_of(two_nights, "from mart_change_by_night") == before
