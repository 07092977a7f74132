"""The organisation whose brand a name bears, and the name without it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from transforms.standardise import words
from transforms.standardise.places import Places


@dataclass(frozen=True, slots=True)
class Brand:
    """A brand as it stands in a text: its full name, and where it begins and ends."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Bare:
    """A name without its brand, legal form and region: what is left, and the organisation."""

    text: str
    organisation: str | None


#: Short forms that are ordinary words as well: a brand only where no such word goes on (移动驿站 is a cabin that moves, 电信路 a road).
_SHORT = re.compile(
    r"(移动|联通|电信|广电|邮政|铁塔公司)(?!驿|舱|休息|服务[^厅]|支付|互联|办公|式|厕|警|图书|餐|端|路|街|巷|小区|大楼|大厦|新村|社区|储蓄)"
)
_SHORT_NAMES = {"移动": "中国移动", "联通": "中国联通", "电信": "中国电信", "广电": "中国广电", "邮政": "中国邮政", "铁塔公司": "中国铁塔"}

_LEGAL = r"(?:股份有限公司|有限责任公司|集团有限公司|集团公司|集团|有限公司|股份公司|总公司|分公司|子公司|公司)"
_LEGAL_HEAD = re.compile(rf"^(?:[()]?{_LEGAL}[()]?)+")
_REGIONAL = re.compile(rf"[\u4e00-\u9fff](?:{_LEGAL}|分行)")
_RURAL = "农村商业银行"
#: Which rural bank it is stands before the word for one (芜湖扬子, 无为): six characters hold all that were met.
_RURAL_REGION = re.compile(r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff]{2,6}$")
_PLACE_END = re.compile(r"[路街巷道区村站园城苑府店)]$")
_MEANT = re.compile(r"[\u4e00-\u9fffA-Za-z]{2}")


def brand_in(clean: str) -> Brand | None:
    """The first brand in a cleaned text, a long form before a short one."""
    found = words.pattern("brands").search(clean)
    if found:
        return Brand(words.by_word("brands")[found[0].upper()], found.start(), found.end())
    short = _SHORT.search(clean)
    return Brand(_SHORT_NAMES[short[1]], short.start(), short.end()) if short else None


def organisation(clean: str, places: Places, own: tuple[str, ...] = ()) -> Bare:
    """The organisation of a cleaned name and what is left of it; in an owner's own list every place is the owner's."""
    brand = _brand(clean, own)
    if brand is None:
        return Bare(clean, canonical(own[0]) if own else None)
    before, after = clean[: brand.start], _behind(clean[brand.end :], places)
    if brand.name == _RURAL and _MEANT.search(words.pattern("kinds").sub("", after)) and not _PLACE_END.search(before):
        before = _RURAL_REGION.sub("", before)
    return Bare(f"{before} {after}".strip(), brand.name)


def canonical(written: str) -> str:
    """An owner's brand in the form that the vocabulary gives it, itself where it knows none."""
    brand = brand_in(written)
    return brand.name if brand else written


def _brand(clean: str, own: tuple[str, ...]) -> Brand | None:
    brand = brand_in(clean)
    found = words.alternatives(own).search(clean) if brand is None and own else None
    return Brand(canonical(own[0]), found.start(), found.end()) if found else brand


def may_name_region(clean: str, own: tuple[str, ...]) -> bool:
    """Whether a region could stand behind the brand of a cleaned text, before a legal form or 分行: only then does the city matter."""
    brand = _brand(clean, own)
    return brand is not None and _REGIONAL.search(_LEGAL_HEAD.sub("", clean[brand.end :])) is not None


def _behind(after: str, places: Places) -> str:
    """What follows a brand, without 股份有限公司, 安徽有限公司芜湖分公司, 芜湖分行 …"""
    return _firms_of(places.region).sub("", after)


@cache
def _firms_of(region: str) -> re.Pattern[str]:
    return re.compile(rf"^(?:[()]?{_LEGAL}[()]?|{region}(?:省|市)?{_LEGAL}|{region}(?:省|市)?分行(?=.))+")
