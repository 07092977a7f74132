"""Each mart on rows of which the answer is known, on both databases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import Connection

from tests.warehouse.marts.rows import FIRST, SECOND, THIRD, answer, listing, nights, put, put_listings, station


def test_stations_by_county_and_batch(empty: Connection) -> None:
    put(
        empty,
        "station_history",
        station(1, lng_wgs84=118.3, sources="bank;union"),
        station(2),
        station(3, batch=None, county=None, county_code=None),
        station(4, status="closed"),
        station(5, valid_to=SECOND),
    )
    assert answer(empty, "select * from mart_station_by_county_batch") == [
        (None, "未知", "unknown", 1, 0, 0),
        ("340202", "镜湖区", "renovated", 2, 1, 1),
    ]


def test_stations_by_county_batch_and_month(empty: Connection) -> None:
    put(
        empty,
        "station_history",
        station(1, opened_on=date(2025, 7, 1), first_seen_on=FIRST),
        station(2, opened_on=date(2025, 7, 31), first_seen_on=date(2026, 7, 1)),
        station(3, opened_on=None, first_seen_on=FIRST, batch="new_build"),
        station(4, status="closed", opened_on=date(2025, 7, 1)),
    )
    assert answer(empty, "select * from mart_station_by_county_batch_month") == [
        ("340202", "镜湖区", "new_build", None, 1, 0),
        ("340202", "镜湖区", "new_build", FIRST, 0, 1),
        ("340202", "镜湖区", "renovated", date(2025, 7, 1), 2, 0),
        ("340202", "镜湖区", "renovated", FIRST, 0, 1),
        ("340202", "镜湖区", "renovated", date(2026, 7, 1), 0, 1),
    ]


def test_control_totals(empty: Connection) -> None:
    assert answer(empty, "select * from mart_control_total_by_measure") == [], "a city that published nothing has no rows"
    put(empty, "station_history", station(1), station(2, batch="none"), station(3, status="closed"))
    put(
        empty,
        "division",
        {"division_code": "340202", "name": "镜湖区", "level": 3},
        {"division_code": "340202016", "name": "赭山街道", "level": 4},
        {"division_code": "340202100", "name": "某某镇", "level": 4},
    )
    totals = {"station": 940, "station_none": 0, "station_new_build": 144, "street": 27, "rating_none": 107}
    put(empty, "control_total", *({"measure": measure, "title": "某数", "total": total} for measure, total in totals.items()))
    assert answer(empty, "select measure, published_total, register_total, difference from mart_control_total_by_measure") == [
        ("rating_none", 107, None, None),
        ("station", 940, 2, -938),
        ("station_new_build", 144, 0, -144),
        ("station_none", 0, 1, 1),
        ("street", 27, 1, -26),
    ]


def test_overlap_of_owners(empty: Connection) -> None:
    """Station 1 on both lists, 2 and 3 the union's alone, 4 the bank's alone."""
    keyed = [("union", 1), ("bank", 1), ("union", 2), ("union", 3), ("bank", 4)]
    put_listings(empty, *(listing(source, str(number), number) for source, number in keyed), listing("bank", "5", 2, is_open=False))
    assert answer(empty, "select * from mart_overlap_by_source_pair") == [
        ("bank", None, 1, 2, Decimal("0.5000")),
        ("bank", "union", 1, 2, Decimal("0.5000")),
        ("union", None, 2, 3, Decimal("0.6667")),
        ("union", "bank", 1, 3, Decimal("0.3333")),
    ]


def test_completeness_against_the_owners_own_list(empty: Connection) -> None:
    nights(empty, FIRST, SECOND)
    read = {"rows_read": 10, "accepted": 6, "held_back": 1, "ignored": 3}
    put(
        empty,
        "source_night",
        {"night": FIRST, "source": "union", "last_good_on": FIRST, **read},
        {"night": SECOND, "source": "union", "last_good_on": FIRST},
        {"night": SECOND, "source": "never", "last_good_on": None},
    )
    put(empty, "owner", {"source": "union", "title": "工会名单"})
    put_listings(
        empty,
        listing("union", "1", 1, lng_wgs84=118.3, phones="12351", hours="24/7"),
        listing("union", "2", 1, facilities="water", opened_on=FIRST, community_code="340202016001"),
        listing("union", "3", 2, is_open=False, phones="12351"),
    )
    put(empty, "station_history", station(1), station(2, sources="bank"), station(3, sources="bank;union"))
    assert answer(empty, "select * from mart_completeness_by_source") == [
        ("never", None, None, None, None, None, None, 0, 0, 0, Decimal("0.0000"), 0, 0, 0, 0, 0, 0),
        ("union", "工会名单", FIRST, 10, 1, 3, Decimal("0.8571"), 2, 2, 1, Decimal("0.6667"), 1, 1, 1, 1, 1, 1),
    ]


def test_quarantine_by_source_rule_and_night(empty: Connection) -> None:
    critical = {"severity": "critical", "responsibility": "owner"}
    put(
        empty,
        "issue",
        {"night": FIRST, "number": 1, "source": "union", "row_key": "8", "line": "8", "rule": "name_absent", **critical},
        {"night": FIRST, "number": 2, "source": "union", "row_key": "9", "line": "9", "rule": "name_absent", **critical},
        {"night": FIRST, "number": 3, "source": "union", "row_key": "9", "line": "9", "rule": "phone_odd", "severity": "warning"},
        {"night": FIRST, "number": 4, "source": "bank", "rule": "source_too_few", **critical},
        {
            "night": FIRST,
            "number": 5,
            "source": "union",
            "row_key": "7",
            "line": "7",
            "rule": "name_absent",
            "decision_id": "d1",
            **critical,
        },
    )
    put(empty, "quarantine", {"source": "union", "row_key": "8", "row_digest": "d", "opened_on": FIRST})
    put(empty, "source_night", {"night": FIRST, "source": "bank", "held_back": 40, "is_stopped": True})
    assert answer(empty, "select * from mart_quarantine_by_source_rule_night") == [
        (FIRST, "bank", "source_too_few", "owner", True, 40, 0),
        (FIRST, "union", "name_absent", "owner", False, 2, 1),
    ]


def test_freshness_by_source(empty: Connection) -> None:
    put(empty, "source_night", {"night": FIRST, "source": "union", "last_good_on": FIRST, "open_after": 9})
    put(
        empty, "source_night", {"night": THIRD, "source": "union", "last_good_on": FIRST, "open_after": 7, "carried": 7, "is_stopped": True}
    )
    put(empty, "owner", {"source": "union", "title": "工会名单", "owner_name": "总工会", "max_age_days": 60})
    assert answer(empty, "select * from mart_freshness_by_source") == [("union", "工会名单", "总工会", THIRD, FIRST, 2, 60, True, 7, 7)]


def test_changes_by_night_and_cause(empty: Connection) -> None:
    told = [("s1", "closed", "absent_twice"), ("s2", "closed", "absent_twice"), ("s1", "renamed", "listed"), ("s1", "renamed", "listed")]
    for number, (station_id, event, cause) in enumerate(told, 1):
        put(empty, "station_event", {"night": FIRST, "number": number, "station_id": station_id, "event": event, "cause": cause})
    assert answer(empty, "select * from mart_change_by_night") == [
        (FIRST, "closed", "absent_twice", 2, 2),
        (FIRST, "renamed", "listed", 2, 1),
    ]


def test_disagreements_between_owners(empty: Connection) -> None:
    """On station 1 the two differ and the bank is followed; on 2 they share a value; on 3 only one speaks; the tower's is of the past."""
    both = {"hours": "24/7", "sources": "bank;union"}
    put(empty, "station_history", station(1, **both), station(2, **both), station(3, hours="24/7", sources="union"))
    said = [
        ("s1", "bank", "24/7"),
        ("s1", "union", "08:00-20:00"),
        ("s2", "bank", "24/7"),
        ("s2", "union", "08:00-20:00"),
        ("s2", "union", "24/7"),
        ("s3", "union", "24/7"),
    ]
    for number, (station_id, source, value) in enumerate(said):
        row = {"station_id": station_id, "field": "hours", "listing_id": f"{source}:{number}", "value": value, "source": source}
        put(empty, "statement", row, {**row, "source": "tower", "listing_id": f"tower:{number}", "value": "past", "gone_on": SECOND})
    assert answer(empty, "select * from mart_disagreement_by_field_source_pair") == [("hours", "bank", "union", 2, 1, 1, 0)]


