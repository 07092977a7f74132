"""A person's value beats the sources, or is told that it could not be used."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.transforms.merge.example import STATION, claim, corrections, listings
from transforms.merge import merge

LISTINGS = listings(
    claim(
        "union", name="甲", county_code="340202", county="镜湖区", batch="renovated", batch_basis="owner", lng_wgs84=118.38, lat_wgs84=31.33
    ),
    claim("bank_icbc", name="乙", county_code="340207", county="鸠江区"),
)


@pytest.mark.parametrize(
    ("field", "text", "expected"),
    [
        ("name", "丙", "丙"),
        ("lng_wgs84", "118.4", 118.4),
        ("opened_on", "2025-06-01", "2025-06-01"),
        ("batch", "new_build", "new_build"),
        ("name", " 丙 ", "丙"),
    ],
)
def test_a_correction_of_a_station_wins(field: str, text: str, expected: object) -> None:
    result = merge(LISTINGS, corrections(("station", STATION, field, text)))
    assert result.stations.iloc[0][field] == expected
    chosen = result.choices[result.choices["field"] == field]
    assert list(chosen["basis"]) == ["correction"]
    assert chosen["listing_id"].isna().all()


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_a_correction_to_nothing_withdraws_the_value(nothing: str | None) -> None:
    assert pd.isna(merge(LISTINGS, corrections(("station", STATION, "batch", nothing))).stations.iloc[0]["batch"])


def test_the_last_correction_of_a_field_counts() -> None:
    told = corrections(("station", STATION, "name", "先"), ("station", STATION, "name", "后"))
    assert merge(LISTINGS, told).stations.iloc[0]["name"] == "后"


def test_a_name_follows_its_code_and_a_batch_says_who_set_it() -> None:
    told = corrections(("station", STATION, "county_code", "340202"), ("station", STATION, "batch", "none"))
    station = merge(LISTINGS, told).stations.iloc[0]
    assert (station["county"], station["batch_basis"]) == ("镜湖区", "correction")


def test_a_correction_of_a_listing_competes_in_its_place_and_what_the_owner_said_stays() -> None:
    result = merge(LISTINGS, corrections(("listing", "bank_icbc:1", "name", "更正名"), ("listing", "union:1", "name", "落选名")))
    assert result.stations.iloc[0]["name"] == "更正名"
    chosen = result.choices[result.choices["field"] == "name"].iloc[0]
    assert (chosen["basis"], chosen["listing_id"]) == ("correction", "bank_icbc:1")
    assert set(result.statements.loc[result.statements["field"] == "name", "value"]) == {"甲", "乙"}


@pytest.mark.parametrize(
    ("scope", "key", "field", "text"),
    [
        ("station", STATION, "lng_wgs84", "东经118度"),
        ("station", STATION, "lng_wgs84", "nan"),
        ("station", STATION, "opened_on", "去年"),
        ("station", STATION, "colour", "红"),
        ("station", STATION, "station_id", "yz3402-0000000002"),
        ("listing", "union:1", "listing_id", "union:2"),
    ],
)
def test_what_cannot_be_used_is_told(scope: str, key: str, field: str, text: str) -> None:
    result = merge(LISTINGS, corrections((scope, key, field, text)))
    assert list(result.issues["rule"]) == ["correction_unusable"]
    assert f"{field} = {text}" in result.issues["message"].iloc[0]
    assert result.issues["station_id"].iloc[0] == STATION
    pd.testing.assert_frame_equal(result.stations, merge(LISTINGS, corrections()).stations)


def test_a_correction_of_what_is_not_here_waits() -> None:
    result = merge(LISTINGS, corrections(("station", "yz3402-ffffffffff", "name", "丙"), ("listing", "union:9", "name", "丁")))
    assert result.issues.empty
    assert result.stations.iloc[0]["name"] == "乙"


@pytest.mark.parametrize(
    ("scope", "key", "field", "value", "is_said"),
    [
        ("station", STATION, "lng_wgs84", "118.3800000", True),
        ("station", STATION, "lng_wgs84", "118.3801", False),
        ("station", STATION, "batch", "renovated", True),
        ("station", STATION, "batch", "new_build", False),
        ("station", STATION, "hours", None, True),
        ("station", STATION, "batch", None, False),
        ("listing", "bank_icbc:1", "name", "乙", True),
        ("listing", "bank_icbc:1", "name", "丙", False),
    ],
)
def test_a_correction_that_the_sources_give_by_themselves_is_told(
    scope: str, key: str, field: str, value: str | None, is_said: bool
) -> None:
    assert (merge(LISTINGS, corrections((scope, key, field, value))).caught_up == {"d0"}) == is_said


def test_of_two_corrections_of_a_field_the_last_is_the_one_that_can_be_caught_up_with() -> None:
    told = corrections(("station", STATION, "batch", "renovated"), ("station", STATION, "batch", "new_build"))
    assert not merge(LISTINGS, told).caught_up
