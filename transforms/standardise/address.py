"""Addresses: province … road, number, lane, building, floor, room, and the landmark that people steer by."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from transforms.standardise import latin, numeral
from transforms.standardise.places import Places
from transforms.standardise.text import MISSING, text
from transforms.standardise.unreadable import Unreadable

#: The longest of 11,000 addresses looked at has 62 characters; over this it is a text of another cell.
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Address:
    """The parts of an address. `text` is the whole from the county down, cleaned; the rest as the field dictionary says."""

    text: str
    county: str | None = None
    town: str | None = None
    community: str | None = None
    road: str | None = None
    number: str | None = None
    lane: str | None = None
    building: str | None = None
    floor: str | None = None
    room: str | None = None
    landmark: str | None = None


#: The country before a province or city: 中国轻纺城 is a place.
_STATE = re.compile(r"^中国(?=[\u4e00-\u9fff]{2,7}?(?:省|市|自治区))")
_TOWN = re.compile(
    r"^([\u4e00-\u9fff]{2,7}?(?:街道办事处|街道(?!口|\d+号(?!大街|路|街))|(?<!小)镇(?![\u4e00-\u9fff]?[路街巷]|政府)|乡(?![道市县])))"
)
#: A character of a division's name: none that ends another, so that 上城区马市街 does not read as a city 上城区马市.
_PLAIN = r"(?:(?![省市区县旗路街道])[\u4e00-\u9fff])"
#: Province, city, county-level city and county of another city, or of one whose counties are not in the vocabulary; 小区, 工业区 … are none.
_OTHER_HEAD = re.compile(
    rf"^(?:[-_/ ]*{_PLAIN}{{2,7}}?(?:省|自治区))?(?:[-_/ ]*{_PLAIN}{{2,6}}?(?:(?<![超门夜菜花])市(?![场民政府口]|镇(?![海江平康远宁安]))|自治州|地区))?(?:{_PLAIN}{{2,4}}?(?<![超门夜菜花])市(?![场民政府口]|镇(?![海江平康远宁安])))?"
    rf"(?:[-_/ ]*{_PLAIN}{{1,5}}?(?:(?<![小社园街校厂业发景片库])(?<![苑园城村][东南西北])区|[县旗])(?![\u4e00-\u9fff]?[路街巷]|\d+号(?![路街大])))?(?:市辖区)?[-_/ ]*"
)
_ZONE = re.compile(r"^[\u4e00-\u9fff]{0,10}?(?:开发区|高新区|产业园区|工业园区|新区|经开区|集中区)(?![路街\d号])")
_COMMUNITY = re.compile(
    r"^([\u4e00-\u9fff]{2,8}?(?:社区居民委员会|社区居委会|居民委员会|居委会|社区(?!服务|公共|卫生|医院|(?:中心|店)(?![路街])|居)|村民委员会|村委会|村委|行政村|(?<![新农])村(?![\u4e00-\u9fff]?[路街巷]|口|社区)))"
)
_GROUP = re.compile(r"^([\u4e00-\u9fff\d]{1,6}?(?:自然村|村民组|村民小组|小组|组|生产队))")

_HAN = r"[\u4e00-\u9fffA-Za-z]"
_ROAD = re.compile(
    rf"((?:[A-Z]?\d{{1,4}}|{_HAN}{{1,2}}\d{{1,3}})?(?:国道|省道|县道|乡道)"
    rf"|(?:\d{{1,3}}号?|{_HAN}|[·'\d]){{1,8}}?(?:[东南西北中]{{0,1}}(?:大道|大街|大马路|马路|公路|高速|胡同|快速路|环路|路|街|[道线](?=\d)))(?:[东南西北中](?:路|街)|(?:[一二三四五六七八九十]|\d)(?:路|街))?)"
)
_NOT_ROAD = re.compile(r"(?:社区|小区|居委会|居民|街道|小学|中学|派出所|支行|新村)")
_STREETY = re.compile(r"(?:步行街|商业街|美食街|风情街|古街|沿街|临街)$")
_NUMBER = re.compile(
    r"^(?:[东西南北中]?段|辅路|步行街|商业街|美食街)?[东西南北]?侧?(?:门牌)?(?P<number>(?:[甲乙丙丁]|[A-Za-z](?=[\d-]+号))?\d{1,5}[A-Za-z]?(?:\s*[-/~]+\s*\d{1,5}[A-Za-z]?)*)(?:弄(?P<house>\d{1,5}(?:-\d{1,5})*)?)?"
    r"(?P<unit>号楼|号院|号(?:铺|门面|附)?|\#|(?=$|[,;( ]|[\u4e00-\u9fff]))(?!米|层|楼|F|室|栋|幢|座|单元|路|街|公里|线|地铁|出口)(?:-+(?P<more>\d{1,4}(?!\d|室|层|楼)))?(?:附(?P<annex>\d{1,4})号)?"
)
_LANE = re.compile(r"^([\u4e00-\u9fff]{0,5}?\d{0,4}(?:巷|弄|里弄|胡同)(?![\u4e00-\u9fff]?社区|口|镇))")
_BUILDING = re.compile(r"([A-Za-z]?\d{1,4}[A-Za-z]?|[A-Za-z东西南北]\d{0,3}|[甲乙丙丁])(?:号楼|幢|栋|座|#楼|号馆|馆)")
_FLOOR = re.compile(r"(?:(-?\d{1,3})(?:-\d{1,3})?(?:楼|层)|(?<![A-Za-z])([FLB])(\d{1,2})(?!\d)(?:楼|层)?|(?<![\d.])(\d{1,2})F(?![A-Za-z]))")
#: Floors of the tallest tower of the province, with a margin.
HIGHEST = 80
_ROOM = re.compile(r"([A-Za-z]?\d{1,5}(?:-\d{1,5})*[A-Za-z]?)(?:室|铺位|号铺|号门面|号商铺|商铺|房(?![\u4e00-\u9fff]))")
#: What ends an address inside a compound or mall without a word for it: 高尔夫西花园19-1-19, 景枫广场B104.
_TAIL = re.compile(r"(?<=[\u4e00-\u9fff楼层)])((?:[A-Za-z]\d{2,5}|[A-Za-z]?\d{1,5}(?:-\d{1,5})+|\d{3,5})[A-Za-z]?)$")
#: What many houses share is no landmark of any: (江宁开发区) behind an address.
_WIDE = re.compile(r"(?:开发区|高新区|经开区)$")
_UNIT = re.compile(r"[A-Za-z]?\d{1,3}单元")
_CROSS = re.compile(
    rf"({_HAN}{{1,8}}?(?:大道|路|街|巷))(?:[东南西北]?段)?(?:与|和|及|于|、|/|-)({_HAN}{{1,8}}?(?:大道|路|街|巷))(?:的)?(?:交叉路口|交叉口|交叉处|交叉|交汇处|交汇口|交汇|交界处|交口|交会处|路口|口)?"
)
_CROSS_BARE = re.compile(
    rf"({_HAN}{{1,8}}?(?:大道|路|街|巷))({_HAN}{{1,8}}?(?:大道|路|街|巷))(?:交叉路口|交叉口|交叉处|交汇处|交汇口|交口|路口)"
)
_CROSSED = re.compile(r"交叉|交汇|交界|交口|交会|路口|口")
_RELATION = re.compile(
    r"(?:斜对面|正对面|对面|斜对过|对过|旁边|旁|隔壁|附近|周边|以?[东南西北]{1,2}(?:侧|边|面|角|首)?(?:约?\d+米)|往[东南西北]{1,2}(?:约?\d+米)?|\d+米|院内|门口|大门口|内|里面|楼下|路口|拐角|处|[东南西北]{1,2}(?:侧|角)|(?:[东南西北]\d?|正|大|后)门)+(?:处)?$"
)
_AWAY = re.compile(r"^(?:往|向|以)?[东西南北]{1,2}侧?(?:约?\d+米)?(?:处)?(?=[\u4e00-\u9fff]{3})(?<=[米侧处])")
_EDGES = " ,;.:、。·_/-"
_LABEL = re.compile(r"^(?:地址|详细地址|位于)[:：]?")
_TRIMMED = " ,;.:、。()[]·_/-"
_SPLIT = re.compile(r"[\s,;、。()\[\]]+")


def address(written: str, places: Places) -> Address | None:
    """The parts of an address. Raises Unreadable('address_unreadable') when it has neither road, community, number nor landmark."""
    clean = text(written)
    if clean is None:
        return None
    if len(clean) > LONGEST:
        raise Unreadable("address_unreadable")
    if latin.is_latin(clean) and " " in clean:  # one word is no street: it may be what is left of a Chinese address
        return _latin(clean)
    folded = numeral.arabic(places.variants.fold(clean)).replace(MISSING, "")
    whole, found, rest = _headed(folded, places)
    found = replace(_streets(rest, found), text=_closed(whole.strip(_EDGES)))
    if text(rest) is None or not (found.road or found.community or found.landmark or found.building):
        raise Unreadable("address_unreadable")
    return found


def _headed(folded: str, places: Places) -> tuple[str, Address, str]:
    """The whole from the county down, the divisions at its head, and the rest. Read again until nothing more comes off, for one head may
    stand behind another (安徽-芜湖-弋江区, 经济开发区西区): what is shown then reads as it was read."""
    while True:
        found, rest = _divisions(_strip_upper(folded, places), places)
        whole = (found.county or "") + (found.town or "") + rest
        if whole == folded:
            return whole, found, rest
        folded = whole


def _closed(whole: str) -> str:
    """`whole` with the brackets that its trimmed end had."""
    return whole + ")" * max(0, whole.count("(") - whole.count(")"))


def _latin(clean: str) -> Address:
    found = latin.street(clean)
    if not found.road:
        raise Unreadable("address_unreadable")
    return Address(text=clean, road=found.road, number=found.number)


def _strip_upper(folded: str, places: Places) -> str:
    rest = _LABEL.sub("", folded).lstrip(" ,;")
    return places.upper.sub("", _STATE.sub("", rest)).lstrip(")]").strip(_EDGES) or rest


def _trimmed(rest: str) -> str:
    """`rest` (of cleaned text, whose spaces are all alike) without marks at its ends, and without a 的 behind it."""
    return rest.lstrip(_TRIMMED).rstrip(_TRIMMED + "的")


def _divisions(rest: str, places: Places) -> tuple[Address, str]:
    """County, zone, township and community off the head. A county that is not the city's own is left out."""
    found = Address(text="")
    county = places.county_head.match(rest)
    if county:
        code = places.county(county[0])
        found, rest = replace(found, county=places.counties[code] if code else county[0]), rest[county.end() :]
    else:
        rest = _other_head_off(rest)
    rest = _trimmed(rest)
    for _ in range(2):
        zone = _ZONE.match(rest)
        if zone and len(rest) > zone.end():
            rest = _trimmed(rest[zone.end() :])
        town = _TOWN.match(rest)
        if town and not found.town:
            name = town[1].replace("办事处", "")
            found, rest = replace(found, town=name), _trimmed(rest[town.end() :])
    return found, rest


