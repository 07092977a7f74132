"""State that outlives a night, kept in night intervals: what changed is closed and opened anew, what did not is not touched."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
from sqlalchemy import Connection, Table, text

from warehouse.frames import PLACE, Staged, readable, refuse_repeats, staged
from warehouse.tables import METADATA, Interval, interval_of

_DIFFERING: Final = "differing"


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


def apply_interval(connection: Connection, table: Table, frame: pd.DataFrame, night: str, among: Set[str] | None = None) -> Applied:
    """Make `frame` the table's standing rows from `night` (ISO date) on, touching only what differs from those that stand. `among`: of these values of the key's
    first column only; rows of others stand as they are, and none is in `frame`.

    `frame` has every column of the table but the interval's two; more are ignored. Rows are written in key order, so the same frame in
    any order leaves the same table. Raises FrameError (missing column, wrong type, a key twice) and NotRevertedError.
    """
    interval = _interval(table)
    _refuse_later(connection, table, interval, night)
    columns = [column.name for column in table.columns if column.name not in (interval.opened, interval.closed)]
    with staged(connection, frame, table, columns) as rows:
        in_order = rows.is_in_order(interval.key)
        if not in_order:  # in order no key is there twice
            refuse_repeats(connection, table, interval.key, rows)
        values = pa.table({"value": pa.array(sorted(among or ()), pa.string())})
        with readable(connection, f"among_{table.name}", values) as named_values:
            of = f"and {_quoted(interval.key)[0]} in (select value from {named_values})" if among is not None else ""
            query = _difference(table, interval, columns, rows.name, of)
            connection.execute(text(f"create or replace temporary table {_DIFFERING} as {query}"))
        closed = connection.execute(
            text(
                f"update {table.name} set {interval.closed} = cast(:night as date) "
                f"where rowid in (select stood_at from {_DIFFERING} where stood_at is not null)"
            ),
            {"night": night},
        ).rowcount
        with readable(connection, f"opened_{table.name}", _opened(connection, rows)) as fresh:
            named = ", ".join(_quoted(columns))
            opened = connection.execute(
                text(
                    f"insert into {table.name} ({named}, {interval.opened}) select {named}, cast(:night as date) from {fresh}"
                    + ("" if in_order else f" order by {', '.join(_quoted(interval.key))}")
                ),
                {"night": night},
            ).rowcount
        connection.execute(text(f"drop table {_DIFFERING}"))
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


def _difference(table: Table, interval: Interval, columns: list[str], rows: str, of: str) -> str:
    """Where standing rows (`of`: a further condition) lie that are not to stand on (`stood_at`), and new ones that are to (`comes_at`): one join finds both."""
    same_key = " and ".join(f"standing.{name} = coming.{name}" for name in _quoted(interval.key))
    differs = [f"standing.{name} is distinct from coming.{name}" for name in _quoted(_compared(columns, interval))]
    told = ", ".join(_quoted(columns))
    return (
        f"select standing.stood_at, coming.{PLACE} as comes_at "
        f"from (select rowid as stood_at, {told} from {table.name} where {interval.closed} is null {of}) as standing "
        f"full join {rows} as coming on {same_key} "
        f"where {' or '.join((f'standing.stood_at is null or coming.{PLACE} is null', *differs))}"
    )


def _opened(connection: Connection, rows: Staged) -> pa.Table:
    """The new rows that are to stand: picked by their places, for a database would go through every column of every row."""
    cursor: Any = connection.execute(text(f"select comes_at from {_DIFFERING} where comes_at is not null order by comes_at")).cursor
    places = cursor.to_arrow_table()["comes_at"]
    return rows.rows if len(places) == rows.rows.num_rows else rows.rows.take(places)


def _compared(columns: list[str], interval: Interval) -> tuple[str, ...]:
    return tuple(name for name in columns if name not in interval.key and name not in interval.kept)


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]
