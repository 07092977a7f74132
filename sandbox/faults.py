"""The dirt of the lists, as a table: what is wrong, in which lists, at which rate, and how a row is spoilt. The truth knows each.

A row keeps its faults from night to night: whether a fault strikes is a fixed number of the row under a bar that night 0 set.
Faults of one group exclude each other on a row; every rate is at least 2 % of the list's rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from sandbox.credit import spoilt
from sandbox.lists.draft import DATUM, Draft
from sandbox.lists.naming import shows_firm
from sandbox.station import FIRMS, SOURCES
from sandbox.words import landline, mobile, person
from sandbox.writing import full_width

_PLACED: Final = tuple(source for source in SOURCES if source in DATUM)

#: Characters that old fonts lacked and that offices drew themselves, each at a private-use code point of its own.
SELF_MADE: Final = {character: chr(0xE5E5 + place) for place, character in enumerate("澛赭褐砻埭硊垾鸠弋汀荻矶陡")}
#: What Python 3.11's gb18030 makes of the two bytes of a vertical comma (A6 D9).
PRIVATE_COMMA: Final = "\ue78d"
#: What stands in a name cell that nobody filled.
BLANKS: Final = ("", "无", "—", "待定")
VARIANTS: Final = ("瀂港", "鲁港")


@dataclass(frozen=True, slots=True)
class Fault:
    """One way a row is wrong. `fits` tells whether a row can bear it, `spoil` makes it so; `meaning` is for people."""

    id: str
    group: str
    rate: float
    sources: tuple[str, ...]
    meaning: str
    fits: Callable[[Draft], bool]
    spoil: Callable[[Draft, Random], None]


def _has(part: str) -> Callable[[Draft], bool]:
    return lambda draft: bool(draft.get(part))


def _no_position(draft: Draft, _: Random) -> None:
    draft.put("lng", None)
    draft.put("lat", None)


def _swap_position(draft: Draft, _: Random) -> None:
    lng, lat = draft.get("lng"), draft.get("lat")
    draft.put("lng", lat)
    draft.put("lat", lng)


def _zero_position(draft: Draft, rng: Random) -> None:
    zero = rng.choice(("0", "0.0", "0.000000"))
    draft.put("lng", zero)
    draft.put("lat", zero)


def _other_datum(draft: Draft, rng: Random) -> None:
    own = "WGS-84" if DATUM[draft.source] == "CGCS2000" else DATUM[draft.source]
    draft.place_pin(rng.choice([datum for datum in ("WGS-84", "GCJ-02", "BD-09") if datum != own]))


def _two_phones(draft: Draft, rng: Random) -> None:
    first = draft.get("phone") or mobile(rng)
    second = mobile(rng)
    draft.put("phone", rng.choice((f"{first}/{second}", f"{first}、{second}", f"{first};{second}", f"{first} {person(rng)}{second}")))


def _bad_code(draft: Draft, rng: Random) -> None:
    draft.put("credit_code", spoilt(draft.get("credit_code") or "", rng))


def _unknown_community(draft: Draft, rng: Random) -> None:
    draft.put("community", rng.choice(("幸福里社区", "金色家园社区", "新世纪社区", "阳光里社区", "和谐家园社区", "向阳花社区")))


def _past_midnight(draft: Draft, rng: Random) -> None:
    draft.put("hours", rng.choice(("18:00-02:00", "20:00-次日6:00", "7:00-1:00", "每天 19:00-03:00", "17:30-次日1:30")))


def _full_width(draft: Draft, _: Random) -> None:
    draft.put("address", full_width(draft.get("address") or ""))


def _variant(draft: Draft, rng: Random) -> None:
    written = rng.choice((VARIANTS[0], VARIANTS[0], VARIANTS[1]))
    where, county = draft.get("address") or "", draft.station.place.county
    if "澛港" not in where:
        draft.put("address", where.replace(county, county + "澛港街道", 1) if county in where else "澛港街道" + where)
    for header, text in draft.texts.items():
        draft.fields[header] = text.replace("澛港", written)


def _private_use(draft: Draft, rng: Random) -> None:
    name, where = draft.get("name") or "", draft.get("address") or ""
    for part, text in (("name", name), ("address", where)):
        rare = [character for character in text if character in SELF_MADE]
        if rare and rng.random() < 0.6:
            character = rng.choice(rare)
            draft.put(part, text.replace(character, SELF_MADE[character]))
            return
    if where:
        cut = rng.randint(1, max(1, len(where) // 2))
        draft.put("address", where[:cut] + PRIVATE_COMMA + where[cut:])


def _contradict(draft: Draft, rng: Random) -> None:
    draft.put("batch", rng.choice(("改造一批", "新建一批")))


def _contradictable(draft: Draft) -> bool:
    """A firm's outlet that the row itself shows to be one, so that the contradiction can be seen."""
    shown = (draft.get("host") or "") + (draft.get("name") or "")
    return draft.station.kind in FIRMS and shows_firm(draft.station, shown)


