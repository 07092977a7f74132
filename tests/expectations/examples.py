"""A row, a listing and a station with nothing wrong, in Wuhu; and each thing that can be wrong, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from expectations.outline import metres_outside, rings_of
from transforms.records import City, empty_frame, load_city
from transforms.records.fields import DTYPES, FIELDS, Stage

NIGHT: Final = "2026-06-05"
CITY: Final[City] = load_city(Path(__file__).resolve().parents[2] / "sources" / "wuhu")

_TOWNS: Final = [division.code for division in CITY.divisions if division.level == 4 and division.parent == "340202"]
_ELSEWHERE: Final = next(division.code for division in CITY.divisions if division.level == 4 and division.parent == "340223")
TOWN: Final = _TOWNS[0]
COMMUNITY: Final = next(division.code for division in CITY.divisions if division.parent == TOWN)
COMMUNITY_ELSEWHERE: Final = next(division.code for division in CITY.divisions if division.parent == _TOWNS[1])

ROW: Final = {
    "source": "union",
    "row_key": "WHGH-0001",
    "line": "1",
    "verbatim": '{"stationName": "工会驿站(青阳路社区站)"}',
    "code": "WHGH-0001",
    "name": "工会驿站(青阳路社区站)",
    "host": "青阳路社区居民委员会",
    "kind": "工会驿站",
    "level": "站",
    "parent": "WHGH-0000",
    "batch": "改造一批",
    "plaque": "工会驿站",
    "address": "安徽省芜湖市镜湖区青阳路38号一楼",
    "county": "镜湖区",
    "town": "赭山街道",
    "community": "青阳路社区",
    "division": "340202005001",
    "lng": "118.3854",
    "lat": "31.3281",
    "phone": "0553-3812345",
    "contact": "王芳",
    "hours": "周一至周五 8:30-12:00，14:00-17:30",
    "facilities": "饮水机、微波炉",
    "credit_code": "913400007199042708",
    "status": "在用",
    "opened": "2025年6月",
    "updated": "2026-05-30",
    "remark": "临街",
}

LISTING: Final = {
    "source": "union",
    "row_key": "WHGH-0001",
    "line": "1",
    "name": "工会驿站(青阳路社区站)",
    "name_core": "青阳路社区",
    "organisation": "青阳路社区",
    "kind": "union_station",
    "host": "青阳路社区居民委员会",
    "plaques": "gonghui_yizhan;laodongzhe_gangwan",
    "batch": "renovated",
    "batch_basis": "owner",
    "county_code": "340202",
    "county": "镜湖区",
    "town_code": TOWN,
    "town": "赭山街道",
    "community_code": COMMUNITY,
    "community": "青阳路社区",
    "address": "镜湖区青阳路38号1楼",
    "landmark": "万达广场",
    "lng_wgs84": 118.38,
    "lat_wgs84": 31.33,
    "position_basis": "given",
    "phones": "0553-3812345;3812346;95588",
    "hours": "Mo-Fr 08:30-12:00,14:00-17:30",
    "hours_text": "周一至周五 8:30-12:00,14:00-17:30",
    "facilities": "charging;microwave",
    "credit_code": "913400007199042708",
    "opened_on": "2025-06-01",
    "updated_on": "2026-05-30",
}

_ON_STATION: Final = {field.name for field in FIELDS if "station" in field.on}
STATION: Final = {
    **{name: value for name, value in LISTING.items() if name in _ON_STATION},
    "station_id": "yz3402-7c1f0a92b3",
    "status": "open",
    "first_seen_on": "2026-06-01",
    "sources": "bank_icbc;union",
    "listing_count": 2,
}


@dataclass(frozen=True)
class Broken:
    """What to change of the good one, the rule that must fail, and rules that cannot but fail with it."""

    rule: str
    change: Mapping[str, Any]
    also: frozenset[str] = frozenset()


def frame(stage: Stage, *records: Mapping[str, Any]) -> pd.DataFrame:
    """Records as a frame of the stage."""
    columns = empty_frame(stage).columns
    types = {name: DTYPES[field.type] for field in FIELDS if stage in field.on for name in [field.name]}
    raw = pd.DataFrame([dict(record) for record in records]).reindex(columns=columns)
    return raw.astype({name: types.get(name, "str") for name in columns})


def outside(at_least_m: float, at_most_m: float) -> dict[str, Any]:
    """A position that far outside the city's outline, inside its bounds, with no county to contradict it."""
    west, south, east, north = CITY.bounds
    lng, lat = (grid.ravel() for grid in np.meshgrid(np.linspace(west, east, 60), np.linspace(south, north, 60)))
    distance = metres_outside(lng, lat, rings_of(CITY.outline.values()))
    place = int(np.flatnonzero((distance > at_least_m) & (distance < at_most_m))[0])
    return {"lng_wgs84": lng[place], "lat_wgs84": lat[place], "county_code": None, "county": None}


