"""The truth of the sample city: published totals, places inside their counties, the named cases, and the same bytes from the same seed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from functools import cache

import pytest

from sandbox.city import Town, build
from sandbox.credit import check_character, organisation_check
from sandbox.datum import bd09, gcj02, metres_between
from sandbox.geography import communities, roads_of, within
from sandbox.station import SOURCES, Station


@cache
def city(seed: int, scale: float = 1.0) -> Town:
    """A city built once for all tests of this file."""
    return build(seed, scale)


def alive(town: Town, night: int) -> list[Station]:
    """The stations open on a night."""
    return [station for station in town.stations(night) if station.is_open]


@pytest.mark.parametrize("seed", [1, 7])
def test_night_zero_has_the_published_totals(seed: int) -> None:
    stations = alive(city(seed), 0)
    assert len(stations) == 940
    assert Counter(station.batch for station in stations) == {"renovated": 415, "new_build": 144, "co_branded": 318, "none": 63}


def test_a_tenth_of_the_city_keeps_the_proportions() -> None:
    stations = alive(city(1, 0.1), 0)
    assert len(stations) == 94
    assert Counter(station.batch for station in stations) == {"renovated": 42, "new_build": 14, "co_branded": 32, "none": 6}
    assert all(city(1, 0.1).rows(source, 0) for source in SOURCES)


@pytest.mark.parametrize("night", [0, 12])
def test_every_station_stands_in_its_county(night: int) -> None:
    for station in city(1).stations(night):
        assert within(station.place.lng, station.place.lat, station.place.county_code), station


def test_roads_and_communities_lie_where_the_table_says() -> None:
    assert {community.county_code for community in communities()} == {"340202", "340207", "340209", "340210", "340212", "340223", "340281"}
    for town_code in {community.town_code for community in communities()}:
        roads = roads_of(town_code)
        assert roads
        for road in roads:
            for number in (1, road.last_number // 2, road.last_number):
                assert within(*road.at(number), town_code[:6]), road


def test_ids_and_credit_codes_are_sound() -> None:
    stations = city(1).stations(0)
    assert len({station.id for station in stations}) == len(stations)
    for station in stations:
        assert len(station.credit_code) == 18
        assert check_character(station.credit_code[:17]) == station.credit_code[17]


@pytest.mark.parametrize("code", ["91340207MA2MWRK069", "913400007199042708"])
def test_check_digits_against_real_codes(code: str) -> None:
    assert check_character(code[:17]) == code[17]
    assert organisation_check(code[8:16]) == code[16]


def test_datums_against_the_known_vector() -> None:
    assert gcj02(118.38, 31.33) == pytest.approx((118.385407, 31.328151), abs=1e-6)
    assert bd09(118.38, 31.33) == pytest.approx((118.392006, 31.333812), abs=1e-6)


@pytest.mark.parametrize("scale", [1.0, 0.1])
def test_the_named_cases_exist(scale: float) -> None:
    town = city(1, scale)
    by_id = {station.id: station for station in town.stations(0)}
    listed = {source: Counter(row.station for row in town.rows(source, 0)) for source in SOURCES}

    bank, hall = (by_id[key] for key in town.cases["one_building"])
    assert (bank.brand, hall.brand) == ("icbc", "mobile")
    assert bank.place == hall.place
    assert bank.label == hall.label
    assert listed["bank_icbc"][bank.id]
    assert listed["telecom_mobile"][hall.id]
    assert listed["union"][bank.id]
    assert listed["union"][hall.id]

    (outlet,) = town.cases["three_lists"]
    assert {source for source in SOURCES if listed[source][outlet]} == {"union", "bank_icbc", "civilization"}

    one, other = (by_id[key] for key in town.cases["twins"])
    assert one.name == other.name
    assert one.place.county_code != other.place.county_code

    pairs = town.cases["centre_and_kiosk"]
    assert pairs
    for centre, kiosk in zip(pairs[::2], pairs[1::2], strict=True):
        here, there = by_id[centre].place, by_id[kiosk].place
        assert metres_between((here.lng, here.lat), (there.lng, there.lat)) == pytest.approx(40, abs=0.5)
        assert by_id[centre].label == by_id[kiosk].label


def _bytes(town: Town, night: int) -> str:
    rows = {source: [asdict(row) for row in town.rows(source, night)] for source in SOURCES}
    return json.dumps([rows, [asdict(station) for station in town.stations(night)]], ensure_ascii=False)


def test_the_same_seed_and_night_give_the_same_bytes() -> None:
    straight = build(3, 0.1)
    assert _bytes(build(3, 0.1), 5) == _bytes(straight, 5)
    wandering = build(3, 0.1)
    wandering.rows("union", 11)
    wandering.stations(8)
    assert _bytes(wandering, 5) == _bytes(straight, 5)
    assert _bytes(build(4, 0.1), 5) != _bytes(straight, 5)
