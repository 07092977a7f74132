"""The press: puts one list together night by night, so that a row knows when it last changed and keeps its faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Final

from sandbox.dice import dice, share
from sandbox.faults import FAULTS, Fault
from sandbox.lists import bank_icbc, bank_rural, civilization, telecom_mobile, telecom_tower, union
from sandbox.lists.draft import CLOSED_WORDS, HEADERS, Draft
from sandbox.station import NIGHT_ZERO, Station, day

WRITERS: Final[dict[str, Callable[[Draft], None]]] = {
    "union": union.write,
    "bank_icbc": bank_icbc.write,
    "bank_rural": bank_rural.write,
    "telecom_mobile": telecom_mobile.write,
    "telecom_tower": telecom_tower.write,
    "civilization": civilization.write,
}

#: Share of its stations that a list has under two codes, where its keeping is loose.
TWICE_CODED: Final = {"union": 0.018, "telecom_tower": 0.02, "civilization": 0.015, "bank_rural": 0.01}
#: Of the rows of the tower operator that change, how many are committed late (dated before the night before).
LATE: Final = 0.15
#: The header in which an owner dates its rows.
STAMPED: Final = {"union": "updateTime", "bank_icbc": "updateDate", "telecom_mobile": "changedOn", "telecom_tower": "updated_at"}
_CITY_TIME: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Published:
    """One row of a list on a night: its fields in the protocol's order, the station behind it, its faults, and when its content last changed."""

    fields: dict[str, str | None]
    station: str
    faults: tuple[str, ...]
    changed_night: int


@dataclass(frozen=True, slots=True)
class Seen:
    """A station as a list sees it on a night: which version, and whether the list shows it as closed."""

    station: Station
    version: int
    closed: bool


@dataclass(frozen=True, slots=True)
class Stray:
    """The one list whose position of a station may be wrong, and whether a wrong datum would show beside another list's position."""

    source: str
    shows: bool


@dataclass(slots=True)
class _Kept:
    key: tuple[int, bool, str]
    draft: Draft
    faults: tuple[str, ...]
    changed_night: int


