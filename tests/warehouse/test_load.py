"""Loading: once, twice, in any order, rejected, and with frames that do not fit."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from sqlalchemy import Engine

from tests.warehouse.nights import Claim, filled, night_tables, rejected, reordered, station_id
from tests.warehouse.reading import contents, rows_of, standing_count, stored_order
from transforms.merge import Touched
from warehouse.frames import FrameError
from warehouse.interval import Applied, NotRevertedError, apply_interval, revert
from warehouse.load import append_rows, load_night, load_rejected, replace_rows
from warehouse.tables import METADATA, table

FIRST, SECOND, THIRD = "2026-06-01", "2026-06-02", "2026-06-03"
TWO = [Claim("union", "1"), Claim("bank", "9", station=2, name="北京路支行")]


def test_second_night_touches_only_what_changed(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        load_night(connection, FIRST, night_tables(TWO, FIRST))
        applied = load_night(connection, SECOND, night_tables([replace(TWO[0], name="新名"), TWO[1]], SECOND))
        assert applied["listing"] == applied["station_history"] == applied["statement"] == Applied(opened=1, closed=1)
        assert applied["station_listing"] == applied["plaque"] == applied["pair"] == Applied(opened=0, closed=0)
        spans = rows_of(connection, "select name, valid_from::varchar, valid_to::varchar from station_history order by 1, 2")
        assert spans == [("北京路支行", FIRST, None), ("新名", SECOND, None), ("青阳路社区站", FIRST, SECOND)]


def test_what_a_night_did_not_touch_stands_as_it_is(warehouse: Engine) -> None:
    """The night brings rows of what it touched alone: one read otherwise, one is gone, and of the third it says nothing."""
    three = [*TWO, Claim("post", "5", station=3, name="邮政网点")]
    whole = night_tables([replace(TWO[0], name="新名")], SECOND)
    again = Touched(frozenset({"union:1", "bank:9"}), frozenset({station_id(1), station_id(2)}))
    with warehouse.begin() as connection:
        load_night(connection, FIRST, night_tables(three, FIRST))
        applied = load_night(connection, SECOND, replace(whole, touched=again))
        for name in ("listing", "station_history", "statement"):
            assert applied[name] == Applied(opened=1, closed=2), name
        for name in ("station_listing", "plaque"):
            assert applied[name] == Applied(opened=0, closed=1), name
        assert rows_of(connection, "select name, valid_from::varchar from station order by name") == [("新名", SECOND), ("邮政网点", FIRST)]


def test_what_is_gone_closes_and_what_comes_back_opens_anew(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        load_night(connection, FIRST, night_tables(TWO, FIRST))
        load_night(connection, SECOND, night_tables(TWO[:1], SECOND))
        assert standing_count(connection, "listing") == 1
        load_night(connection, THIRD, night_tables(TWO, THIRD))
        spans = rows_of(connection, "select valid_from::varchar, valid_to::varchar from listing where source = 'bank' order by 1")
        assert spans == [(FIRST, SECOND), (THIRD, None)]


def test_loading_twice_is_loading_once(warehouse: Engine) -> None:
    second = night_tables([replace(TWO[0], name="新名")], SECOND, held=["union:5"])
    with warehouse.begin() as connection:
        load_night(connection, FIRST, night_tables(TWO, FIRST, held=["union:4"]))
        load_night(connection, SECOND, second)
        once = contents(connection)
    with warehouse.begin() as connection:
        load_night(connection, SECOND, second)
        assert contents(connection) == once


@pytest.mark.parametrize("seed", range(2))
def test_order_of_rows_does_not_show_even_in_the_file(warehouse: Engine, seed: int) -> None:
    claims = [Claim("union", str(number), station=number) for number in range(20)]
    tables = night_tables(claims, FIRST, held=[f"union:h{number}" for number in range(9)])
    with warehouse.begin() as connection:
        load_night(connection, FIRST, tables)
        plain = {name: stored_order(connection, name) for name in METADATA.tables}
        for name in METADATA.tables:
            connection.exec_driver_sql(f"delete from {name}")
    with warehouse.begin() as connection:
        load_night(connection, FIRST, reordered(tables, seed))
        assert {name: stored_order(connection, name) for name in METADATA.tables} == plain


def test_quarantine_keeps_where_and_why_a_row_was_first_held(warehouse: Engine) -> None:
    first = night_tables([], FIRST, held=["union:1"])
    later = replace(night_tables([], SECOND, held=["union:1"]))
    later = replace(later, quarantine=later.quarantine.assign(line="8", rules="name_too_long", payload="1" * 64))
    with warehouse.begin() as connection:
        load_night(connection, FIRST, first)
        assert load_night(connection, SECOND, later)["quarantine"] == Applied(opened=0, closed=0)
        assert rows_of(connection, "select line, rules, opened_on::varchar from quarantine") == [("7", "name_unreadable", FIRST)]


def test_rows_without_a_key_are_held_back_too(warehouse: Engine) -> None:
    held = filled(
        "quarantine", [{"source": "union", "row_digest": "d", "line": str(n), "verbatim": "{}", "rules": "row_key_missing"} for n in (3, 2)]
    )
    with warehouse.begin() as connection:
        load_night(connection, FIRST, replace(night_tables([], FIRST), quarantine=held))
        assert rows_of(connection, "select row_key, line from quarantine") == [("", "2")]


def test_times_become_utc_and_missing_numbers_stay_missing(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        load_night(connection, FIRST, night_tables([replace(TWO[0], lng=None)], FIRST))
        assert connection.exec_driver_sql("select started_at::varchar from run").scalar() == "2026-05-31 18:00:00"
        assert connection.exec_driver_sql("select lng_wgs84 is null, opened_on is null, closed_on is null from listing").one() == (
            True,
            True,
            True,
        )


class TestRejected:
    def test_register_stays_and_the_night_is_recorded(self, warehouse: Engine) -> None:
        with warehouse.begin() as connection:
            load_night(connection, FIRST, night_tables(TWO, FIRST))
            before = contents(connection)
            load_rejected(connection, SECOND, rejected(SECOND, held=["union:5"]))
            after = contents(connection)
        changed = {name for name in after if after[name] != before[name]}
        assert changed == {"night", "retrieval", "issue", "quarantine"}

    def test_run_again_it_is_there_once(self, warehouse: Engine) -> None:
        with warehouse.begin() as connection:
            load_rejected(connection, SECOND, rejected(SECOND, held=["union:5"]))
            once = contents(connection)
            load_rejected(connection, SECOND, rejected(SECOND, held=["union:5"]))
            assert contents(connection) == once

    def test_rerun_of_a_published_night_leaves_its_publication(self, warehouse: Engine) -> None:
        with warehouse.begin() as connection:
            load_night(connection, FIRST, night_tables(TWO, FIRST))
            load_night(connection, SECOND, night_tables(TWO, SECOND))
            before = contents(connection)
            load_rejected(connection, FIRST, rejected(FIRST))
            assert contents(connection) == before
            assert connection.exec_driver_sql("select state from run where night = '2026-06-01'").scalar() == "rejected"


class TestFramesThatDoNotFit:
    def test_missing_column_is_named(self, warehouse: Engine) -> None:
        frame = night_tables(TWO).station_listing.drop(columns="station_id")
        with warehouse.begin() as connection, pytest.raises(FrameError, match="station_listing: the frame lacks station_id"):
            apply_interval(connection, table("station_listing"), frame, FIRST)

    def test_wrong_type_is_named(self, warehouse: Engine) -> None:
        frame = night_tables(TWO).listing.assign(first_seen_on="01/06/2026")
        with warehouse.begin() as connection, pytest.raises(FrameError, match=r"listing\.first_seen_on"):
            apply_interval(connection, table("listing"), frame, FIRST)

    def test_key_twice_is_named(self, warehouse: Engine) -> None:
        frame = pd.concat([night_tables(TWO).listing] * 2)
        with warehouse.begin() as connection, pytest.raises(FrameError, match="more than one row for bank:9"):
            apply_interval(connection, table("listing"), frame, FIRST)

    def test_key_twice_is_named_in_tables_without_intervals(self, warehouse: Engine) -> None:
        events = night_tables(TWO).station_event.assign(night=FIRST, number=1)
        owners = pd.DataFrame(
            [{"source": "bank", "owner_name": "银行", "title": "甲", "kind": "bank", "trust": 1, "due": "Mon", "max_age_days": 7}]
        )
        owners = owners.assign(datum=None, batch_hint=None, licence="—")
        with warehouse.begin() as connection:
            with pytest.raises(FrameError, match=f"station_event: more than one row for {FIRST} / 1"):
                append_rows(connection, "station_event", pd.concat([events] * 2))
            with pytest.raises(FrameError, match="owner: more than one row for bank"):
                replace_rows(connection, "owner", pd.concat([owners, owners.assign(title="乙")]))

    def test_night_that_is_there_must_be_reverted_first(self, warehouse: Engine) -> None:
        with warehouse.begin() as connection:
            load_night(connection, SECOND, night_tables(TWO, SECOND))
            with pytest.raises(NotRevertedError):
                apply_interval(connection, table("listing"), night_tables(TWO).listing, SECOND)
            revert(connection, SECOND)
            apply_interval(connection, table("listing"), night_tables(TWO).listing, SECOND)

    def test_table_without_intervals_is_refused(self, warehouse: Engine) -> None:
        with warehouse.begin() as connection, pytest.raises(TypeError, match="issue keeps no intervals"):
            apply_interval(connection, table("issue"), night_tables(TWO).issue, FIRST)


def test_reference_rows_are_replaced_where_they_differ(warehouse: Engine) -> None:
    owners = night_tables(TWO).owner
    assert owners is not None
    with warehouse.begin() as connection:
        replace_rows(connection, "owner", owners)
        replace_rows(connection, "owner", owners.iloc[:1].assign(trust=90))
        assert rows_of(connection, "select source, trust from owner") == [("bank", 90)]
