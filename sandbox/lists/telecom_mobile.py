"""A telecom firm's halls: GCJ-02, short names, its hot line; it renumbers the whole list on night 9."""

from __future__ import annotations

from random import Random
from typing import Final

from sandbox.dice import weighted
from sandbox.lists.draft import Draft, code_number
from sandbox.lists.habits import stated_facilities, stated_hours
from sandbox.lists.naming import community_cell
from sandbox.station import Station
from sandbox.writing import address, crossing, landmark, phone

#: The night on which every hallId is replaced.
RENUMBERED_ON: Final = 9

_FORMS = (("arabic", 9.0), ("dashed", 0.6), ("bare", 0.4))


def hall_id(station: Station, copy: int, night: int) -> str:
    """The firm's id of a hall on a night."""
    number = int(station.id[1:])
    if night < RENUMBERED_ON:
        return f"WH{station.place.county_code[-2:]}{code_number(number, copy, 4001):05d}"
    return f"AHWHU-{code_number(number, copy, 8009):05d}"


def write(draft: Draft) -> None:
    """Fill a row of the firm's list; `hallId` is put in by the night."""
    station, place = draft.station, draft.station.place
    rng = draft.draw("rest")
    draft.fields |= {
        "hallName": _name(draft.draw("name"), station),
        "hallType": {"telecom_kiosk": "便民亭"}.get(station.kind, rng.choice(("营业厅", "营业厅", "自办营业厅", "合作营业厅"))),
        "addr": _address(draft.draw("address"), station),
        "areaName": place.county,
        "street": place.town if rng.random() < 0.7 else None,
        "community": community_cell(draft.draw("community"), place, 0.6),
        "servicePhone": weighted(draft.draw("phone"), (("10086", 5.5), (phone(draft.draw("phone form"), station.landline), 4), ("", 0.5))),
        "openHours": stated_hours(draft, week=0.5),
        "facilities": stated_facilities(draft, ",;"),
        "plaque": rng.choice(("爱心驿站", "爱心驿站", "暖蜂芜优·驿家人", "工会驿站", "")),
    }
    draft.place_pin()


def _name(rng: Random, station: Station) -> str:
    label = station.label
    if station.kind == "telecom_kiosk":
        return rng.choice((f"{label}便民亭", f"{label}移动便民亭"))
    return weighted(rng, ((f"{label}营业厅", 5), (f"{label}厅", 2), (f"移动{label}营业厅", 2), (f"{label}移动厅", 1)))


def _address(rng: Random, station: Station) -> str:
    place = station.place
    prefix = weighted(rng, ((place.county, 4), ("", 3), (f"芜湖市{place.county}", 2), (place.town, 1)))
    how = rng.random()
    if how < 0.76:
        return address(rng, place, prefix=prefix, forms=_FORMS, tail=0.5)
    return crossing(rng, place, prefix) if how < 0.88 else landmark(rng, place, prefix)
