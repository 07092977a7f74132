"""Each field by its rule: who wins, and what the choice says of why."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.transforms.merge.example import STATION, claim, corrections, listings
from transforms.merge import Merged, merge
from transforms.merge.choosing import PICKS, RANKS, UNIONS
from transforms.merge.claims import RANK
from transforms.records import FIELDS, ISSUE_COLUMNS, columns_of

NOTHING = corrections()
ICBC, UNION, MOBILE, CIVIL = "bank_icbc", "union", "telecom_mobile", "civilization"


def merged(*claims: dict[str, Any]) -> Merged:
    return merge(listings(*claims), NOTHING)


def value(result: Merged, field: str) -> Any:
    told = result.stations.iloc[0][field]
    return None if pd.isna(told) else told


def test_of_claims_that_say_the_same_the_lesser_id_is_named_whatever_the_order_of_the_rows() -> None:
    told = [claim(UNION, key, hours="Mo-Su 09:00-17:00", hours_text=text) for key, text in (("1", "九点到五点"), ("2", "9:00-17:00"))]
    for claims in (told, told[::-1]):
        found = merged(*claims)
        assert choice(found, "hours") == ("unanimous", "union:1")
        assert value(found, "hours_text") == "九点到五点", "what comes along comes from the same listing"


def choice(result: Merged, field: str) -> tuple[str, str | None]:
    row = result.choices[result.choices["field"] == field].iloc[0]
    return row["basis"], None if pd.isna(row["listing_id"]) else row["listing_id"]


@pytest.mark.parametrize(
    ("claims", "field", "wins", "basis"),
    [
        pytest.param(
            [claim(UNION, name="工会驿站"), claim(ICBC, name="工行青阳路支行")], "name", "工行青阳路支行", "trust", id="name: trust"
        ),
        pytest.param(
            [claim(UNION, "1", name="驿站"), claim(UNION, "2", name="青阳路站", name_core="青阳路")],
            "name",
            "青阳路站",
            "completeness",
            id="name: the fuller of one source",
        ),
        pytest.param(
            [claim(ICBC, kind="union_station"), claim(UNION, kind="bank_outlet")], "kind", "bank_outlet", "premises", id="kind: premises"
        ),
        pytest.param(
            [claim(ICBC, kind="mall"), claim(UNION, kind="park"), claim(CIVIL, kind="park")],
            "kind",
            "park",
            "agreement",
            id="kind: agreement",
        ),
        pytest.param(
            [claim(ICBC, host="甲公司"), claim(UNION, host="乙公司"), claim(CIVIL, host="乙公司")], "host", "乙公司", "agreement", id="host"
        ),
        pytest.param(
            [claim(ICBC, county_code="340207"), claim(UNION, county_code="340202"), claim(CIVIL, county_code="340202")],
            "county_code",
            "340202",
            "agreement",
            id="county: agreement",
        ),
        pytest.param(
            [
                claim(UNION, "1", county_code="340202"),
                claim(UNION, "2", county_code="340202"),
                claim(ICBC, county_code="340207"),
            ],
            "county_code",
            "340207",
            "trust",
            id="county: a source that repeats itself agrees with nobody",
        ),
        pytest.param(
            [
                claim(ICBC, address="青阳路38号", road="青阳路", number="38"),
                claim(UNION, address="青阳路38号2楼", road="青阳路", number="38", floor="2"),
            ],
            "address",
            "青阳路38号2楼",
            "completeness",
            id="address: the fuller",
        ),
        pytest.param(
            [claim(ICBC, address="青阳路38号", road="青阳路"), claim(UNION, address="赭山路1号", road="赭山路")],
            "address",
            "青阳路38号",
            "trust",
            id="address: trust",
        ),
        pytest.param(
            [
                claim(ICBC, hours="19:00-03:00", updated_on="2026-06-01"),
                claim(UNION, hours="Mo-Fr 08:00-18:00", updated_on="2026-01-01"),
                claim(CIVIL, hours="Mo-Fr 08:00-18:00"),
            ],
            "hours",
            "Mo-Fr 08:00-18:00",
            "agreement",
            id="hours: two that agree",
        ),
        pytest.param(
            [claim(ICBC, hours="Mo-Fr 08:00-18:00", updated_on="2026-01-01"), claim(CIVIL, hours="24/7", updated_on="2026-05-01")],
            "hours",
            "24/7",
            "updated",
            id="hours: the latest",
        ),
        pytest.param(
            [claim(ICBC, hours="Mo-Fr 08:00-18:00"), claim(CIVIL, hours="24/7")], "hours", "Mo-Fr 08:00-18:00", "trust", id="hours: trust"
        ),
        pytest.param(
            [claim(ICBC, hours="Mo-Fr 08:00-18:00", updated_on="2026-06-04"), claim(CIVIL, hours="24/7", updated_on="2099-01-01")],
            "hours",
            "24/7",
            "updated",
            id="hours: a date to come is worth no more than the night",
        ),
        pytest.param(
            [claim(ICBC, hours="Mo-Fr 08:00-18:00", updated_on="2026-06-05"), claim(CIVIL, hours="24/7", updated_on="2099-01-01")],
            "hours",
            "Mo-Fr 08:00-18:00",
            "trust",
            id="hours: nor more than tonight's",
        ),
        pytest.param(
            [claim(ICBC, hours_text="随时", updated_on="2026-06-01"), claim(CIVIL, hours="24/7", hours_text="全天")],
            "hours_text",
            "全天",
            None,
            id="hours that could be read stand before those that could not",
        ),
        pytest.param(
            [
                claim(ICBC, credit_code="91340207MA2MWRK069"),
                claim(UNION, credit_code="913400007199042708"),
                claim(CIVIL, credit_code="913400007199042708"),
            ],
            "credit_code",
            "913400007199042708",
            "agreement",
            id="credit code: agreement",
        ),
        pytest.param(
            [claim(ICBC, opened_on="2025-06-01"), claim(CIVIL, opened_on="2019-01-01")],
            "opened_on",
            "2019-01-01",
            "earliest",
            id="opened: first",
        ),
        pytest.param(
            [claim(UNION, batch="none", batch_basis="owner"), claim(ICBC, batch="renovated", batch_basis="hint")],
            "batch",
            "none",
            "basis",
            id="batch: stated before hinted",
        ),
        pytest.param(
            [claim(UNION, batch="renovated", batch_basis="owner"), claim(ICBC, kind="bank_outlet", batch="co_branded", batch_basis="rule")],
            "batch",
            "co_branded",
            "fit",
            id="batch: a plaque on a bank is co-branded",
        ),
        pytest.param(
            [claim(UNION, facilities="water"), claim(ICBC, facilities="charging;water")], "facilities", "charging;water", "union", id="all"
        ),
        pytest.param([claim(UNION, phones="95588;0553-1"), claim(ICBC, phones="0553-1")], "phones", "0553-1;95588", "union", id="phones"),
        pytest.param([claim(UNION, kind="park"), claim(ICBC, kind="park")], "kind", "park", "unanimous", id="all say so"),
        pytest.param([claim(UNION, kind="park"), claim(ICBC)], "kind", "park", "alone", id="only one says so"),
        pytest.param(
            [claim(CIVIL, host="乙", is_on_latest=False), claim(UNION, host="甲", trust=claim(CIVIL)["trust"])],
            "host",
            "甲",
            "seen",
            id="host: on its latest list",
        ),
        pytest.param(
            [claim(UNION, "2", host="乙"), claim(UNION, "1", host="甲")], "host", "乙", "order", id="nothing decides: the smaller value"
        ),
    ],
)
def test_who_wins(claims: list[dict[str, Any]], field: str, wins: str, basis: str | None) -> None:
    result = merged(*claims)
    assert value(result, field) == wins
    if basis is not None:
        assert choice(result, field)[0] == basis
    assert value(merged(*reversed(claims)), field) == wins


def test_a_position_that_others_confirm_beats_a_trusted_one_of_another_datum() -> None:
    there: dict[str, Any] = {"lng_wgs84": 118.38, "lat_wgs84": 31.33}
    shifted: dict[str, Any] = {"lng_wgs84": 118.3854, "lat_wgs84": 31.3282}
    result = merged(
        claim(ICBC, **shifted, position_basis="given"),
        claim(UNION, **there, position_basis="given"),
        claim(CIVIL, **there, position_basis="given"),
    )
    assert (value(result, "lng_wgs84"), value(result, "lat_wgs84")) == (118.38, 31.33)
    assert choice(result, "lng_wgs84") == ("nearness", "union:1")


def test_two_listings_of_one_source_do_not_confirm_each_other() -> None:
    there: dict[str, Any] = {"lng_wgs84": 118.38, "lat_wgs84": 31.33}
    other: dict[str, Any] = {"lng_wgs84": 118.39, "lat_wgs84": 31.33}
    assert value(merged(claim(ICBC, **other), claim(UNION, "1", **there), claim(UNION, "2", **there)), "lng_wgs84") == 118.39


def test_a_position_given_beats_one_put_right() -> None:
    result = merged(
        claim(ICBC, lng_wgs84=118.38, lat_wgs84=31.33, position_basis="swapped"),
        claim(CIVIL, lng_wgs84=118.39, lat_wgs84=31.33, position_basis="given"),
    )
    assert (value(result, "lng_wgs84"), choice(result, "lng_wgs84")[0]) == (118.39, "given")


def test_divisions_form_a_chain() -> None:
    result = merged(
        claim(UNION, county_code="340202", county="镜湖区", town_code="340202005", town="赭山街道", community="甲社区"),
        claim(CIVIL, county_code="340202", county="镜湖区", town_code="340202005", town="赭山街道"),
        claim(ICBC, county_code="340207", county="鸠江区", town_code="340207001", town="四褐山街道", address="鸠江区某路1号"),
    )
    assert [value(result, name) for name in ("county", "town_code", "town", "community", "address")] == [
        "镜湖区",
        "340202005",
        "赭山街道",
        "甲社区",
        None,
    ]


def test_a_batch_that_cannot_be_true_of_the_place_gives_way_to_the_rule() -> None:
    result = merged(claim(ICBC, kind="bank_outlet", batch="renovated", batch_basis="owner"))
    assert (value(result, "batch"), value(result, "batch_basis")) == ("co_branded", "rule")
    assert choice(result, "batch") == ("rule", None)
    assert result.issues.empty, "the row itself contradicts its owner, and standardise said so"


def test_a_disputed_batch_is_an_issue_of_who_lost() -> None:
    result = merged(claim(UNION, batch="renovated", batch_basis="owner"), claim(CIVIL, batch="new_build", batch_basis="owner"))
    assert value(result, "batch") == "renovated"
    issue = result.issues.iloc[0]
    assert (issue["rule"], issue["source"], issue["row_key"], issue["station_id"]) == ("batch_disputed", "civilization", "1", STATION)
    assert "新建一批（登记为改造一批）" in issue["message"]


def test_closed_listings_do_not_compete_while_one_is_open() -> None:
    result = merged(claim(UNION, name="旧名", is_open=False, phones="0553-1"), claim(CIVIL, name="新名"))
    assert (value(result, "name"), value(result, "phones"), value(result, "status")) == ("新名", None, "open")
    assert (value(result, "sources"), value(result, "listing_count")) == ("civilization", 1)
    assert set(result.statements["source"]) == {"civilization"}


def test_a_station_without_open_listings_is_closed_and_keeps_its_last_values() -> None:
    result = merged(
        claim(ICBC, name="更早停用", is_open=False, last_seen_on="2026-06-02", first_seen_on="2026-05-01"),
        claim(CIVIL, name="最后停用", is_open=False, last_seen_on="2026-06-04"),
    )
    assert (value(result, "name"), value(result, "status"), value(result, "listing_count")) == ("最后停用", "closed", 0)
    assert value(result, "sources") is None
    assert value(result, "first_seen_on") == "2026-05-01"
    assert result.statements.empty
    assert result.plaques.empty


def test_plaques_tell_who_told_of_them() -> None:
    result = merged(claim(UNION, plaques="a;b"), claim(ICBC, "1", plaques="b"), claim(ICBC, "2", plaques="b"))
    assert value(result, "plaques") == "a;b"
    assert result.plaques.to_dict("records") == [
        {"station_id": STATION, "plaque": "a", "source": "union"},
        {"station_id": STATION, "plaque": "b", "source": "bank_icbc"},
        {"station_id": STATION, "plaque": "b", "source": "union"},
    ]


def test_frames_have_the_columns_of_the_dictionary() -> None:
    result = merged(claim(UNION))
    assert tuple(result.stations.columns) == columns_of("station")
    assert list(result.statements.columns) == ["station_id", "field", "listing_id", "value", "source"]
    assert tuple(result.issues.columns) == ISSUE_COLUMNS


def test_no_listings_make_no_stations() -> None:
    result = merge(listings(claim(UNION)).iloc[:0], NOTHING)
    assert tuple(result.stations.columns) == columns_of("station")
    assert [len(frame) for frame in (result.stations, result.statements, result.plaques, result.issues, result.choices)] == [0] * 5


def test_every_field_of_a_station_that_owners_tell_of_has_a_rule() -> None:
    told = {name for rule in PICKS for name in (rule.field, *rule.along)} | set(UNIONS)
    counted = {"station_id", "status", "close_cause", "first_seen_on", "sources", "listing_count"}
    assert told == set(columns_of("station")) - counted
    assert {field.name for field in FIELDS if field.stated} <= told


def test_every_ranking_key_is_explained_and_counted() -> None:
    used = {key for rule in PICKS for key in rule.by}
    assert used == set(RANK)
    assert set(RANKS) == used | {"presence"}


@pytest.mark.parametrize(
    ("said", "batch", "basis"),
    [
        ({"kind": "party_centre", "opened_on": "2019-05-01"}, "none", "date"),
        ({"kind": "telecom_kiosk", "batch": "new_build", "batch_basis": "rule", "opened_on": "2019-05-01"}, "none", "date"),
        ({"kind": "party_centre", "batch": "renovated", "batch_basis": "owner", "opened_on": "2019-05-01"}, "renovated", "owner"),
        ({"kind": "party_centre", "opened_on": "2025-07-01"}, None, None),
        ({"kind": "bank_outlet", "batch": "co_branded", "batch_basis": "rule", "opened_on": "2009-05-01"}, "co_branded", "rule"),
    ],
    ids=["a public place", "put up before", "the owner's word", "opened since", "a bank's own date"],
)
def test_a_public_place_that_opened_before_the_programme_is_of_no_batch(said: dict[str, Any], batch: str | None, basis: str | None) -> None:
    result = merge(listings(claim(UNION, **said)), NOTHING, "2025-06-01")
    assert (value(result, "batch"), value(result, "batch_basis")) == (batch, basis)


def test_without_a_date_of_the_programme_no_date_speaks_of_a_batch() -> None:
    assert value(merged(claim(UNION, kind="party_centre", opened_on="2019-05-01")), "batch") is None
