"""The levels of comparison: what two listings can look like beside each other. Each has a name and a sentence; tests stand in `compare`.

A comparison is one part (kind, phone …) or two parts taken together (place × address, organisation × core name): evidence of one
sort is not independent, and a joint level says so (measured on a synthetic city: joint levels gave most of the accuracy).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

#: How far apart, by position; where one has no position, by the smallest division that both name.
DISTANCE: Final[Mapping[str, str]] = {
    "d10": "相距不到10米",
    "d30": "相距10至30米",
    "d80": "相距30至80米",
    "d150": "相距80至150米",
    "d400": "相距150至400米",
    "d1000": "相距400至1000米",
    "d2000": "相距1至2公里",
    "d_far": "相距2公里以上",
    "datum": "相差正好是一次坐标系换算",
    "community": "缺坐标，同一社区",
    "town": "缺坐标，同一街道（乡镇）",
    "county": "缺坐标，同一区县",
    "elsewhere": "缺坐标，区划不同",
    "unplaced": "缺坐标和区划",
}

#: How the addresses agree. A number without its road says nothing.
ADDRESS: Final[Mapping[str, str]] = {
    "number": "路名和门牌号相同",
    "building": "路名和门牌号相同，楼栋不同",
    "alike": "地址文字大多相同",
    "number_base": "路名相同，门牌主号相同",
    "number_near": "路名相同，门牌号相邻",
    "number_differs": "路名相同，门牌号不同",
    "road": "路名相同，门牌号不全",
    "landmark": "地标相同",
    "road_differs": "路名不同",
    "address_missing": "地址不全",
}

CORE: Final[Mapping[str, str]] = {
    "equal_long": "核心名相同，且有四个字以上",
    "equal": "核心名相同",
    "equal_area": "核心名相同，但只是路名或社区名",
    "begins_long": "核心名一个包含另一个，开头相同，相同的有四个字以上",
    "begins": "核心名一个包含另一个，开头相同",
    "within_long": "核心名一个包含另一个，相同的有四个字以上",
    "within": "核心名一个包含另一个",
    "nearly": "核心名几乎相同",
    "close_begins": "核心名相近，开头相同",
    "close": "核心名相近",
    "some_begins": "核心名有几个字相同，开头相同",
    "some": "核心名有几个字相同",
    "differs": "核心名不同",
    "marker": "核心名相同或相近，序号或方位不同",
    "core_missing": "缺核心名",
}

ORGANISATION: Final[Mapping[str, str]] = {
    "org_same": "机构相同",
    "org_close": "机构相近",
    "org_differs": "机构不同",
    "org_missing": "缺机构",
}

KIND: Final[Mapping[str, str]] = {
    "kind_same": "类型相同",
    "kind_guest": "一方是可设在任何单位里的驿站",
    "kind_family": "同一行业，类型不同",
    "kind_differs": "行业不同",
    "kind_missing": "缺类型",
}

#: What sort of place each stands in, by the words of its name and host.
PREMISES: Final[Mapping[str, str]] = {
    "premises_same": "场所类别相同",
    "premises_trade": "场所行业相同",
    "premises_sort": "场所类别不同",
    "premises_differs": "场所行业不同",
    "premises_missing": "看不出场所类别",
}

#: Where the core names are equal: how many listings so called the list that has most of them holds, in the whole city. A list seldom repeats
#: itself, so that it knows about so many places of this name.
NAMESAKES: Final[Mapping[str, str]] = {
    "named_once": "城里没有一份名单有两处同名",
    "named_twice": "城里有名单有两处同名",
    "named_often": "城里有名单有三至五处同名",
    "named_everywhere": "城里有名单有六处以上同名",
    "namesakes_missing": "核心名不同，不看同名",
}

PHONE: Final[Mapping[str, str]] = {
    "phone_same": "电话相同",
    "contact_same": "联系手机相同",
    "phone_differs": "电话不同",
    "phone_missing": "缺电话",
}

CREDIT: Final[Mapping[str, str]] = {
    "credit_same": "信用代码相同",
    "credit_differs": "信用代码不同",
    "credit_missing": "缺信用代码",
}

PLAQUE: Final[Mapping[str, str]] = {
    "plaque_shared": "有相同挂牌",
    "plaque_differs": "挂牌不同",
    "plaque_missing": "缺挂牌",
}


HOURS: Final[Mapping[str, str]] = {"hours_same": "开放时段相同", "hours_differs": "开放时段不同", "hours_missing": "缺开放时间"}

#: How much of the facilities that either names both name (Dice coefficient of the two sets).
FACILITIES: Final[Mapping[str, str]] = {
    "facilities_same": "设施相同",
    "facilities_close": "设施大多相同",
    "facilities_some": "设施部分相同",
    "facilities_differs": "设施不同",
    "facilities_missing": "缺设施",
}

OPENED: Final[Mapping[str, str]] = {
    "opened_same": "建成日期相同",
    "opened_month": "建成月份相同",
    "opened_differs": "建成日期不同",
    "opened_missing": "缺建成日期",
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One or two parts; its levels are the product of their levels, coded row by row (code = first · len(second) + second)."""

    name: str
    title: str
    parts: tuple[Mapping[str, str], ...]

    @property
    def levels(self) -> tuple[str, ...]:
        """Names of the levels in code order: `d30`, or `d30+number` where there are two parts."""
        return tuple("+".join(names) for names in product(*self.parts))

    @property
    def shape(self) -> tuple[int, ...]:
        """Levels of each part."""
        return tuple(len(part) for part in self.parts)

    @property
    def knowledge(self) -> tuple[str, ...]:
        """What is known at all at each level, in code order: levels are only weighed against others at which as much is known."""
        return tuple("+".join(_known(name) for name in level.split("+")) for level in self.levels)

    def sentence(self, level: str) -> str:
        """What the level says, in Chinese."""
        return "，".join(part[name] for part, name in zip(self.parts, level.split("+"), strict=True))


