"""How owners write what is true: numbers, addresses, phones, hours, facilities, positions. Every form here is met in real lists."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

from sandbox.datum import DATUMS, Position, moved
from sandbox.dice import weighted
from sandbox.station import Hours, Place

_DIGITS: Final = "〇一二三四五六七八九"
_FORMAL: Final = "零壹贰叁肆伍陆柒捌玖"
_WEEK: Final = ("周一至周五", "星期一至星期五", "工作日", "周一到周五")
_EVERY: Final = ("周一至周日", "每天", "全周", "每日")
_DAY_AND_NIGHT: Final = ("24小时", "全天24小时开放", "全天开放", "00:00-24:00", "24h")

_WATER: Final = ("饮水机", "饮用水", "直饮水", "热水")
FACILITY_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "water": _WATER,
    "microwave": ("微波炉", "热饭", "饭菜加热"),
    "charging": ("充电", "手机充电", "充电设施", "充电插座"),
    "rest": ("休息座椅", "桌椅", "休息区", "休憩座椅"),
    "aircon": ("空调", "冷暖空调"),
    "medicine": ("医药箱", "急救药箱", "常用药品"),
    "wifi": ("WiFi", "无线网络", "免费WIFI"),
    "toilet": ("卫生间", "厕所", "公共卫生间"),
    "fridge": ("冰箱", "冰柜"),
    "umbrella": ("雨伞", "爱心雨伞", "便民雨伞"),
    "books": ("书报", "图书", "阅读角"),
    "tools": ("维修工具", "工具箱", "针线包"),
    "raincoat": ("雨衣", "雨具"),
    "aed": ("AED", "除颤仪"),
}


def chinese_number(number: int, digits: str = _DIGITS, tens: str = "十百") -> str:
    """A house number in Chinese: 128 → 一百二十八."""
    hundreds, rest = divmod(number, 100)
    text = digits[hundreds] + tens[1] if hundreds else ""
    ten, one = divmod(rest, 10)
    if ten:
        text += ("" if ten == 1 and not hundreds and digits is _DIGITS else digits[ten]) + tens[0]
    elif hundreds and one:
        text += "零"
    return text + (digits[one] if one else "")


def formal_number(number: int) -> str:
    """The same in the characters used on cheques: 128 → 壹佰贰拾捌."""
    return chinese_number(number, _FORMAL, "拾佰")


def full_width(text: str) -> str:
    """Digits and Latin letters in their full-width forms."""
    return "".join(chr(ord(character) + 0xFEE0) if character.isascii() and character.isalnum() else character for character in text)


def number_text(rng: Random, number: int, forms: Sequence[tuple[str, float]]) -> str:
    """A house number with its 号, in one of `forms` (arabic, chinese, formal, dashed, bare)."""
    form = weighted(rng, forms)
    if form == "chinese":
        return chinese_number(number) + "号"
    if form == "formal":
        return formal_number(number) + "号"
    if form == "dashed":
        return f"{number}-{rng.randint(1, 6)}号"
    return f"{number}" if form == "bare" else f"{number}号"


def address(rng: Random, place: Place, *, prefix: str, forms: Sequence[tuple[str, float]], tail: float) -> str:
    """`prefix`, road and number, and with chance `tail` the landmark, floor or shop number behind it."""
    text = prefix + place.road + number_text(rng, place.number, forms)
    if rng.random() < tail:
        floor = ("一楼", "1楼", "1层", "首层") if place.floor == 1 else ("二楼", "2楼", "2层", "二层")
        text += rng.choice(
            (
                rng.choice(floor),
                place.landmark,
                f"{place.landmark}{rng.randint(1, 12)}幢",
                f"{rng.randint(101, 118)}室",
                f"({place.landmark}旁)",
                f"{rng.randint(1, 9)}-{rng.randint(1, 9)}号门面",
            )
        )
    return text


def crossing(rng: Random, place: Place, prefix: str) -> str:
    """An address without a number, by the crossing."""
    return prefix + rng.choice(
        (
            f"{place.road}与{place.crossing}交叉口",
            f"{place.road}与{place.crossing}交口{rng.choice('东西')}{rng.choice('南北')}角",
            f"{place.road}{place.crossing}路口",
            f"{place.road}{place.landmark}旁",
        )
    )


def landmark(rng: Random, place: Place, prefix: str) -> str:
    """An address by a landmark alone."""
    return prefix + place.landmark + rng.choice(("内", "旁", "一楼", "南门", "对面", "沿街商铺", ""))


def phone(rng: Random, digits: str) -> str:
    """A seven-digit local number in one of its usual forms."""
    return rng.choice(
        (
            f"0553-{digits}",
            f"0553-{digits}",
            f"0553-{digits}",
            f"0553{digits}",
            f"(0553){digits}",
            digits,
            f"0553-{digits[:3]} {digits[3:]}",
        )
    )


def hours(rng: Random, when: Hours, *, week: float = 0.8) -> str:
    """Opening hours as free text; with chance `week` the days are named."""
    if not when.spans:
        return rng.choice(_DAY_AND_NIGHT)
    dash = rng.choice(("-", "-", "—", "~", "至"))
    short = rng.random() < 0.6
    spans = [dash.join(mark.removeprefix("0") if short else mark for mark in span) for span in when.spans]
    if len(spans) == 2 and rng.random() < 0.3:
        text = f"上午{spans[0]}，下午{spans[1]}"
    else:
        text = rng.choice(("，", "、", ",", "；", " ")).join(spans)
    if rng.random() < week:
        return rng.choice(_EVERY if when.weekends else _WEEK) + rng.choice(("", " ", "：")) + text
    return text


def facility_words(rng: Random, codes: Sequence[str]) -> list[str]:
    """Facilities in words, each in one of those that owners use."""
    return [rng.choice(FACILITY_WORDS[code]) for code in codes]


def jittered(rng: Random, place: Place, far: float) -> Position:
    """Where an owner's surveyor put the pin: 5 to `far` metres off, most often under half of that, WGS-84."""
    return moved(place.lng, place.lat, rng.uniform(0, 360), 5 + (far - 5) * rng.random() ** 2)


def position(datum: str, wgs84: Position, places: int) -> tuple[str, str]:
    """Longitude and latitude in a datum, as text."""
    lng, lat = DATUMS[datum](*wgs84)
    return f"{lng:.{places}f}", f"{lat:.{places}f}"
