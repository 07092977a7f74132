"""The one place that runs suites: what did not run is never a pass, and every failing row is told."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

from expectations.check import Check, Scene
from expectations.factories import matches, own, stock
from expectations.listings import LISTINGS
from expectations.rows import NAME_ABSENT, NAME_GARBLED, ROWS
from expectations.run import BROAD_ROWS, NO_ROWS, run_suite
from expectations.stations import STATIONS
from tests.expectations.examples import CITY, LISTING, NIGHT, ROW, STATION, frame
from transforms.records import ISSUE_COLUMNS, empty_frame

KEYS = ["source", "row_key"]
MAPPED = {"union": set(ROW)}


def many(count: int, **change: object) -> pd.DataFrame:
    return frame("row", *({**ROW, "row_key": f"k{place}", **change} for place in range(count)))


def test_importing_the_suites_does_not_import_great_expectations() -> None:
    code = "import sys, expectations.run; sys.exit('great_expectations' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("suite", "stage"), [(ROWS, "row"), (LISTINGS, "listing"), (STATIONS, "station")])
def test_an_empty_frame_passes_nothing(suite: tuple[Check, ...], stage: str) -> None:
    run = run_suite(suite, empty_frame(stage), ["station_id"] if stage == "station" else KEYS, CITY, NIGHT)  # type: ignore[arg-type]
    assert run.ran == []
    assert run.did_not_run == [(check.rule.id, NO_ROWS) for check in suite]
    assert list(run.issues.columns) == list(ISSUE_COLUMNS)


def test_an_expectation_that_raises_is_no_failure_of_rows_and_leaves_the_others_alone(caplog: pytest.LogCaptureFixture) -> None:
    raising = Check(NAME_GARBLED, ("name",), matches("name", "(unclosed"))
    rows = many(3)
    rows.loc[1, "name"] = None
    run = run_suite((raising, ROWS[0]), rows, KEYS, CITY, NIGHT)
    assert run.ran == ["name_absent"]
    assert [rule for rule, _ in run.did_not_run] == ["name_garbled"]
    assert "执行出错" in run.did_not_run[0][1]
    assert list(zip(run.issues["rule"], run.issues["row_key"].fillna(""), strict=True)) == [
        ("name_absent", "k1"),
        ("check_did_not_run", ""),
    ]
    assert caplog.records == []


def test_an_expectation_that_cannot_be_built_did_not_run() -> None:
    def refuse(_: Scene) -> object:
        raise ValueError("no outline")

    unbuilt = Check(NAME_GARBLED, ("name",), refuse)  # type: ignore[arg-type]
    run = run_suite((unbuilt,), many(2), KEYS, CITY, NIGHT)
    assert run.did_not_run == [("name_garbled", "执行出错：ValueError: no outline")]


def test_an_all_null_column_is_no_pass_and_an_issue_only_where_the_source_maps_it() -> None:
    rows = pd.concat([many(2, phone=None), many(2, phone=None, source="bank_rural")], ignore_index=True)
    run = run_suite(ROWS, rows, KEYS, CITY, NIGHT, mapped={"union": {"name", "phone"}, "bank_rural": {"name"}})
    assert "phone_in_exponent_form" not in run.ran
    assert "phone_in_exponent_form" in [rule for rule, _ in run.did_not_run]
    told = run.issues[run.issues["rule"] == "check_did_not_run"]
    assert list(zip(told["source"], told["field"], strict=True)) == [("union", "phone")]
    assert told["message"].iloc[0].startswith("“电话”一栏全空")


def test_a_column_that_one_of_two_sources_leaves_empty_is_that_sources_issue() -> None:
    rows = pd.concat([many(2), many(2, phone=None, source="bank_rural")], ignore_index=True)
    run = run_suite(ROWS, rows, KEYS, CITY, NIGHT, mapped={"union": {"phone"}, "bank_rural": {"phone"}})
    assert "phone_in_exponent_form" in run.ran
    assert list(run.issues["source"]) == ["bank_rural"]


def test_a_listing_column_is_expected_where_the_row_field_that_feeds_it_is_mapped() -> None:
    listings = frame("listing", {**LISTING, "lng_wgs84": None, "lat_wgs84": None})
    without = run_suite(LISTINGS, listings, KEYS, CITY, NIGHT, mapped={"union": {"name"}})
    assert without.issues.empty
    assert {"position_far_outside", "position_in_other_county"} <= {rule for rule, _ in without.did_not_run}
    mapping = run_suite(LISTINGS, listings, KEYS, CITY, NIGHT, mapped={"union": {"name", "lng"}})
    assert list(mapping.issues["field"]) == ["lng_wgs84"]


def test_of_stations_a_column_is_expected_where_any_source_maps_what_feeds_it() -> None:
    stations = frame("station", {**STATION, "credit_code": None, "opened_on": None, "first_seen_on": None})
    run = run_suite(STATIONS, stations, ["station_id"], CITY, NIGHT, mapped={"union": {"name", "credit_code"}, "bank_rural": {"name"}})
    told = run.issues[run.issues["rule"] == "check_did_not_run"]
    assert set(told["field"]) == {"credit_code", "first_seen_on"}


def test_a_column_that_only_some_rows_can_be_asked_of_did_not_run_when_none_can() -> None:
    listings = frame("listing", {**LISTING, "town_code": None}, {**LISTING, "row_key": "k2", "county_code": None, "community_code": None})
    run = run_suite(LISTINGS, listings, KEYS, CITY, NIGHT, mapped=MAPPED)
    assert "town_in_other_county" not in run.ran
    assert any(rule == "town_in_other_county" and "没有一行齐全" in reason for rule, reason in run.did_not_run)
    assert run.issues.empty


def test_a_column_that_is_missing_altogether_is_told() -> None:
    run = run_suite(ROWS, many(1).drop(columns="phone"), KEYS, CITY, NIGHT, mapped=MAPPED)
    assert ("phone_in_exponent_form", "缺少列 phone") in run.did_not_run
    assert "check_did_not_run" in set(run.issues["rule"])


def test_every_failing_row_is_told_past_the_limits_of_great_expectations() -> None:
    run = run_suite(ROWS[:1], many(750, name=None), KEYS, CITY, NIGHT)
    assert list(run.issues["row_key"]) == [f"k{place}" for place in range(750)]


def test_rows_without_a_key_are_told_like_others() -> None:
    rows = many(3)
    rows.loc[1, ["row_key", "name"]] = None
    assert list(run_suite(ROWS, rows, KEYS, CITY, NIGHT, mapped=MAPPED).issues["line"]) == ["1"]


def test_the_index_of_the_frame_does_not_matter() -> None:
    rows = many(4)
    rows.loc[2, "name"] = None
    rows.index = pd.Index([7, 7, 3, 1])
    assert list(run_suite(ROWS, rows, KEYS, CITY, NIGHT, mapped=MAPPED).issues["row_key"]) == ["k2"]


def test_a_key_column_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError, match="nope"):
        run_suite(ROWS, many(1), ["nope"], CITY, NIGHT)


def test_a_rule_that_fails_broadly_is_told_once() -> None:
    rows = pd.DataFrame([ROW] * (BROAD_ROWS + 1), dtype="str")[[*KEYS, "line", "name"]]
    rows.loc[: len(rows) // 2, "name"] = "锟斤拷"
    absent = Check(NAME_ABSENT, ("name",), own("ExpectColumnValuesToSaySomething", column="name"), sees_absence=True)
    garbled = Check(NAME_GARBLED, ("name",), stock("ExpectColumnValuesToNotMatchRegex", column="name", regex="锟斤拷"))
    counted = replace(garbled, rule=replace(NAME_GARBLED, id="counted", severity="info"))
    run = run_suite((absent, garbled, counted), rows, KEYS, CITY, NIGHT)
    assert run.broad == ["name_garbled", "counted"]
    assert list(run.issues["rule"]) == ["source_failing", "counted"]
    assert run.issues["row_key"].isna().all()
    assert "10001 行（50%）" in run.issues["message"].iloc[0]
