"""What a request asks for, read from its parameters. What cannot be meant is refused with one sentence, never guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from desk.api.refusal import ApiRefusal
from desk.words import BATCHES

#: Features of a page: what a map shows at once, and the most that one request may cost. More than the latter is cut to it, as the standard has it.
DEFAULT_LIMIT, MOST = 100, 1000

#: Longest value of a filter: no name of the register is longer (transforms.records.fields).
_LONGEST: Final = 200

_NUMBER: Final = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CURSOR: Final = re.compile(r"(?P<publication>[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{1,9})\.(?P<after>[0-9A-Za-z.-]{1,60})")
_PLACE: Final = re.compile(r"(?P<night>[0-9]{4}-[0-9]{2}-[0-9]{2})\.(?P<number>[0-9]{1,9})")

Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter as the API document tells it: `meaning` in Chinese, `schema` of OpenAPI 3.0."""

    name: str
    meaning: str
    schema: Mapping[str, Any]


_TEXT: Final = {"type": "string", "maxLength": _LONGEST}
LIMIT: Final = Parameter(
    "limit", f"一页最多几条；超过 {MOST} 按 {MOST}", {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT}
)
CURSOR: Final = Parameter("cursor", "下一页的记号，从 next 链接里来；钉住那一页所在的发布", {"type": "string"})
BBOX: Final = Parameter(
    "bbox",
    "范围：西,南,东,北（WGS-84 度）；没有坐标的驿站不在任何范围里",
    {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6},
)
DATETIME: Final = Parameter(
    "datetime",
    "某一夜的登记册（2026-06-01），或一段时间里每站最后的样子（2026-06-01/2026-06-30、../2026-06-30、2026-06-01/..）",
    {"type": "string"},
)
SINCE: Final = Parameter("since", "手上已有哪一夜；只给它之后各夜的变化。不写就从第一夜起", {"type": "string", "format": "date"})

#: Filter → the columns (or what is made of one) of the register of which one must equal it.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "county": ("county", "county_code"),
    "town": ("town", "town_code"),
    "community": ("community", "community_code"),
    "batch": ("coalesce(batch, 'unknown')",),
    "kind": ("kind",),
    "status": ("status",),
}
#: Filters whose values are few and known beforehand.
KNOWN: Final[Mapping[str, tuple[str, ...]]] = {"batch": tuple(BATCHES), "status": ("open", "closed")}
FILTERS: Final = (
    Parameter("county", "区县的名称或 6 位代码", _TEXT),
    Parameter("town", "乡镇街道的名称或 9 位代码", _TEXT),
    Parameter("community", "社区的名称或 12 位代码", _TEXT),
    Parameter("batch", "批次；unknown 是不知道批次的", {"type": "string", "enum": [*KNOWN["batch"]]}),
    Parameter("kind", "类型（代码）", _TEXT),
    Parameter("status", "状态；不写就连停用的一起给", {"type": "string", "enum": [*KNOWN["status"]]}),
)
STATIONS: Final = (LIMIT, BBOX, DATETIME, *FILTERS, CURSOR)
CHANGES: Final = (SINCE, LIMIT, CURSOR)


