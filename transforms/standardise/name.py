"""Names: what distinguishes a place, once brand, plaque, admin prefix, legal form and kind words are off."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.standardise import words
from transforms.standardise.phone import NUMBER
from transforms.standardise.places import Places
from transforms.standardise.text import MISSING, text
from transforms.standardise.unreadable import Unreadable

#: The longest real name met has 46 characters; anything over this is a text of another cell.
LONGEST = 100


@dataclass(frozen=True, slots=True)
class Name:
    """`text`: cleaned, for showing. `core`: what distinguishes it. `kind`, `plaques`: codes read off it. `address`, `phones`: what was split off."""

    text: str
    core: str
    organisation: str | None = None
    kind: str | None = None
    plaques: tuple[str, ...] = ()
    address: str | None = None
    phones: str | None = None


_LETTER = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffffA-Za-z]")
_PHONE_LABEL = re.compile(r"(?:联系)?(?:电话|手机|热线|tel)\s*[:：]?\s*$", re.IGNORECASE)
_ADDRESS_LABEL = re.compile(r"[\s,;(\[]*(?:详细)?(?:地址|位于)[:：]?\s*([^()\[\]]+)[)\]]?")
_SPOT = r"(?:[A-Za-z\d-]*(?:号楼|楼|层|室|幢|栋|座|单元|铺))*"
_NOT_IN_ROAD = r"(?!驿站|社区|支行|分行|中心|营业厅|营业部|公司|站点|银行|商店|超市|岗亭|街道|[站店厅舱亭镇区县市所点村部号])"
_NUMBERED = re.compile(
    rf"(?:[\u4e00-\u9fff]{{1,6}}?(?:省|市|区|县|街道|镇|乡))*?(?:{_NOT_IN_ROAD}[\u4e00-\u9fff]){{1,6}}?(?:大道|路|街|巷|弄)\d{{1,5}}(?:-\d{{1,4}})*号(?!线|院|店|厅|亭|舱|网点|站|岗){_SPOT}"
)
_BRACKETS = re.compile(r"[(\[【〔<《]([^()\[\]【】〔〕<>《》]*)[)\]】〕>》]")
_LEGAL = re.compile(r"(?:股份有限公司|有限责任公司|集团有限公司|有限公司|集团公司|集团|股份公司|总公司|分公司|公司)")
_RURAL_BANK = re.compile(r"([\u4e00-\u9fff]{2,6}?)(?:农村商业银行|农商银行|农商行|农村合作银行|农合行)")
_BARE_BRANDS = (
    ("移动", "中国移动"),
    ("联通", "中国联通"),
    ("电信", "中国电信"),
    ("广电", "中国广电"),
    ("铁塔", "中国铁塔"),
    ("邮政", "中国邮政"),
)
_STATION_END = re.compile(
    r"(?<!火车)(?<!汽车)(?<!客运)(?<!高铁)(?<!地铁)(?<!加油)(?<!消防)(?<!收费)(?<!公交)(?<!轻轨)(?<!换电)(?<!水)(?:站点|站|点)$"
)
_BRANCH_END = re.compile(r"(?:旗舰店|专卖店|直营店|加盟店|分店|门店|网点|店|厅)$")
_NOISE = re.compile(rf"[\s,;:.、。!?·\-_/|\"'“”‘’&+*#@~`()\[\]【】〔〕<>《》{MISSING}]")
_COMMITTEE = re.compile(r"(?:社区居民委员会|社区居委会|居民委员会|居委会|社区公共服务中心|社区服务中心)$")
_VILLAGE = re.compile(r"(?:村村民委员会|村民委员会|村委会)$")


def name(written: str, places: Places, brand: tuple[str, ...] = ()) -> Name | None:
    """The parts of a name; `brand` are the owner's own brands, the first its full form. Raises Unreadable: name_unreadable, name_too_long."""
    clean = text(written)
    if clean is None:
        return None
    if len(clean) > LONGEST:
        raise Unreadable("name_too_long")
    if not _LETTER.search(clean) or clean.startswith("="):
        raise Unreadable("name_unreadable")
    folded = places.variants.fold(clean)
    folded, phones = _without_phones(folded)
    shown, address = _without_address(folded, places)
    if not _LETTER.search(shown):
        raise Unreadable("name_unreadable")
    organisation, bare = _organisation(shown, places, brand)
    kind = kind_of(shown)
    core = _core(bare, places, kind, organisation) or _NOISE.sub("", address or shown).upper()
    return Name(shown, core, organisation, kind, words.codes(shown, "plaques"), address, phones)


def kind_of(clean: str) -> str | None:
    """Code of the kind that a cleaned text speaks of: a word that stands for a kind, last one wins (…银行…支行 is a 支行), else a hint."""
    inner = [part for part in _BRACKETS.findall(clean) if part]
    for part in [*reversed(inner), _BRACKETS.sub("", clean), clean]:
        found = [
            known
            for known in (words.by_word("kinds")[word.upper()] for word in words.pattern("kinds").findall(part))
            if known != "union_station"
        ]
        if found:
            return found[-1]
    if words.pattern("kinds").search(clean):
        return "union_station"
    hinted = words.pattern("kinds", hints=True).findall(clean)
    return words.by_word("kinds", hints=True)[hinted[-1].upper()] if hinted else None


