"""Names: what distinguishes a place, once brand, plaque, admin prefix, legal form and kind words are off."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.standardise import latin, words
from transforms.standardise.embedded import without_address, without_phones
from transforms.standardise.kind import WEAK, kind_of
from transforms.standardise.organisation import Bare, organisation
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
#: 站 and 点 belong to a union's or practice centre's word for the place, unless they are the place: 火车站 stays.
_STATION_END = re.compile(r"(?<![车运铁油防费交轨电水])(?:站点|站)$")
_BRANCH_END = re.compile(r"(?:旗舰店|专卖店|直营店|加盟店|分店|门店|网点|(?<![酒饭书商药])店|厅)$")
_BRANCH = re.compile(r"\([^()]*(?<![酒饭书商药])店\)$")
_COPY_END = re.compile(r"[-_ ]0\d$")
_NOISE = re.compile(rf"[\s,;:.、。!?·\-_/|\"'“”‘’&+*#@~`=()\[\]【】〔〕<>《》{MISSING}]")
_COMMITTEE = re.compile(r"(?:社区居民委员会|社区居委会|居民委员会|居委会)$")
_VILLAGE = re.compile(r"(?:村村民委员会|村民委员会|村委会)$")
_TOWN_HEAD = re.compile(r"^[\u4e00-\u9fff]{2,6}?(?:街道|镇|乡)(?=[\u4e00-\u9fff\d]{2,}(?:社区|村)$)")
_OPEN, _CLOSE = "([【〔<《", ")]】〕>》"


def name(written: str, places: Places, brand: tuple[str, ...] = ()) -> Name | None:
    """The parts of a name; `brand` are the owner's own brands, the first its full form. Raises Unreadable: name_unreadable, name_too_long."""
    clean = text(written)
    if clean is None:
        return None
    if len(clean) > LONGEST:
        raise Unreadable("name_too_long")
    if not is_name(clean):
        raise Unreadable("name_unreadable")
    if latin.is_latin(clean):
        own = organisation(clean, places, brand)
        return Name(
            clean,
            latin.core(own.text) or latin.core(clean) or clean.upper(),
            own.organisation,
            kind_of(clean),
            words.codes(clean, "plaques"),
        )
    folded, phones = without_phones(places.variants.fold(clean))
    shown, address = without_address(folded, places)
    if not _LETTER.search(shown):
        raise Unreadable("name_unreadable")
    told = told_by(shown, places, brand)
    core = without_prefix(told.core, places) if told.core else _unnamed(told.bare, address, shown, places)
    return Name(shown, core, told.bare.organisation, told.kind, words.codes(shown, "plaques"), address, phones)


@dataclass(frozen=True, slots=True)
class Told:
    """What the words of a name say: its organisation and what is left without it, its kind, and the core with the region still before it."""

    bare: Bare
    kind: str | None
    core: str


def told_by(shown: str, places: Places, brand: tuple[str, ...] = ()) -> Told:
    """What a name says that has neither phone nor address in it. Of the places only the region behind a brand is asked for."""
    bare, kind = organisation(shown, places, brand), _kind(shown)
    return Told(bare, kind, _core(bare, kind))


def is_name(clean: str) -> bool:
    """Whether a cleaned text can be a name: one with letters, and no formula of a spreadsheet."""
    return _LETTER.search(clean) is not None and not clean.startswith("=")


def _kind(shown: str) -> str | None:
    """The kind that a name speaks of. A branch behind a shop's name, (同曦假日百货店), says where the shop is; behind a station's, whose it is."""
    kind = kind_of(_BRANCH.sub("", shown))
    return kind_of(shown) if kind in WEAK else kind


def _core(bare: Bare, kind: str | None) -> str:
    """The distinguishing part: of what stands outside brackets, else inside them, else before the brand (泰山路农商行)."""
    station = words.pattern("plaques").search(bare.text) is not None or "驿站" in bare.text or "服务站" in bare.text
    outlet = bare.organisation is not None or kind in {"bank_outlet", "bank_self_service", "telecom_hall"}
    return _first(bare.text, station, outlet)


def _unnamed(bare: Bare, address: str | None, shown: str, places: Places) -> str:
    """The core of a name that has none: its address, its kind word (营业部), its brand, or the whole."""
    left = without_prefix(_NOISE.sub("", "".join(_brackets(bare.text)[0])).upper(), places) if bare.organisation else ""
    return _NOISE.sub("", address or "").upper() or left or bare.organisation or _NOISE.sub("", shown).upper()


def _first(written: str, station: bool, outlet: bool) -> str:
    outer, inners = _brackets(written)
    if station and inners and inners[-1].endswith("店"):
        # 小菜园(龙山店)工会驿站: among stations the branch tells, as in 小菜园龙山店
        outer, inners = _STATION_END.sub("", _words_off(outer)) + inners[-1], []
    core = _strip(outer, station, outlet)
    if core:
        return core
    for inner in reversed(inners):
        core = _first(inner, station=True, outlet=outlet)
        if core:
            return core
    return ""


def _brackets(written: str) -> tuple[str, list[str]]:
    """What stands outside the outermost brackets, and what stands in each of them."""
    outer, inners, depth = [], [], 0
    for character in written:
        if character in _OPEN:
            depth += 1
            if depth == 1:
                inners.append("")
                outer.append(" ")
                continue
        elif character in _CLOSE and depth:
            depth -= 1
            if depth == 0:
                continue
        if depth:
            inners[-1] += character
        else:
            outer.append(character)
    return "".join(outer), inners


def _strip(part: str, station: bool, outlet: bool) -> str:
    rest = _COPY_END.sub("", _words_off(part))
    if station and not rest.endswith("支行"):
        rest = _STATION_END.sub("", rest)
        rest = _words_off(rest)
    if outlet or (station and len(rest) > 3):
        rest = _BRANCH_END.sub("", rest)
    rest = _VILLAGE.sub("村", _COMMITTEE.sub("社区", rest.strip()))
    return _NOISE.sub("", rest).upper()


def _words_off(part: str) -> str:
    return words.pattern("kinds").sub(_kind_off, words.pattern("plaques").sub(" ", part)).strip()


def _kind_off(found: re.Match[str]) -> str:
    """Kind words go, those of malls, parks and shops stay: 人民公园 is the name of one."""
    group = words.hosts("kinds")[words.by_word("kinds")[found[0].upper()]]
    return found[0] if group in {"built", "merchant"} else " "


def without_prefix(core: str, places: Places) -> str:
    """`core` without province, city and county before it, and without the street before a community, as long as something is left."""
    for head in (places.upper, places.county_head, places.county_short):
        found = head.match(core)
        if found and len(core) - found.end() > 1:
            core = core[found.end() :]
    town = _TOWN_HEAD.match(core)
    return core[town.end() :] if town else core
