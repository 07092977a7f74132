"""The lines of the feed: what differs between the register that was told last and the one in force. The two are compared; events only lend a cause."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from desk.asking import opened
from warehouse.publish import Publication
from warehouse.tables import table

_QUERY: Final = Path(__file__).with_name("feed.sql")

#: valid_from says since when a row reads so, which the feed tells by itself.
_APART: Final = ("station_id", "valid_from", "valid_to")

FIELDS: Final = tuple(column.name for column in table("station_history").columns if column.name not in _APART)

#: What an event is called in the feed, where an event is the cause of a line.
_EVENTS: Final = (
    "case when event = 'split_off' then 'opened' when event in ('opened', 'reopened', 'closed', 'merged') then event else 'changed' end"
)


def standing(publication: Publication, since: str | None) -> tuple[pa.Table, pa.Table]:
    """The register of a publication as the feed holds it (station_id, to_id and FIELDS, all text), and the causes (station_id, change, cause) of what happened
    after the night `since` (ISO date; None: on its last night alone)."""
    fields = ", ".join(f'"{name}"::varchar as "{name}"' for name in FIELDS)
    none = ", ".join(f'null::varchar as "{name}"' for name in FIELDS)
    with opened(publication.analyst) as connection:
        stands = connection.execute(
            f"select station_id, null::varchar as to_id, {fields} from station union all "
            f"select from_id, to_id, {none} from station_redirect where valid_to is null and from_id not in (select station_id from station) order by 1"
        ).to_arrow_table()
        causes = connection.execute(
            f"select station_id, {_EVENTS} as change, max_by(cause, (night, -number)) as cause from station_event "
            "where case when $1::date is null then night = (select max(night) from station_event) else night > $1::date end group by all",
            [since],
        ).to_arrow_table()
    return stands, causes


def nothing_told() -> pa.Table:
    """The register of a feed that has told nothing yet."""
    return pa.schema([(name, pa.string()) for name in ("station_id", "to_id", *FIELDS)]).empty_table()


def read_told(path: Path) -> pa.Table:
    """The register that a feed told last, as it kept it; columns that it did not have are empty."""
    kept = pq.read_table(path)
    for name in (each for each in FIELDS if each not in kept.column_names):
        kept = kept.append_column(name, pa.nulls(len(kept), pa.string()))
    return kept


def different(told: pa.Table, stands: pa.Table, causes: pa.Table) -> list[str]:
    """A JSON object a station that differs, in the order of change and id: station_id, change, to_id, cause, fields (name → [old, new])."""
    pairs = ", ".join(
        f'{{\'field\': \'{name}\', \'pair\': case when t."{name}" is distinct from s."{name}" then [t."{name}", s."{name}"] end}}'
        for name in FIELDS
    )
    differing = f"to_json(map_from_entries(list_filter([{pairs}], lambda each: each.pair is not null)))::varchar"
    with duckdb.connect() as memory:
        for name, rows in (("told", told), ("stands", stands), ("causes", causes)):
            memory.register(name, rows)
        return [line for (line,) in memory.execute(_QUERY.read_text("utf-8").format(different=differing)).fetchall()]
