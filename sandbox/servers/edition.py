"""What the owners publish on the city's present night: one edition, replaced as a whole when the city moves on."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sandbox.city import Town
from sandbox.lists import Published
from sandbox.station import SOURCES

#: The date of night 0, a Monday.
EPOCH: Final = date(2026, 6, 1)


def date_of(night: int) -> date:
    """The date of a night."""
    return EPOCH + timedelta(days=night)


def night_of(day: date) -> int:
    """The night of a date; dates before night 0 are night 0."""
    return max(0, (day - EPOCH).days)


def published_night(source: str, night: int) -> int:
    """The night whose list the owner shows: civilization-practice centres publish on Mondays only."""
    return max(0, night - date_of(night).weekday()) if source == "civilization" else night


@dataclass(frozen=True, slots=True)
class Edition:
    """Every list on one night."""

    night: int
    lists: dict[str, list[Published]]

    @property
    def day(self) -> date:
        """The edition's date."""
        return date_of(self.night)

    def tag(self, source: str) -> str:
        """A tag that changes when the list does."""
        digest = hashlib.sha256()
        for row in self.lists[source]:
            digest.update(repr(sorted(row.fields.items(), key=str)).encode())
        return digest.hexdigest()[:20]


class City:
    """The town on its present night, safe to ask from many threads."""

    def __init__(self, town: Town, night: int) -> None:
        self.town = town
        self._lock = threading.RLock()
        self._edition = self._print(night)

    @property
    def edition(self) -> Edition:
        """The present edition."""
        return self._edition

    def move(self, night: int) -> Edition:
        """Publish the lists of another night."""
        with self._lock:
            if night != self._edition.night:
                self._edition = self._print(night)
            return self._edition

    def changes(self, source: str, since: date) -> tuple[list[Published], list[Published]]:
        """Rows of the present edition that changed after `since`, and rows of that day's list that are no longer in it."""
        with self._lock:
            now, then = self._edition.lists[source], self._rows(source, night_of(since))
        key = next(iter(now[0].fields)) if now else ""
        present = {row.fields[key] for row in now}
        return [row for row in now if row.changed_night > night_of(since)], [row for row in then if row.fields[key] not in present]

    def _print(self, night: int) -> Edition:
        with self._lock:
            return Edition(night, {source: self._rows(source, published_night(source, night)) for source in SOURCES})

    def _rows(self, source: str, night: int) -> list[Published]:
        return self.town.rows(source, night)