def _other_head_off(rest: str) -> str:
    """`rest` without province, city and county, which some owners write twice and four times."""
    while True:
        shorter = _OTHER_HEAD.sub("", rest) or rest
        if shorter == rest:
            return rest
        rest = shorter


def _streets(rest: str, found: Address) -> Address:
    community = _COMMUNITY.match(rest)
    if community:
        found, rest = replace(found, community=community[1]), _trimmed(rest[community.end() :])
    crossing = _CROSS.search(rest) or _CROSS_BARE.search(rest)
    if crossing and (_CROSSED.search(rest[crossing.start() :])) and not crossing[1].startswith(("路", "街")):
        pair = sorted((crossing[1], crossing[2]))
        return inside(rest[crossing.end() :], replace(found, road=crossing[1], landmark=f"{pair[0]}与{pair[1]}交叉口"))
    road, before, after = _road(rest)
    if road is None:
        return _rural(rest, found)
    found = replace(found, road=road, landmark=_landmark(before))
    number = _NUMBER.match(after)
    if number is None:
        second = _ROAD.match(after)  # 顺翔西街将军大道9号: the number belongs to the road it follows
        number = _NUMBER.match(after[second.end() :]) if second else None
        if second and number and number["unit"].startswith("号"):
            found, after = replace(found, road=second[1]), after[second.end() :]
        else:
            number = None
    if number:
        found = replace(found, number=_house(number))
        if number["unit"] == "号楼":
            found = replace(found, number=None, building=number["number"] + "号楼")
        after = after[number.end() :]
    return inside(after, found)


