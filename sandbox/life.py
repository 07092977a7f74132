"""Life of the city: each night about 1 % of the open stations open, close, move, are renamed or change their hours."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from sandbox.dice import dice, share, weighted
from sandbox.founding import Ground, settle
from sandbox.grades import GRADES, OWN_LIST, Grade
from sandbox.station import PUBLIC, SOURCES, Station, day
from sandbox.words import host_of, hours_of, labels, landline, true_name

#: Share of the open stations that something happens to in a night.
RATE: Final = 0.01
_EVENTS: Final = (("open", 0.2), ("close", 0.18), ("move", 0.16), ("rename", 0.16), ("hours", 0.3))
#: Grades that keep being founded; centres of counties and townships do not.
_FOUNDED: Final = tuple((grade, float(grade.count)) for grade in GRADES if grade.rank not in ("中心", "街道") and grade.batch != "none")


def events(ground: Ground, stations: list[Station], night: int) -> list[Station]:
    """The stations that are new or changed on a night, as they are after it. `stations` is every station ever, in order of founding."""
    rng = dice(ground.seed, "life", night)
    alive = [station for station in stations if station.is_open]
    count = max(1, round(len(alive) * RATE))
    chosen = rng.sample(alive, min(count, len(alive)))
    changed: list[Station] = []
    founded = len(stations)
    for station in chosen:
        what = weighted(rng, _EVENTS)
        if what == "open" or station.rank in ("中心", "街道"):
            founded += 1
            changed.append(_open(ground, rng, founded, night))
        else:
            changed.append(_CHANGES[what](ground, rng, station, night))
    return changed


def _open(ground: Ground, rng: Random, number: int, night: int) -> Station:
    grade: Grade = weighted(rng, _FOUNDED)
    hub = rng.choice(ground.hubs)
    own = OWN_LIST.get(grade.brand)
    lists = tuple(source for source in SOURCES if source == own or rng.random() < grade.shares.get(source, 0))
    return settle(ground, grade, hub, number, lists, opened=day(night))


def _close(_: Ground, __: Random, station: Station, night: int) -> Station:
    return replace(station, closed=day(night))


def _move(ground: Ground, rng: Random, station: Station, _: int) -> Station:
    place = ground.hubs[station.hub].place(rng, spread=30)
    place = replace(place, landmark=station.place.landmark)
    return replace(station, place=place, landline=landline(rng) if rng.random() < 0.3 else station.landline)


def _rename(ground: Ground, rng: Random, station: Station, _: int) -> Station:
    hub = ground.hubs[station.hub]
    words = [word for word in labels(rng, station.kind, station.rank, hub) if word != station.label]
    family = station.rank if station.kind == "merchant" else station.brand or station.kind + station.rank
    corner = f"public {hub.number}" if station.kind in PUBLIC else family
    free = [word for word in words if not {(family, hub.county_code, word), (corner, hub.county_code, word)} & ground.labels]
    label = free[0] if free else station.label + "新"
    ground.labels |= {(family, hub.county_code, label), (corner, hub.county_code, label)}
    return replace(
        station,
        label=label,
        name=true_name(station.kind, station.brand, station.rank, label),
        host=host_of(rng, station.kind, station.brand, station.rank, label, station.place) if station.brand else station.host,
    )


def _rehour(_: Ground, rng: Random, station: Station, __: int) -> Station:
    for _turn in range(8):
        hours = hours_of(rng, station.kind)
        if hours != station.hours:
            break
    else:
        hours = replace(station.hours, spans=(("08:00", "18:30"),))
    return replace(station, hours=hours)


_CHANGES: Final = {"close": _close, "move": _move, "rename": _rename, "hours": _rehour}


def lag(seed: int, source: str, station_id: str, version: int) -> int:
    """Nights until a list takes notice of a station's version: most at once, some after days."""
    mark = share(seed, "lag", source, station_id, version)
    return 0 if mark < 0.6 else 1 + int((mark - 0.6) * 12) if mark < 0.92 else 5 + int((mark - 0.92) * 60)