def host_group(clean: str) -> str | None:
    """Group of hosts (bank, telecom, merchant, public, …) that a cleaned name speaks of, by its brand, else by its kind."""
    brand = words.pattern("brands").search(clean)
    if brand:
        return words.hosts("brands")[words.by_word("brands")[brand[0].upper()]]
    if _RURAL_BANK.search(clean):
        return "bank"
    kind = kind_of(clean)
    group = words.hosts("kinds").get(kind or "") or None
    if group in {None, "union"} and re.search(r"(?:社区|街道|村)(?:站|点|党|居|便民)?|党群|村民委员会|居委会|人民政府", clean):
        return "public"
    return group


def organisation_of(clean: str, places: Places) -> str | None:
    """The organisation whose brand stands in a cleaned text."""
    return _organisation(clean, places, ())[0]


def _without_phones(clean: str) -> tuple[str, str | None]:
    found = [match for match in NUMBER.finditer(clean) if match["mobile"] or match["free"] or match["area"] or match["local"]]
    rest = clean
    for match in reversed(found):
        rest = _PHONE_LABEL.sub("", rest[: match.start()]) + rest[match.end() :]
    rest = re.sub(r"[(\[]\s*[)\]]", "", rest).strip(" ,;:/-、") if found else clean
    return rest, ";".join(match[0] for match in found) or None


def _without_address(clean: str, places: Places) -> tuple[str, str | None]:
    labelled = _ADDRESS_LABEL.search(clean)
    if labelled and _LETTER.search(clean[: labelled.start()]):
        return (clean[: labelled.start()] + clean[labelled.end() :]).strip(" ,;-"), labelled[1].strip()
    numbered = _NUMBERED.search(clean)
    if numbered is None:
        return clean, None
    rest = places.upper.sub("", clean[: numbered.start()]) if not _LETTER.sub("", clean[: numbered.start()]) else clean[: numbered.start()]
    rest = re.sub(r"[(\[]\s*[)\]]", "", rest + clean[numbered.end() :]).strip(" ,;-、")
    return (rest if len(_LETTER.findall(rest)) > 1 else clean), numbered[0]


def _organisation(clean: str, places: Places, brand: tuple[str, ...]) -> tuple[str | None, str]:
    """The brand's full form and the text without it, its legal form and the region between the two."""
    own = words.alternatives(brand).search(clean) if brand else None
    known = words.pattern("brands").search(clean)
    if own and (known is None or own.start() <= known.start()):
        return brand[0], _legal_off(clean, own, places)
    if known:
        return words.by_word("brands")[known[0].upper()], _legal_off(clean, known, places)
    rural = _RURAL_BANK.search(places.upper.sub("", clean))
    if rural:
        bare = places.upper.sub("", clean)
        return f"{places.upper.sub('', rural[1]) or rural[1]}农商银行", _legal_off(bare, rural, places)
    if words.hosts("kinds").get(kind_of(clean) or "") in {"telecom", "street"}:
        for bare_brand, full in _BARE_BRANDS:
            if bare_brand in clean:
                return full, re.sub(rf"{bare_brand}(?:公司)?", "", clean, count=1)
    return (brand[0] if brand else None), clean


def _legal_off(clean: str, found: re.Match[str], places: Places) -> str:
    """`clean` without the brand and what belongs to it: 股份有限公司, 安徽有限公司芜湖分公司, 芜湖分行."""
    tail = _region(places) if places.city.name else ""
    behind = re.sub(rf"^(?:[()]|{_LEGAL.pattern}|{tail}(?:省|市)?(?:分行|{_LEGAL.pattern}))+", "", clean[found.end() :])
    return clean[: found.start()] + behind


def _region(places: Places) -> str:
    city = places.city
    forms = {city.name, city.name.removesuffix("市"), city.province, city.province.removesuffix("省"), *city.counties.values()}
    return "(?:" + "|".join(map(re.escape, sorted(forms, key=lambda form: (-len(form), form)))) + ")"


def _core(clean: str, places: Places, kind: str | None, organisation: str | None) -> str:
    """The distinguishing part: of what stands outside brackets, else inside them."""
    outer = _BRACKETS.sub(" ", clean)
    stripped = _strip(outer, places, kind, organisation)
    for part in [stripped] if stripped else []:
        return part
    for part in reversed(_BRACKETS.findall(clean)):
        stripped = _strip(part, places, kind or "union_station", organisation)
        if stripped:
            return stripped
    return ""


def _strip(part: str, places: Places, kind: str | None, organisation: str | None) -> str:
    rest = words.pattern("plaques").sub(" ", part)
    if kind not in {"mall", "office_tower", "park", "merchant", None}:
        rest = words.pattern("kinds").sub(_kind_off, rest)
        rest = _STATION_END.sub("", rest.strip())
    if organisation or kind in {"bank_outlet", "telecom_hall", "bank_self_service"}:
        rest = _BRANCH_END.sub("", rest.strip())
    rest = _LEGAL.sub("", rest) if organisation else rest
    rest = _VILLAGE.sub("村", _COMMITTEE.sub("社区", rest.strip()))
    return _prefix_off(_NOISE.sub("", rest).upper(), places)


def _kind_off(found: re.Match[str]) -> str:
    group = words.hosts("kinds")[words.by_word("kinds")[found[0].upper()]]
    return found[0] if group in {"built", "merchant"} else " "


def _prefix_off(core: str, places: Places) -> str:
    """`core` without province, city and county before it, and without the street before a community, as long as something is left."""
    bare = places.upper.sub("", core)
    core = bare if len(bare) > 1 else core
    county = places.county_head.match(core)
    core = core[county.end() :] if county and len(core) - county.end() > 1 else core
    town = re.match(r"^[\u4e00-\u9fff]{2,6}?(?:街道|镇|乡)(?=[\u4e00-\u9fff\d]{2,}(?:社区|村)$)", core)
    return core[town.end() :] if town else core
