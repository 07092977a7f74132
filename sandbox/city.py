"""The sample city: its truth from a seed, its life night by night, and the lists that owners keep of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from sandbox.cases import arrange
from sandbox.datum import metres_between
from sandbox.dice import dice, share
from sandbox.founding import Ground, found, prepare, settle
from sandbox.grades import GRADES, OWN_LIST, Grade
from sandbox.life import events, lag
from sandbox.lists.civilization import practice_code
from sandbox.lists.draft import CLOSED_WORDS, DATUM, pin
from sandbox.lists.press import Press, Published, Seen, Stray
from sandbox.station import SOURCES, Station, day
from sandbox.words import landline

#: Share of the stations that moved or changed their phone before night 0, and the chance that a list has not noticed yet.
_MOVED_BEFORE: Final = 0.12
_NEVER_NOTICED: Final = 0.35
#: Closed stations that a list still shows on night 0, as a share of its stations (the fault closed_listed needs 2 % of its rows).
_GHOSTS: Final = 0.028
_NEVER: Final = 100_000
#: Chance that a position which may be wrong is the firm's own: its list is short and must bear its share of faults.
_FIRM_STRAYS: Final = 0.6
#: A wrong datum shows where another list's pin is this near to the right place (the vectors are 500 to 1,300 m long); beside a single
#: other list nobody could say which of the two is wrong, so there are at least two.
_TELLING_M: Final = 30.0


@dataclass(frozen=True, slots=True)
class Version:
    """A station as it is from a night on."""

    night: int
    station: Station


@dataclass(slots=True)
class Town:
    """The city of a seed. Ask for any night in any order; the same seed and night give the same rows."""

    seed: int
    scale: float
    ground: Ground
    histories: dict[str, list[Version]]
    cases: dict[str, tuple[str, ...]]
    presses: dict[str, Press] = field(default_factory=dict)
    lived: int = 0

    def stations(self, night: int) -> list[Station]:
        """Every station ever, in order of founding, as it truly is on a night; `closed` tells those that are no more (940 are open on night 0)."""
        self._live(night)
        return [at for history in self.histories.values() if (at := _as_of(history, night)) is not None]

    def rows(self, source: str, night: int) -> list[Published]:
        """The rows that an owner publishes on a night, in its own order. KeyError for a source that the city does not have."""
        press = self.presses[source]
        while press.printed <= night:
            self._live(press.printed)
            press.print(self._seen(source, press.printed))
        return list(press.night(night))

    def _live(self, night: int) -> None:
        while self.lived < night:
            self.lived += 1
            present = [history[-1].station for history in self.histories.values()]
            for station in events(self.ground, present, self.lived):
                self.histories.setdefault(station.id, []).append(Version(self.lived, station))

    def _seen(self, source: str, night: int) -> list[Seen]:
        seen: list[Seen] = []
        for history in self.histories.values():
            if source not in history[0].station.lists:
                continue
            for number in range(len(history) - 1, -1, -1):
                version = history[number]
                if version.night + self._lag(source, version.station.id, number, len(history)) <= night:
                    if version.station.is_open or self._shows_closed(source, version.station):
                        seen.append(Seen(version.station, number, not version.station.is_open))
                    break
        return seen

    def _lag(self, source: str, station: str, number: int, known: int) -> int:
        """Nights until a list sees a version. What happened before night 0 it knows at once, or not at all."""
        night = self.histories[station][number].night
        if night > 0:
            return lag(self.seed, source, station, number)
        if number == 1 and known > 1:
            return _NEVER if share(self.seed, "unnoticed", source, station) < _NEVER_NOTICED else -night
        return 0

    def _shows_closed(self, source: str, station: Station) -> bool:
        if source not in CLOSED_WORDS:
            return False
        return source == "telecom_tower" or station.id in self.cases["ghosts"] or share(self.seed, "shows closed", source, station.id) < 0.6


def build(seed: int, scale: float = 1.0) -> Town:
    """The city of a seed at night 0. `scale` 1.0 has 940 open stations; 0.1 a proportionate 94."""
    ground = prepare(seed, scale)
    stations, cases = arrange(ground, found(ground, scale))
    ghosts = _ghosts(ground, stations)
    cases["ghosts"] = tuple(ghost.id for ghost in ghosts)
    histories = {station.id: _history(seed, ground, station, cases) for station in [*stations, *ghosts]}
    town = Town(seed, scale, ground, histories, cases)
    parents = _parents(stations)
    strays = _strays(seed, histories)
    town.presses = {source: Press(seed, source, strays, parents) for source in SOURCES}
    return town


def _strays(seed: int, histories: dict[str, list[Version]]) -> dict[str, Stray]:
    """For each station on several lists with positions, the one list that may have it wrong: the others must be able to tell."""
    strays: dict[str, Stray] = {}
    for history in histories.values():
        station = history[-1].station
        placed = [source for source in station.lists if source in DATUM]
        if len(placed) >= 2 and len(history) == 1:
            firms = [source for source in placed if source in OWN_LIST.values()]
            pool = firms if firms and share(seed, "stray of firm", station.id) < _FIRM_STRAYS else placed
            stray = pool[int(share(seed, "stray", station.id) * len(pool))]
            there = pin(seed, stray, station)
            gaps = [metres_between(there, pin(seed, other, station)) for other in placed if other != stray]
            strays[station.id] = Stray(stray, len(gaps) >= 2 and min(gaps) <= _TELLING_M)
    return strays


def _as_of(history: list[Version], night: int) -> Station | None:
    known = [version.station for version in history if version.night <= night]
    return known[-1] if known else None


def _history(seed: int, ground: Ground, station: Station, cases: dict[str, tuple[str, ...]]) -> list[Version]:
    """The station as it is, and for some as it was before night 0: at an older number, with an older phone."""
    kept = {name for name, ids in cases.items() if station.id in ids}
    if kept or len(station.lists) < 2 or share(seed, "moved before", station.id) >= _MOVED_BEFORE:
        return [Version(-2, station)]
    rng = dice(seed, "before", station.id)
    before = station
    if rng.random() < 0.6:
        there = ground.hubs[station.hub].place(rng, spread=25)
        before = replace(before, place=replace(there, landmark=station.place.landmark))
    if rng.random() < 0.6 or before is station:
        before = replace(before, landline=landline(rng), mobile=station.mobile)
    return [Version(-2, before), Version(-1, station)]


def _ghosts(ground: Ground, stations: list[Station]) -> list[Station]:
    """Stations that closed before night 0 and that one list or two still show as closed."""
    ghosts: list[Station] = []
    for source in CLOSED_WORDS:
        rng = dice(ground.seed, "ghosts", source)
        grades = [grade for grade in GRADES if _may_vanish(grade, source)]
        listed = sum(source in station.lists for station in stations)
        for _ in range(-int(-_GHOSTS * listed // 1)):
            number = len(stations) + len(ghosts) + 1
            ghost = settle(ground, rng.choice(grades), rng.choice(ground.hubs), number, (source,))
            ghosts.append(replace(ghost, closed=day(-rng.randint(5, 150))))
    return ghosts


def _may_vanish(grade: Grade, source: str) -> bool:
    return grade.shares.get(source, 0) > 0 and grade.rank not in ("中心", "街道")


def _parents(stations: list[Station]) -> dict[str, str]:
    """Division code of a county or township → practice code of its centre or institute, where the register has one."""
    listed = [station for station in stations if "civilization" in station.lists]
    centres = {station.place.county_code: practice_code(station) for station in reversed(listed) if station.kind == "civ_centre"}
    institutes = {station.place.town_code: practice_code(station) for station in reversed(listed) if station.rank == "街道"}
    return centres | institutes