def test_opening_hours_by_county(empty: Connection) -> None:
    """Monday to Friday 8-24 (1), the nights from 20 to 6 all week (2), Sundays in winter alone (3), day and night (4), unread (5)."""
    nights(empty, FIRST)
    spans = [
        *(("weekdays", weekday, 101, 1231, 480, 1440) for weekday in range(1, 6)),
        *(("nights", weekday, 101, 1231, 1200, 1800) for weekday in range(1, 8)),
        ("winter", 7, 1101, 1231, 0, 1440),
        *(("24/7", weekday, 101, 1231, 0, 1440) for weekday in range(1, 8)),
    ]
    columns = ("hours", "weekday", "season_from", "season_to", "opens_min", "closes_min")
    put(empty, "opening_span", *(dict(zip(columns, span, strict=True)) for span in spans))
    put(empty, "station_history", *(station(n, hours=text) for n, text in enumerate(["weekdays", "nights", "winter", "24/7", "odd"], 1)))
    put(empty, "station_history", station(6, hours="24/7", status="closed"), station(7, hours=None, county=None, county_code=None))
    assert answer(empty, "select * from mart_opening_by_county") == [
        (None, "未知", 1, 0, 0, 0, 0, 0, 0, 0),
        # stations, known, always, at 7, at 23, Saturday, Sunday, Sunday at 23
        ("340202", "镜湖区", 5, 4, 1, 1, 3, 2, 2, 2),
    ]


