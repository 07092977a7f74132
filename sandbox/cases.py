"""Cases that every sample city has, whatever its seed and size: each is a trap that a matcher must know."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.datum import moved
from sandbox.dice import dice
from sandbox.founding import Ground, beside
from sandbox.geography import within
from sandbox.station import SOURCES, Place, Station
from sandbox.words import host_of, true_name

#: Of the community centres, how many have a kiosk of their own 40 m away that bears their name.
_OWN_KIOSK: Final = 0.15
_KIOSK_M: Final = 40.0


def arrange(ground: Ground, stations: list[Station]) -> tuple[list[Station], dict[str, tuple[str, ...]]]:
    """The stations with the cases worked in, and which stations stand for which case."""
    town = {station.id: station for station in stations}
    cases = {
        "one_building": _one_building(town),
        "three_lists": _three_lists(town),
        "twins": _twins(town),
        "centre_and_kiosk": _own_kiosks(ground, town),
        "self_service": _self_service(ground, town),
    }
    return list(town.values()), cases


def _lists(*sources: str) -> tuple[str, ...]:
    return tuple(source for source in SOURCES if source in sources)


def _renamed(station: Station, label: str) -> Station:
    host = (
        host_of(dice(station.id, "host"), station.kind, station.brand, station.rank, label, station.place)
        if station.brand
        else station.host
    )
    return replace(station, label=label, name=true_name(station.kind, station.brand, station.rank, label), host=host)


def _one_building(town: dict[str, Station]) -> tuple[str, ...]:
    """A bank and a telecom hall behind one door, named alike, both on their owner's list and the union's."""
    bank = next(station for station in town.values() if station.kind == "bank_outlet" and station.brand == "icbc")
    hall = next(station for station in town.values() if station.brand == "mobile")
    town[bank.id] = replace(bank, lists=_lists("union", "bank_icbc"))
    town[hall.id] = replace(_renamed(replace(hall, place=bank.place, hub=bank.hub), bank.label), lists=_lists("union", "telecom_mobile"))
    return bank.id, hall.id


def _three_lists(town: dict[str, Station]) -> tuple[str, ...]:
    """One bank outlet that its bank, the union and the practice centre all list."""
    bank = [station for station in town.values() if station.kind == "bank_outlet" and station.brand == "icbc"][1]
    town[bank.id] = replace(bank, lists=_lists("union", "bank_icbc", "civilization"))
    return (bank.id,)


def _twins(town: dict[str, Station]) -> tuple[str, ...]:
    """Two union stations of the same name in two counties."""
    first, *others = [station for station in town.values() if station.kind == "union_station"]
    second = next(station for station in others if station.place.county_code != first.place.county_code)
    label = "人民路"
    for station in (first, second):
        place = replace(station.place, road=label)
        town[station.id] = replace(_renamed(replace(station, place=place), label), lists=_lists("union", "telecom_tower"))
    return first.id, second.id


def _own_kiosks(ground: Ground, town: dict[str, Station]) -> tuple[str, ...]:
    """Community centres, each followed by its own kiosk 40 m down the road."""
    centres = [
        station for station in town.values() if station.kind == "party_centre" and station.rank == "社区" and "union" in station.lists
    ]
    posts = [station for station in town.values() if station.kind == "city_post"]
    pairs: list[str] = []
    for centre, post in list(zip(centres, posts, strict=False))[: max(1, round(_OWN_KIOSK * len(centres)))]:
        place = _down_the_road(ground, centre)
        if place is None:
            continue
        town[post.id] = _renamed(replace(post, place=place, hub=centre.hub), centre.label)
        pairs += [centre.id, post.id]
    return tuple(pairs)


def _down_the_road(ground: Ground, centre: Station) -> Place | None:
    hub = ground.hubs[centre.hub]
    for turn, step in ((0, 6), (180, -6)):
        there = moved(centre.place.lng, centre.place.lat, hub.road.bearing + turn, _KIOSK_M)
        number = centre.place.number + step
        if number > 0 and within(*there, centre.place.county_code):
            return replace(centre.place, number=number, lng=there[0], lat=there[1])
    return None


def _self_service(ground: Ground, town: dict[str, Station]) -> tuple[str, ...]:
    """Self-service banks beside a branch of the same bank, bearing its word: two stations, one door apart."""
    branches = [station for station in town.values() if station.kind == "bank_outlet" and station.brand == "icbc"][2:]
    pairs: list[str] = []
    for branch, machine in zip(branches, [station for station in town.values() if station.kind == "bank_self_service"], strict=False):
        hub = ground.hubs[branch.hub]
        place = beside(branch.place, min(branch.place.number + 2, hub.road.last_number), hub, dice(ground.seed, "machine", machine.id))
        town[machine.id] = _renamed(replace(machine, place=place, hub=branch.hub), branch.label)
        pairs += [branch.id, machine.id]
    return tuple(pairs)
