"""A small city that moves: its places open, close, are renamed and move, its owners renumber their lists, and people judge and take back.

Made up night by night from a seed; what comes of it goes through the stages' own functions, without a server and without Prefect.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

from sources.kit.renumbering import renumbered
from transforms.dedupe import Identified, identify, load_model, match
from transforms.dedupe.judgements import applied, content_of, contradictions
from transforms.ledger import STANDING, Tonight, expiry, settle
from transforms.records import empty_frame
from warehouse.journal import Decisions, append_decisions, read_journal

CITY: Final = "3402"

#: The lists: trust, and the share of the city's places that each has. Two are trusted alike, so that keys decide.
LISTS: Final = {"union": (60, 0.75), "civic": (50, 0.5), "tower": (50, 0.4)}

#: How each list writes a name.
_WRITES: Final = {"union": "工会驿站({}站)", "civic": "{}新时代文明实践站", "tower": "{}暖心驿站"}

#: Share of the lines that a list has twice, under two numbers.
_TWICE: Final = 0.06

_FIRST: Final = "青松明月清泉石上流竹喧归浣莲动渔舟随意春芳歇王孙自可留空山新雨后天气晚来秋"
_SECOND: Final = "桥湾里坊园庄洲塘埠岗圩村亭台桂梅兰菊荷柳槐杨樟枫"
_ROADS: Final = tuple(f"{name}路" for name in ("青阳", "九华", "文津", "赭山", "长江", "北京", "银湖", "利民", "弋江", "黄山"))

PLACES: Final = 150
_MODEL: Final = load_model()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of one list, as its owner would write it. `place` is what nobody but the test knows."""

    place: int
    name: str
    road: str
    number: int
    lng: float
    lat: float

    def listing(self, source: str, key: str) -> dict[str, Any]:
        """As standardised."""
        return {
            "source": source,
            "row_key": key,
            "row_digest": f"{key} {self.name} {self.road}{self.number} {self.lng:.6f} {self.lat:.6f}",
            "name": _WRITES[source].format(self.name),
            "name_core": self.name,
            "address": f"{self.road}{self.number}号",
            "road": self.road,
            "number": str(self.number),
            "county": "镜湖区",
            "county_code": "340202",
            "kind": "union_station",
            "lng_wgs84": self.lng,
            "lat_wgs84": self.lat,
        }


@dataclass(frozen=True, slots=True)
class Night:
    """What a night left: every listing ever, the ids, and the judgements that stood."""

    date: str
    listings: pd.DataFrame
    found: Identified
    judgements: pd.DataFrame

    @property
    def stations(self) -> dict[str, str]:
        """Listing id → station id."""
        return dict(zip(self.found.station_listing["listing_id"], self.found.station_listing["station_id"], strict=True))

    @property
    def redirects(self) -> dict[str, str]:
        """From → to."""
        return dict(zip(self.found.redirects["from_id"], self.found.redirects["to_id"], strict=True))

    @property
    def is_open(self) -> dict[str, bool]:
        """Listing id → whether it stands on its list."""
        return dict(zip(self.listings["listing_id"], self.listings["is_open"].astype(bool), strict=True))


def registered(listings: pd.DataFrame, decisions: Decisions, before: Identified | None) -> tuple[Identified, pd.DataFrame]:
    """As `flows.register` does it: which listings are one station, and under which id."""
    judgements = applied(decisions.judgements, listings)
    matched = match(listings, _MODEL, judgements)
    prior = before.station_listing if before else pd.DataFrame({"listing_id": [], "station_id": []}, dtype="str")
    published = {*prior["station_id"], *(before.redirects["from_id"] if before else ())}
    return identify(matched.clusters, listings, CITY, prior, published), judgements


