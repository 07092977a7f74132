"""The city federation of trade unions: GCJ-02, one long form of name, its own codes, hours as free text with split shifts, people's mobiles."""

from __future__ import annotations

from random import Random

from sandbox.dice import weighted
from sandbox.lists.draft import Draft, code_number
from sandbox.lists.habits import plaque_date, stated_facilities, stated_hours
from sandbox.lists.naming import community_cell, firm_short, place_word
from sandbox.station import FIRMS, Station
from sandbox.words import FIRM_NAMES
from sandbox.writing import address, crossing, landmark, phone

_FORMS = (("arabic", 8.0), ("dashed", 0.6), ("bare", 0.5), ("chinese", 0.4))
_BATCH_WORDS = {
    "renovated": ("改造一批", "改造一批", "改造"),
    "new_build": ("新建一批", "新建一批", "新建"),
    "co_branded": ("挂建开放一批", "挂建开放一批", "挂建开放"),
    "none": ("", "", "无"),
}


def write(draft: Draft) -> None:
    """Fill a row of the union's list."""
    station, place = draft.station, draft.station.place
    rng = draft.draw("rest")
    draft.fields |= {
        "stationCode": f"WHGH-{code_number(int(station.id[1:]), draft.copy, 7919):04d}",
        "stationName": _name(draft.draw("name"), station, draft.copy),
        "stationType": weighted(
            rng, (("工会驿站", 6), ("户外劳动者服务站点", 3), ("共享驿站" if station.kind in FIRMS else "工会驿站", 1))
        ),
        "batch": rng.choice(_BATCH_WORDS[station.batch]) if rng.random() < 0.7 else "",
        "hostUnit": _host(draft.draw("host"), station),
        "address": _address(draft.draw("address"), station),
        "county": place.county,
        "street": place.town if rng.random() < 0.9 else None,
        "community": community_cell(draft.draw("community"), place, 0.9),
        "linkman": station.contact,
        "linkPhone": _phone(draft.draw("phone"), station),
        "openTime": stated_hours(draft),
        "facilities": stated_facilities(draft),
        "status": "正常",
        "buildDate": plaque_date(draft),
    }
    draft.place_pin()


def _name(rng: Random, station: Station, copy: int) -> str:
    word = place_word(rng, station, said=0.75)
    if copy:
        word += rng.choice(("新", "新址", ""))
    return weighted(
        rng,
        (
            (f"户外劳动者服务站点工会驿站({word}站)", 6),
            (f"户外劳动者服务站点工会驿站（{word}站）", 2),
            (f"工会驿站({word}站)", 2),
            (f"{word}工会驿站", 1.5),
            (f"芜湖市{word}户外劳动者服务站点", 1),
        ),
    )


def _host(rng: Random, station: Station) -> str | None:
    if rng.random() < 0.06:
        return None
    if station.brand == "mobile":
        return rng.choice((f"中国移动{station.place.county[:2]}分公司", "中国移动芜湖分公司", f"移动公司{station.label}营业厅"))
    if station.brand:
        full = FIRM_NAMES[station.brand][0]
        return station.host if rng.random() < 0.5 else station.host.replace(full, firm_short(rng, station.brand))
    return station.host


def _address(rng: Random, station: Station) -> str:
    place = station.place
    prefix = weighted(
        rng,
        (
            (f"芜湖市{place.county}", 4),
            (place.county, 4),
            (f"安徽省芜湖市{place.county}{place.town}", 1.5),
            (f"{place.county}{place.town}{place.community}", 1),
            ("", 1),
        ),
    )
    how = rng.random()
    if how < 0.78:
        return address(rng, place, prefix=prefix, forms=_FORMS, tail=0.4)
    return crossing(rng, place, prefix) if how < 0.88 else landmark(rng, place, prefix)


def _phone(rng: Random, station: Station) -> str:
    return weighted(rng, ((station.mobile, 4), (phone(rng, station.landline), 4.5), ("12351", 0.8), ("", 0.7)))
