"""A telecom site operator: CGCS2000, site codes, kiosks and cabins of its own and equipment in others' places, closed sites with a status."""

from __future__ import annotations

from random import Random

from sandbox.dice import weighted
from sandbox.lists.draft import Draft, code_number
from sandbox.lists.habits import registration_date, stated_facilities, stated_hours
from sandbox.lists.naming import community_cell, place_word
from sandbox.station import Station
from sandbox.writing import address, crossing, landmark, phone

_FORMS = (("arabic", 9.0), ("dashed", 0.5), ("chinese", 0.3))
_TYPES = {"telecom_kiosk": "便民亭", "telecom_cabin": "移动舱", "telecom_hall": "营业厅"}


def write(draft: Draft) -> None:
    """Fill a row of the operator's view."""
    station, place = draft.station, draft.station.place
    draft.fields |= {
        "site_code": f"{place.county_code}{code_number(int(station.id[1:]), draft.copy, 3001):06d}",
        "site_name": _name(draft.draw("name"), station, draft.copy),
        "site_type": _TYPES.get(station.kind, draft.draw("type").choice(("驿站", "智慧驿站", "驿站"))),
        "county_name": place.county,
        "town_name": place.town,
        "community_name": community_cell(draft.draw("community"), place, 0.88),
        "address": _address(draft.draw("address"), station),
        "contact_phone": weighted(
            draft.draw("phone"), (("10096", 3), (phone(draft.draw("phone form"), station.landline), 5), (station.mobile, 2), ("", 1))
        ),
        "open_hours": stated_hours(draft, week=0.4),
        "equipment": stated_facilities(draft, "、,/"),
        "status": "在用",
        "built_on": registration_date(draft),
    }
    draft.place_pin()


def _name(rng: Random, station: Station, copy: int) -> str:
    county = station.place.county[:2] if rng.random() < 0.55 else ""
    word = place_word(rng, station, said=0.95)
    ending = "" if word.endswith(("驿站", "便民亭", "舱", "站")) else rng.choice(("驿站", "智慧驿站", "服务点", "驿站"))
    number = rng.choice(("新", "")) if copy else rng.choice(("", "", "", "-01"))
    return county + word + ending + number


def _address(rng: Random, station: Station) -> str:
    place = station.place
    prefix = weighted(
        rng,
        (
            (f"芜湖市{place.county}{place.town}{place.community}", 3),
            (f"{place.county}{place.town}", 3),
            (place.county, 2),
            (place.community, 1),
        ),
    )
    how = rng.random()
    if how < 0.74:
        return address(rng, place, prefix=prefix, forms=_FORMS, tail=0.3) + rng.choice(("", "", "", "旁", "门前"))
    return crossing(rng, place, prefix) if how < 0.86 else landmark(rng, place, prefix)
