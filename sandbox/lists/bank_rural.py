"""A rural commercial bank: a sheet a county, no position, no code of its own; credit codes; 大写 and Chinese numerals."""

from __future__ import annotations

from random import Random

from sandbox.dice import weighted
from sandbox.lists.draft import Draft, code_number
from sandbox.lists.habits import stated_facilities, stated_hours
from sandbox.lists.naming import community_cell
from sandbox.station import Station
from sandbox.words import FIRM_NAMES
from sandbox.writing import address, crossing, phone

_FORMS = (("arabic", 4.0), ("chinese", 2.0), ("formal", 3.0), ("dashed", 0.7))


def write(draft: Draft) -> None:
    """Fill a row of the bank's workbook."""
    station, place = draft.station, draft.station.place
    rng = draft.draw("rest")
    draft.fields |= {
        "__sheet__": place.county,
        "序号": str(code_number(int(station.id[1:]), draft.copy, 5003)),
        "网点名称": _name(draft.draw("name"), station),
        "统一社会信用代码": station.credit_code,
        "地址/乡镇街道": place.town,
        "地址/社区（村）": community_cell(draft.draw("community"), place, 0.92),
        "地址/详细地址": _address(draft.draw("address"), station),
        "联系方式/联系人": station.contact,
        "联系方式/联系电话": weighted(
            draft.draw("phone"), ((phone(draft.draw("phone form"), station.landline), 5), (station.mobile, 2.5), ("96669", 2))
        ),
        "营业时间": stated_hours(draft, week=0.6),
        "驿站服务": stated_facilities(draft),
        "挂牌": rng.choice(("劳动者港湾", "爱心驿站", "工会驿站", "工会驿站、劳动者港湾")),
        "状态": "营业",
        "备注": rng.choice((None, None, None, "季末延长服务", "已通过验收")),
    }


def _name(rng: Random, station: Station) -> str:
    full, middle, short, _ = FIRM_NAMES["rural"]
    firm = weighted(rng, ((full, 5), (middle, 2), (short, 2)))
    return f"{firm}{station.label}{station.rank}"


def _address(rng: Random, station: Station) -> str:
    place = station.place
    prefix = weighted(rng, (("", 5), (place.town, 2), (f"{place.county}{place.town}", 2), (f"安徽省芜湖市{place.county}", 1)))
    if rng.random() < 0.86:
        return address(rng, place, prefix=prefix, forms=_FORMS, tail=0.3)
    return crossing(rng, place, prefix)
