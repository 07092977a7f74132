"""What holds of any merge: order says nothing, nothing is invented, nothing is lost, merging what is merged changes nothing."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.merge.example import TRUST, claim, corrections, listings
from transforms.merge import Merged, merge
from transforms.merge.choosing import PICKS, UNIONS
from transforms.records import FIELDS

STATED: Final = [field.name for field in FIELDS if field.stated]
_DATES: Final = st.sampled_from(["2026-05-30", "2026-06-01", "2026-06-03", "2099-01-01"])


def _maybe(*values: object) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


@st.composite
def claims(draw: st.DrawFn) -> list[dict[str, Any]]:
    keys = draw(st.lists(st.tuples(st.sampled_from(sorted(TRUST)), st.integers(1, 4)), min_size=3, max_size=14, unique=True))
    return [_claim(draw, source, str(key)) for source, key in keys]


def _claim(draw: st.DrawFn, source: str, key: str) -> dict[str, Any]:
    county = draw(_maybe("340202", "340207"))
    town = draw(_maybe(f"{county}001", f"{county}002")) if county else None
    hours = draw(_maybe("24/7", "Mo-Fr 08:00-18:00"))
    lng = draw(_maybe(118.38, 118.3801, 118.39))
    return claim(
        source,
        key,
        station_id=draw(st.sampled_from(["yz3402-0000000001", "yz3402-0000000002", "yz3402-0000000003"])),
        is_open=draw(st.booleans()),
        last_seen_on=draw(st.sampled_from(["2026-06-02", "2026-06-04"])),
        is_on_latest=draw(st.booleans()),
        updated_on=draw(st.one_of(st.none(), _DATES)),
        opened_on=draw(_maybe("2025-06-01", "2019-01-01")),
        name=draw(st.sampled_from(["甲站", "乙站"])),
        name_core=draw(_maybe("甲")),
        kind=draw(_maybe("bank_outlet", "union_station", "park")),
        host=draw(_maybe("中国工商银行", "甲社区")),
        batch=draw(_maybe("renovated", "co_branded", "none")),
        batch_basis=draw(_maybe("owner", "rule", "hint")),
        county_code=county,
        county=county,
        town_code=town,
        town=town,
        address=draw(_maybe("青阳路1号", "青阳路2号")),
        floor=draw(_maybe("1")),
        lng_wgs84=lng,
        lat_wgs84=31.33 if lng else None,
        position_basis=draw(_maybe("given", "swapped")),
        phones=draw(_maybe("0553-1", "0553-1;95588", "95588")),
        plaques=draw(_maybe("gonghui_yizhan", "aixin_yizhan;gonghui_yizhan")),
        hours=hours,
        hours_text=draw(_maybe("全天")) or hours,
        credit_code=draw(_maybe("913400007199042708", "91340207MA2MWRK069")),
    )


def _frames(result: Merged) -> tuple[pd.DataFrame, ...]:
    return result.stations, result.statements, result.plaques, result.choices


@settings(max_examples=10, deadline=None)
@given(claims(), st.randoms(use_true_random=False))
def test_the_order_of_listings_says_nothing(told: list[dict[str, Any]], shuffle: Any) -> None:
    other = list(told)
    shuffle.shuffle(other)
    frame = listings(*other)
    frame.index = pd.Index(range(len(frame), 0, -1))
    for left, right in zip(_frames(merge(listings(*told), corrections())), _frames(merge(frame, corrections())), strict=True):
        pd.testing.assert_frame_equal(left, right)


@settings(max_examples=10, deadline=None)
@given(claims())
def test_every_stated_value_of_an_open_listing_is_a_statement_and_nothing_else_is(told: list[dict[str, Any]]) -> None:
    said = {(one["listing_id"], name, one[name]) for one in told if one["is_open"] for name in STATED if one.get(name) is not None}
    statements = merge(listings(*told), corrections()).statements
    assert set(statements[["listing_id", "field", "value"]].itertuples(index=False, name=None)) == said


@settings(max_examples=10, deadline=None)
@given(claims())
def test_every_chosen_value_was_told_by_the_listing_that_the_choice_names(told: list[dict[str, Any]]) -> None:
    claimed = {one["listing_id"]: one for one in told}
    result = merge(listings(*told), corrections())
    stations = {one["station_id"]: one for one in result.stations.to_dict("records")}
    along = {rule.field: (rule.field, *rule.along) for rule in PICKS}
    for one in result.choices.to_dict("records"):
        station = stations[one["station_id"]]
        if one["basis"] == "rule":
            assert (one["field"], station["batch_basis"]) == ("batch", "rule")
        elif one["basis"] != "union":
            said = claimed[one["listing_id"]]
            assert said["station_id"] == one["station_id"]
            for name in along[one["field"]]:
                assert station[name] == said.get(name) or (pd.isna(station[name]) and said.get(name) is None)
    chosen = set(result.choices[["station_id", "field"]].itertuples(index=False, name=None))
    assert chosen >= {(key, field) for key, station in stations.items() for field in (*along, *UNIONS) if not pd.isna(station[field])}


@settings(max_examples=8, deadline=None)
@given(claims())
def test_merging_what_is_merged_changes_nothing(told: list[dict[str, Any]]) -> None:
    once = merge(listings(*told), corrections()).stations
    fields = [name for rule in PICKS for name in (rule.field, *rule.along)] + list(UNIONS)
    again = listings(
        *(
            claim("union", str(place), **{name: station[name] for name in ("station_id", *fields)})
            for place, station in enumerate(once.to_dict("records"))
        )
    )
    twice = merge(again, corrections()).stations
    pd.testing.assert_frame_equal(once[["station_id", *fields]], twice[["station_id", *fields]])


@settings(max_examples=8, deadline=None)
@given(claims(), st.sampled_from(["name", "host", "address"]))
def test_a_correction_is_what_the_station_says(told: list[dict[str, Any]], field: str) -> None:
    station = told[0]["station_id"]
    result = merge(listings(*told), corrections(("station", station, field, "更正")))
    assert result.stations.set_index("station_id").loc[station, field] == "更正"
