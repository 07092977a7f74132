"""Whether the owner itself says that a place is closed."""

from __future__ import annotations

import re
from functools import cache

from transforms.standardise import words
from transforms.standardise.text import text

_TRUE = frozenset({"TRUE", "T", "1", "Y", "YES", "是"})
_FALSE = frozenset({"FALSE", "F", "0", "N", "NO", "否"})


def is_closed(written: str) -> bool | None:
    """True when the status says closed (停用, 已拆除 …, or a tombstone flag that is set), False when open, None when it says neither."""
    clean = text(written)
    if clean is None:
        return None
    if clean.upper() in _TRUE | _FALSE:
        return clean.upper() in _TRUE
    known = _statuses()
    if clean in known:
        return known[clean]
    found = _pattern().search(clean)
    return known[found[0]] if found else None


@cache
def _statuses() -> dict[str, bool]:
    return {line["word"]: line["is_closed"] == "true" for line in words.lines("statuses")}


@cache
def _pattern() -> re.Pattern[str]:
    return words.alternatives(tuple(_statuses()))
