"""Dates as owners write them: 2025年6月, 2025/6/1, 20250601, 2026-05-30T18:00:00Z."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from transforms.standardise.text import text
from transforms.standardise.unreadable import Unreadable

_DAY = re.compile(r"(?P<year>(?:19|20)\d{2})\s*[-/.年]\s*(?P<month>\d{1,2})(?:\s*[-/.月]\s*(?P<day>\d{1,2})?\s*[日号]?)?(?=$|[ T月])")
_COMPACT = re.compile(r"^(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})?$")
_SERIAL = re.compile(r"^[34]\d{4}(?:\.\d+)?$")

#: Day 0 of a spreadsheet's calendar (1900 system, with its leap-year error); serials of 30000-49999 are 1982-2036.
_EPOCH = date(1899, 12, 30)


def day(written: str, zone: str = "Asia/Shanghai", until: str = "9999-12-31") -> str | None:
    """The ISO date in `written`, the first of the month where only a month is given; instants are taken in `zone`.

    Raises Unreadable('date_unreadable'), for a date after `until` as well.
    """
    found = _day(written, zone)
    if found is not None and found > until:
        raise Unreadable("date_unreadable")
    return found


def _day(written: str, zone: str) -> str | None:
    clean = text(written)
    if clean is None:
        return None
    if _SERIAL.match(clean):
        return (_EPOCH + timedelta(days=int(float(clean)))).isoformat()
    found = _COMPACT.match(clean) or _DAY.match(clean)
    if not found:
        raise Unreadable("date_unreadable")
    try:
        if "T" in clean or clean.count(":") > 1:
            instant = _instant(clean)
            if instant is not None and instant.tzinfo is not None:
                return instant.astimezone(ZoneInfo(zone)).date().isoformat()
        return date(int(found["year"]), int(found["month"]), int(found["day"] or 1)).isoformat()
    except ValueError as impossible:
        raise Unreadable("date_unreadable") from impossible


def _instant(clean: str) -> datetime | None:
    try:
        return datetime.fromisoformat(clean)
    except ValueError:
        return None
