"""Hubs: the corners of the city where stations stand close together and share a road, a community and a landmark.

They are what makes the lists hard to match: a bank, a telecom hall, a party centre and a kiosk within 80 m all take their names from the same road.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from sandbox.datum import moved
from sandbox.dice import apportion, dice
from sandbox.geography import COUNTIES, Community, Road, communities, communities_of, roads_of, within
from sandbox.station import Place

#: Share of the stations by township: the old town dense, the outer towns thin. 澛港街道 is given much, for its name is written three ways.
_COUNTY_WEIGHT: Final = {"340202": 25, "340207": 20, "340209": 21, "340210": 8, "340212": 7, "340223": 8, "340281": 11}
_TOWN_FACTOR: Final = {"340209003": 5.0, "340210100": 4.0, "340212100": 4.0, "340223100": 4.0, "340281100": 6.0}

_PARKS: Final = (
    "雕塑公园",
    "赭山公园",
    "汀棠公园",
    "神山公园",
    "中央公园",
    "大阳垾公园",
    "滨江公园",
    "东湖公园",
    "绣溪公园",
    "体育公园",
    "人民公园",
    "南湖公园",
    "儿童公园",
)
_MALLS: Final = (
    "万达广场",
    "苏宁广场",
    "星隆国际",
    "侨鸿国际",
    "中央城",
    "金鹰广场",
    "大润发",
    "时代广场",
    "银泰城",
    "八佰伴",
    "华联商厦",
    "宜邻中心",
    "万科里",
)
_TOWERS: Final = (
    "镜湖世纪城",
    "国贸大厦",
    "伟星大厦",
    "侨鸿大厦",
    "金融大厦",
    "创业园",
    "电商产业园",
    "联合大厦",
    "科技孵化园",
    "人才大厦",
    "总部经济园",
)
_COMPOUND: Final = (
    ("柏庄", "伟星", "碧桂园", "文一", "恒大", "绿地", "金域", "世纪", "香樟", "锦绣", "翰林", "滨江", "东方", "盛世", "长江"),
    ("花园", "丽城", "名都", "新城", "雅苑", "华府", "嘉园", "公馆", "蓝湾"),
)


@dataclass(frozen=True, slots=True)
class Hub:
    """One corner: its community, road, crossing road and base number, and the landmarks that stand there by kind of landmark."""

    number: int
    county_code: str
    community: Community
    road: Road
    crossing: str
    base: int
    landmarks: dict[str, str]

    def place(self, rng: Random, *, spread: int, kind: str = "", number: int | None = None) -> Place:
        """A place in the hub: at `number`, or within `spread` house numbers of the hub's own; always inside the county's outline."""
        if number is None:
            number = max(1, min(self.road.last_number, self.base + rng.randint(-spread, spread)))
        lng, lat = self.road.at(number)
        for _ in range(20):
            there = moved(lng, lat, rng.uniform(0, 360), rng.uniform(0, 6))
            if within(*there, self.county_code):
                lng, lat = there
                break
        return Place(
            county_code=self.county_code,
            county=COUNTIES[self.county_code],
            town_code=self.community.town_code,
            town=self.community.town,
            community_code=self.community.code,
            community=self.community.name,
            community_written=self.community.written,
            road=self.road.name,
            number=number,
            floor=rng.choice((1, 1, 1, 1, 2)),
            crossing=self.crossing,
            landmark=self.landmarks.get(kind, self.landmarks["compound"]),
            lng=lng,
            lat=lat,
        )


def _town_weights() -> list[tuple[str, float]]:
    weights: list[tuple[str, float]] = []
    for county_code, weight in _COUNTY_WEIGHT.items():
        towns = sorted({community.town_code for community in communities() if community.county_code == county_code})
        factors = [_TOWN_FACTOR.get(town, 1.0) for town in towns]
        weights += [(town, weight * factor / sum(factors)) for town, factor in zip(towns, factors, strict=True)]
    return weights


def lay_hubs(seed: int, count: int) -> list[Hub]:
    """`count` hubs over the townships by weight, at least one in 澛港街道 and one in each county."""
    weights = _town_weights()
    per_town = apportion(count, [weight for _, weight in weights])
    towns = [town for (town, _), number in zip(weights, per_town, strict=True) for _ in range(number)]
    for county_code in COUNTIES:
        if not any(town.startswith(county_code) for town in towns):
            towns.append(max((weight, town) for town, weight in weights if town.startswith(county_code))[1])
    return [_hub(seed, number, town, towns[:number].count(town)) for number, town in enumerate(towns)]


def _hub(seed: int, number: int, town_code: str, turn: int) -> Hub:
    rng = dice(seed, "hub", number)
    roads = roads_of(town_code)
    mine = communities_of(town_code)
    urban = [community for community in mine if community.name.endswith("社区")] or list(mine)
    community = urban[turn % len(urban)] if turn < 2 * len(urban) else rng.choice(mine)
    road = roads[turn % len(roads)]
    # Hubs on one road are spread along it, so that the same road name means several corners.
    base = max(2, min(road.last_number - 12, int(road.last_number * ((turn // len(roads)) * 0.37 % 0.9 + rng.uniform(0.03, 0.1)))))
    crossing = rng.choice([other.name for other in roads if other.name != road.name] or ["人民路"])
    landmarks = {
        "park": rng.choice(_PARKS),
        "mall": rng.choice(_MALLS),
        "office_tower": rng.choice(_TOWERS),
        "compound": rng.choice(_COMPOUND[0]) + rng.choice(_COMPOUND[1]),
    }
    return Hub(number, community.county_code, community, road, crossing, base, landmarks)