def test_what_runs_past_midnight_is_open_on_the_next_morning(empty: Connection) -> None:
    nights(empty, FIRST)
    put(
        empty,
        "opening_span",
        *(
            {"hours": "late", "weekday": n, "season_from": 101, "season_to": 1231, "opens_min": 1200, "closes_min": 1890}
            for n in range(1, 8)
        ),
    )
    put(empty, "station_history", station(1, hours="late"))
    assert answer(empty, "select at_7_count, at_23_count, always_count from mart_opening_by_county") == [(1, 1, 0)]


def test_facilities_by_county(empty: Connection) -> None:
    put(
        empty,
        "station_history",
        station(1, facilities="aed;water"),
        station(2, facilities="water"),
        station(3, facilities=None),
        station(4, facilities="water", county=None, county_code=None),
        station(5, facilities="aed", status="closed"),
        station(6, facilities="wifi"),
    )
    assert answer(empty, "select * from mart_facility_by_county") == [
        (None, "未知", "water", 1, 1, 1, Decimal("1.0000")),
        ("340202", "镜湖区", "aed", 1, 3, 4, Decimal("0.3333")),
        ("340202", "镜湖区", "water", 2, 3, 4, Decimal("0.6667")),
        ("340202", "镜湖区", "wifi", 1, 3, 4, Decimal("0.3333")),
    ]


def test_nearest_station_of_each_community(empty: Connection) -> None:
    """One community by three listings (the median is the second), one far from every station, one that no listing names."""
    put(
        empty,
        "division",
        {"division_code": "340202", "name": "镜湖区", "level": 3},
        {"division_code": "340202016", "name": "赭山街道", "level": 4, "parent_code": "340202"},
        *({"division_code": f"34020201600{n}", "name": f"{n}社区", "level": 5, "parent_code": "340202016"} for n in (1, 2, 3)),
    )
    near, far = {"community_code": "340202016001", "lat_wgs84": 31.0}, {"community_code": "340202016002", "lat_wgs84": 31.0}
    put_listings(
        empty,
        listing("union", "1", 1, lng_wgs84=118.30, **near),
        listing("union", "2", 1, lng_wgs84=118.31, **near),
        listing("union", "3", 1, lng_wgs84=118.39, **near),
        listing("union", "4", 1, lng_wgs84=118.99, is_open=False, **near),
        listing("union", "5", 1, lng_wgs84=118.60, **far),
    )
    put(
        empty,
        "station_history",
        station(1, lng_wgs84=118.31, lat_wgs84=31.01),
        station(2, lng_wgs84=118.31, lat_wgs84=31.005),
        station(3, lng_wgs84=118.31, lat_wgs84=31.0, status="closed"),
        station(4, lng_wgs84=None, lat_wgs84=None),
    )
    told = "community_code, town, county, place_basis, listing_count, lng_wgs84, station_id, straight_m, walk_m, walk_min, is_within_15_min"
    # 0.005 degrees of latitude are 556 m, × 1.3 = 723 m, 10 minutes at 75 m; 0.29 degrees of longitude at 31 degrees north 27.6 km
    assert answer(empty, f"select {told} from mart_nearest_station_by_community") == [
        ("340202016001", "赭山街道", "镜湖区", "median", 3, 118.31, "s2", 556, 723, 10, True),
        ("340202016002", "赭山街道", "镜湖区", "median", 1, 118.6, "s2", 27646, 35940, 480, False),
        ("340202016003", "赭山街道", "镜湖区", "unknown", 0, None, None, None, None, None, None),
    ]