def _address_in_name(draft: Draft, rng: Random) -> None:
    place = draft.station.place
    name = draft.get("name") or ""
    where = rng.choice((f"{place.road}{place.number}号", f"{place.county}{place.road}{place.number}号"))
    draft.put("name", rng.choice((f"{name}（{where}）", f"{name}{where}", f"{name} {where}")))


def _phone_in_name(draft: Draft, rng: Random) -> None:
    number = rng.choice((f"0553-{draft.station.landline}", draft.station.mobile, f"0553-{landline(rng)}"))
    draft.put("name", f"{draft.get('name')}{rng.choice((' ', '电话', '（', '  Tel:'))}{number}".replace("（" + number, f"（{number}）"))


def _no_name(draft: Draft, rng: Random) -> None:
    draft.put("name", rng.choice(BLANKS))


def _mentions_lugang(draft: Draft) -> bool:
    return any("澛港" in text for text in draft.texts.values()) or draft.station.place.town == "澛港街道"


def _any(_: Draft) -> bool:
    return True


def _still_open(draft: Draft) -> bool:
    return draft.station.is_open


def _nothing(_: Draft, __: Random) -> None:
    """The list itself does it: a closed status is written, a row is put in twice, when the list is put together."""


#: Order matters: faults with few rows to choose from come first.
FAULTS: Final = (
    Fault(
        "closed_listed",
        "life",
        0.025,
        ("union", "bank_icbc", "bank_rural", "telecom_tower", "civilization"),
        "状态为停用的站点仍在名单上",
        lambda _: False,
        _nothing,
    ),
    Fault("row_twice", "life", 0.024, ("union", "bank_icbc", "bank_rural", "civilization"), "同一行出现两次", _still_open, _nothing),
    Fault("lugang_variant", "variant", 0.025, SOURCES, "澛港写成瀂港或鲁港", _mentions_lugang, _variant),
    Fault("batch_contradiction", "batch", 0.025, ("union", "civilization"), "银行、营业厅写成改造或新建", _contradictable, _contradict),
    Fault("other_datum", "position", 0.03, _PLACED, "坐标用了别的坐标系", _has("lng"), _other_datum),
    Fault("position_missing", "position", 0.04, _PLACED, "没有坐标", _has("lng"), _no_position),
    Fault("position_swapped", "position", 0.025, _PLACED, "经纬度颠倒", _has("lng"), _swap_position),
    Fault("position_zero", "position", 0.025, _PLACED, "坐标为零", _has("lng"), _zero_position),
    Fault("address_in_name", "name", 0.025, SOURCES, "名称里写了地址", _any, _address_in_name),
    Fault("phone_in_name", "name", 0.022, SOURCES, "名称里写了电话", _any, _phone_in_name),
    Fault("name_blank", "name", 0.021, SOURCES, "没有名称", _any, _no_name),
    Fault("two_phones", "phone", 0.035, SOURCES, "电话栏写了两个人的号码", _any, _two_phones),
    Fault("bad_check_digit", "code", 0.03, ("bank_icbc", "bank_rural"), "信用代码校验位有误", _has("credit_code"), _bad_code),
    Fault(
        "unknown_community",
        "community",
        0.025,
        ("union", "bank_rural", "telecom_mobile", "telecom_tower", "civilization"),
        "不存在的社区",
        _has("community"),
        _unknown_community,
    ),
    Fault("hours_over_midnight", "hours", 0.025, SOURCES, "开放时间跨零点", _has("hours"), _past_midnight),
    Fault("private_use", "glyph", 0.024, SOURCES, "自造字或异形字符", _has("address"), _private_use),
    Fault(
        "fullwidth_digits",
        "width",
        0.03,
        SOURCES,
        "全角数字",
        lambda draft: any(character.isascii() and character.isdigit() for character in draft.get("address") or ""),
        _full_width,
    ),
)