@dataclass(frozen=True, slots=True)
class Span:
    """Nights from `first` to `last`, both included; None is open. A single night is both."""

    first: date | None
    last: date | None

    @property
    def is_night(self) -> bool:
        """Whether it is one night."""
        return self.first is not None and self.first == self.last


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: behind `after`, in `publication`."""

    publication: str
    after: str


@dataclass(frozen=True, slots=True)
class StationsAsked:
    """A page of stations. `filters`: name of COLUMNS → value."""

    limit: int
    box: Box | None
    span: Span | None
    filters: tuple[tuple[str, str], ...]
    cursor: Cursor | None


@dataclass(frozen=True, slots=True)
class ChangesAsked:
    """A page of changes: of the nights after `since`, behind the event (night, number) where there is a cursor."""

    limit: int
    since: date | None
    cursor: Cursor | None
    after: tuple[date, int] | None


def stations_asked(pairs: Sequence[tuple[str, str]], timezone: str) -> StationsAsked:
    """The page of stations that the query's (name, value) pairs ask for; `timezone`: the city's. Raises ApiRefusal (400)."""
    told = once(pairs, STATIONS)
    filters = tuple((each.name, _filter(each.name, told[each.name])) for each in FILTERS if each.name in told)
    span = _span(told["datetime"], timezone) if "datetime" in told else None
    return StationsAsked(_limit(told), _box(told["bbox"]) if "bbox" in told else None, span, filters, _cursor(told))


def changes_asked(pairs: Sequence[tuple[str, str]]) -> ChangesAsked:
    """The page of changes that the query asks for. Raises ApiRefusal (400)."""
    told = once(pairs, CHANGES)
    since = _day(told["since"], "invalid-since", "since") if "since" in told else None
    cursor = _cursor(told)
    if cursor is None:
        return ChangesAsked(_limit(told), since, None, None)
    place = _PLACE.fullmatch(cursor.after)
    if place is None:
        raise _no_cursor(told["cursor"])
    return ChangesAsked(_limit(told), since, cursor, (_day(place["night"], "invalid-cursor", "cursor"), int(place["number"])))


def once(pairs: Sequence[tuple[str, str]], known: Sequence[Parameter]) -> dict[str, str]:
    """Name → value. Raises ApiRefusal for a parameter that is not `known` or comes twice (OGC 17-069r4, /req/core/query-param-unknown)."""
    names = [each.name for each in known]
    told: dict[str, str] = {}
    for name, value in pairs:
        if name not in names:
            able = f"这里可用：{'、'.join(names)}" if names else "这里不用任何参数"
            raise ApiRefusal(400, "unknown-parameter", f"没有“{name[:40]}”这个参数；{able}")
        if name in told:
            raise ApiRefusal(400, "repeated-parameter", f"参数 {name} 写了两次：请只写一次")
        told[name] = value
    return told


def _limit(told: Mapping[str, str]) -> int:
    if "limit" not in told:
        return DEFAULT_LIMIT
    text = told["limit"]
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise ApiRefusal(400, "invalid-limit", f"limit 应为 1 到 {MOST} 的整数，不是“{text[:40]}”")
    return min(int(text), MOST)


def _box(text: str) -> Box:
    """West, south, east, north. Of six numbers the heights are left out: stations have none."""
    told = text.split(",")
    if len(told) not in (4, 6) or not all(_NUMBER.fullmatch(each) for each in told):
        raise ApiRefusal(400, "invalid-bbox", "bbox 应为四个数：西,南,东,北（WGS-84 度），如 118.3,31.2,118.5,31.4")
    numbers = [float(each) for each in told]
    west, south, east, north = (numbers[at] for at in ((0, 1, 2, 3) if len(numbers) == 4 else (0, 1, 3, 4)))
    if not all(map(math.isfinite, numbers)) or max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise ApiRefusal(400, "bbox-out-of-range", "bbox 出了范围：经度在 -180 到 180，纬度在 -90 到 90，次序是 西,南,东,北")
    if west > east or south > north:
        raise ApiRefusal(400, "bbox-inside-out", "bbox 的西边大于东边，或南边大于北边：次序应为 西,南,东,北")
    return west, south, east, north


def _span(text: str, timezone: str) -> Span:
    ends = text.split("/")
    if len(ends) > 2:
        raise _no_datetime(text)
    if len(ends) == 1:
        night = _night(text, text, timezone)
        return Span(night, night)
    first, last = (None if end in ("", "..") else _night(end, text, timezone) for end in ends)
    if first is None and last is None:
        raise ApiRefusal(400, "invalid-datetime", "datetime 两头都开着就是不限时间：请去掉它，或写上一头")
    if first and last and first > last:
        raise ApiRefusal(400, "invalid-datetime", f"datetime 的开头 {first} 晚于结尾 {last}：请调过来")
    return Span(first, last)


def _night(text: str, whole: str, timezone: str) -> date:
    """The night of a day, or of the city's day on which an instant (RFC 3339) falls."""
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if not _DAY.match(text) or text[10:11] not in ("T", "t"):
            raise _no_datetime(whole)
        instant = datetime.fromisoformat(text.upper().replace(" ", "+"))  # an offset's + that was not escaped
        if instant.tzinfo is None:
            raise _no_datetime(whole)
        return instant.astimezone(ZoneInfo(timezone)).date()
    except (ValueError, OverflowError):
        raise _no_datetime(whole) from None


def _no_datetime(text: str) -> ApiRefusal:
    sentence = f"datetime“{text[:60]}”读不出：请写一夜 2026-06-01、一段 2026-06-01/2026-06-30，或一头开的 ../2026-06-30（时刻要带时区）"
    return ApiRefusal(400, "invalid-datetime", sentence)


def _day(text: str, code: str, name: str) -> date:
    wrong = ApiRefusal(400, code, f"{name}“{text[:40]}”不是日期：请写 2026-06-01 这样的日期")
    if not _DAY.fullmatch(text):
        raise wrong
    try:
        return date.fromisoformat(text)
    except ValueError:  # a day that no month has
        raise wrong from None


def _filter(name: str, value: str) -> str:
    if name in KNOWN and value not in KNOWN[name]:
        raise ApiRefusal(400, f"invalid-{name}", f"{name} 没有“{value[:40]}”：可写 {'、'.join(KNOWN[name])}")
    if not value or len(value) > _LONGEST:
        raise ApiRefusal(400, f"invalid-{name}", f"{name} 应为 1 到 {_LONGEST} 个字")
    return value


def _cursor(told: Mapping[str, str]) -> Cursor | None:
    if "cursor" not in told:
        return None
    found = _CURSOR.fullmatch(told["cursor"])
    if found is None:
        raise _no_cursor(told["cursor"])
    return Cursor(found["publication"], found["after"])


def _no_cursor(text: str) -> ApiRefusal:
    return ApiRefusal(400, "invalid-cursor", f"cursor“{text[:60]}”不是这里给出的记号：请用上一页的 next 链接，或从第一页重新取")
