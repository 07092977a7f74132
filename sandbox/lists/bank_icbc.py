"""A national bank's outlets: BD-09, full legal names, outlet numbers, 劳动者港湾 as a flag, credit codes, its hot line more often than a phone."""

from __future__ import annotations

from random import Random

from sandbox.dice import weighted
from sandbox.lists.draft import Draft, code_number
from sandbox.lists.habits import stated_facilities, stated_hours
from sandbox.station import Station, day
from sandbox.words import FIRM_NAMES
from sandbox.writing import address, phone

_FORMS = (("arabic", 9.0), ("dashed", 1.0))


def write(draft: Draft) -> None:
    """Fill a row of the bank's list."""
    station, place = draft.station, draft.station.place
    rng = draft.draw("rest")
    self_service = station.kind == "bank_self_service"
    draft.fields |= {
        "outletNo": f"1307{code_number(int(station.id[1:]), draft.copy, 6007):06d}",
        "outletName": f"{FIRM_NAMES['icbc'][0]}芜湖{station.label}{station.rank}",
        "orgType": station.rank if self_service else rng.choice(("支行", "支行", "二级支行")),
        "address": _address(draft.draw("address"), station),
        "district": place.county,
        "tel": _phone(draft.draw("phone"), station),
        "businessHours": stated_hours(draft, week=0.9),
        "laborHarbor": "N" if self_service or rng.random() < 0.1 else "Y",
        "services": stated_facilities(draft, "、"),
        "uscc": station.credit_code,
        "status": "营业",
        "updateDate": day(-rng.randint(3, 200)),
    }
    draft.place_pin()


def _address(rng: Random, station: Station) -> str:
    place = station.place
    prefix = weighted(
        rng, ((f"安徽省芜湖市{place.county}", 7), (f"芜湖市{place.county}", 2), (f"安徽省芜湖市{place.county}{place.town}", 1))
    )
    return address(rng, place, prefix=prefix, forms=_FORMS, tail=0.35)


def _phone(rng: Random, station: Station) -> str:
    return weighted(rng, (("95588", 4), (phone(rng, station.landline), 6)))
