"""What the owners publish on the city's present night: one edition, replaced as a whole when the city moves on."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from sandbox.city import Town
from sandbox.lists import Published
from sandbox.station import NIGHT_ZERO, SOURCES, Station


def date_of(night: int) -> date:
    """The date of a night."""
    return NIGHT_ZERO + timedelta(days=night)


def night_of(day: date) -> int:
    """The night of a date; negative before night 0."""
    return (day - NIGHT_ZERO).days


def published_night(source: str, night: int) -> int:
    """The night whose list the owner shows: civilization-practice centres publish on Mondays only."""
    return night - date_of(night).weekday() if source == "civilization" else night


@dataclass(frozen=True)
class Edition:
    """Every list on one night. `last_seen` is, for each hall that the telecom firm no longer lists, the last night on which it did.

    `rural_night` is the night on which the rural bank's workbook took on its present content.
    """

    night: int
    lists: Mapping[str, Sequence[Published]]
    last_seen: Mapping[str, int]
    rural_night: int

    @property
    def day(self) -> date:
        """The edition's date."""
        return date_of(self.night)

    @cached_property
    def union_tag(self) -> str:
        """The ETag of the union's whole list: another one only where the list is another one."""
        content = json.dumps([row.fields for row in self.lists["union"]], ensure_ascii=False)
        return f'"{hashlib.sha256(content.encode()).hexdigest()[:20]}"'


class City:
    """The town and its present edition. One thread moves it at a time; any may read."""

    def __init__(self, town: Town, night: int) -> None:
        self._town = town
        self._lock = threading.Lock()
        self._edition = self._print(night)

    @property
    def seed(self) -> int:
        """The seed of the town."""
        return self._town.seed

    @property
    def edition(self) -> Edition:
        """The present edition."""
        return self._edition

    def move(self, night: int) -> Edition:
        """Publish the lists of another night, later or earlier."""
        with self._lock:
            self._edition = self._print(night)
            return self._edition

    def stations(self) -> list[Station]:
        """The truth on the present night, closed stations among it."""
        with self._lock:
            return self._town.stations(self._edition.night)

    def _print(self, night: int) -> Edition:
        lists = {source: self._town.rows(source, published_night(source, night)) for source in SOURCES}
        last_seen = {row.fields["hallId"] or "": earlier for earlier in range(night) for row in self._town.rows("telecom_mobile", earlier)}
        present = {row.fields["hallId"] for row in lists["telecom_mobile"]}
        gone = {hall: earlier for hall, earlier in last_seen.items() if hall not in present}
        return Edition(night, lists, gone, self._rural_night(night))

    def _rural_night(self, night: int) -> int:
        content = self._town.rows("bank_rural", night)
        while night > 0 and self._town.rows("bank_rural", night - 1) == content:
            night -= 1
        return night
