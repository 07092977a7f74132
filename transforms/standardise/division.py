"""The divisions of a row: county, township and community, by the owner's code and words, with the address as the last resort."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from transforms.records.city import Division
from transforms.standardise.places import Places
from transforms.standardise.text import text

_CODE = re.compile(r"\d{6}(?:\d{3}(?:\d{3})?)?")
_SUFFIX = re.compile(r"(?:社区居民委员会|社区居委会|居民委员会|居委会|村民委员会|村委会)$")


#: Rule, field and value.
Fault: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Written:
    """What a row says of its divisions: the code, the cells, and what stands in its address."""

    code: str | None = None
    county: str | None = None
    town: str | None = None
    community: str | None = None
    address_county: str | None = None
    address_town: str | None = None
    address_community: str | None = None


@dataclass(slots=True)
class Divided:
    """Codes and names; a name without a code is the owner's own, met in no list. `faults`: (rule, field, value)."""

    county_code: str | None = None
    county: str | None = None
    town_code: str | None = None
    town: str | None = None
    community_code: str | None = None
    community: str | None = None
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class County:
    """The county's code, and the codes of a township and a community that the owner's code stands for. `faults` as in Divided."""

    code: str | None
    town: str | None = None
    community: str | None = None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Town:
    """The township, and the county that it lies in where none was known before."""

    county: str | None
    code: str | None
    name: str | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Community:
    """The community, with the county and township that it lies in: those known before, else its own. `town` is named only where it is its own."""

    county: str | None
    town_code: str | None
    town: str | None
    code: str | None
    name: str | None
    faults: tuple[Fault, ...] = ()


def divide(written: Written, places: Places, on: str | None) -> Divided:
    """County by code, then by name, then by address; township and community by name within it, then by code where no name gainsays."""
    county = read_county(written.code, written.county, written.address_county, places, on)
    town = read_town(written.town, written.address_town, county.code, county.town, places)
    found = read_community(written.community, written.address_community, town.county, town.code, county.community, places)
    return Divided(
        found.county,
        places.counties[found.county] if found.county else None,
        found.town_code,
        found.town or town.name,
        found.code,
        found.name,
        [*county.faults, *town.faults, *found.faults],
    )


def read_county(code: str | None, written: str | None, in_address: str | None, places: Places, on: str | None) -> County:
    """The first step of `divide`: the owner's code, the county's cell, and the county in the address."""
    coded, faults = _by_code(code, places, on)
    name = text(written or "")
    county = places.county(name) if name else None
    if name and county is None:
        faults += (("county_unknown", "county", name),)
    county = county or coded[3] or (places.county(in_address) if in_address else None)
    return County(county, coded[4], coded[5], faults)


def read_town(written: str | None, in_address: str | None, county: str | None, coded: str | None, places: Places) -> Town:
    """The second step: the township's cell and the township in the address, within the county that was found."""
    name = text(written or "")
    town = places.town(name, county) or places.town(name, None) if name else None
    faults: tuple[Fault, ...] = (("town_unknown", "town", name),) if name and town is None and places.knows_towns else ()
    if not name:
        town = _coded(coded, places) or (places.town(in_address, county) if in_address else None)
    if town is None:
        return Town(county, None, places.variants.fold(name) if name else None, faults)
    return Town(county or places.county_of(town), town.code, town.name, faults)


def read_community(
    written: str | None, in_address: str | None, county: str | None, town: str | None, coded: str | None, places: Places
) -> Community:
    """The third step: the community's cell and the community in the address or name, within the county and township that were found."""
    name = text(written or "")
    wanted = name or in_address
    choices = places.communities(wanted, county, town) if wanted else []
    faults: tuple[Fault, ...] = (("community_unknown", "community", name),) if name and not choices and places.knows_communities else ()
    community = choices[0] if len(choices) == 1 else None
    if community is None and coded and (not name or any(choice.code == coded for choice in choices)):
        community = _coded(coded, places)
    if community is None:
        return Community(county, town, None, None, _SUFFIX.sub("社区", places.variants.fold(name)) if name else None, faults)
    above = None if town else places.by_code[community.parent]
    return Community(
        county or places.county_of(community),
        above.code if above else town,
        above.name if above else None,
        community.code,
        community.name,
        faults,
    )


def _by_code(written: str | None, places: Places, on: str | None) -> tuple[dict[int, str | None], tuple[Fault, ...]]:
    """Codes of levels 3, 4 and 5 that the owner's code stands for today."""
    codes: dict[int, str | None] = {3: None, 4: None, 5: None}
    clean = text(written) if written else None
    if clean is None:
        return codes, ()
    county = places.county_today(clean[:6], on) if _CODE.fullmatch(clean) else None
    if county is None:
        return codes, (("division_unknown", "division", clean),)
    old = county != clean[:6] and clean[:9] not in places.by_code
    codes[3] = county
    for level, digits in ((4, 9), (5, 12)):
        for code in (clean[:digits], county + clean[6:digits]):
            division = places.by_code.get(code)
            if len(clean) >= digits and division is not None and division.level == level:
                codes[level] = code
                break
    return codes, (("division_code_old", "division", clean),) if old else ()


def _coded(code: str | None, places: Places) -> Division | None:
    return places.by_code.get(code) if code else None