def too_long(limits: Mapping[str, int], good: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One change a column: a character more than its limit."""
    return [{name: (str(good[name]) + "长" * limit)[: limit + 1]} for name, limit in limits.items()]


_NO_PLACE: Final = dict.fromkeys(("address", "lng_wgs84", "lat_wgs84", "community", "community_code", "landmark"))
_LATER: Final = "2026-12-01"

ROWS_BROKEN: Final = (
    Broken("name_absent", {"name": None}),
    Broken("name_absent", {"name": " 暂无 "}),
    Broken("name_absent", {"name": "--"}),
    Broken("name_too_long", {"name": "工会驿站" * 26}),
    Broken("name_too_long", {"name": "驿" * 10_000}),
    Broken("name_garbled", {"name": "工会驿站锟斤拷站"}),
    Broken("name_garbled", {"name": "工会\x00驿站"}),
    Broken("name_is_page", {"name": "<!DOCTYPE html><html><body>欢迎"}),
    Broken("name_is_page", {"name": "会话已过期，请重新进入"}),
    Broken("name_is_no_place", {"name": "合 计"}),
    Broken("name_is_no_place", {"name": "网点名称"}),
    Broken("name_misplaced", {"name": "0553-3812345"}),
    Broken("name_is_test", {"name": "测试站点1"}),
    Broken("row_cells_shifted", {"phone": "镜湖区青阳路", "lng": "周一至周五", "credit_code": "青阳路社区"}),
    Broken("row_oversized", {"verbatim": "x" * 8_001}),
    Broken("code_in_exponent_form", {"code": "1.23E+15"}),
    Broken("phone_in_exponent_form", {"phone": "1.39E+10"}),
    Broken("text_garbled", {"address": "镜湖区青阳\ufffd路38号"}),
    Broken("text_garbled", {"host": "é\u009d\u0092阳路社区"}),
    Broken("text_has_markup", {"address": "镜湖区<br/>青阳路38号"}),
    Broken("text_has_markup", {"hours": "8:30&nbsp;-17:30"}),
    Broken("text_has_markup", {"facilities": "<b>饮水机</b>"}),
    *(Broken("cell_looks_like_formula", {name: '=HYPERLINK("x")青阳路'}) for name in ("name", "host", "address", "remark")),
)

LISTINGS_BROKEN: Final = (
    Broken("listing_unplaced", _NO_PLACE),
    Broken("position_far_outside", outside(5_500, 50_000)),
    Broken("position_far_outside", {**outside(5_500, 50_000), "lng_wgs84": 116.4, "lat_wgs84": 39.9}),
    Broken("position_near_border", outside(1_500, 4_500)),
    Broken("position_in_other_county", {"lng_wgs84": 118.33, "lat_wgs84": 30.92}),
    Broken("division_not_on_date", {"county_code": "340299", "town_code": None, "community_code": None}),
    Broken("division_not_on_date", {"county_code": "340221", "town_code": None, "community_code": None}),
    Broken("division_not_on_date", {"town_code": "340299001", "community_code": None}),
    Broken("division_not_on_date", {"community_code": "340299001001"}),
    Broken("town_in_other_county", {"town_code": _ELSEWHERE, "community_code": None}),
    Broken("community_in_other_town", {"community_code": COMMUNITY_ELSEWHERE}),
    Broken("credit_code_unverified", {"credit_code": "91350100M000100Y4Z"}),
    Broken("hours_absent", {"hours_text": None, "hours": None}),
    Broken("hours_implausible", {"hours": "Mo-Fr 02:00-05:30"}),
    Broken("phones_too_many", {"phones": "0553-3812345;0553-3812346;0553-3812347;95588"}),
    Broken("personal_phone_public", {"phones": "13900001234"}, also=frozenset({"listing_form_broken"})),
    *(Broken("personal_phone_public", {name: "青阳路13900001234"}) for name in ("name", "host", "address", "hours_text")),
    Broken("opened_in_future", {"opened_on": _LATER}),
    Broken("opened_too_early", {"opened_on": "1900-01-01"}),
    Broken("updated_in_future", {"updated_on": _LATER}),
    Broken("updated_long_ago", {"updated_on": "2021-01-01"}),
    Broken("name_says_nothing", {"name_core": None, "organisation": None, "host": None}),
    *(Broken("listing_form_broken", {name: "?"}) for name in ("kind", "plaques", "facilities", "batch", "batch_basis", "phones")),
    Broken("listing_form_broken", {"opened_on": "2025-13-01"}),
    Broken("listing_form_broken", {"updated_on": "2026-05-3"}),
    *(
        Broken("listing_form_broken", {"town_code": None, "community_code": None, name: "1234"}, also=frozenset({"division_not_on_date"}))
        for name in ("county_code", "town_code", "community_code")
    ),
)

STATIONS_BROKEN: Final = (
    Broken("station_id_form", {"station_id": "yz3401-7c1f0a92b3"}),
    Broken("station_nameless", {"name": None}),
    Broken("station_outside_city", outside(5_500, 50_000), also=frozenset({"station_without_county"})),
    Broken("station_seen_in_future", {"first_seen_on": _LATER}),
    Broken("station_without_status", {"status": None}),
    Broken("station_status_incoherent", {"listing_count": 0}),
    Broken("station_status_incoherent", {"status": "closed"}),
    Broken("station_shows_mobile", {"phones": "13900001234"}, also=frozenset({"station_form_broken"})),
    *(Broken("station_shows_mobile", {name: "青阳路13900001234"}) for name in ("name", "host", "address", "hours_text")),
    Broken("station_credit_code_invalid", {"credit_code": "91350100M000100Y4Z"}),
    Broken("station_batch_unfit", {"kind": "bank_outlet"}),
    Broken("station_batch_unfit", {"host": "中国工商银行芜湖分行"}),
    Broken("station_unplaced", dict.fromkeys(("address", "lng_wgs84", "lat_wgs84", "community"))),
    Broken("station_without_county", {"county_code": None, "county": None}),
    Broken("station_division_not_on_date", {"county_code": "340299"}),
    Broken("station_division_not_on_date", {"town_code": "340299001"}),
    Broken("station_division_not_on_date", {"community_code": "340299001001"}),
    Broken("station_opened_in_future", {"opened_on": _LATER}),
    *(Broken("station_form_broken", {name: "?"}) for name in ("kind", "plaques", "facilities", "batch", "batch_basis", "phones")),
    Broken("station_form_broken", {"status": "?", "listing_count": 0}),
    Broken("station_form_broken", {"first_seen_on": "2026-05-1"}),
    Broken("station_form_broken", {"opened_on": "2025-6-01"}),
    *(
        Broken("station_form_broken", {name: "1234"}, also=frozenset({"station_division_not_on_date"}))
        for name in ("county_code", "town_code", "community_code")
    ),
)
