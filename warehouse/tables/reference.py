"""What the city and its sources are: reference tables, replaced as a whole."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from warehouse.tables.base import Base, about, told


class Division(Base):
    """A county, township or community."""

    __tablename__ = "division"
    __table_args__ = about("One row a county, township or community of the city.", made_by="the city's list of divisions")

    division_code: Mapped[str] = told("code of 6 (county), 9 (township) or 12 (community) digits", primary_key=True)
    name: Mapped[str] = told("name")
    parent_code: Mapped[str | None] = told("code of the division that it lies in")
    level: Mapped[int] = told("3 county, 4 township, 5 community")
    vintage: Mapped[str] = told("list that it is taken from, with its date")


class Owner(Base):
    """Who keeps a list, and how it is declared."""

    __tablename__ = "owner"
    __table_args__ = about("One row a source: who keeps the list, and how it is declared.", made_by="the source's declaration")

    source: Mapped[str] = told("key of the source", primary_key=True)
    owner_name: Mapped[str] = told("organisation that keeps the list (Chinese)")
    title: Mapped[str] = told("what the list is called (Chinese)")
    kind: Mapped[str] = told("kind of place listed, a code of vocabulary/kinds.csv")
    datum: Mapped[str | None] = told("datum of its positions; empty when it gives none")
    batch_hint: Mapped[str | None] = told("batch of its rows where the owner states none")
    trust: Mapped[int] = told("rank among sources that disagree, 0-100, the higher wins")
    due: Mapped[str] = told("weekdays on which it publishes, joined by ;; empty for every night")
    max_age_days: Mapped[int] = told("nights for which its listings are carried when it fails", unit="nights")
    licence: Mapped[str] = told("terms under which the list may be used (Chinese)")


class ControlTotal(Base):
    """A total that the city published, to hold the register against."""

    __tablename__ = "control_total"
    __table_args__ = about(
        "One row a total that the city published of its stations; empty where it published none.",
        made_by="the city's list of published totals",
    )

    measure: Mapped[str] = told(
        "what was counted: station, station_<batch>, street … as mart_control_total_by_measure counts it", primary_key=True
    )
    title: Mapped[str] = told("what was counted, in the city's words (Chinese)")
    total: Mapped[int] = told("the number that the city published")
    note: Mapped[str | None] = told("how it was published, or what it follows from (Chinese)")


class OpeningSpan(Base):
    """When a text of opening hours is open: `hours` spelt out, so that plain SQL can ask for an hour of a day."""

    __tablename__ = "opening_span"
    __table_args__ = about(
        "One row a text of opening hours, weekday, part of the year and span of time in which it is open; public holidays are left out.",
        made_by="load: read from the text",
    )

    hours: Mapped[str] = told("opening hours as a station has them", primary_key=True)
    weekday: Mapped[int] = told("1 Monday … 7 Sunday: the day on which the span begins", primary_key=True)
    season_from: Mapped[int] = told("first day of the year on which it holds: month * 100 + day", primary_key=True)
    opens_min: Mapped[int] = told("minutes after midnight at which it opens", primary_key=True)
    season_to: Mapped[int] = told("last day of the year on which it holds: month * 100 + day")
    closes_min: Mapped[int] = told("minutes after midnight at which it closes; above 1440 on the next day")
