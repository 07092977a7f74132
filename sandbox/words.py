"""Words of the sample city: what a station is called in truth, who hosts it, and its people, phones, hours and facilities."""

from __future__ import annotations

from random import Random
from typing import Final

from sandbox.dice import weighted
from sandbox.hubs import Hub
from sandbox.station import Hours, Place

#: A firm's names, longest first; owners of other lists shorten them each in their own way.
FIRM_NAMES: Final = {
    "icbc": ("中国工商银行股份有限公司", "中国工商银行", "工商银行", "工行"),
    "rural": ("芜湖扬子农村商业银行股份有限公司", "芜湖扬子农村商业银行", "扬子农商行", "农商行"),
    "mobile": ("中国移动通信集团安徽有限公司", "中国移动", "移动公司", "移动"),
}
TOWER_FIRM: Final = "中国铁塔股份有限公司芜湖市分公司"

CENTRE_RANKS: Final = ("邻里中心", "便民服务中心", "公共服务中心", "居家养老服务中心")
MERCHANTS: Final = (
    "老乡鸡餐厅",
    "百姓缘大药房",
    "国胜大药房",
    "小菜园餐馆",
    "同庆楼酒店",
    "苏果超市",
    "美宜佳便利店",
    "顺丰快递",
    "京东快递",
    "耿福兴面馆",
    "中石化加油站",
    "马义兴餐馆",
)
SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗汪程方丁陶"
GIVEN: Final = "芳伟娜敏静强磊军洋勇艳杰涛明超霞平刚玲桂英华玉萍红波斌云龙"

FACILITIES: Final = (
    "water",
    "microwave",
    "charging",
    "rest",
    "aircon",
    "medicine",
    "wifi",
    "toilet",
    "fridge",
    "umbrella",
    "books",
    "tools",
    "raincoat",
    "aed",
)

_DAY: Final = Hours((("08:30", "17:30"),), weekends=False)
_SPLIT: Final = Hours((("08:30", "11:30"), ("14:30", "17:30")), weekends=False)
_NOON: Final = Hours((("08:00", "12:00"), ("14:00", "17:30")), weekends=False)
_BANK: Final = Hours((("09:00", "17:00"),), weekends=False)
_BANK_ALL: Final = Hours((("08:30", "17:00"),), weekends=True)
_HALL: Final = Hours((("08:30", "18:00"),), weekends=True)
_LONG: Final = Hours((("08:00", "20:00"),), weekends=True)
_SHOP: Final = Hours((("09:30", "21:30"),), weekends=True)
_ALWAYS: Final = Hours((), weekends=True)

_HOURS: Final[dict[str, tuple[tuple[Hours, float], ...]]] = {
    "bank_outlet": ((_BANK, 5), (_BANK_ALL, 3), (_SPLIT, 2)),
    "bank_self_service": ((_ALWAYS, 1),),
    "telecom_hall": ((_HALL, 6), (_LONG, 2), (_DAY, 1)),
    "telecom_kiosk": ((_ALWAYS, 4), (_LONG, 2)),
    "telecom_cabin": ((_ALWAYS, 5), (_LONG, 1)),
    "mall": ((_SHOP, 5), (_LONG, 2)),
    "merchant": ((_SHOP, 4), (_LONG, 3)),
    "park": ((_LONG, 3), (_ALWAYS, 2)),
    "city_post": ((_ALWAYS, 3), (_LONG, 4), (_DAY, 2)),
}
_OFFICE_HOURS: Final = ((_DAY, 4), (_SPLIT, 3), (_NOON, 3))


def stem(name: str) -> str:
    """A community's or township's name without its generic ending: 青阳路社区 → 青阳路, 沈巷镇 → 沈巷."""
    for ending in ("街道社区", "社区", "街道", "镇", "村"):
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name[: -len(ending)]
    return name


