"""Night 0: the stations of the sample city, exact in number and batch, gathered in hubs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from sandbox.credit import credit_code
from sandbox.dice import apportion, dice, share
from sandbox.grades import BATCH_TOTALS, GRADES, OWN_LIST, UNLISTED, Grade
from sandbox.hubs import Hub, lay_hubs
from sandbox.station import PUBLIC, SOURCES, Place, Station, day
from sandbox.words import CENTRE_RANKS, FACILITIES, MERCHANTS, host_of, hours_of, labels, landline, mobile, person, true_name

#: Stations a hub on average; with less, neighbours are rare and any matcher does well.
_HUB_SIZE: Final = 4.6
#: Share of the stations that stand behind the same door as an earlier one of their hub.
_SAME_DOOR: Final = 0.32


@dataclass(slots=True)
class Ground:
    """What founding keeps in mind: hubs, labels in use by (owner or kind, county), and the doors already taken in a hub."""

    seed: int
    hubs: list[Hub]
    labels: set[tuple[str, str, str]] = field(default_factory=set)
    doors: dict[int, list[int]] = field(default_factory=dict)


def prepare(seed: int, scale: float) -> Ground:
    """The ground for a city of `scale` times 940 stations."""
    return Ground(seed, lay_hubs(seed, max(14, round(sum(BATCH_TOTALS.values()) * scale / _HUB_SIZE))))


def grade_counts(scale: float) -> list[tuple[Grade, int]]:
    """How many stations of each grade: batches in exact proportion, grades in proportion within their batch."""
    total = round(sum(BATCH_TOTALS.values()) * scale)
    per_batch = dict(zip(BATCH_TOTALS, apportion(total, list(BATCH_TOTALS.values())), strict=True))
    counts: list[tuple[Grade, int]] = []
    for batch, number in per_batch.items():
        grades = [grade for grade in GRADES if grade.batch == batch]
        counts += zip(grades, apportion(number, [grade.count for grade in grades]), strict=True)
    return counts


def found(ground: Ground, scale: float) -> list[Station]:
    """Every station of night 0, ids S0001 … in order of founding."""
    stations: list[Station] = []
    for grade, count in grade_counts(scale):
        listed = _memberships(ground.seed, grade, count)
        hubs = _choose_hubs(ground, grade, count)
        stations += [
            settle(ground, grade, hub, len(stations) + turn + 1, lists) for turn, (hub, lists) in enumerate(zip(hubs, listed, strict=True))
        ]
    return stations


def settle(ground: Ground, grade: Grade, hub: Hub, number: int, lists: tuple[str, ...], opened: str | None = None) -> Station:
    """One new station of a grade in a hub. `opened` is its ISO date (None: some day before night 0, fit for its batch)."""
    rng = dice(ground.seed, "station", number)
    rank = _rank(rng, grade)
    label = _label(ground, rng, grade, rank, hub)
    place = _place(ground, rng, grade, hub)
    host = host_of(rng, grade.kind, grade.brand, rank, label, place)
    register = "91" if grade.brand or grade.kind in ("merchant", "mall", "office_tower") else "55"
    return Station(
        id=f"S{number:04d}",
        kind=grade.kind,
        brand=grade.brand,
        rank=rank,
        label=label,
        name=true_name(grade.kind, grade.brand, rank, label),
        host=host,
        batch=grade.batch,
        place=place,
        landline=landline(rng),
        contact=person(rng),
        mobile=mobile(rng),
        hours=hours_of(rng, grade.kind),
        facilities=tuple(sorted(rng.sample(FACILITIES, rng.randint(3, 8)))),
        credit_code=credit_code(rng, hub.county_code, register),
        opened=opened or day(-rng.randint(420, 1500) if grade.batch == "none" else -rng.randint(20, 360)),
        closed=None,
        hub=hub.number,
        lists=lists,
    )


def _rank(rng: Random, grade: Grade) -> str:
    if grade.kind == "community_centre":
        return rng.choice(CENTRE_RANKS)
    if grade.kind == "merchant":
        return rng.choice(MERCHANTS)
    if grade.brand == "rural":
        return rng.choice(("支行", "支行", "分理处"))
    return grade.rank


def _label(ground: Ground, rng: Random, grade: Grade, rank: str, hub: Hub) -> str:
    """The first free word: one owner never gives two outlets of a county the same name, different owners do. Of the public places of a
    corner no two are called alike: people there could not tell them apart."""
    family = rank if grade.kind == "merchant" else grade.brand or grade.kind + grade.rank
    corner = f"public {hub.number}" if grade.kind in PUBLIC else family
    words = labels(rng, grade.kind, rank, hub)
    for word in [
        *words,
        *(f"{words[0]}第{ordinal}" for ordinal in "二三四五六七八九"),
        *(words[0] + str(place) for place in range(10, 99)),
    ]:
        names = {(family, hub.county_code, word), (corner, hub.county_code, word)}
        if not names & ground.labels:
            ground.labels |= names
            return word
    return words[0]


def _place(ground: Ground, rng: Random, grade: Grade, hub: Hub) -> Place:
    doors = ground.doors.setdefault(hub.number, [])
    shared = doors and grade.kind not in ("telecom_cabin", "telecom_kiosk", "park") and rng.random() < _SAME_DOOR
    place = hub.place(rng, spread=7, kind=grade.kind, number=rng.choice(doors) if shared else None)
    doors.append(place.number)
    return place


def _memberships(seed: int, grade: Grade, count: int) -> list[tuple[str, ...]]:
    """Which lists keep each station of a grade: shares met exactly, combinations drawn by lot."""
    chosen: list[set[str]] = [set() for _ in range(count)]
    for source, part in grade.shares.items():
        order = sorted(range(count), key=lambda turn: share(seed, "member", grade.kind, grade.brand, grade.rank, grade.batch, source, turn))
        for turn in order[: round(part * count)]:
            chosen[turn].add(source)
    own = OWN_LIST.get(grade.brand)
    for turn, lists in enumerate(chosen):
        if share(seed, "unlisted", grade.kind, grade.brand, grade.rank, grade.batch, turn) < UNLISTED:
            lists.intersection_update({own} if own else set())
    return [tuple(source for source in SOURCES if source in lists) for lists in chosen]


def _choose_hubs(ground: Ground, grade: Grade, count: int) -> list[Hub]:
    """A hub for each: firms crowd into the busier half, a centre has a township or community of its own."""
    rng = dice(ground.seed, "hubs", grade.kind, grade.brand, grade.rank, grade.batch)
    hubs = list(ground.hubs)
    rng.shuffle(hubs)
    if grade.kind == "civ_centre":
        return _one_each(hubs, [hub.county_code for hub in hubs], count)
    if grade.kind == "party_centre":
        return _one_each(hubs, [hub.community.town_code if grade.rank == "街道" else hub.community.code for hub in hubs], count)
    if grade.brand or grade.kind in ("merchant", "mall", "office_tower"):
        hubs.sort(key=lambda hub: share(ground.seed, "busy", hub.number) + rng.random() * 0.55)
    return [hubs[turn % len(hubs)] for turn in range(count)]


def _one_each(hubs: list[Hub], keys: list[str], count: int) -> list[Hub]:
    first = dict(reversed(list(zip(keys, hubs, strict=True))))
    distinct = list(first.values())
    return [distinct[turn % len(distinct)] for turn in range(count)]


def beside(place: Place, number: int, hub: Hub, rng: Random) -> Place:
    """A place on the same road at another number, everything else alike."""
    there = hub.place(rng, spread=0, number=number)
    return replace(place, number=number, lng=there.lng, lat=there.lat, floor=1)
