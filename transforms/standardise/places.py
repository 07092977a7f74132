"""The city's divisions, looked up by code of any vintage and by name."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property

from transforms.records.city import City, Division
from transforms.standardise import words
from transforms.standardise.text import Variants

_TOWN_TAIL = re.compile(r"(?:街道办事处|人民政府|镇政府|街道办|街道|乡|镇)$")
_COMMUNITY_TAIL = re.compile(
    r"(?:(?P<urban>社区居民委员会|社区居委会|居民委员会|居委会|社区)|(?P<rural>村村民委员会|村民委员会|村委会|行政村|村))$"
)


#: What ends a name or a division cannot stand inside a road's name, unless the road is called after it (赫店路, 许镇路).
_NOT_IN_ROAD = r"(?!(?:驿站|社区|支行|分行|中心|营业厅|营业部|公司|银行|商店|超市|岗亭|街道|(?<=[支分银商])行|(?<=中)心|[站店厅舱亭镇区县市所点村部号道])(?!路|街|大道|巷))"
_SPOT = r"(?:[A-Za-z\d-]*(?:号楼|楼|层|室|幢|栋|座|单元|铺))*"


class Places:
    """Lookups over one city. Names are compared in the register's forms and without their suffixes (赭山 = 赭山街道办事处)."""

    def __init__(self, city: City) -> None:
        self.city = city
        #: Code → name of the counties of today.
        self.counties = city.counties
        counties = set(self.counties.values())
        #: Variants of a whole county (芜湖县 → 湾沚区) hold only where a county stands; 无为县路 would else be torn.
        self.former = {written: name for written, name in city.variants.items() if name in counties}
        self.variants = Variants({written: name for written, name in city.variants.items() if name not in counties})
        self.by_code: dict[str, Division] = {division.code: division for division in city.divisions}
        self._towns: dict[str, list[Division]] = defaultdict(list)
        self._communities: dict[str, list[Division]] = defaultdict(list)
        for division in city.divisions:
            name = self.variants.fold(division.name)
            if division.level == 4:
                self._towns[town_key(name)].append(division)
            elif division.level == 5:
                self._communities[community_key(name)[0]].append(division)

    @property
    def knows_towns(self) -> bool:
        return bool(self._towns)

    @property
    def knows_communities(self) -> bool:
        return bool(self._communities)

    @cached_property
    def _county_names(self) -> dict[str, str]:
        names = {name: code for code, name in self.counties.items()}
        short = {name[:-1]: code for name, code in names.items() if len(name) > 2}
        return short | names | {written: names[name] for written, name in self.former.items()}

    @cached_property
    def upper(self) -> re.Pattern[str]:
        """The province and the city at the head of an address, whole or short, in any number; short only before what is not a road."""
        whole = [self.city.province, self.city.name]
        short = [name.removesuffix("省").removesuffix("自治区").removesuffix("市") for name in whole]
        tail = r"(?![路街巷道桥区县]|大道|[东南西北中]路)"
        return re.compile(rf"^(?:(?:中国)?(?:{'|'.join(map(re.escape, whole))})|(?:{'|'.join(map(re.escape, short))}){tail})+")

    @cached_property
    def county_head(self) -> re.Pattern[str]:
        """A county's whole name, of today or former, at the head of a text."""
        names = [name for name in self._county_names if name[-1] in "区县市旗"]
        return re.compile(f"^(?:{words.alternatives(tuple(names)).pattern})")

    @cached_property
    def county_short(self) -> re.Pattern[str]:
        """A county's short name at the head of a name (镜湖 …), unless it goes on as a road's."""
        short = [name[:-1] for name in self.counties.values() if len(name) > 2]
        return re.compile(f"^(?:{words.alternatives(tuple(short)).pattern})(?![路街巷道桥区县市]|大道|[东南西北中]路)")

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """How a text begins from which `upper`, `county_head` or `county_short` takes something: names whole and short."""
        whole = (self.city.province, self.city.name)
        short = tuple(name.removesuffix("省").removesuffix("自治区").removesuffix("市") for name in whole)
        return ("中国", *whole, *short, *self._county_names, *(name[:-1] for name in self.counties.values() if len(name) > 2))

    @cached_property
    def region(self) -> str:
        """A pattern (text) for the province, the city or a county, whole or short."""
        names = [self.city.province, self.city.name, *self.counties.values()]
        return f"(?:{words.alternatives((*names, *(re.sub('[省市区县]$', '', name) for name in names))).pattern})"

    @cached_property
    def numbered(self) -> re.Pattern[str]:
        """A road and number in running text, with the divisions before it: 弋江区文津东路3号2楼."""
        towns = [division.name for division in self.city.divisions if division.level == 4]
        counties = [name for name in self._county_names if name[-1] in "区县市旗"]
        head = "".join(
            f"(?:{words.alternatives(tuple(names)).pattern})?"
            for names in ([self.city.province], [self.city.name, _short(self.city.name)], counties, towns)
        )
        return re.compile(
            rf"{head}(?:{_NOT_IN_ROAD}[\u4e00-\u9fff]){{1,6}}?(?:大道|路|街|巷|弄)\d{{1,5}}(?:-\d{{1,4}})*号(?!线|院|店|厅|亭|舱|网点|站|岗){_SPOT}"
        )

    def county(self, name: str) -> str | None:
        """Code of today's county that `name` (cleaned, with or without the city before it) means."""
        bare = self.upper.sub("", name) or name
        return self._county_names.get(bare) or self._county_names.get(self.variants.fold(bare))

    def county_today(self, code: str, on: str | None) -> str | None:
        """Today's code for a county code at the vintage of ISO date `on`; without one, from the last change that the code went through."""
        known = self.counties
        years = [year for year, old, _ in self.city.changes if old == code]
        since = int(on[:4]) if on else (max(years) if years and code not in known else 9999)
        for year, old, new in sorted(self.city.changes):
            if year >= since and old == code:
                code = new
        return code if code in known else self._virtual.get(code)

    def county_of(self, division: Division) -> str:
        """Code of the county above a division."""
        while division.level > 3:
            division = self.by_code[division.parent]
        return division.code

    def town(self, name: str, county: str | None) -> Division | None:
        """The township that `name` means, in `county` where that is known, else wherever there is just one."""
        return _only(self._of(self._towns.get(town_key(self.variants.fold(name)), []), county))

    def communities(self, name: str, county: str | None, town: str | None) -> list[Division]:
        """The communities and villages that `name` may mean: those of the town if any, else of the county, else all; the same kind first."""
        base, kind = community_key(self.variants.fold(name))
        found = self._communities_in.get((base, county), []) if county else self._communities.get(base, [])
        found = [division for division in found if division.parent == town] or found
        return [division for division in found if community_key(division.name)[1] == kind] or found

    def _of(self, divisions: list[Division], county: str | None) -> list[Division]:
        return [division for division in divisions if self._county_above[division.code] == county] if county else divisions

    @cached_property
    def _communities_in(self) -> dict[tuple[str, str], list[Division]]:
        """Communities by their key and county."""
        found: dict[tuple[str, str], list[Division]] = defaultdict(list)
        for base, divisions in self._communities.items():
            for division in divisions:
                found[base, self._county_above[division.code]].append(division)
        return found

    @cached_property
    def _county_above(self) -> dict[str, str]:
        return {division.code: self.county_of(division) for division in self.by_code.values()}

    @cached_property
    def _virtual(self) -> dict[str, str]:
        """County codes that the bureau uses and the ministry does not (340271): seen as prefixes of towns whose parent is another county."""
        return {code[:6]: division.parent for code, division in self.by_code.items() if division.level == 4 and code[:6] != division.parent}


def _short(name: str) -> str:
    return name.removesuffix("市")


def town_key(name: str) -> str:
    """A town's name without the word for what it is; the name itself where nothing is left."""
    return _TOWN_TAIL.sub("", name) or name


def community_key(name: str) -> tuple[str, str]:
    """A community's name without the word for what it is, and that word ("" for none)."""
    found = _COMMUNITY_TAIL.search(name)
    if found is None:
        return name, ""
    base = name[: found.start()]
    return (base or name), ("c" if found["urban"] else "v")


def _only(found: list[Division]) -> Division | None:
    return found[0] if len(found) == 1 else None
