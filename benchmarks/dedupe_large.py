"""Large lists of Chinese places with known truth: many cities of one size, so that density stays what it is however many listings there are.

    python -m benchmarks.dedupe_large 100000 --out DIR [--seed 1] [--format parquet|csv]

writes `listings` with the plain header and `truth.csv` (listing_id, station). In the spirit of `sandbox/`, of which it shares nothing:
stations stand door to door in hubs named after the same road, community and house; each stands on one to four lists, every one with its
own way of writing names, addresses and phones, its own datum and its own gaps; and a few rows in a hundred are dirty.

As in a real city a road has its name alone, and so has an outlet among its firm's and a centre among the city's centres (a bank's licence,
the register of grass-roots organisations): what stands beside it and is called the same is of another firm or another kind.

`large(count, seed)` gives the same listings standardised as well, without a parser between: that times the engine alone, and scores it
on what a perfect parser would leave.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from transforms.records.layout import Datum
from transforms.standardise.position import from_wgs84

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]

HEADER: Final = (
    "listing_id", "source", "name", "address", "city", "district", "street", "community", "lng", "lat", "datum", "phone", "credit_code", "kind",
)  # fmt: skip

#: A city: listings in it, and how many of each division. Sizes as in the sample city, ten times its listings.
CITY_LISTINGS: Final = 10_000
_DISTRICTS, _STREETS, _COMMUNITIES, _ROADS, _HUBS = 6, 48, 384, 800, 2000
_COMMUNITY_M: Final = 1000.0
_DEGREE_M: Final = 111_320.0

_FIRST = list("长中人解和北南东西湖江九天赭青银文延春团狮弋鸠镜柏伟香官神清周新吉万星花金港凤凰锦云玉龙白瑞康")
_SECOND = list("江山民放平京门湖河阳安芜华明陵湾苑盛德义兴源庆丰泰祥福宁林泉溪岭桥塘浦洲渡洪港城园苑秀")
_SHOP = list("老新李氏牛肉锅贴王记张家川味麻辣香锅小笼包子卤鲜果蔬便利旺佳乐多喜年阿婆馄饨渔友茶语书香墨梅林记家")
_CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_COMPOUND = ["花园", "小区", "苑", "广场", "大厦", "新村", "名都", "公馆"]
_ROAD_TAIL = ["路", "路", "路", "路", "街", "大道", "东路", "西路", "南路", "北路"]
#: What a hurried list leaves out of 锦庆社区, 云秀花园, 天福路.
_LAST_WORD: Final = rf"(?<=^..)(?:社区|{'|'.join(_COMPOUND)}|[东西南北]?路|街|大道)$"

#: kind, family of names it goes by, share of all stations.
_KINDS: Final = (
    ("bank_outlet", "firm", 0.24),
    ("bank_self_service", "firm", 0.04),
    ("telecom_hall", "firm", 0.14),
    ("community_centre", "public", 0.15),
    ("civ_station", "public", 0.03),
    ("city_post", "public", 0.07),
    ("union_station", "public", 0.06),
    ("merchant", "shop", 0.21),
    ("office_tower", "house", 0.02),
    ("mall", "house", 0.02),
    ("park", "house", 0.02),
)
_BANKS: Final = (
    ("中国工商银行", "工行"), ("中国农业银行", "农行"), ("中国银行", "中行"), ("中国建设银行", "建行"), ("交通银行", "交行"),
    ("中国邮政储蓄银行", "邮储"), ("徽商银行", "徽商"), ("招商银行", "招行"), ("农村商业银行", "农商行"),
)  # fmt: skip
_TELECOMS: Final = (("中国移动", "移动"), ("中国电信", "电信"), ("中国联通", "联通"))
_BRANDS: Final = (*_BANKS, *_TELECOMS, ("", ""))
_WORDS: Final = {
    "bank_outlet": ("支行", "分理处", "储蓄所"),
    "bank_self_service": ("自助银行", "24小时自助银行", "自助银行"),
    "telecom_hall": ("营业厅", "合作营业厅", "营业厅"),
    "community_centre": ("党群服务中心", "便民服务中心", "党群服务中心"),
    "civ_station": ("新时代文明实践站", "文明实践站", "实践站"),
    "city_post": ("城市驿站", "智慧驿站", "便民驿站"),
    "union_station": ("工会驿站", "户外劳动者服务站", "工会驿站"),
    "merchant": ("店", "分店", ""),
    "office_tower": ("大厦", "写字楼", "大厦"),
    "mall": ("购物中心", "商场", "购物中心"),
    "park": ("公园", "公园", "游园"),
}


@dataclass(frozen=True, slots=True)
class Habit:
    """How one list writes: which kinds it holds and with what share, its form of names and addresses, datum, noise and gaps.

    `short`: share of names without the last word of what they are named after (锦庆党群服务中心 of 锦庆社区党群服务中心, 天福支行 of 天福路支行). `said`: the kind that it calls all its stations.
    """

    key: str
    kinds: tuple[str, ...]
    share: float
    name: int
    address: int
    datum: Datum
    noise_m: float
    phone: float
    area: str
    credit: float
    divisions: float
    typos: float
    short: float
    said: str = ""


_FIRM, _PUBLIC = ("bank_outlet", "bank_self_service", "telecom_hall"), ("community_centre", "civ_station", "city_post", "union_station")
_ANY: Final = tuple(kind for kind, _, _ in _KINDS)
HABITS: Final = (
    Habit("bank", ("bank_outlet", "bank_self_service"), 0.85, 0, 0, "GCJ-02", 12, 0.8, "0553-", 0.7, 0.9, 0.01, 0.0),
    Habit("telecom", ("telecom_hall",), 0.85, 0, 1, "BD-09", 18, 0.6, "", 0.3, 0.6, 0.01, 0.0),
    Habit("civic", ("community_centre", "city_post"), 0.8, 1, 0, "WGS-84", 25, 0.4, "0553-", 0.1, 1.0, 0.02, 0.0),
    Habit("practice", ("community_centre", "civ_station"), 0.75, 5, 0, "WGS-84", 25, 0.4, "0553-", 0.0, 1.0, 0.02, 0.0, "civ_station"),
    Habit("union", (*_FIRM, *_PUBLIC, "merchant"), 0.33, 2, 1, "WGS-84", 20, 0.5, "0553-", 0.0, 0.7, 0.02, 0.05, "union_station"),
    Habit("map", _ANY, 0.45, 3, 2, "GCJ-02", 15, 0.55, "0553-", 0.0, 0.5, 0.01, 0.08),
    Habit("reviews", ("merchant", "mall", "park", "office_tower", "bank_outlet"), 0.4, 3, 3, "BD-09", 30, 0.5, "", 0.0, 0.4, 0.05, 0.1),
    Habit("register", ("merchant", "bank_outlet", "office_tower"), 0.4, 4, 0, "WGS-84", 40, 0.3, "0553-", 0.95, 0.8, 0.01, 0.0),
)


@dataclass(frozen=True, slots=True)
class Large:
    """The same listings twice, in one order: `plain` as the lists write them, `standardised` as a perfect parser would read them. `station`: the truth."""

    plain: pd.DataFrame
    standardised: pd.DataFrame
    station: Texts

    @property
    def truth(self) -> pd.DataFrame:
        """listing_id, station."""
        return pd.DataFrame({"listing_id": self.plain["listing_id"], "station": self.station})


def large(count: int, seed: int = 1) -> Large:
    """`count` listings of as many cities as hold them at the density of one."""
    dice = np.random.default_rng([20261125, seed])
    cities = max(1, round(count / CITY_LISTINGS))
    town = _Towns(dice, cities)
    stations = _stations(dice, town, int(count * 0.62) + 300)
    rows = _rows(dice, stations, count)
    return _written(dice, town, stations, rows)


class _Towns:
    """Names and places of the divisions, roads and hubs of all cities; codes are positions, `x * per + n` within x."""

    def __init__(self, dice: np.random.Generator, cities: int) -> None:
        self.cities = cities
        self.city = _words(dice, _FIRST, _SECOND, cities, distinct=True) + "市"
        self.district = _words(dice, _FIRST, _SECOND, cities * _DISTRICTS) + "区"
        self.street = _words(dice, _FIRST, _SECOND, cities * _STREETS) + "街道"
        self.community = _words(dice, _FIRST, _SECOND, cities * _COMMUNITIES) + "社区"
        self.road = np.concatenate([_roads(dice) for _ in range(cities)])
        hubs = cities * _HUBS
        self.hub_community = np.repeat(np.arange(cities), _HUBS) * _COMMUNITIES + dice.integers(0, _COMMUNITIES, hubs)
        # a community has few roads, and a road few communities
        self.hub_road = self.hub_community // _COMMUNITIES * _ROADS + (self.hub_community * 7 + dice.integers(0, 5, hubs)) % _ROADS
        self.hub_number = dice.integers(1, 400, hubs)
        self.hub_house = _words(dice, _FIRST, _SECOND, hubs) + _some(dice, _COMPOUND, hubs)
        within = self.hub_community % _COMMUNITIES
        side = int(np.ceil(np.sqrt(_COMMUNITIES)))
        city = self.hub_community // _COMMUNITIES
        east = (within % side + dice.random(hubs)) * _COMMUNITY_M
        north = (within // side + dice.random(hubs)) * _COMMUNITY_M
        self.hub_lng, self.hub_lat = 98.0 + city % 25 * 1.0 + east / (_DEGREE_M * 0.85), 22.0 + city // 25 * 1.0 + north / _DEGREE_M
        # most stations stand in the busy hubs; the busiest holds about thirty
        self.hub_pull = np.minimum(dice.pareto(1.6, hubs), 6.0) + 0.3


@dataclass(frozen=True, slots=True)
class _Stations:
    hub: Ints
    kind: Ints
    brand: Ints
    label: Texts
    stem: Texts
    number: Ints
    lng: Floats
    lat: Floats
    line: Ints
    credit: Texts
    variant: Ints


def _stations(dice: np.random.Generator, town: _Towns, wanted: int) -> _Stations:
    hubs = np.repeat(np.arange(town.cities), -(-wanted // town.cities))
    pull = town.hub_pull.reshape(town.cities, _HUBS)
    hub = np.concatenate(
        [at * _HUBS + dice.choice(_HUBS, int((hubs == at).sum()), p=pull[at] / pull[at].sum()) for at in range(town.cities)]
    )
    kind = dice.choice(len(_KINDS), len(hub), p=[share for _, _, share in _KINDS])
    names = np.array([name for name, _, _ in _KINDS])[kind]
    brand = np.full(len(hub), len(_BRANDS) - 1)
    bank, telecom = np.isin(names, ["bank_outlet", "bank_self_service"]), names == "telecom_hall"
    brand[bank] = dice.integers(0, len(_BANKS), int(bank.sum()))
    brand[telecom] = len(_BANKS) + dice.integers(0, len(_TELECOMS), int(telecom.sum()))
    label, kept = _labels(dice, town, hub, kind, brand)
    hub, kind, brand, label = hub[kept], kind[kept], brand[kept], label[kept]
    count = len(hub)
    east, north = dice.normal(0, 28, count), dice.normal(0, 28, count)
    return _Stations(
        hub=hub,
        kind=kind,
        brand=brand,
        label=label,
        stem=pd.Series(label, dtype="str").str.replace(_LAST_WORD, "", regex=True).to_numpy(object),
        number=town.hub_number[hub] + 2 * dice.integers(0, 5, count),
        lng=town.hub_lng[hub] + east / (_DEGREE_M * 0.85),
        lat=town.hub_lat[hub] + north / _DEGREE_M,
        line=dice.integers(3_000_000, 8_999_999, count),
        credit=_credit_codes(dice, count),
        variant=dice.integers(0, 3, count),
    )


def _labels(dice: np.random.Generator, town: _Towns, hub: Ints, kind: Ints, brand: Ints) -> tuple[Texts, Marks]:
    """What each station is named after, and whether it is kept: one that finds all its hub's names taken by its like is one too many.

    A firm names its outlet and the self-service bank beside it after the road, the community or the house, whatever the firm next door does; so are
    posts named. A centre goes by its community, the second of a community by its house; it is the community's civilization station as well.
    Such a station, or one of the union, that has a door of its own goes by its house or road.
    """
    names, family = (np.array([each[at] for each in _KINDS])[kind] for at in (0, 1))
    first = dice.integers(0, 3, len(hub))
    firm = family == "firm"
    first[firm] = dice.integers(0, 3, (len(town.hub_road), len(_BRANDS)))[hub[firm], brand[firm]]
    first[names == "community_centre"] = 0
    first[names == "civ_station"] = 1
    first[names == "union_station"] = dice.integers(1, 3, int((names == "union_station").sum()))
    choices = np.stack([town.community[town.hub_community[hub]], town.hub_house[hub], town.road[town.hub_road[hub]]])
    city, everyone, own = hub // _HUBS, np.arange(len(hub)), np.isin(family, ["firm", "public"])
    turn: Ints = np.zeros(len(hub), dtype=np.int64)
    for _ in choices:
        label = choices[(first + turn) % 3, everyone].astype(object)
        taken = pd.DataFrame({"city": city, "kind": kind, "brand": brand, "label": label}).duplicated().to_numpy() & own
        turn = turn + taken
    shop, house = family == "shop", family == "house"
    label[shop] = _words(dice, _SHOP, _SHOP, int(shop.sum())) + _words(dice, _SHOP, _SHOP, int(shop.sum()))
    label[house] = town.hub_house[hub[house]]
    return label, ~taken


def _credit_codes(dice: np.random.Generator, count: int) -> Texts:
    """Unified social credit codes of firms of one province, their check digits right (GB 32100-2015, clause 5)."""
    digits = np.concatenate([np.tile([9, 1, 3, 4, 0], (count, 1)), dice.integers(0, 10, (count, 12))], axis=1)
    check = -(digits @ (3 ** np.arange(17) % 31)) % 31
    codes = np.concatenate([digits, check[:, None]], axis=1)
    return np.array(["".join(row) for row in np.array(list(_CREDIT_ALPHABET))[codes]], dtype=object)


def _rows(dice: np.random.Generator, stations: _Stations, count: int) -> tuple[Ints, Ints]:
    """Station and habit of each listing, shuffled; lists now and then hold a station twice."""
    names = np.array([name for name, _, _ in _KINDS])[stations.kind]
    held = [np.isin(names, habit.kinds) & (dice.random(len(names)) < habit.share) for habit in HABITS]
    nowhere = ~np.any(held, axis=0)
    held[[habit.key for habit in HABITS].index("map")] |= nowhere
    station = np.concatenate([np.nonzero(mask)[0] for mask in held])
    habit = np.repeat(np.arange(len(HABITS)), [int(mask.sum()) for mask in held])
    twice = dice.random(len(station)) < 0.015
    station, habit = np.append(station, station[twice]), np.append(habit, habit[twice])
    order = dice.permutation(len(station))[:count]
    if len(order) < count:
        raise ValueError(f"only {len(order)} listings for {count}: draw more stations")
    return station[order], habit[order]


def _written(dice: np.random.Generator, town: _Towns, stations: _Stations, rows: tuple[Ints, Ints]) -> Large:
    station, habit = rows
    count = len(station)
    hub = stations.hub[station]
    community = town.hub_community[hub]
    city = community // _COMMUNITIES
    street = city * _STREETS + community % _COMMUNITIES // (_COMMUNITIES // _STREETS)
    district = city * _DISTRICTS + community % _COMMUNITIES // (_COMMUNITIES // _DISTRICTS)
    traits = {name: np.array([getattr(each, name) for each in HABITS])[habit] for name in Habit.__slots__ if name != "kinds"}
    chance = dict(
        zip(("typo", "phone", "credit", "divisions", "number", "wrong_datum", "gone", "short"), dice.random((8, count)), strict=True)
    )
    core = np.where(chance["short"] < traits["short"], stations.stem[station], stations.label[station])
    for at in np.nonzero(chance["typo"] < traits["typos"])[0]:
        core[at] = _typo(core[at], int(dice.integers(0, len(core[at]))))
    number = np.where(chance["number"] < 0.02, stations.number[station] + 2, stations.number[station])
    building = np.where((traits["address"] == 2) & (stations.variant[station] == 1), "2幢", "").astype(object)
    has_number, has_landmark = traits["address"] != 3, np.isin(traits["address"], [2, 3])
    where = traits["divisions"] > chance["divisions"]
    phone = chance["phone"] < traits["phone"]
    credit = chance["credit"] < traits["credit"]
    placed = chance["gone"] > 0.04
    lng = stations.lng[station] + dice.normal(0, 1, count) * traits["noise_m"] / (_DEGREE_M * 0.85)
    lat = stations.lat[station] + dice.normal(0, 1, count) * traits["noise_m"] / _DEGREE_M
    wrong = chance["wrong_datum"] < 0.01
    lng[wrong], lat[wrong] = from_wgs84(lng[wrong], lat[wrong], "GCJ-02")
    lng[~placed], lat[~placed] = np.nan, np.nan
    ids = traits["key"].astype(object) + _texts(np.arange(count), ":{:07d}")
    kind = np.array([name for name, _, _ in _KINDS], dtype=object)[stations.kind[station]]
    kind = np.where(traits["said"] == "", kind, traits["said"])
    brand = stations.brand[station]
    full, short = (np.array([names[at] for names in _BRANDS], dtype=object)[brand] for at in (0, 1))
    word = np.array([_WORDS[name] for name, _, _ in _KINDS], dtype=object)[stations.kind[station], stations.variant[station]]
    own = np.array([_WORDS[name][0] for name, _, _ in _KINDS], dtype=object)[stations.kind[station]]
    firm = brand < len(_BRANDS) - 1
    forms = [
        np.where(firm, full + "股份有限公司" + town.city[city] + core + own, town.city[city] + core + own),
        town.district[district] + core + word,
        "工会驿站(" + np.where(firm, short, "") + core + own + "站)",
        np.where(firm, full + "(" + core + word + ")", core + word),
        np.where(firm, full + "股份有限公司", "") + town.city[city] + core + own,
        town.district[district] + core + "新时代文明实践站",
    ]
    name = np.select([traits["name"] == at for at in range(len(forms))], forms, core)
    door = town.road[town.hub_road[hub]] + _texts(number, "{}号")
    head = town.city[city] + town.district[district]
    house = town.hub_house[hub]
    addresses = [
        head + town.street[street] + door,
        door,
        head + door + house + building + _texts(stations.variant[station] + 1, "{}层"),
        house,
    ]
    address = np.select([traits["address"] == at for at in range(len(addresses))], addresses, door)
    line = _texts(stations.line[station], "{}")
    hot = traits["key"] == "bank"
    hot &= chance["typo"] > 0.8
    shown = np.where(hot, "95588", traits["area"].astype(object) + line)
    raw_lng, raw_lat = lng.copy(), lat.copy()
    for datum in ("GCJ-02", "BD-09"):
        mine = traits["datum"] == datum
        raw_lng[mine], raw_lat[mine] = from_wgs84(lng[mine], lat[mine], datum)
    plain: dict[str, Any] = {
        "listing_id": ids,
        "source": traits["key"],
        "name": name,
        "address": address,
        "city": town.city[city],
        "district": _where(where, town.district[district]),
        "street": _where(where, town.street[street]),
        "community": _where(where & (chance["divisions"] < 0.5), town.community[community]),
        "lng": np.round(raw_lng, 6),
        "lat": np.round(raw_lat, 6),
        "datum": np.array(["gcj02" if d == "GCJ-02" else "bd09" if d == "BD-09" else "wgs84" for d in traits["datum"]], dtype=object),
        "phone": _where(phone, shown),
        "credit_code": _where(credit, stations.credit[station]),
        "kind": kind,
    }
    read = {
        "listing_id": ids,
        "source": traits["key"],
        "name": name,
        "name_core": core,
        "organisation": _where(firm, full),
        "kind": kind,
        "city_code": _texts(city, "{:04d}"),
        "county_code": _texts(district, "{:06d}"),
        "county": town.district[district],
        "town_code": _where(where, _texts(street, "{:09d}")),
        "community_code": _where(where & (chance["divisions"] < 0.5), _texts(community, "{:012d}")),
        "community": _where(where & (chance["divisions"] < 0.5), town.community[community]),
        "road": _where(has_number, town.road[town.hub_road[hub]]),
        "number": _where(has_number, _texts(number, "{}")),
        "building": _where(building != "", building),
        "landmark": _where(has_landmark, house),
        "phones": _where(phone & ~hot, traits["area"].astype(object) + line),
        "credit_code": _where(credit, stations.credit[station]),
        "lng_wgs84": np.round(lng, 7),
        "lat_wgs84": np.round(lat, 7),
    }
    return Large(_frame(plain), _frame(read), _texts(station, "S{:07d}"))


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame({name: cells if cells.dtype.kind == "f" else pd.Series(cells, dtype="str") for name, cells in columns.items()})


def _where(kept: Marks, texts: Texts) -> Texts:
    """The texts, None where not kept."""
    found = texts.copy()
    found[~kept] = None
    return found


def _typo(core: str, spot: int) -> str:
    """One character left out, or doubled where the name is short."""
    return core[:spot] + core[spot + 1 :] if len(core) > 3 else core[:spot] + core[spot] + core[spot:]


def _words(dice: np.random.Generator, first: list[str], second: list[str], count: int, *, distinct: bool = False) -> Texts:
    if distinct:
        codes = dice.permutation(len(first) * len(second))[:count]
        return np.array([first[code // len(second)] + second[code % len(second)] for code in codes], dtype=object)
    return np.asarray(_some(dice, first, count) + _some(dice, second, count))


def _roads(dice: np.random.Generator) -> Texts:
    """The roads of a city: no two of one name."""
    tails = len(_ROAD_TAIL)
    codes = dice.permutation(len(_FIRST) * len(_SECOND) * tails)[: 2 * _ROADS]
    names = dict.fromkeys(
        _FIRST[code // tails // len(_SECOND)] + _SECOND[code // tails % len(_SECOND)] + _ROAD_TAIL[code % tails] for code in codes
    )
    return np.array(list(names)[:_ROADS], dtype=object)


def _some(dice: np.random.Generator, words: list[str], count: int) -> Texts:
    return np.asarray(np.array(words, dtype=object)[dice.integers(0, len(words), count)])


def _texts(numbers: Ints, form: str) -> Texts:
    return np.array([form.format(number) for number in numbers.tolist()], dtype=object)


def main() -> None:
    """Write one."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--format", choices=["parquet", "csv"], default="parquet")
    asked = parser.parse_args()
    made = large(asked.count, asked.seed)
    asked.out.mkdir(parents=True, exist_ok=True)
    if asked.format == "csv":
        made.plain.to_csv(asked.out / "listings.csv", index=False)
    else:
        made.plain.to_parquet(asked.out / "listings.parquet", index=False)
    made.truth.to_csv(asked.out / "truth.csv", index=False)


if __name__ == "__main__":
    main()