def test_merged_and_split_stations_with_reasons(empty: Connection) -> None:
    """On the second night station 2 went into 1 (a person said so); on the third 3 was split off from 1, by the evidence; 9 is not explained."""
    put(
        empty,
        "station_history",
        station(1),
        station(2, valid_to=SECOND),
        station(3, valid_from=THIRD),
    )
    put(
        empty,
        "station_listing",
        {"listing_id": "a:1", "station_id": "s1"},
        {"listing_id": "b:2", "station_id": "s2", "valid_to": SECOND},
        {"listing_id": "b:2", "station_id": "s1", "valid_from": SECOND},
        {"listing_id": "c:3", "station_id": "s1", "valid_to": THIRD},
        {"listing_id": "c:3", "station_id": "s3", "valid_from": THIRD},
    )
    put(
        empty,
        "pair",
        {"left_id": "a:1", "right_id": "b:2", "valid_to": SECOND, "weight_mb": 100},
        {"left_id": "a:1", "right_id": "b:2", "valid_from": SECOND, "weight_mb": 100, "verdict": "same"},
        {"left_id": "b:2", "right_id": "c:3", "weight_mb": 9000},
        {"left_id": "a:1", "right_id": "c:3", "weight_mb": -4000},
    )
    put(
        empty,
        "station_event",
        {"night": SECOND, "number": 1, "station_id": "s2", "event": "merged", "cause": "same_station", "detail": "s1"},
        {"night": THIRD, "number": 1, "station_id": "s1", "event": "split", "cause": "not_same_station", "detail": "s1;s3"},
        {"night": THIRD, "number": 2, "station_id": "s3", "event": "split_off", "cause": "not_same_station", "detail": "s1"},
        {"night": THIRD, "number": 3, "station_id": "s9", "event": "merged", "cause": "same_station", "detail": "s8"},
        {"night": THIRD, "number": 4, "station_id": "s1", "event": "renamed", "cause": "listed", "detail": "甲 → 乙"},
    )
    told = "night, event, station_id, name, other_ids, basis, left_id, right_id, weight_mb, verdict"
    assert answer(empty, f"select {told} from mart_merge_split_by_event") == [
        (SECOND, "merged", "s2", "2号站", "s1", "person", "a:1", "b:2", 100, "same"),
        (THIRD, "merged", "s9", None, "s8", None, None, None, None, None),
        (THIRD, "split", "s1", "1号站", "s1;s3", "evidence", "a:1", "c:3", -4000, None),
        (THIRD, "split_off", "s3", "3号站", "s1", "evidence", "a:1", "c:3", -4000, None),
    ]


def test_review_backlog(empty: Connection) -> None:
    """Two doubts between bank and union that touch stations 1, 2 and 3, one of them asked again; one within the union; one that waits no longer."""
    nights(empty, FIRST, SECOND, THIRD)
    put_listings(
        empty,
        listing("bank", "1", 1),
        listing("union", "1", 2),
        listing("bank", "2", 3),
        listing("union", "2", 3),
        listing("union", "3", 2),
    )
    put(
        empty,
        "pair",
        {"left_id": "bank:1", "right_id": "union:1", "is_review": True, "valid_from": SECOND},
        {"left_id": "bank:2", "right_id": "union:2", "is_review": True, "verdict": "same", "valid_from": THIRD},
        {"left_id": "union:1", "right_id": "union:3", "is_review": True},
        {"left_id": "bank:1", "right_id": "union:3", "is_review": True, "valid_to": SECOND},
        {"left_id": "bank:1", "right_id": "union:2", "is_review": False},
    )
    assert answer(empty, "select * from mart_review_by_source_pair") == [
        ("bank", "union", 2, 1, 1, 1, 3, SECOND, 1),
        ("union", "union", 1, 0, 1, 0, 1, FIRST, 2),
    ]


def test_liveness_in_its_parts(empty: Connection) -> None:
    """Station 1: the union lists it tonight, the bank's row is held since the second night. Station 2: gone from its only list since the third."""
    nights(empty, FIRST, SECOND, THIRD, sources=("union", "bank"))
    held = {"valid_from": SECOND, "carried_since": SECOND, "carried_cause": "row_held"}
    gone = {"valid_from": THIRD, "is_open": False, "closed_on": THIRD, "close_cause": "absent_twice"}
    put_listings(
        empty,
        listing("union", "1", 1, updated_on=date(2026, 5, 1)),
        listing("bank", "1", 1, valid_to=SECOND),
        listing("union", "2", 2, valid_to=THIRD),
    )
    put(empty, "listing", listing("bank", "1", 1, **held)[0], listing("union", "2", 2, **gone)[0])
    put(empty, "station_history", station(1), station(2, status="closed", close_cause="absent_twice"))
    assert answer(empty, "select * from station_confirmation") == [
        ("s1", "bank", True, 1, FIRST, 2, True, None),
        ("s1", "union", True, 1, THIRD, 0, False, date(2026, 5, 1)),
        ("s2", "union", False, 0, SECOND, 1, False, None),
    ]
    assert answer(empty, "select * from station_liveness") == [
        ("s1", "1号站", "open", None, THIRD, 0, "union", 2, 0, 1, "bank=2;union=0"),
        ("s2", "2号站", "closed", "absent_twice", SECOND, 1, "union", 0, 1, 0, None),
    ]
