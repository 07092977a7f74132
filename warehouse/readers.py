"""Who may read what: the one place that says it. PostgreSQL's roles, the analysts' file and the dictionary go by it.

Every table and view is decided below with its reason; one that is not is for analysts when its marks (`ops`, `personal`) let it, and for nobody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

from sqlalchemy import Column, Table

from warehouse.tables.base import is_ops

#: Each may read what those after it may.
Reader: TypeAlias = Literal["operator", "analyst", "public"]
READERS: Final[tuple[Reader, ...]] = ("operator", "analyst", "public")

#: Tables and views that may be given to anyone, and why.
PUBLIC: Final[Mapping[str, str]] = {
    "station_history": "the register itself: places, public phones and hours, nobody's name",
    "station": "the register as it stands",
    "station_redirect": "whoever kept an id must find where it leads",
    "station_event": "what happened to a place, in our words",
    "plaque": "brands hang on the door for all to see",
    "division": "published by the state",
    "mart_change_by_night": "counts of events",
    "mart_freshness_by_source": "how old the register is, by list; no row of any",
    "mart_overlap_by_source_pair": "counts of stations",
    "mart_station_by_county_batch": "counts of stations",
    "mart_station_by_county_batch_month": "counts of stations",
    "mart_facility_by_county": "counts of stations",
    "mart_opening_by_county": "counts of stations",
    "mart_nearest_station_by_community": "distances between places",
    "mart_control_total_by_measure": "totals that the city published, beside ours",
    "opening_span": "opening hours spelt out; the register has them",
    "control_total": "published by the city",
    "dictionary": "what is told of the tables that its reader may read",
}

#: Tables and views that analysts may read and the public may not, and why.
ANALYST: Final[Mapping[str, str]] = {
    "listing": "an owner's list is given to us under its licence, not to all; less what is personal",
    "pair": "names listings",
    "station_listing": "names listings",
    "statement": "who said what: owners' values under their licences",
    "owner": "terms and ranks agreed with owners",
    "night": "figures of our own work",
    "run": "figures of our own work",
    "source_night": "tells how well each owner's list is kept, which is said to the owner first",
    "mart_completeness_by_source": "tells how well each owner's list is kept",
    "mart_disagreement_by_field_source_pair": "tells which owner errs",
    "mart_merge_split_by_event": "names listings",
    "mart_quarantine_by_source_rule_night": "counts over ops tables: tells how well each owner's list is kept",
    "mart_review_by_source_pair": "figures of our own work",
    "station_change": "rests on statements",
    "station_confirmation": "rests on listings",
    "station_diary": "tells which owner said what",
    "station_liveness": "rests on listings",
}


def readers_of(column: Column[Any]) -> Reader:
    """The widest circle that may read the column of a table."""
    table = column.table
    if not isinstance(table, Table) or is_ops(table) or column.info["ops"] or column.info["personal"]:
        return "operator"
    return readers_of_view(table.name)


def readers_of_view(name: str) -> Reader:
    """The widest circle that may read the view (a view is read whole)."""
    return "public" if name in PUBLIC else "analyst"


def may_read(reader: Reader, level: Reader) -> bool:
    """Whether `reader` may read what is readable by `level`."""
    return READERS.index(reader) <= READERS.index(level)


def columns_for(reader: Reader, table: Table) -> tuple[str, ...]:
    """Names of the table's columns that `reader` may read; empty when none."""
    return tuple(column.name for column in table.columns if may_read(reader, readers_of(column)))
