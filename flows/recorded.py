"""What was fetched on the nights that stand published, for running them again: the warehouse says what each list came to, the archive has the payloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

from sqlalchemy import Connection, text

from flows.gather import parts_of
from flows.house import House
from flows.operators import OPERATORS
from sources.kit.archive import Archive, ArchiveDamagedError, recorded
from sources.kit.retrieval import Outcome, Retrieval
from warehouse.state import ALTERED
from warehouse.tables import table

#: (night, source) → what was fetched.
Records: TypeAlias = Mapping[tuple[str, str], Retrieval]


@dataclass(frozen=True, slots=True)
class PastNight:
    """A night as it stands in the warehouse. `state`: published, quarantined or rejected; `started_at` (UTC): when the run began that made it so;
    `rules` and `model`: the fingerprints that it was made with."""

    night: str
    state: str
    started_at: datetime | None
    rules: str
    model: str


#: The run that made a night what it is: a later one that was rejected left it as it stood.
_NIGHTS = """
select n.night, n.state, n.fingerprint, n.model_fingerprint, max(r.started_at) as started_at
from night n left join run r on r.night = n.night and (r.state = 'rejected') = (n.state = 'rejected')
group by n.night, n.state, n.fingerprint, n.model_fingerprint order by n.night
"""


def past_nights(connection: Connection) -> list[PastNight]:
    """Every night of the warehouse, in order."""
    return [
        PastNight(each.night.isoformat(), each.state, each.started_at, each.fingerprint.removesuffix(ALTERED), each.model_fingerprint)
        for each in connection.execute(text(_NIGHTS))
    ]


def records_of(connection: Connection, archive: Path, since: str) -> dict[tuple[str, str], Retrieval]:
    """What was fetched on the nights since an ISO date, as the warehouse has it. It outranks the archive's records, which a later try of the same night replaces; those tell besides
    from where a list of changes begins, and what a list held that a fault of ours kept from being read. `archive` is only read."""
    retrieval = table("retrieval")
    rows = connection.execute(retrieval.select().where(retrieval.c.night >= date.fromisoformat(since))).mappings()
    found = [_retrieval({name: value for name, value in row.items() if value is not None}) for row in rows]
    return {(each.night, each.source): _completed(each, recorded(archive, each.night, each.source)) for each in found}


def _retrieval(row: Mapping[str, object]) -> Retrieval:
    known = {
        name: row[name]
        for name in ("mode", "etag", "last_modified", "watermark", "total", "tries", "bytes", "elapsed_ms", "message")
        if name in row
    }
    night, source, outcome = str(row["night"]), str(row["source"]), Outcome(str(row["outcome"]))
    return replace(Retrieval(source, night, outcome, parts=parts_of(str(row["parts"]))), **known)  # type: ignore[arg-type]


def _completed(published: Retrieval, record: Retrieval | None) -> Retrieval:
    if record is None:
        return published
    is_same = (record.outcome, record.mode, record.parts) == (published.outcome, published.mode, published.parts)
    return record if is_same or published.outcome is Outcome.OUR_FAULT else published


def gone(house: House, archive: Archive, records: Records, night: str, sound: set[str]) -> list[str]:
    """What the archive no longer holds of the night: a sentence a list (Chinese). `sound`: payloads found whole, which are not read again; added to."""
    told = []
    for (of_night, key), record in records.items():
        if of_night != night or key not in house.sources or key == OPERATORS or not record.outcome.is_usable:
            continue
        if record.mode == "delta" and record.since is None:
            told.append(f"{house.titles[key]}：归档里没有这一夜的取数记录，不知道变化部分从哪里接起")
            continue
        try:
            for part in record.parts:
                if part.sha256 not in sound:
                    archive.read(part.sha256)
                    sound.add(part.sha256)
        except ArchiveDamagedError as missing:
            told.append(f"{house.titles[key]}：{missing}")
    return told
