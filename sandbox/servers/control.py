"""How the city is asked which night it has, moved to another one, and asked for its truth. No owner has this: it is for whoever tries the night."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date
from http import HTTPStatus

from sandbox.servers.edition import City, Edition, night_of
from sandbox.servers.exchange import Answer, Request, told
from sandbox.servers.truth import rows_csv, stations_csv


class Control:
    """GET: which night; POST /night {"night": n}; POST /truth[?of=stations]. `publish` republishes what is not made on asking.

    `today` is given where the city follows the calendar; the first move to a named night ends that.
    """

    def __init__(self, city: City, publish: Callable[[Edition], None], today: Callable[[], date] | None = None) -> None:
        self._city, self._publish, self._today = city, publish, today
        self._lock = threading.Lock()

    def follow(self) -> None:
        """Where the city follows the calendar: publish today's lists, unless they are."""
        with self._lock:
            if self._today is not None:
                self._move(max(0, night_of(self._today())))

    def look(self, _: Request) -> Answer:
        """Which city this is, and which night it has."""
        self.follow()
        return told(self._present())

    def night(self, request: Request) -> Answer:
        """Move the city; answered when all lists are republished."""
        try:
            night = json.loads(request.body)["night"]
        except (ValueError, KeyError, TypeError):
            night = None
        if not isinstance(night, int) or isinstance(night, bool) or night < 0:
            return told({"error": 'the body is {"night": n} with n from 0 on'}, HTTPStatus.BAD_REQUEST)
        with self._lock:
            self._today = None
            self._move(night)
        return told(self._present())

    def truth(self, request: Request) -> Answer:
        """The truth of the present night as CSV: of its rows, or with ?of=stations of its stations."""
        self.follow()
        text = stations_csv(self._city.stations()) if request.query.get("of") == "stations" else rows_csv(self._city.edition)
        return Answer(HTTPStatus.OK, text.encode(), {"Content-Type": "text/csv; charset=utf-8"})

    def _move(self, night: int) -> None:
        if night != self._city.edition.night:
            self._publish(self._city.move(night))

    def _present(self) -> dict[str, object]:
        edition = self._city.edition
        rows = {source: len(listed) for source, listed in edition.lists.items()}
        return {"seed": self._city.seed, "night": edition.night, "date": edition.day.isoformat(), "rows": rows}
