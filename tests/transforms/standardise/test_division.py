from __future__ import annotations

import pytest

from transforms.records import City
from transforms.standardise.division import Written, divide
from transforms.standardise.places import Places


@pytest.mark.parametrize(
    ("code", "on", "today"),
    [
        ("340202", None, "340202"),
        ("340221", None, "340210"),
        ("340222", "2019-12-31", "340212"),
        ("340203", "2019-12-31", "340209"),
        ("340208", "2019-12-31", "340209"),
        ("340225", "2018-12-31", "340281"),
        ("340225", "2019-06-30", "340281"),
        ("340205", "1995-01-01", "340207"),
        ("341422", "2005-01-01", "340281"),
        ("340271", None, "340207"),
        ("340272", None, "340209"),
        ("340299", None, None),
        ("340210", "2024-01-01", "340210"),
    ],
    ids=str,
)
def test_county_codes_by_date(code: str, on: str | None, today: str | None, places: Places) -> None:
    assert places.county_today(code, on) == today


def test_the_register_of_wuhu(city: City) -> None:
    levels = [division.level for division in city.divisions]
    assert (levels.count(3), levels.count(5), len(city.changes)) == (7, 950, 22)
    towns = [division for division in city.divisions if division.level == 4]
    assert sum(division.name.endswith("街道") for division in towns) == 27
    assert sum(division.name.endswith("镇") for division in towns) == 44
    assert {division.parent for division in towns} == set(city.counties)
    codes = [division.code for division in city.divisions]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize(
    ("written", "expected", "rules"),
    [
        (Written(county="镜湖区", town="赭山街道"), ("340202", "340202016", None), set()),
        (Written(county="芜湖市镜湖"), ("340202", None, None), set()),
        (Written(county="芜湖县"), ("340210", None, None), set()),
        (Written(county="无为市", town="无城镇", community="五华社区居委会"), ("340281", "340281100", "340281100001"), set()),
        (Written(town="瀂港街道"), ("340209", "340209003", None), set()),
        (Written(code="340202012001"), ("340202", "340202012", "340202012001"), set()),
        (Written(code="340271002014"), ("340207", "340271002", "340271002014"), set()),
        (Written(code="340203003002", community="中央城社区"), ("340209", "340209003", "340209003002"), {"division_code_old"}),
        (Written(code="340299", county="镜湖区"), ("340202", None, None), {"division_unknown"}),
        (Written(code="34"), (None, None, None), {"division_unknown"}),
        (Written(county="天河区"), (None, None, None), {"county_unknown"}),
        (Written(county="镜湖区", town="天河街道"), ("340202", None, None), {"town_unknown"}),
        (Written(county="镜湖区", community="幸福里社区"), ("340202", None, None), {"community_unknown"}),
        (
            Written(address_county="镜湖区", address_town="方村街道", address_community="方塘社区"),
            ("340202", "340202012", "340202012001"),
            set(),
        ),
        (Written(address_community="没有的社区"), (None, None, None), set()),
    ],
    ids=str,
)
def test_divide(written: Written, expected: tuple[str | None, ...], rules: set[str], places: Places) -> None:
    found = divide(written, places, None)
    assert (found.county_code, found.town_code, found.community_code) == expected
    assert {rule for rule, _, _ in found.faults} == rules


def test_an_unknown_community_keeps_the_owners_name(places: Places) -> None:
    found = divide(Written(county="镜湖区", community="幸福里社区居民委员会"), places, None)
    assert (found.community, found.community_code) == ("幸福里社区", None)
