"""A list as a view in an owner's PostgreSQL: changes since a watermark on most nights, the whole list on some."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import sqlalchemy as sa

from sources.kit.call import FetchCall, Fetched, FetchError
from sources.kit.retrieval import Outcome
from sources.kit.sql_wire import connected

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

#: Rows fetched in one go: between two goes the deadline is looked at.
_BATCH: Final = 2000


@dataclass(frozen=True, slots=True)
class SqlView:
    """The rows of `view` ("schema.name") in the database at the setting `address` (postgresql://user:password@host:port/name).

    `watermark` is the column of the last change (a date or a time). A delta holds the rows changed since the checkpoint's watermark less
    `overlap`: rows whose transaction committed late carry a time before rows already seen. Rows without a time always come. The whole
    view comes where there is no watermark yet, and on the nights of the weekdays in `snapshot_on`: rows deleted by the owner show only there.

    The payload is one JSON object a row and line, keys in the view's order, times in UTC, lines sorted: equal rows are equal bytes.
    """

    address: str
    view: str
    watermark: str
    overlap: timedelta = timedelta(hours=6)
    snapshot_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"(?:[a-z_]\w*\.)?[a-z_]\w*", self.view):
            raise ValueError(f"{self.view}: a view is named schema.name")
        if unknown := set(self.snapshot_on) - set(_WEEKDAYS):
            raise ValueError(f"{unknown}: weekdays are written Mon, Tue …")

    def __call__(self, call: FetchCall) -> Fetched:
        """Fetch. See `sources.kit.call.Fetch`."""
        since = self._since(call)
        lines, times = self._rows(call, since)
        part = call.keep("".join(f"{line}\n" for line in sorted(lines)).encode(), f"{self.view}.jsonl")
        if not lines and since is None:
            raise FetchError(Outcome.EMPTY, f"视图 {self.view} 没有一行；沿用上次的名单，请联系对方")
        seen = [*self._past(times, call.night), *([since] if since else [])]
        return Fetched((part,), mode="delta" if since else "snapshot", watermark=max(seen, default=None), since=since)

    @property
    def settings(self) -> tuple[str, ...]:
        """See `sources.kit.knock.Knockable`."""
        return (self.address,)

    def knock(self, call: FetchCall) -> None:
        """See `sources.kit.knock.Knockable`: the view is asked for no row."""
        with connected(call, self.address) as connection:
            connection.execute(self._statement(None).limit(0))

    def _since(self, call: FetchCall) -> str | None:
        weekday = _WEEKDAYS[date.fromisoformat(call.night).weekday()]
        return None if weekday in self.snapshot_on else call.checkpoint.watermark

    def _past(self, times: list[str], night: str) -> list[str]:
        """Times that may become the watermark. One in the future (a wrong clock) would hide every change until then."""
        limit = (date.fromisoformat(night) + timedelta(days=1)).isoformat()
        return [at for at in times if at[:10] <= limit]

    def _rows(self, call: FetchCall, since: str | None) -> tuple[list[str], list[str]]:
        lines: list[str] = []
        times: list[str] = []
        with connected(call, self.address) as connection:
            result = connection.execute(self._statement(since))
            if self.watermark not in result.keys():  # noqa: SIM118 — a Result is no mapping
                raise FetchError(Outcome.NOT_DECLARED_FORMAT, f"视图 {self.view} 没有 {self.watermark} 一列；请联系对方，确认视图是否变动")
            for batch in result.mappings().partitions(_BATCH):
                call.deadline.check()
                lines += [json.dumps({column: _plain(row[column]) for column in row}, ensure_ascii=False) for row in batch]
                times += [str(_plain(row[self.watermark])) for row in batch if row[self.watermark] is not None]
        return lines, times

    def _statement(self, since: str | None) -> sa.Select[Any]:
        schema, _, name = self.view.rpartition(".")
        rows: sa.Select[Any] = sa.select(sa.literal_column("*")).select_from(sa.table(name, schema=schema or None))
        changed: sa.ColumnClause[Any] = sa.column(self.watermark)
        return rows if since is None else rows.where(sa.or_(changed >= _less(since, self.overlap), changed.is_(None)))


def _less(since: str, overlap: timedelta) -> date | datetime:
    """The watermark less the overlap, as a value of the column's own kind: a date or a time."""
    moment = datetime.fromisoformat(since) - overlap
    return moment.date() if len(since) == len("2026-06-01") else moment


def _plain(value: object) -> object:
    """A value of the database as JSON has it. Decimals and times as text, so that no digit is lost."""
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
