"""Opening hours in free Chinese → the opening_hours syntax of OpenStreetMap (wiki.openstreetmap.org/wiki/Key:opening_hours/specification)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from transforms.standardise.text import text
from transforms.standardise.unreadable import Unreadable

_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY_OF: Final = {**{sign: place for place, sign in enumerate("一二三四五六日")}, "天": 6, **{str(n): n - 1 for n in range(1, 8)}}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: Where an owner says only 夏季 or 冬季: the change of office hours that most cities of the lower Yangtze announce.
_SEASONS: Final = {"夏": "May-Sep", "冬": "Oct-Apr", "春": "Mar-May", "秋": "Sep-Nov"}

_WEEK = "(?:周|星期|礼拜)"
_CLOCK = (
    r"(?:(?P<{0}p>上午|下午|早上|早晨|晚上|晚间|凌晨|中午|傍晚|早|晚|夜间?|am|pm)?\s*(?P<{0}n>次日|第二天|翌日|隔天)?\s*(?P<{0}q>凌晨|早上|早|上午)?\s*"
    r"(?P<{0}h>[0-2]?\d)(?:(?:[:.点时]|点钟)(?P<{0}m>[0-5]\d|半|整|一刻)?分?)?(?!\d|月|日))"
)
_TOKEN = re.compile(
    r"(?P<always>24/7|(?:全天|每天|每日)?\(?24\s*(?:小时|h)(?:全天候?|服务|营业|开放|对外开放|自助)*\)?|全天候?(?:24小时)?(?:开放|营业|服务)?|昼夜(?:开放|营业)?|(?<!\d)0?0:00\s*-\s*(?:24:00|23:59|0?0:00))"
    r"|(?P<months>(?P<m1>\d{1,2})月(?:(?P<d1>\d{1,2})日?)?\s*-\s*(?:次年|翌年)?(?P<m2>\d{1,2})月(?:(?P<d2>\d{1,2})日?)?|(?P<mo1>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?: (?P<md1>\d\d)(?!:))?-(?P<mo2>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?: (?P<md2>\d\d)(?!:))?)"
    r"|(?P<season>[春夏秋冬](?:季|天|令时|令))"
    rf"|(?P<every>每天|每日|天天|全年无休|全年|全周|无休|节假日(?:不休|无休|正常)|{_WEEK}一\s*-\s*{_WEEK}?[日天])"
    rf"|(?P<days>{_WEEK}(?P<a>[一二三四五六日天1-7])\s*-\s*{_WEEK}?(?P<b>[一二三四五六日天1-7])|(?P<oa>Mo|Tu|We|Th|Fr|Sa|Su)-(?P<ob>Mo|Tu|We|Th|Fr|Sa|Su))"
    rf"|(?P<list>{_WEEK}[一二三四五六日天](?:[、,和及]?{_WEEK}?[一二三四五六日天])*(?![\u4e00-\u9fff]?[一二三四五六日]\d)|双休日|周末|(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:,(?:Mo|Tu|We|Th|Fr|Sa|Su))*(?=[ ;]|$))"
    r"|(?P<work>(?:法定)?工作日)"
    r"|(?P<holiday>(?:国家)?(?:法定)?节假日|节日|假日|PH)"
    r"|(?P<off>休息|不营业|不开放|闭馆|关闭|停业|不对外|off|除外)"
    rf"|(?P<range>{_CLOCK.format('s')}\s*(?:-|至|到)+\s*{_CLOCK.format('e')})",
    re.IGNORECASE,
)
_IGNORED = re.compile(
    r"(?:对外|营业|开放|服务|办公|工作|办理|业务)+时间|开放|营业|服务|时间|对公|对私|个人|业务|上午|下午|早上|晚上|中午|晚|早|午|不打烊|正常|均|为|都|对外|照常|如遇|另行|通知|中午不休息|不休息|无午休|\(\)|[\s,;、:。.()\[\]/|及和与·]"
)
_THROUGH = re.compile(r"[~～]|—+|–|--+")
_NOON_KEPT = re.compile(r"\(?(?:中午|午间)?(?:不休息|无午休|不间断|连班)\)?")
_DASH_WORDS = re.compile(r"(?<=[一二三四五六日天\d:点时半分月0])\s*(?:至|到)\s*")


@dataclass(frozen=True, slots=True)
class Hours:
    """`osm` in OpenStreetMap's syntax; `past_midnight`: some range ends on the next day."""

    osm: str
    past_midnight: bool


@dataclass(slots=True)
class _Rule:
    season: str = ""
    days: str = ""
    ranges: list[str] = field(default_factory=list)
    ends: int = 0
    off: bool = False
    always: bool = False

    @property
    def is_empty(self) -> bool:
        return not (self.ranges or self.off or self.always)

    def __str__(self) -> str:
        when = "00:00-24:00" if self.always else "off" if self.off else ",".join(self.ranges)
        return " ".join(part for part in (self.season, self.days, when) if part)


