"""What a night starts from: the register, the quarantine and each source's standing as the last published night left them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd
from sqlalchemy import Boolean, Connection, Date, String, column, func, select, text

from warehouse.frames import read_frame
from warehouse.tables import interval_of, table

#: The checkpoint is what the last accepted retrieval left. An unchanged list was not sent again, so the content and its validators are
#: those of the last one that was; the watermark may have moved on without any change.
_SOURCE_STATE: Final = """
with figures as (
  select source, last_good_on, is_stopped, row_number() over (partition by source order by night desc) as back from source_night
), good as (
  select r.source, r.night, r.outcome, r.mode, r.etag, r.last_modified, r.watermark, r.parts
  from retrieval r join source_night s on s.night = r.night and s.source = r.source and s.last_good_on = s.night
), content as (
  select source, etag, last_modified, parts, row_number() over (partition by source order by night desc) as back
  from good where outcome <> 'unchanged'
), mark as (
  select source, watermark, row_number() over (partition by source order by night desc) as back from good where watermark is not null
)
select f.source, f.last_good_on, f.is_stopped, g.mode, c.etag, c.last_modified, m.watermark, c.parts
from figures f
left join good g on g.source = f.source and g.night = f.last_good_on
left join content c on c.source = f.source and c.back = 1
left join mark m on m.source = f.source and m.back = 1
where f.back = 1 order by f.source
"""


@dataclass(frozen=True, slots=True)
class State:
    """`night`: last published night (ISO date), None when there is none; the fingerprints are that night's.

    Frames hold what stands, without interval columns, in key order. `listing`: open and closed. `source_state`: a row a source that a
    published night knew: source, last_good_on, is_stopped, mode, etag, last_modified, watermark, parts (JSON) - the checkpoint that the last accepted
    retrieval left. `row_issue`: issues (ISSUE_COLUMNS) of the rows of each source on its last good night. `good_nights`: source, night - every night on which a source's retrieval was accepted.
    `ended`: ids of the decisions that ended by themselves.
    """

    night: str | None
    fingerprint: str | None
    model_fingerprint: str | None
    listing: pd.DataFrame
    pair: pd.DataFrame
    station: pd.DataFrame
    station_listing: pd.DataFrame
    station_redirect: pd.DataFrame
    quarantine: pd.DataFrame
    row_issue: pd.DataFrame
    source_state: pd.DataFrame
    good_nights: pd.DataFrame
    ended: frozenset[str]


def read_state(connection: Connection) -> State:
    """The state that the warehouse holds. After `revert(connection, night)` that is the state from which `night` starts."""
    nights = table("night")
    last = connection.execute(select(nights).where(nights.c.state != "rejected").order_by(nights.c.night.desc()).limit(1)).one_or_none()
    return State(
        night=last.night.isoformat() if last else None,
        fingerprint=last.fingerprint if last else None,
        model_fingerprint=last.model_fingerprint if last else None,
        listing=standing(connection, "listing"),
        pair=standing(connection, "pair"),
        station=standing(connection, "station_history"),
        station_listing=standing(connection, "station_listing"),
        station_redirect=standing(connection, "station_redirect"),
        quarantine=standing(connection, "quarantine"),
        row_issue=_row_issues(connection),
        source_state=_source_state(connection),
        good_nights=_good_nights(connection),
        ended=frozenset(connection.execute(select(table("decision_end").c.decision_id)).scalars()),
    )


#: What stands behind the fingerprint of a night whose rows are no longer what its rules made of its lists.
ALTERED: Final = " altered"


def distrust(connection: Connection) -> None:
    """Let nothing be taken over from any night that stands, whichever the next one starts from: values were erased in it, or what people decided of it is lost."""
    told = text("update night set fingerprint = fingerprint || :altered where fingerprint not like '%' || :altered")
    connection.execute(told, {"altered": ALTERED})


def standing(connection: Connection, name: str, on: str | None = None) -> pd.DataFrame:
    """The standing rows of a table that keeps intervals, without the interval columns, in key order: those that stand now, or those that stood
    after the night `on` (ISO date)."""
    source = table(name)
    interval = interval_of(source)
    if interval is None:
        raise TypeError(f"{name} keeps no intervals")
    opened, closed = source.c[interval.opened], source.c[interval.closed]
    kept = [each for each in source.columns if each.name not in (interval.opened, interval.closed)]
    night = date.fromisoformat(on) if on else None
    stands = closed.is_(None) if night is None else (opened <= night) & (closed.is_(None) | (closed > night))
    return read_frame(connection, select(*kept).where(stands).order_by(*(source.c[key] for key in interval.key)))


def _source_state(connection: Connection) -> pd.DataFrame:
    text_columns = ("mode", "etag", "last_modified", "watermark", "parts")
    return read_frame(
        connection,
        text(_SOURCE_STATE).columns(
            column("source", String()),
            column("last_good_on", Date()),
            column("is_stopped", Boolean()),
            *(column(name, String()) for name in text_columns),
        ),
    )


def _row_issues(connection: Connection) -> pd.DataFrame:
    issues, nights = table("issue"), table("source_night")
    columns = [each for each in issues.columns if each.name not in ("night", "number")]
    latest = (
        select(nights.c.source, func.max(nights.c.last_good_on).label("night")).group_by(nights.c.source).subquery()
    )  # last_good_on only ever grows
    found = (
        select(*columns)
        .join(latest, (latest.c.source == issues.c.source) & (latest.c.night == issues.c.night))
        .where(issues.c.line.is_not(None))
        .order_by(issues.c.night, issues.c.number)
    )
    return read_frame(connection, found)


def _good_nights(connection: Connection) -> pd.DataFrame:
    nights = table("source_night")
    return read_frame(
        connection,
        select(nights.c.source, nights.c.night).where(nights.c.last_good_on == nights.c.night).order_by(nights.c.source, nights.c.night),
    )


def nights_after(connection: Connection, night: str, state: str | None = None) -> list[str]:
    """Every night later than `night` (ISO date) that the warehouse holds, of the given state where one is given, in order."""
    nights = table("night")
    later = select(nights.c.night).where(nights.c.night > text("cast(:night as date)")).order_by(nights.c.night)
    if state is not None:
        later = later.where(nights.c.state == state)
    return [each.isoformat() for each in connection.execute(later, {"night": night}).scalars()]


def station_ids(connection: Connection, through: str = "9999-12-31") -> frozenset[str]:
    """Every station id that the warehouse holds, of any night until `through` (ISO date), those that redirect too."""
    found = text(
        "select station_id from station_history where valid_from <= cast(:night as date) "
        "union select from_id from station_redirect where valid_from <= cast(:night as date)"
    )
    return frozenset(connection.execute(found, {"night": through}).scalars())
