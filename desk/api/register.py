"""One publication, opened for the API's questions: read-only, safe for threads, each question on a cursor of its own."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from threading import Lock
from typing import Any, Final

import duckdb
import numpy as np

from desk.api.asked import COLUMNS, KNOWN, ChangesAsked, Span, StationsAsked
from desk.api.feature import feature, value_of
from desk.api.refusal import ApiRefusal
from desk.words import CAUSES, EVENTS, word
from warehouse.tables import public_columns, table

#: Features kept ready: about 1 kB each. A city's register fits whole; of a province's, what is asked for.
KEPT: Final = 30_000

#: Filter → the level of its divisions.
_LEVELS: Final = {"county": 3, "town": 4, "community": 5}

#: Names told to who asked for one that there is not.
_NAMED: Final = 20

#: Counts of filters kept.
_COUNTS: Final = 1000

#: Rows of a span of nights: a station as it read last in it.
_LAST_OF_SPAN: Final = """(
  select *, rowid as place from station_history where valid_from <= ? and (valid_to is null or valid_to > ?)
  qualify row_number() over (partition by station_id order by valid_from desc) = 1
)"""
_OF_NIGHT: Final = "(select *, rowid as place from station_history where valid_from <= ? and (valid_to is null or valid_to > ?))"
_STANDING: Final = "(select *, rowid as place from station_history where valid_to is null)"

_EVENTS: Final = ("night", "number", "station_id", "event", "cause", "source", "detail")


@dataclass(frozen=True, slots=True)
class Page:
    """`features` in the order of their ids; `matched` in all; `after`: the last id where there are more, else None."""

    features: list[bytes]
    matched: int
    after: str | None


@dataclass(frozen=True, slots=True)
class Gone:
    """A station that is no more: since which night, and its last event."""

    since: date
    event: str | None
    cause: str | None
    detail: str | None

    @property
    def told(self) -> str:
        """Why, in Chinese."""
        if self.event is None:
            return "登记册没有记下原因"
        return word(EVENTS, self.event) + (f"（{word(CAUSES, self.cause)}）" if self.cause else "")


class Register:
    """`name`: the publication; `tag` and `modified`: its ETag and Last-Modified; `connection`: DuckDB's, on its analyst.duckdb."""

    def __init__(self, name: str, tag: str, modified: str, connection: duckdb.DuckDBPyConnection) -> None:
        self.name, self.tag, self.modified = name, tag, modified
        self._connection = connection
        self._free: list[duckdb.DuckDBPyConnection] = []
        self._lock = Lock()
        self._ready: OrderedDict[str, bytes] = OrderedDict()
        self._counted: OrderedDict[Any, int] = OrderedDict()
        there = {column for (column,) in self._rows("select column_name from (describe station_history)")}
        # a file that an earlier version published lacks what came later
        self.columns = [each for each in public_columns(table("station_history")) if each in there and each != "valid_to"]
        self._listed = ", ".join(self.columns)
        found = self._rows("select min(night), max(night) from night where state <> 'rejected'")[0]
        if found[0] is None:
            raise ApiRefusal(503, "nothing-published", "登记册里还没有发布过的一夜；请稍后再来", headers={"Retry-After": "60"})
        self.first_night: date = found[0]
        self.latest_night: date = found[1]
        # ids that stand, in order, and the row in which each lies, 25 bytes a station: by its row a station is read without a search
        order = "select station_id, rowid as place from station_history where valid_to is null order by 1"
        standing = connection.cursor().execute(order).fetchnumpy()
        self._ids, self._places = np.asarray(standing["station_id"], dtype="S"), np.asarray(standing["place"])

    @cached_property
    def bounds(self) -> list[float] | None:
        """West, south, east, north of the stations that stand; None when none has a position."""
        (edges,) = self._rows(f"select min(lng_wgs84), min(lat_wgs84), max(lng_wgs84), max(lat_wgs84) from {_STANDING}")
        return None if None in edges else [float(each) for each in edges]

    def ready(self, station_id: str) -> bytes | None:
        """The feature when it is kept ready: needs no database."""
        with self._lock:
            kept = self._ready.get(station_id)
            if kept is not None:
                self._ready.move_to_end(station_id)
            return kept

    def station(self, station_id: str) -> bytes | None:
        """The feature of a station that stands, open or closed; None when none does under this id."""
        if (kept := self.ready(station_id)) is not None:
            return kept
        row = self._place(station_id)
        if row is None:
            return None
        made = feature(self.columns, self._rows(f"select {self._listed} from station_history where rowid = ?", [row])[0])
        with self._lock:
            self._ready[station_id] = made
            if len(self._ready) > KEPT:
                self._ready.popitem(last=False)
        return made

    def moved_to(self, station_id: str) -> str | None:
        """The id that answers for one that was merged away."""
        found = self._rows("select to_id from station_redirect where from_id = ? and valid_to is null", [station_id])
        return str(found[0][0]) if found else None

    def gone(self, station_id: str) -> Gone | None:
        """What became of an id under which nothing stands any more; None when this register never knew it."""
        since = self._rows(
            "select max(ended) from (select valid_to as ended from station_history where station_id = ? "
            "union all select valid_to from station_redirect where from_id = ?)",
            [station_id, station_id],
        )[0][0]
        if since is None:
            return None
        last = "select event, cause, detail from station_event where station_id = ? order by night desc, number desc limit 1"
        told = self._rows(last, [station_id])
        return Gone(since, *(told[0] if told else (None, None, None)))

    def page(self, asked: StationsAsked) -> Page:
        """The stations asked for. Raises ApiRefusal when the time asked for lies outside the register, or a name was asked for that no station ever had and no division
        has: a slip is not told as none."""
        rows, bound = self._rows_of(asked.span)
        wheres, values = _conditions(asked)
        whole = f"from {rows} where {' and '.join(wheres)}" if wheres else f"from {rows}"
        matched = self._count(whole, [*bound, *values])
        if not matched:
            self._refuse_unknown(asked.filters)
        after = asked.cursor.after if asked.cursor else ""
        behind = f"{whole} {'and' if wheres else 'where'} station_id > ? order by station_id limit ?"
        # which rows first and what they say then: whole rows are not sorted
        places = [place for (place,) in self._rows(f"select place {behind}", [*bound, *values, after, asked.limit + 1])]
        told = f"select {self._listed} from station_history where rowid in (select unnest(?::bigint[])) order by station_id"
        shown = self._rows(told, [places[: asked.limit]])
        last = str(shown[-1][self.columns.index("station_id")]) if len(places) > asked.limit else None
        return Page([feature(self.columns, row) for row in shown], matched, last)

    def _refuse_unknown(self, filters: Sequence[tuple[str, str]]) -> None:
        for name, value in filters:
            if name in KNOWN or self._is_known(name, value):
                continue
            column = COLUMNS[name][0]
            found = self._rows(
                f"select distinct {column} as told from station_history where told is not null order by told limit ?", [_NAMED + 1]
            )
            names = [told for (told,) in found]
            able = f"{name} 可写 {'、'.join(names[:_NAMED])}{'……' if len(names) > _NAMED else ''}" if names else f"登记册里还没有 {name}"
            raise ApiRefusal(400, f"unknown-{name}", f"没有“{value[:40]}”：{able}")

    def _is_known(self, name: str, value: str) -> bool:
        """Whether a station ever had it, or the city has such a division."""
        columns = COLUMNS[name]
        query, values = f"select 1 from station_history where {' or '.join(f'{column} = ?' for column in columns)}", [value] * len(columns)
        if name in _LEVELS:
            query += f" union all select 1 from division where level = {_LEVELS[name]} and (name = ? or division_code = ?)"
            values += [value, value]
        return bool(self._rows(f"{query} limit 1", values))

    def changes(self, asked: ChangesAsked) -> tuple[list[dict[str, Any]], str | None]:
        """Events after the night asked for, oldest first, and where the next page begins. Raises ApiRefusal for a night that is not there yet."""
        if asked.since is not None and asked.since > self.latest_night:
            raise ApiRefusal(
                400,
                "after-latest-night",
                f"登记册最新到 {self.latest_night} 这一夜，还没有 {asked.since}（发布退回过时，请从这一夜重新取）",
            )
        night, number = asked.after or (asked.since or date.min, 2**62)
        found = self._rows(
            f"select {', '.join(_EVENTS)} from station_event where night > ? or (night = ? and number > ?) order by night, number limit ?",
            [night, night, number, asked.limit + 1],
        )
        shown = found[: asked.limit]
        after = f"{shown[-1][0]}.{shown[-1][1]}" if len(found) > asked.limit else None
        return [_event(row) for row in shown], after

    def story(self, station_id: str, *, is_public: bool) -> dict[str, Any] | None:
        """Events of a station, each change of a value, and who says what (which is not told to the public); None when the register never knew it."""
        spans = self._rows(f"select valid_to, {self._listed} from station_history where station_id = ? order by valid_from", [station_id])
        moved = self.moved_to(station_id)
        if not spans and moved is None and self.gone(station_id) is None:
            return None
        events = self._rows(f"select {', '.join(_EVENTS)} from station_event where station_id = ? order by night, number", [station_id])
        stands = bool(spans) and spans[-1][0] is None
        status = dict(zip(self.columns, spans[-1][1:], strict=True))["status"] if stands else "merged" if moved else "gone"
        told = {
            "station_id": station_id,
            "status": status,
            "moved_to": moved,
            "events": [_event(row) for row in events],
            "values": self._changed([row[1:] for row in spans]),
        }
        return told if is_public else told | {"statements": self._said(station_id)}

    def _said(self, station_id: str) -> list[dict[str, Any]]:
        """Owners' values of a station, which they give under their own terms."""
        names = ("field", "value", "source", "first_seen_on", "gone_on")
        said = self._rows(
            f"select {', '.join(names)} from statement where station_id = ? order by field, first_seen_on, source, value", [station_id]
        )
        return [{name: value_of(name, value) for name, value in zip(names, row, strict=True)} for row in said]

    def ids(self) -> np.ndarray[Any, np.dtype[np.object_]]:
        """Every id that the register ever knew, those that redirect too."""
        found = self._connection.cursor().execute("select station_id as id from station_history union select from_id from station_redirect")
        ids: np.ndarray[Any, np.dtype[np.object_]] = np.asarray(found.fetchnumpy()["id"], dtype=object)
        return ids

    def _changed(self, spans: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """What read differently from one span to the next."""
        at = self.columns.index("valid_from")
        told = [name for name in self.columns if name not in ("station_id", "valid_from")]
        return [
            {"night": new[at].isoformat(), "field": name, "before": value_of(name, old[place]), "after": value_of(name, new[place])}
            for old, new in pairwise(spans)
            for name in told
            if old[place := self.columns.index(name)] != new[place]
        ]

    def _rows_of(self, span: Span | None) -> tuple[str, list[Any]]:
        """The rows of the register at that time, and what is bound in them."""
        if span is None:
            return _STANDING, []
        if span.first is not None and span.first > self.latest_night:
            raise ApiRefusal(400, "after-latest-night", f"登记册最新到 {self.latest_night} 这一夜，还没有 {span.first}")
        if span.last is not None and span.last < self.first_night:
            raise ApiRefusal(400, "before-first-night", f"登记册从 {self.first_night} 这一夜开始，{span.last} 还没有")
        return _OF_NIGHT if span.is_night else _LAST_OF_SPAN, [span.last or self.latest_night, span.first or date.min]

    def _count(self, whole: str, values: list[Any]) -> int:
        key = (whole, tuple(values))
        with self._lock:
            if key in self._counted:
                return self._counted[key]
        number = int(self._rows(f"select count(*) {whole}", values)[0][0])
        with self._lock:
            self._counted[key] = number
            if len(self._counted) > _COUNTS:
                self._counted.popitem(last=False)
        return number

    def _place(self, station_id: str) -> int | None:
        sought = station_id.encode()
        if len(sought) > self._ids.itemsize:
            return None
        at = int(np.searchsorted(self._ids, np.array(sought, dtype=self._ids.dtype)))
        return int(self._places[at]) if at < len(self._ids) and self._ids[at] == sought else None

    def close(self) -> None:
        """Let the file go: nobody may ask any more."""
        while self._free:
            self._free.pop().close()
        self._connection.close()

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            cursor = self._free.pop()
        except IndexError:  # as many as there are threads that ask; a new one costs a fifth of a station
            cursor = self._connection.cursor()
        try:
            rows: list[tuple[Any, ...]] = cursor.execute(query, list(values)).fetchall()
            return rows
        finally:
            self._free.append(cursor)


def _conditions(asked: StationsAsked) -> tuple[list[str], list[Any]]:
    wheres: list[str] = []
    values: list[Any] = []
    for name, value in asked.filters:
        columns = COLUMNS[name]
        wheres.append(f"({' or '.join(f'{column} = ?' for column in columns)})")
        values += [value] * len(columns)
    if asked.box is not None:
        wheres.append("lng_wgs84 between ? and ? and lat_wgs84 between ? and ?")
        west, south, east, north = asked.box
        values += [west, east, south, north]
    return wheres, values


def _event(row: Sequence[Any]) -> dict[str, Any]:
    told = dict(zip(_EVENTS, row, strict=True))
    return {
        "night": told["night"].isoformat(),
        "station_id": told["station_id"],
        "event": told["event"],
        "event_word": word(EVENTS, told["event"]),
        "cause": told["cause"],
        "cause_word": word(CAUSES, told["cause"]) if told["cause"] else None,
        "sources": value_of("sources", told["source"]),
        "detail": told["detail"],
    }