def hours(written: str) -> Hours | None:
    """Opening hours read from a text. Raises Unreadable('hours_unreadable') where a word in it is not understood."""
    clean = text(written)
    if clean is None:
        return None
    plain = _NOON_KEPT.sub("", _DASH_WORDS.sub("-", _THROUGH.sub("-", clean)))
    if _IGNORED.sub("", _TOKEN.sub("", plain)):
        raise Unreadable("hours_unreadable")
    rules, late = _rules(plain)
    spoken = [rule for rule in rules if not rule.is_empty]
    if not any(rule.ranges or rule.always for rule in spoken):
        raise Unreadable("hours_unreadable")
    if len(spoken) == 1 and spoken[0].always and not spoken[0].days and not spoken[0].season:
        return Hours("24/7", past_midnight=False)
    spoken.sort(key=lambda rule: rule.off)  # a later rule overrides an earlier one: PH off goes behind the hours it takes away
    return Hours("; ".join(dict.fromkeys(map(str, spoken))), late)


def _rules(plain: str) -> tuple[list[_Rule], bool]:
    rules, late = [_Rule()], False
    for token in _TOKEN.finditer(plain):
        kind = token.lastgroup if token.lastgroup in _KINDS else next(name for name in _KINDS if token[name])
        if kind == "range":
            late |= _add_range(rules[-1], token)
        elif kind == "always":
            rules[-1].always = True
        elif kind == "off":
            rules[-1].off = True
        else:
            _select(rules, kind, token)
    last = rules[-1]
    if last.is_empty and len(rules) > 1 and not rules[-2].days:
        rules[-2].days = last.days  # 9:00-21:00 周一至周六: the days follow
    return rules, late


_KINDS: Final = ("always", "months", "season", "every", "days", "list", "work", "holiday", "off", "range")


def _select(rules: list[_Rule], kind: str, token: re.Match[str]) -> None:
    """Days or a season: a new rule begins where the last one has its times."""
    if not rules[-1].is_empty:
        keeps = rules[-1].days if kind in {"months", "season"} else ""
        rules.append(_Rule(season="" if kind in {"months", "season"} else rules[-1].season, days=keeps))
    rule = rules[-1]
    if kind == "season":
        rule.season = rule.season or _SEASONS[token["season"][0]]
    elif kind == "months":
        rule.season = _months(token)
    elif kind != "every":
        days = _named(kind, token)
        rule.days = f"{rule.days},{days}" if rule.days and days not in rule.days else days


def _months(token: re.Match[str]) -> str:
    if token["mo1"]:
        return str(token["months"])
    first, last = (_MONTHS[int(token[name]) - 1] if 1 <= int(token[name]) <= 12 else "" for name in ("m1", "m2"))
    if not first or not last:
        raise Unreadable("hours_unreadable")
    start_day, end_day = token["d1"], token["d2"]
    if start_day and end_day and not (start_day.lstrip("0") == "1" and int(end_day) >= 28):
        return f"{first} {int(start_day):02d}-{last} {int(end_day):02d}"
    return f"{first}-{last}"


def _named(kind: str, token: re.Match[str]) -> str:
    if kind == "days":
        return _span(token)
    return _list(token) if kind == "list" else {"work": "Mo-Fr", "holiday": "PH"}[kind]


def _span(token: re.Match[str]) -> str:
    if token["oa"]:
        return str(token["days"])
    first, last = _DAY_OF[token["a"]], _DAY_OF[token["b"]]
    return "" if (first, last) == (0, 6) else f"{_DAYS[first]}-{_DAYS[last]}"


def _list(token: re.Match[str]) -> str:
    written = token["list"]
    if written in {"双休日", "周末"}:
        return "Sa-Su"
    if written[0].isascii():
        return written
    places = sorted({_DAY_OF[sign] for sign in re.sub("周|星期|礼拜", "", written) if sign in _DAY_OF})
    if len(places) > 1 and places == list(range(places[0], places[-1] + 1)):
        return f"{_DAYS[places[0]]}-{_DAYS[places[-1]]}"
    return ",".join(_DAYS[place] for place in places)


def _add_range(rule: _Rule, token: re.Match[str]) -> bool:
    """Append a range in minutes to the rule; true when it runs past midnight."""
    start = _minutes(token, "s", None)
    if rule.ranges and start < rule.ends and start < 8 * 60 and rule.ends >= 11 * 60 and not token["sp"]:
        start += 12 * 60  # 8:30-12:00, 2:00-5:30: the afternoon of a twelve-hour clock
    period = token["sp"] if token["sp"] in {"下午", "晚上", "晚", "pm"} else None
    end = _minutes(token, "e", period)
    if (
        end <= start
        and end <= 12 * 60
        and end + 12 * 60 > start
        and start >= 12 * 60
        and not token["en"]
        and not token["eq"]
        and token["ep"] is None
        and end >= 3 * 60
        and start < 18 * 60
    ):
        end += 12 * 60
    next_day = bool(token["en"]) or end > 24 * 60 or end < start
    if start == end or start >= 24 * 60 or end > 48 * 60:
        raise Unreadable("hours_unreadable")
    rule.ranges.append(f"{_clock(start)}-{_clock(end % (24 * 60) if next_day else end)}")
    rule.ends = end
    return next_day and end % (24 * 60) != 0


def _minutes(token: re.Match[str], side: str, period: str | None) -> int:
    hour = int(token[side + "h"])
    part = token[side + "m"]
    minute = {"半": 30, "整": 0, "一刻": 15, None: 0}.get(part) if not (part or "").isdigit() else int(part)
    said = token[side + "p"] or token[side + "q"] or period
    if said in {"下午", "晚上", "晚间", "傍晚", "晚", "pm", "夜", "夜间"} and hour < 12:
        hour += 12
    if hour > 26:
        raise Unreadable("hours_unreadable")
    return hour * 60 + int(minute or 0)


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
