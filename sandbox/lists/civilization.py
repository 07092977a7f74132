"""Civilization-practice centres: WGS-84, four levels, division codes of before 2020, a street's phone for many of its places."""

from __future__ import annotations

from random import Random
from typing import Final

from sandbox.dice import dice, weighted
from sandbox.lists.draft import Draft, code_number
from sandbox.lists.habits import stated_facilities, stated_hours
from sandbox.lists.naming import place_word, shows_firm
from sandbox.station import Station
from sandbox.words import landline
from sandbox.writing import address, crossing, phone

_FORMS = (("arabic", 8.0), ("chinese", 1.2), ("dashed", 0.4))

#: County codes in use until 2019 and 2020; 三山区 was a county of its own then.
_OLD_COUNTY: Final = {"340209": "340203", "340210": "340221", "340212": "340222", "340281": "340225"}
_SANSHAN: Final = frozenset({"三山街道", "保定街道", "龙湖街道", "高安街道", "峨桥镇"})
_LEVELS: Final = {"civ_centre": "中心", "party_centre": "站", "community_centre": "站"}
_BATCH_WORDS: Final = {"renovated": "改造一批", "new_build": "新建一批", "co_branded": "挂建开放一批", "none": ""}


def level(station: Station) -> str:
    """中心 of a county, 所 of a township, 站 of a community, 点 elsewhere."""
    return "所" if station.rank == "街道" else _LEVELS.get(station.kind, "点")


def practice_code(station: Station, copy: int = 0) -> str:
    """The list's own id of a place."""
    return f"WM-{_old_county(station)}-{code_number(int(station.id[1:]), copy, 9001):04d}"


def _old_county(station: Station) -> str:
    place = station.place
    return "340208" if place.town in _SANSHAN else _OLD_COUNTY.get(place.county_code, place.county_code)


def _division(station: Station) -> str:
    place, county = station.place, _old_county(station)
    if station.kind == "civ_centre":
        return county + "000000"
    # The bureau's virtual counties had no codes in use: there the township goes by the ministry's serial.
    virtual = place.community_code.startswith(("340271", "340272"))
    town = county + (place.town_code[6:] if virtual else place.community_code[6:9])
    return town + "000" if station.rank == "街道" else town + place.community_code[9:]


def write(draft: Draft) -> None:
    """Fill a row of the register; 上级编号 is put in by the night, which knows the others."""
    station, place = draft.station, draft.station.place
    rng = draft.draw("rest")
    rank = level(station)
    name = _name(draft.draw("name"), station, rank)
    draft.fields |= {
        "编号": practice_code(station, draft.copy),
        "名称": name,
        "层级": rank,
        "区划代码": _division(station),
        "区县": place.county,
        "乡镇街道": None if rank == "中心" else place.town,
        "村社区": None if rank in ("中心", "所") else rng.choice((place.community, place.community_written, place.community)),
        "地址": _address(draft.draw("address"), station),
        "电话": _phone(draft, station),
        "开放时间": stated_hours(draft, week=0.7),
        "服务内容": stated_facilities(draft, "、；"),
        "建设类别": _batch(station, name) if rng.random() < 0.6 else "",
        "状态": "正常开放",
    }
    draft.place_pin()


def _batch(station: Station, name: str) -> str:
    """The batch in the owner's words; it knows a place for a firm's only where it also names the firm."""
    return "" if station.brand and not shows_firm(station, name) else _BATCH_WORDS[station.batch]


def _name(rng: Random, station: Station, rank: str) -> str:
    if rank in ("中心", "所"):
        return f"{station.label}新时代文明实践{rank}"
    word = station.label if rank == "站" and station.kind == "party_centre" else place_word(rng, station, said=0.95)
    return rng.choice(
        (f"{word}新时代文明实践{rank}", f"{word}新时代文明实践{rank}", f"{word}文明实践{rank}", f"新时代文明实践{rank}({word})")
    )


def _address(rng: Random, station: Station) -> str:
    place = station.place
    prefix = weighted(
        rng, ((f"{place.town}{place.community}", 4), (place.town, 2), (f"安徽省芜湖市{place.county}{place.town}", 2), ("", 1.5))
    )
    how = rng.random()
    if how < 0.72:
        return address(rng, place, prefix=prefix, forms=_FORMS, tail=0.25)
    if how < 0.84 and station.kind in ("party_centre", "community_centre"):
        return prefix + rng.choice(("社区办公楼一楼", "党群服务中心一楼", "社区居委会院内"))
    return crossing(rng, place, prefix)


def _phone(draft: Draft, station: Station) -> str:
    rng = draft.draw("phone")
    street = landline(dice(draft.seed, "street phone", station.place.town_code))
    return weighted(rng, ((phone(rng, street), 3), (phone(rng, station.landline), 5), (station.mobile, 2), ("", 0.5)))