@dataclass
class MovingCity:
    """The city, its lists by key, and the register as the last night left it. `did` counts what happened."""

    dice: random.Random
    journal: Path
    lists: dict[str, dict[str, Line]] = field(default_factory=lambda: {source: {} for source in LISTS})
    known: dict[str, pd.DataFrame] = field(default_factory=dict)
    last: Night | None = None
    night: date = date(2026, 6, 1)
    did: dict[str, int] = field(default_factory=dict)
    _places: int = 0
    _keys: int = 0

    def __post_init__(self) -> None:
        for _ in range(PLACES):
            self._open()

    def live(self) -> Night:
        """One night: what happens by day, then the night's stages."""
        if self.last is not None:
            self._by_day(self.last)
        listings = pd.concat([self._settled(source) for source in LISTS], ignore_index=True).sort_values("listing_id", ignore_index=True)
        listings = listings.assign(trust=listings["source"].map({source: trust for source, (trust, _) in LISTS.items()}))
        found, judgements = registered(listings, read_journal(self.journal), self.last.found if self.last else None)
        self.last = Night(self.night.isoformat(), listings, found, judgements)
        self.night += timedelta(days=1)
        return self.last

    def _settled(self, source: str) -> pd.DataFrame:
        """The list through renumbering and the ledger: every listing of the source ever. A list is published every other night or so."""
        if source in self.known and self.dice.random() < 0.5:
            return self.known[source]
        accepted = pd.DataFrame([line.listing(source, key) for key, line in self.lists[source].items()])
        prior = self.known.get(source)
        if prior is None:
            empty = accepted.iloc[:0].assign(**{name: pd.Series(dtype="str") for name in ("listing_id", *STANDING)})
            prior = empty.astype({"is_open": bool, "missed": "int64"})
        open_before = prior.loc[prior["is_open"].astype(bool), ["listing_id", "row_key", "name", "address"]]
        ids = renumbered(open_before, accepted[["row_key", "name", "address"]], frozenset(), is_delta=False)
        none = empty_frame("row")
        tonight = Tonight("snapshot", len(accepted), accepted, none, none, renumbered=ids)
        settled = settle(source, prior, none, tonight, self.night.isoformat(), expiry(None, 60))
        assert settled.tally.faults == ()
        self.known[source] = settled.listings
        return settled.listings

    # what happens by day

    def _by_day(self, last: Night) -> None:
        acts = [self._open] * 3 + [self._close] * 2 + [self._rename] * 2 + [self._move, self._forget]
        for act in self.dice.choices(acts, k=self.dice.randint(2, 5)):
            act()
        if self.dice.random() < 0.2:
            self._renumber(self.dice.choice(list(LISTS)))
        for _ in range(self.dice.randint(0, 2)):
            self._judge(last, "same" if self.dice.random() < 0.6 else "not")
        if self.dice.random() < 0.5:
            self._undo()

    def _count(self, what: str) -> None:
        self.did[what] = self.did.get(what, 0) + 1

    def _open(self) -> None:
        self._places += 1
        name = self.dice.choice(_FIRST) + self.dice.choice(_FIRST) + self.dice.choice(_SECOND)
        spot = (118.34 + self.dice.random() * 0.06, 31.30 + self.dice.random() * 0.05)
        line = Line(self._places, name, self.dice.choice(_ROADS), self.dice.randint(1, 400), *spot)
        on = [source for source, (_, share) in LISTS.items() if self.dice.random() < share] or ["union"]
        for source in on:
            for _ in range(2 if self.dice.random() < _TWICE else 1):
                shaken = replace(line, lng=line.lng + self.dice.uniform(-1e-4, 1e-4), lat=line.lat + self.dice.uniform(-1e-4, 1e-4))
                self._keys += 1
                self.lists[source][f"{self._keys:05d}"] = shaken
        self._count("opened")

    def _lines_of(self, place: int) -> list[tuple[str, str]]:
        return [(source, key) for source, lines in self.lists.items() for key, line in lines.items() if line.place == place]

    def _any_place(self) -> int:
        return self.dice.choice(sorted({line.place for lines in self.lists.values() for line in lines.values()}))

    def _close(self) -> None:
        for source, key in self._lines_of(self._any_place()):
            del self.lists[source][key]
        self._count("closed")

    def _forget(self) -> None:
        """One list alone no longer has the place."""
        source, key = self.dice.choice(self._lines_of(self._any_place()))
        del self.lists[source][key]
        self._count("closed on one list")

    def _rename(self) -> None:
        name = self.dice.choice(_FIRST) + self.dice.choice(_FIRST) + self.dice.choice(_SECOND)
        self._rewrite("renamed", name=name)

    def _move(self) -> None:
        spot = {"lng": 118.34 + self.dice.random() * 0.06, "lat": 31.30 + self.dice.random() * 0.05}
        self._rewrite("moved", road=self.dice.choice(_ROADS), number=self.dice.randint(1, 400), **spot)

    def _rewrite(self, what: str, **fields: Any) -> None:
        """On all lists, or on some that heard of it first."""
        all_of_them = self.dice.random() < 0.5
        for source, key in self._lines_of(self._any_place()):
            if all_of_them or self.dice.random() < 0.5:
                self.lists[source][key] = replace(self.lists[source][key], **fields)
        self._count(what)

    def _renumber(self, source: str) -> None:
        """New numbers for the whole list: its old ones in another order, or others."""
        lines = list(self.lists[source].items())
        keys = [key for key, _ in lines]
        self.dice.shuffle(keys)
        if self.dice.random() < 0.5:
            self._keys += len(keys)
            keys = [f"{self._keys - at:05d}" for at in range(len(keys))]
        self.lists[source] = dict(zip(keys, (line for _, line in lines), strict=True))
        self._count("renumbered")

    # what people say

    def _judge(self, last: Night, verdict: str) -> None:
        pair = self._two(last, verdict)
        if pair is None:
            return
        rows = last.listings[last.listings["listing_id"].isin(pair)].sort_values("listing_id")
        left, right = map(content_of, rows.to_dict("records"))
        act: dict[str, object] = {"act": "judge", "left_id": pair[0], "right_id": pair[1], "verdict": verdict, "left": left, "right": right}
        if self._write(act, last):
            self._count(f"judged {verdict}")

    def _two(self, last: Night, verdict: str) -> tuple[str, str] | None:
        """Two open listings of two stations, or of one."""
        parts: dict[str, list[str]] = {}
        is_open = last.is_open
        for listing_id, station in last.stations.items():
            if is_open[listing_id]:
                parts.setdefault(station, []).append(listing_id)
        if verdict == "same":
            first, second = self.dice.sample(sorted(parts), 2)
            a, b = self.dice.choice(parts[first]), self.dice.choice(parts[second])
        else:
            several = [each for _, each in sorted(parts.items()) if len(each) > 1]
            if not several:
                return None
            a, b = self.dice.sample(self.dice.choice(several), 2)
        return (min(a, b), max(a, b))

    def _undo(self) -> None:
        log = read_journal(self.journal).log
        standing = log.loc[~log["is_undone"].astype(bool), "decision_id"].tolist()
        if standing and self.last is not None and self._write({"act": "undo", "undoes": self.dice.choice(standing)}, self.last):
            self._count("undone")

    def _write(self, act: dict[str, object], last: Night) -> bool:
        """Into the journal, unless verdicts would stand that cannot all be true; then the command refuses."""

        def check(_: Decisions, would_be: Decisions) -> None:
            standing = applied(would_be.judgements, last.listings)
            sides = zip(standing["left_id"], standing["right_id"], strict=True)
            if contradictions(dict(zip(sides, standing["verdict"], strict=True))):
                raise _RefusedError

        at = datetime(self.night.year, self.night.month, self.night.day, 9, tzinfo=UTC)
        try:
            append_decisions(self.journal, [{"who": "李敏", "why": "去看过", **act}], at=at, check=check)
        except _RefusedError:
            return False
        return True


class _RefusedError(Exception):
    """The verdict contradicts others."""
