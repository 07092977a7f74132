"""The divisions of a row: county, township and community, by the owner's code and words, with the address as the last resort."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from transforms.records.city import Division
from transforms.standardise.places import Places
from transforms.standardise.text import text

_CODE = re.compile(r"\d{6}(?:\d{3}(?:\d{3})?)?")
_SUFFIX = re.compile(r"(?:社区居民委员会|社区居委会|居民委员会|居委会|村民委员会|村委会)$")


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
    faults: list[tuple[str, str, str]] = field(default_factory=list)


def divide(written: Written, places: Places, on: str | None) -> Divided:
    """County by code, then by name, then by address; township and community by name within it, then by code where no name gainsays."""
    found = Divided()
    coded = _by_code(written.code, places, on, found)
    county = _county(written, places, found) if written.county else None
    _set_county(found, county or coded[3] or (places.county(written.address_county) if written.address_county else None), places)
    _set_town(found, written, coded[4], places)
    _set_community(found, written, coded[5], places)
    return found


def _by_code(written: str | None, places: Places, on: str | None, found: Divided) -> dict[int, str | None]:
    """Codes of levels 3, 4 and 5 that the owner's code stands for today."""
    codes: dict[int, str | None] = {3: None, 4: None, 5: None}
    clean = text(written) if written else None
    if clean is None:
        return codes
    county = places.county_today(clean[:6], on) if _CODE.fullmatch(clean) else None
    if county is None:
        found.faults.append(("division_unknown", "division", clean))
        return codes
    if county != clean[:6] and clean[:9] not in places.by_code:
        found.faults.append(("division_code_old", "division", clean))
    codes[3] = county
    for level, digits in ((4, 9), (5, 12)):
        for code in (clean[:digits], county + clean[6:digits]):
            division = places.by_code.get(code)
            if len(clean) >= digits and division is not None and division.level == level:
                codes[level] = code
                break
    return codes


def _county(written: Written, places: Places, found: Divided) -> str | None:
    name = text(written.county or "")
    if name is None:
        return None
    code = places.county(name)
    if code is None:
        found.faults.append(("county_unknown", "county", name))
    return code


def _set_county(found: Divided, code: str | None, places: Places) -> None:
    found.county_code = code
    found.county = places.counties[code] if code else None


def _set_town(found: Divided, written: Written, coded: str | None, places: Places) -> None:
    name = text(written.town or "")
    town = places.town(name, found.county_code) or places.town(name, None) if name else None
    if name and town is None and places.knows_towns:
        found.faults.append(("town_unknown", "town", name))
    if not name:
        town = _coded(coded, places) or (places.town(written.address_town, found.county_code) if written.address_town else None)
    found.town = town.name if town else places.variants.fold(name) if name else None
    if town:
        found.town_code = town.code
        if found.county_code is None:
            _set_county(found, places.county_of(town), places)


def _set_community(found: Divided, written: Written, coded: str | None, places: Places) -> None:
    name = text(written.community or "")
    wanted = name or written.address_community
    choices = places.communities(wanted, found.county_code, found.town_code) if wanted else []
    if name and not choices and places.knows_communities:
        found.faults.append(("community_unknown", "community", name))
    community = choices[0] if len(choices) == 1 else None
    if community is None and coded and (not name or any(choice.code == coded for choice in choices)):
        community = _coded(coded, places)
    if community is None:
        found.community = _SUFFIX.sub("社区", places.variants.fold(name)) if name else None
        return
    found.community_code, found.community = community.code, community.name
    if found.town_code is None:
        town = places.by_code[community.parent]
        found.town_code, found.town = town.code, town.name
    if found.county_code is None:
        _set_county(found, places.county_of(community), places)


def _coded(code: str | None, places: Places) -> Division | None:
    return places.by_code.get(code) if code else None