@dataclass(slots=True)
class Press:
    """The press of one list. `strays` tells, for each station that several lists give a position, whose position may be wrong."""

    seed: int
    source: str
    strays: Mapping[str, Stray]
    parents: Mapping[str, str]
    _rows: dict[tuple[str, int], _Kept] = field(default_factory=dict)
    _bars: dict[str, float] = field(default_factory=dict)
    _nights: list[list[Published]] = field(default_factory=list)
    _watermark: str = ""

    @property
    def printed(self) -> int:
        """How many nights are printed."""
        return len(self._nights)

    def night(self, night: int) -> list[Published]:
        """The list of a printed night."""
        return self._nights[night]

    def print(self, seen: Sequence[Seen]) -> None:
        """Put the next night's list together."""
        night = len(self._nights)
        wanted = {(one.station.id, copy): one for one in seen for copy in range(1 + self._coded_twice(one.station))}
        fresh = {key: self._draft(one, key[1]) for key, one in wanted.items() if self._stale(one, key[1], night)}
        if not self._bars:
            self._set_bars([*fresh.values()], len(wanted))
        rows: dict[tuple[str, int], _Kept] = {}
        for key, one in wanted.items():
            rows[key] = self._renewed(key, one, fresh[key], night) if key in fresh else self._rows[key]
        self._rows = rows
        if self.source == "telecom_tower":
            self._watermark = max(kept.draft.fields["updated_at"] or "" for kept in rows.values())
        self._nights.append(self._bind(rows))

    def _renewed(self, key: tuple[str, int], one: Seen, draft: Draft, night: int) -> _Kept:
        """The row as it is now; what changed about the station may not show in this list, then the row keeps its date."""
        faults = self._spoil(draft, one.closed)
        version = (one.version, one.closed, self._code(one, key[1], night))
        if self.source == "telecom_mobile":
            draft.fields["hallId"] = version[2]
        before = self._rows.get(key)
        stamped = STAMPED.get(self.source)
        if before is not None and stamped:
            draft.fields[stamped] = before.draft.fields[stamped]
        if before is not None and before.draft.fields == draft.fields:
            return _Kept(version, draft, faults, before.changed_night)
        if stamped:
            draft.fields[stamped] = self._stamp(key, night)
        return _Kept(version, draft, faults, night)

    def _stale(self, one: Seen, copy: int, night: int) -> bool:
        kept = self._rows.get((one.station.id, copy))
        return kept is None or kept.key != (one.version, one.closed, self._code(one, copy, night))

    def _code(self, one: Seen, copy: int, night: int) -> str:
        return telecom_mobile.hall_id(one.station, copy, night) if self.source == "telecom_mobile" else ""

    def _coded_twice(self, station: Station) -> bool:
        return share(self.seed, "copy", self.source, station.id) < TWICE_CODED.get(self.source, 0)

    def _draft(self, one: Seen, copy: int) -> Draft:
        draft = Draft(self.seed, self.source, one.station, copy, dict.fromkeys(HEADERS[self.source]))
        WRITERS[self.source](draft)
        if self.source == "civilization":
            draft.fields["上级编号"] = self._parent(one.station)
        if one.closed:
            draft.put("status", CLOSED_WORDS[self.source])
        return draft

    def _parent(self, station: Station) -> str | None:
        rank = civilization.level(station)
        if rank == "中心":
            return None
        county = self.parents.get(station.place.county_code)
        return county if rank == "所" else self.parents.get(station.place.town_code, county)

    def _mark(self, fault: Fault, draft: Draft) -> float:
        return share(self.seed, fault.id, self.source, draft.station.id, draft.copy)

    def _can_bear(self, fault: Fault, draft: Draft) -> bool:
        stray = self.strays.get(draft.station.id)
        if fault.group == "position" and stray and stray.source != self.source:
            return False
        if fault.id == "other_datum" and (draft.copy or not (stray and stray.shows)):
            return False
        return self.source in fault.sources and fault.fits(draft)

    def _set_bars(self, drafts: Sequence[Draft], rows: int) -> None:
        """Night 0: for each fault the bar under which its rate of rows falls, groups taken into account."""
        taken: dict[tuple[str, int, str], bool] = {}
        for fault in FAULTS:
            wanted = -int(-fault.rate * rows // 1)
            free = sorted(
                (self._mark(fault, draft), draft.station.id, draft.copy)
                for draft in drafts
                if self._can_bear(fault, draft) and (draft.station.id, draft.copy, fault.group) not in taken
            )
            struck = free[:wanted]
            self._bars[fault.id] = struck[-1][0] if struck else -1.0
            taken |= {(station, copy, fault.group): True for _, station, copy in struck}

    def _spoil(self, draft: Draft, closed: bool) -> tuple[str, ...]:
        struck: list[str] = []
        groups: set[str] = set()
        if closed:
            struck.append("closed_listed")
            groups.add("life")
        borne = []
        for fault in FAULTS:
            if fault.group not in groups and self._mark(fault, draft) <= self._bars[fault.id] and self._can_bear(fault, draft):
                groups.add(fault.group)
                borne.append(fault)
        for fault in borne:
            fault.spoil(draft, dice(self.seed, fault.id, self.source, draft.station.id, draft.copy))
            struck.append(fault.id)
        return tuple(struck)

    def _stamp(self, key: tuple[str, int], night: int) -> str:
        """When the owner says it changed the row; the tower operator commits some late, up to two hours before the last watermark."""
        rng = dice(self.seed, "stamp", self.source, *key, night)
        if self.source != "telecom_tower":
            return day(night - 1) if night else day(-rng.randint(1, 250))
        if night and rng.random() < LATE:
            return (datetime.fromisoformat(self._watermark) - timedelta(minutes=rng.randint(5, 115))).isoformat()
        before = rng.randint(1, 250) if not night else 1
        start = datetime(NIGHT_ZERO.year, NIGHT_ZERO.month, NIGHT_ZERO.day, 8, tzinfo=_CITY_TIME) + timedelta(days=night - before)
        return (start + timedelta(seconds=rng.randint(0, 57_000))).isoformat()

    def _bind(self, rows: Mapping[tuple[str, int], _Kept]) -> list[Published]:
        """The list in its owner's order: by code, the workbook by sheet and number; a row put in twice stands twice, the second one known."""
        bound: list[Published] = []
        for kept in rows.values():
            faults = tuple(fault for fault in kept.faults if fault != "row_twice")
            bound.append(Published(kept.draft.fields, kept.draft.station.id, faults, kept.changed_night))
            if "row_twice" in kept.faults:
                bound.append(Published(kept.draft.fields, kept.draft.station.id, kept.faults, kept.changed_night))
        headers = HEADERS[self.source]
        if self.source == "bank_rural":
            bound.sort(key=lambda row: (row.fields["__sheet__"] or "", int(row.fields["序号"] or 0)))
        else:
            bound.sort(key=lambda row: row.fields[headers[0]] or "")
        return bound