def _road(rest: str) -> tuple[str | None, str, str]:
    """The road, what stands before it and what after. It begins behind the last landmark before it: 宜居国际南门青阳路 gives 青阳路."""
    starts = [0, *(found.end() for found in _LANDMARK_END.finditer(rest))]
    for start in starts:
        found = _ROAD.match(rest, start)
        if found and not _NOT_ROAD.match(rest, found.end()) and not _STREETY.search(found[1]):
            for later in starts:
                nearer = _ROAD.match(rest, later) if start < later < found.end() else None
                if nearer and nearer.end() == found.end() and not _ROAD_TAIL.match(nearer[1]):
                    found = nearer
            return found[1], rest[: found.start(1)], rest[found.end() :]
    return None, rest, ""


#: What is no road by itself: 公园北路 is a road, not a 北路 behind a park.
_ROAD_TAIL = re.compile(r"^.?(?:[东南西北中]?(?:大道|大街|路|街))$")
_LANDMARK_END = re.compile(
    r"(?:小区|花园|广场|大厦|公寓|新村|新城|家园|大学|学院|中学|小学|医院|公园|市场|超市|商场|商城|中心|车站|[东南西北大]门|社区|苑|园区|嘉园|花城|名城|大楼|银行|公司|工业区|工业园|产业园|创业园|科技园|集团|宾馆|酒店|(?<!新)村(?![路街巷])|[\s,;()])"
)


