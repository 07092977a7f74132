"""State that outlives a night, kept in night intervals: what changed is closed and opened anew, what did not is not touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd
from sqlalchemy import Connection, Table, text

from warehouse.frames import FrameError, staged
from warehouse.tables import METADATA, Interval, interval_of


@dataclass(frozen=True, slots=True)
class Applied:
    """Rows of a table that a night opened and closed; one that changed counts in both."""

    opened: int
    closed: int


class NotRevertedError(RuntimeError):
    """The table already holds this night or a later one: revert to before the night first."""


#: Tables that nights do not own: executions are wall-clock history, decisions come from the journal, references are replaced as a whole.
_OUTLIVES: Final = frozenset({"run", "decision", "judgement", "correction", "division", "owner", "control_total", "opening_span"})

#: Tables whose rows belong to nights, in name order.
NIGHTLY: Final = tuple(sorted(set(METADATA.tables) - _OUTLIVES))


def apply_interval(connection: Connection, table: Table, frame: pd.DataFrame, night: str) -> Applied:
    """Make `frame` the table's standing rows from `night` (ISO date) on, touching only what differs from those that stand.

    `frame` has every column of the table but the interval's two; more are ignored. Rows are written in key order, so the same frame in
    any order leaves the same table. Raises FrameError (missing column, wrong type, a key twice) and NotRevertedError.
    """
    interval = _interval(table)
    _refuse_later(connection, table, interval, night)
    columns = [column.name for column in table.columns if column.name not in (interval.opened, interval.closed)]
    with staged(connection, frame, table, columns) as rows:
        _refuse_repeats(connection, table, interval, rows)
        same = _matching(interval.key, "=", rows, table) + _matching(_compared(columns, interval), "is not distinct from", rows, table)
        closed = connection.execute(
            text(
                f"update {table.name} set {interval.closed} = cast(:night as date) where {interval.closed} is null "
                f"and not exists (select 1 from {rows} where {' and '.join(same)})"
            ),
            {"night": night},
        ).rowcount
        standing = " and ".join((f"{table.name}.{interval.closed} is null", *_matching(interval.key, "=", rows, table)))
        named = ", ".join(_quoted(columns))
        opened = connection.execute(
            text(
                f"insert into {table.name} ({named}, {interval.opened}) select {named}, cast(:night as date) from {rows} "
                f"where not exists (select 1 from {table.name} where {standing}) order by {', '.join(_quoted(interval.key))}"
            ),
            {"night": night},
        ).rowcount
    return Applied(opened, closed)


def revert(connection: Connection, night: str, tables: Iterable[str] = NIGHTLY) -> None:
    """Bring `tables` (by default all whose rows belong to nights) back to how they stood before `night` (ISO date) was loaded."""
    for table in (METADATA.tables[name] for name in tables):
        interval = interval_of(table)
        started = interval.opened if interval else "night"
        connection.execute(text(f"delete from {table.name} where {started} >= cast(:night as date)"), {"night": night})
        if interval:
            connection.execute(
                text(f"update {table.name} set {interval.closed} = null where {interval.closed} >= cast(:night as date)"), {"night": night}
            )


def _interval(table: Table) -> Interval:
    interval = interval_of(table)
    if interval is None:
        raise TypeError(f"{table.name} keeps no intervals")
    return interval


def _refuse_later(connection: Connection, table: Table, interval: Interval, night: str) -> None:
    later = text(
        f"select 1 from {table.name} where {interval.opened} >= cast(:night as date) or {interval.closed} >= cast(:night as date) limit 1"
    )
    if connection.execute(later, {"night": night}).first():
        raise NotRevertedError(f"{table.name} already holds {night} or a later night")


def _refuse_repeats(connection: Connection, table: Table, interval: Interval, rows: str) -> None:
    key = ", ".join(_quoted(interval.key))
    repeated = connection.execute(text(f"select {key} from {rows} group by {key} having count(*) > 1 order by {key} limit 1")).first()
    if repeated:
        raise FrameError(f"{table.name}: more than one row for {' / '.join(map(str, repeated))}")


def _compared(columns: list[str], interval: Interval) -> tuple[str, ...]:
    return tuple(name for name in columns if name not in interval.key and name not in interval.kept)


def _matching(names: Iterable[str], how: str, rows: str, table: Table) -> tuple[str, ...]:
    return tuple(f"{rows}.{name} {how} {table.name}.{name}" for name in _quoted(names))


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]