def labels(rng: Random, kind: str, rank: str, hub: Hub) -> list[str]:
    """Words that could tell a station of this kind in this hub apart, the likeliest first. Neighbours of other owners draw from the same words."""
    community, town = hub.community.name, hub.community.town
    if kind == "civ_centre":
        return [hub.place(rng, spread=0).county]
    if kind == "party_centre":
        return [town] if rank == "街道" else [community]
    if kind == "community_centre":
        return [community]
    if kind in ("mall", "office_tower", "park"):
        landmark = hub.landmarks[kind]
        gates = ("", "南门", "东门", "西门", "北门") if kind == "park" else ("", "A座", "B座", "一期", "二期")
        return [
            stem(community) + landmark if rng.random() < 0.2 else landmark,
            *(landmark + gate for gate in rng.sample(gates, 5)),
            stem(community) + landmark,
        ]
    words = [hub.road.name, stem(community), hub.landmarks["compound"]]
    rng.shuffle(words)
    if kind in ("city_post", "union_station"):
        # not the community's own name: its centre bears that, and whoever names a second place there looks for another word
        words.insert(0, rng.choice((hub.road.name, hub.landmarks["compound"], hub.road.name, hub.landmarks["park"])))
    return [*words, hub.crossing, stem(town), *(hub.road.name + part for part in ("东段", "西段", "中段")), hub.landmarks["mall"]]


def true_name(kind: str, brand: str, rank: str, label: str) -> str:
    """What the station is called in truth."""
    if brand:
        firm = FIRM_NAMES[brand][1]
        return f"{firm}芜湖{label}{rank}" if brand == "icbc" else f"{firm}{label}{rank}"
    ending = {
        "civ_centre": "新时代文明实践中心",
        "party_centre": "党群服务中心",
        "community_centre": rank,
        "city_post": "人民城市驿站",
        "union_station": "工会驿站",
        "telecom_cabin": "移动驿站舱",
        "telecom_kiosk": "便民亭",
        "merchant": "店",
    }.get(kind, "驿站")
    return f"{rank}{label}{ending}" if kind == "merchant" else label + ending


def host_of(rng: Random, kind: str, brand: str, rank: str, label: str, place: Place) -> str:
    """The organisation whose premises it stands in."""
    office = f"{place.town}办事处" if place.town.endswith("街道") else f"{place.town}人民政府"
    firms = {
        "icbc": f"{FIRM_NAMES['icbc'][0]}芜湖{label}支行",
        "rural": f"{FIRM_NAMES['rural'][0]}{label}{rank}",
        "mobile": f"{FIRM_NAMES['mobile'][0]}芜湖分公司",
    }
    hosts = {
        "party_centre": office if rank == "街道" else place.community_written,
        "community_centre": place.community_written,
        "merchant": f"芜湖市{place.county[:2]}{rank}{label}店",
        "mall": f"芜湖{place.landmark}商业管理有限公司",
        "office_tower": f"芜湖{place.landmark}物业服务有限公司",
        "telecom_cabin": TOWER_FIRM,
        "telecom_kiosk": TOWER_FIRM,
        "park": f"{place.county}园林绿化管理所",
        "civ_centre": f"{place.county}文明办",
    }
    public = rng.choice((f"{place.county}总工会", office, f"{place.county}城市管理局", place.community_written))
    return firms.get(brand) or hosts.get(kind) or public


def hours_of(rng: Random, kind: str) -> Hours:
    """Plausible opening hours of a kind."""
    return weighted(rng, _HOURS.get(kind, _OFFICE_HOURS))


def landline(rng: Random) -> str:
    """A local number of seven digits; the area code is 0553."""
    return rng.choice("234578") + "".join(rng.choices("0123456789", k=6))


def mobile(rng: Random) -> str:
    """A mobile number of a person who does not exist."""
    return rng.choice(("138", "139", "137", "158", "188", "177", "153", "189")) + "".join(rng.choices("0123456789", k=8))


def person(rng: Random) -> str:
    """A contact's name."""
    return rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, rng.choice((1, 2, 2))))
