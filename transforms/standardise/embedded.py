"""Phones and addresses that owners write into names."""

from __future__ import annotations

import re

from transforms.standardise.phone import NUMBER
from transforms.standardise.places import Places

_LETTER = re.compile(r"[\u3400-\u9fffA-Za-z]")
_PHONE_LABEL = re.compile(r"\s*(?:联系|咨询|服务)?(?:电话|手机|热线|tel)\s*[:：]?\s*$", re.IGNORECASE)
_LABELLED = re.compile(r"[\s,;(\[]*(?:详细)?(?:地址|位于)[:：]?\s*([^()\[\]]+)[)\]]?")
_BRACKETED = re.compile(r"[(\[]([^()\[\]]*(?:大道|路|街|巷|弄)\d{1,5}(?:-\d{1,4})*号(?!线|院|店|厅|亭)[^()\[\]]*)[)\]]")
#: What is left of a name must name something: 停车场 does not, 池田路40号停车场 does.
_GENERIC = re.compile(r"(?:路侧)?停车[场位]|[门商]铺|门面|住宅|小区|大楼|店|站")
_EMPTY = re.compile(r"[(\[]\s*[)\]]")
_EDGES = " ,;:/-、"


def without_phones(clean: str) -> tuple[str, str | None]:
    """A cleaned name without the phones in it, and the phones as written. A hot line's five digits may be anything and stay."""
    found = [match for match in NUMBER.finditer(clean) if not match["hot"]]
    rest = clean
    for match in reversed(found):
        opened = "(" if match[0].startswith("(") and ")" not in match[0] else ""
        rest = _PHONE_LABEL.sub("", rest[: match.start()]) + opened + rest[match.end() :]
    return (_tidy(rest), ";".join(match[0] for match in found)) if found else (clean, None)


def without_address(clean: str, places: Places) -> tuple[str, str | None]:
    """A cleaned name without the address in it, and the address; a name that is nothing but an address keeps it as well."""
    found = _LABELLED.search(clean) or _BRACKETED.search(clean)
    found = found if found and _LETTER.search(clean[: found.start()]) else None
    bare = found or places.numbered.search(clean)
    if bare is None:
        return clean, None
    rest = _tidy(clean[: bare.start()] + clean[bare.end() :])
    rest = "" if not _LETTER.search(places.upper.sub("", rest)) else rest
    named = len(_LETTER.findall(rest)) > 1 and not _GENERIC.fullmatch(rest)
    return (rest if named else clean), (found[1] if found else bare[0]).strip()


def _tidy(rest: str) -> str:
    bare = _EMPTY.sub("", rest).strip(_EDGES)
    return bare + ")" * max(0, bare.count("(") - bare.count(")"))
