"""Every table of the warehouse. METADATA is what migrations, loading and the analysts' file go by."""

from __future__ import annotations

from typing import Final

from sqlalchemy import MetaData, Table

from warehouse.tables.base import Base, Interval, interval_of, is_ops, public_columns
from warehouse.tables.decision import Correction, Decision, DecisionEnd, Judgement
from warehouse.tables.listing import Listing, Pair, Quarantine
from warehouse.tables.night import Issue, Night, Retrieval, Run, SourceNight
from warehouse.tables.reference import ControlTotal, Division, OpeningSpan, Owner
from warehouse.tables.station import Plaque, Statement, StationEvent, StationHistory, StationListing, StationRedirect

METADATA: Final[MetaData] = Base.metadata


def table(name: str) -> Table:
    """The table of that name; KeyError when there is none."""
    return METADATA.tables[name]


__all__ = [
    "METADATA",
    "Base",
    "ControlTotal",
    "Correction",
    "Decision",
    "DecisionEnd",
    "Division",
    "Interval",
    "Issue",
    "Judgement",
    "Listing",
    "Night",
    "OpeningSpan",
    "Owner",
    "Pair",
    "Plaque",
    "Quarantine",
    "Retrieval",
    "Run",
    "SourceNight",
    "Statement",
    "StationEvent",
    "StationHistory",
    "StationListing",
    "StationRedirect",
    "interval_of",
    "is_ops",
    "public_columns",
    "table",
]
