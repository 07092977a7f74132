"""When a text of opening hours (OpenStreetMap's syntax, as `standardise.hours` writes it) is open: spans by weekday and part of the year."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import pandas as pd

#: Columns of `opening_spans`: minutes are after midnight of the weekday (1 Monday … 7 Sunday); days of the year are month * 100 + day.
SPAN_COLUMNS: Final = ("hours", "weekday", "season_from", "opens_min", "season_to", "closes_min")

_DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_YEAR: Final = [month * 100 + day for month, days in enumerate(_MONTH_DAYS, 1) for day in range(1, days + 1)]
_DAY_MIN: Final = 24 * 60

_MONTH: Final = f"(?:{'|'.join(_MONTHS)})"
_DAY: Final = f"(?:{'|'.join(_DAYS)}|PH)"
_RANGE: Final = r"\d\d:\d\d-\d\d:\d\d"
_RULE: Final = re.compile(
    rf"(?:(?P<season>{_MONTH}(?: \d\d)?-{_MONTH}(?: \d\d)?)(?: |$))?(?:(?P<days>{_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*)(?: |$))?"
    rf"(?P<when>off|{_RANGE}(?:,{_RANGE})*)"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a rule says of its weekdays (0 Monday) from `start` to `end` (places in _YEAR): (opens, closes) in minutes, none when off.

    A season that ends before it starts goes over New Year.
    """

    weekdays: frozenset[int]
    start: int
    end: int
    spans: tuple[tuple[int, int], ...]

    def holds(self, day: int) -> bool:
        return self.start <= day <= self.end if self.start <= self.end else day >= self.start or day <= self.end


def opening_spans(texts: Iterable[str]) -> pd.DataFrame:
    """SPAN_COLUMNS of each of the texts, in their order; a text that is not in this syntax has no row: when it is open is not known.

    A later rule overrides an earlier one on the days of which it speaks, as the specification has it. Public holidays (PH) are left out.
    """
    rows = [(text, *span) for text in dict.fromkeys(texts) for span in _spans(text)]
    return pd.DataFrame(rows, columns=list(SPAN_COLUMNS)).astype({name: "str" if name == "hours" else "int64" for name in SPAN_COLUMNS})


def _spans(text: str) -> list[tuple[int, int, int, int, int]]:
    rules = [_rule(part) for part in ("00:00-24:00" if text == "24/7" else text).split("; ")]
    known = [rule for rule in rules if rule is not None]
    if len(known) < len(rules):
        return []
    return [
        (weekday + 1, _YEAR[first], opens, _YEAR[last], closes)
        for weekday in range(7)
        for first, last, spans in _parts_of_year([rule for rule in known if weekday in rule.weekdays])
        for opens, closes in spans
    ]


def _parts_of_year(rules: list[_Rule]) -> list[tuple[int, int, tuple[tuple[int, int], ...]]]:
    """First and last day of each part of the year in which the same spans hold, and those spans."""
    starts = sorted({0, *(rule.start for rule in rules), *((rule.end + 1) % len(_YEAR) for rule in rules)})
    parts: list[tuple[int, int, tuple[tuple[int, int], ...]]] = []
    for first, after in pairwise([*starts, len(_YEAR)]):
        spans = next((rule.spans for rule in reversed(rules) if rule.holds(first)), ())
        goes_on = bool(parts) and parts[-1][2] == spans
        parts.append((parts.pop()[0] if goes_on else first, after - 1, spans))
    return parts


def _rule(written: str) -> _Rule | None:
    """The rule; None where it is not in the syntax. One that speaks of public holidays alone holds on no weekday."""
    match = _RULE.fullmatch(written)
    if match is None:
        return None
    spans = [] if match["when"] == "off" else sorted(map(_span, match["when"].split(",")))
    start, end = _season(match["season"])
    return _Rule(_weekdays(match["days"]), start, end, tuple(dict(spans).items()))  # of two that open together the longer one


def _weekdays(written: str | None) -> frozenset[int]:
    if written is None:
        return frozenset(range(7))
    parts = (part.split("-") for part in written.split(",") if part != "PH")
    ends = ((_DAYS.index(part[0]), _DAYS.index(part[-1])) for part in parts)
    return frozenset((first + more) % 7 for first, last in ends for more in range((last - first) % 7 + 1))


def _season(written: str | None) -> tuple[int, int]:
    """First and last place in _YEAR."""
    if written is None:
        return 0, len(_YEAR) - 1
    first, last = ((month, day) for month, _, day in (end.partition(" ") for end in written.split("-")))
    return _place(first[0], int(first[1] or 1)), _place(last[0], int(last[1] or 31))


def _place(month: str, day: int) -> int:
    number = _MONTHS.index(month)
    return _YEAR.index((number + 1) * 100 + max(1, min(day, _MONTH_DAYS[number])))


def _span(written: str) -> tuple[int, int]:
    """Minutes of opening and closing; one that closes at or before it opens closes on the next day."""
    opens, closes = (int(clock[:2]) * 60 + int(clock[3:]) for clock in written.split("-"))
    return opens, closes if closes > opens else closes + _DAY_MIN
