"""Loading one night. Load it twice and it is there once: each load first reverts to how the warehouse stood before the night."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, text

from transforms.merge import Touched
from transforms.opening_spans import opening_spans
from warehouse.frames import refuse_repeats, staged
from warehouse.interval import Applied, apply_interval, revert
from warehouse.tables import table


@dataclass(frozen=True, slots=True, kw_only=True)
class NightRecord:
    """What is kept of a night whatever became of it. Frames have the columns of the table of their name, less `night` and `number`.

    `state`: published, quarantined or rejected. `run`: the columns of table run. `quarantine`: every row that stands in quarantine
    after the night, not only the new ones (no interval columns).
    """

    state: str
    fingerprint: str
    model_fingerprint: str
    counts: Mapping[str, int | float | str]
    run: Mapping[str, object]
    retrieval: pd.DataFrame
    issue: pd.DataFrame
    quarantine: pd.DataFrame
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NightTables(NightRecord):
    """A whole night. Each frame that outlives the night is the full state after it, without interval columns; loading finds what changed.
    Where the night says what it `touched`, listing and station_listing are of these listings only, station, statement and plaque of these stations; the others
    stand as they are.

    `station` are the stations (table station_history). `decision_end`: decisions that ended on this night. The last six replace their tables; None leaves a table as it is.
    """

    source_night: pd.DataFrame
    listing: pd.DataFrame
    pair: pd.DataFrame
    station: pd.DataFrame
    station_listing: pd.DataFrame
    station_redirect: pd.DataFrame
    station_event: pd.DataFrame
    statement: pd.DataFrame
    plaque: pd.DataFrame
    decision_end: pd.DataFrame
    touched: Touched | None = None
    decision: pd.DataFrame | None = None
    judgement: pd.DataFrame | None = None
    correction: pd.DataFrame | None = None
    division: pd.DataFrame | None = None
    owner: pd.DataFrame | None = None
    control_total: pd.DataFrame | None = None


#: What a rejected night writes besides its run.
_RECORDED: Final = ("night", "retrieval", "issue", "quarantine")


def load_night(connection: Connection, night: str, tables: NightTables) -> dict[str, Applied]:
    """Write the night (ISO date) and drop any later one; what opened and closed, by table. One transaction of the caller's."""
    revert(connection, night)
    _record(connection, night, tables)
    append_rows(connection, "source_night", _dated(tables.source_night, night))
    append_rows(connection, "station_event", _numbered(_dated(tables.station_event, night), "station_event"))
    append_rows(connection, "decision_end", _dated(tables.decision_end, night))
    for name in ("decision", "judgement", "correction", "division", "owner", "control_total"):
        frame = getattr(tables, name)
        if frame is not None:
            replace_rows(connection, name, frame)
    of_listings, of_stations = (None, None) if tables.touched is None else (tables.touched.listings, tables.touched.stations)
    applied = {
        name: apply_interval(connection, table(name), frame, night, among)
        for name, frame, among in (
            ("quarantine", _keyed(tables.quarantine), None),
            ("listing", tables.listing, of_listings),
            ("pair", tables.pair, None),
            ("station_history", tables.station, of_stations),
            ("station_listing", tables.station_listing, of_listings),
            ("station_redirect", tables.station_redirect, None),
            ("statement", tables.statement, of_stations),
            ("plaque", tables.plaque, of_stations),
        )
    }
    _spell_out_hours(connection)
    return applied


def load_rejected(connection: Connection, night: str, record: NightRecord) -> None:
    """Write what is kept of a rejected night; the register stays as it was.

    Where the night or a later one was published before, only the run is written: its retrievals, issues and quarantine are part of
    what that publication means, and the next night starts from them.
    """
    published = text("select 1 from night where night >= cast(:night as date) and state <> 'rejected' limit 1")
    if connection.execute(published, {"night": night}).first():
        record_run(connection, night, record.run)
        return
    revert(connection, night, _RECORDED)
    _record(connection, night, record)
    apply_interval(connection, table("quarantine"), _keyed(record.quarantine), night)


def record_run(connection: Connection, night: str, run: Mapping[str, object]) -> None:
    """Write one execution, or what became of it."""
    frame = pd.DataFrame([{**run, "night": night}])
    connection.execute(text("delete from run where run_id = :run_id"), {"run_id": run["run_id"]})
    append_rows(connection, "run", frame)


def append_rows(connection: Connection, name: str, frame: pd.DataFrame) -> None:
    """Insert the frame's rows into the table, in key order."""
    target = table(name)
    columns = [column.name for column in target.columns]
    named = ", ".join(f'"{column}"' for column in columns)
    key = [column.name for column in target.primary_key]
    order = ", ".join(key)
    with staged(connection, frame, target, columns) as rows:
        refuse_repeats(connection, target, key, rows)
        connection.execute(text(f"insert into {name} ({named}) select {named} from {rows.name} order by {order}"))


def replace_rows(connection: Connection, name: str, frame: pd.DataFrame) -> None:
    """Make the frame the whole of the table, touching only the rows that differ."""
    target = table(name)
    columns = [column.name for column in target.columns]
    named = ", ".join(f'"{column}"' for column in columns)
    key = [column.name for column in target.primary_key]
    order = ", ".join(key)
    with staged(connection, frame, target, columns) as rows:
        refuse_repeats(connection, target, key, rows)
        same = " and ".join(f'{rows.name}."{column}" is not distinct from {name}."{column}"' for column in columns)
        connection.execute(text(f"delete from {name} where not exists (select 1 from {rows.name} where {same})"))
        fresh = f"select {named} from {rows.name} where not exists (select 1 from {name} where {same})"
        connection.execute(text(f"insert into {name} ({named}) {fresh} order by {order}"))


def _record(connection: Connection, night: str, record: NightRecord) -> None:
    row: dict[str, Any] = {
        "night": night,
        "state": record.state,
        "reason": record.reason,
        "fingerprint": record.fingerprint,
        "model_fingerprint": record.model_fingerprint,
        "counts": json.dumps(record.counts, ensure_ascii=False, sort_keys=True),
    }
    append_rows(connection, "night", pd.DataFrame([row]))
    record_run(connection, night, record.run)
    append_rows(connection, "retrieval", _dated(record.retrieval, night))
    append_rows(connection, "issue", _numbered(_dated(record.issue, night), "issue"))


def _spell_out_hours(connection: Connection) -> None:
    """Make opening_span tell every text of hours that the register ever had, so that past nights can be asked as well."""
    texts = connection.execute(text("select distinct hours from station_history where hours is not null order by hours")).scalars().all()
    replace_rows(connection, "opening_span", opening_spans(texts))


def _dated(frame: pd.DataFrame, night: str) -> pd.DataFrame:
    return frame.assign(night=pd.Series([night] * len(frame), index=frame.index, dtype="str"))


def _numbered(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The frame in the order of all its columns, numbered from 1: the same rows in any order get the same numbers."""
    columns: Sequence[str] = [column.name for column in table(name).columns if column.name not in ("night", "number")]
    ordered = frame.sort_values(list(columns), kind="stable", na_position="first", ignore_index=True)
    return ordered.assign(number=range(1, len(ordered) + 1))


def _keyed(quarantine: pd.DataFrame) -> pd.DataFrame:
    """Rows without a key can be held back too; one and the same content is one entry."""
    keyed = quarantine.assign(row_key=quarantine["row_key"].fillna(""))
    ordered = keyed.sort_values(["source", "row_key", "row_digest", "line"], kind="stable")
    return ordered.drop_duplicates(["source", "row_key", "row_digest"], ignore_index=True)