def _house(found: re.Match[str]) -> str:
    number = re.sub(r"\s*[-/~]+\s*", "-", found["number"]).upper().lstrip("0") or "0"
    sign = re.match(r"([甲乙丙丁])(.+)", number)
    number = sign[2] + sign[1] if sign else number
    for part in ("house", "more", "annex"):
        if found[part]:
            number += f"-{found[part]}"
    return number


def inside(after: str, found: Address) -> Address:
    """Lane, building, floor and room behind the number, and a landmark in what is left."""
    lane = _LANE.match(_trimmed(after))
    if lane:
        after = _trimmed(after)[lane.end() :]
        number = _NUMBER.match(after)
        found = replace(found, lane=lane[1])
        if number and number["unit"].startswith("号") and not found.number:
            found, after = replace(found, number=_house(number)), after[number.end() :]
    building, floor, room = _BUILDING.search(after), _FLOOR.search(after), _ROOM.search(after)
    tail = None if room else _TAIL.search(after)
    if tail:
        after = after[: tail.start()]
    left = after
    for part in (_UNIT, _BUILDING, _ROOM, _FLOOR):
        left = part.sub(" ", left, count=1)
    return replace(
        found,
        building=found.building or (building[0] if building else None),
        floor=_storey(floor) if floor else None,
        room=room[1].upper() if room else tail[1].upper() if tail else None,
        landmark=found.landmark or _landmark(left),
    )


def _storey(found: re.Match[str]) -> str | None:
    """The floor; none above HIGHEST: 161楼 is a number and a floor that ran together."""
    if found[1]:
        return found[1] if int(found[1]) <= HIGHEST else None
    if found[2]:
        return ("-" if found[2].upper() == "B" else "") + found[3]
    return found[4]


def _landmark(left: str) -> str | None:
    """The first named place in what is left, without 旁, 对面, 往北100米 …"""
    for part in _SPLIT.split(left):
        name = part.strip("-·/的与和号").lstrip("0123456789段")
        name = _RELATION.sub("", _AWAY.sub("", name))
        if len(re.sub(r"[^\u4e00-\u9fffA-Za-z]", "", name)) >= 2 and not _WIDE.search(name):
            return name.upper()
    return None


def _rural(rest: str, found: Address) -> Address:
    """No road: a village group, or a named place, with its number."""
    group = _GROUP.match(rest)
    if group:
        found, rest = replace(found, road=group[1]), _trimmed(rest[group.end() :])
    lane = re.match(r"([\u4e00-\u9fff]{2,6}?(?:(?:巷|弄|里)(?=\d)|巷$))", rest)
    if lane:
        found, rest = replace(found, road=found.road or lane[1]), rest[lane.end() :]
    numbered = re.match(rf"^({_HAN}{{2,10}}?)(\d{{1,4}}(?:-\d{{1,4}})*)号(?!楼)", rest)
    if numbered:
        return inside(
            rest[numbered.end() :],
            replace(found, road=found.road or numbered[1], number=numbered[2], landmark=numbered[1] if found.road else None),
        )
    lone = _NUMBER.match(rest)
    if lone and (lone["house"] or lone["unit"].startswith("号")) and lone["unit"] != "号楼":
        place = found.road or found.community
        return inside(rest[lone.end() :], replace(found, road=place, number=_house(lone)))
    return inside(rest, found)