def _known(level: str) -> str:
    if level in ("community", "town", "county", "elsewhere"):
        return "division"
    return "missing" if level.endswith("_missing") or level == "unplaced" else "known"


#: Every comparison but that of the two sources, whose levels are the pairs of sources met.
COMPARISONS: Final = (
    Comparison("where", "地点", (DISTANCE, ADDRESS)),
    Comparison("name", "名称", (ORGANISATION, CORE)),
    Comparison("kind", "类型", (KIND, PREMISES)),
    Comparison("namesakes", "同名", (NAMESAKES,)),
    Comparison("phone", "电话", (PHONE,)),
    Comparison("credit", "信用代码", (CREDIT,)),
    Comparison("plaque", "挂牌", (PLAQUE,)),
    Comparison("hours", "开放时间", (HOURS,)),
    Comparison("facilities", "设施", (FACILITIES,)),
    Comparison("opened", "建成日期", (OPENED,)),
)

#: Strata, each with weights of its own. Near pairs, and the others of a quarter (within QUARTER_M, of one community or on one road), can be
#: enumerated exhaustively; far pairs only meet through a key. Half of the places of a quarter are named after it, so an equal name says
#: less there than across the city.
STRATA: Final = ("near", "quarter", "far")

#: Near is within this distance (metres), or on the same road at the same number. Lists place one door up to 100 m apart (building
#: centre, gate, street), and a grid of this width is still exhaustive at linear cost.
NEAR_M: Final = 150.0

#: A quarter goes by one name as far as people walk (metres): what lies further apart under one name is called so by chance, or lies wrong.
QUARTER_M: Final = 1000.0

#: Kinds by trade. Kinds of different trades never share a station, `guest` kinds excepted: they stand in anyone's premises.
FAMILIES: Final[Mapping[str, str]] = {
    "bank_outlet": "bank",
    "bank_self_service": "bank",
    "telecom_hall": "telecom",
    "telecom_kiosk": "telecom",
    "telecom_cabin": "telecom",
    "civ_centre": "civic",
    "civ_institute": "civic",
    "civ_station": "civic",
    "civ_point": "civic",
    "party_centre": "civic",
    "community_centre": "civic",
    "union_station": "guest",
    "city_post": "guest",
    "other": "guest",
    "merchant": "merchant",
    "mall": "mall",
    "office_tower": "tower",
    "park": "park",
}

#: Kinds that hold houses of every trade: that two listings both are of such a kind says nothing (nine in ten houses of a shopping street
#: are merchants; taken for evidence, it joined different shops behind one door in Nanjing), that only one is says what any kind says.
BROAD: Final = ("merchant", "other")
