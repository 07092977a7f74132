"""The register: stations over nights, which listings they are made of, who said what, and what happened to them."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped

from warehouse.tables.base import Base, Interval, about, of, told


class StationHistory(Base):
    """Every station on every night. The view `station` is the part that stands."""

    __tablename__ = "station_history"
    __table_args__ = about(
        "One row a station and span of nights on which it read the same; the view `station` shows the rows that stand.",
        interval=Interval(("station_id",)),
        made_by="merge",
    )

    station_id: Mapped[str] = of("station", "station_id", primary_key=True)
    valid_from: Mapped[date] = told("first night on which the row holds", primary_key=True)
    valid_to: Mapped[date | None] = told("first night on which it no longer holds; empty while it stands")
    name: Mapped[str | None] = of("station", "name")
    kind: Mapped[str | None] = of("station", "kind")
    host: Mapped[str | None] = of("station", "host")
    plaques: Mapped[str | None] = of("station", "plaques")
    batch: Mapped[str | None] = of("station", "batch")
    batch_basis: Mapped[str | None] = of("station", "batch_basis")
    county_code: Mapped[str | None] = of("station", "county_code")
    county: Mapped[str | None] = of("station", "county")
    town_code: Mapped[str | None] = of("station", "town_code")
    town: Mapped[str | None] = of("station", "town")
    community_code: Mapped[str | None] = of("station", "community_code")
    community: Mapped[str | None] = of("station", "community")
    address: Mapped[str | None] = of("station", "address")
    lng_wgs84: Mapped[float | None] = of("station", "lng_wgs84")
    lat_wgs84: Mapped[float | None] = of("station", "lat_wgs84")
    phones: Mapped[str | None] = of("station", "phones")
    hours: Mapped[str | None] = of("station", "hours")
    hours_text: Mapped[str | None] = of("station", "hours_text")
    facilities: Mapped[str | None] = of("station", "facilities")
    credit_code: Mapped[str | None] = of("station", "credit_code")
    opened_on: Mapped[date | None] = of("station", "opened_on")
    status: Mapped[str] = of("station", "status")
    close_cause: Mapped[str | None] = of("station", "close_cause")
    first_seen_on: Mapped[date] = of("station", "first_seen_on")
    sources: Mapped[str | None] = of("station", "sources")
    listing_count: Mapped[int] = of("station", "listing_count")


class StationListing(Base):
    """Which station a listing belongs to; closed listings keep theirs."""

    __tablename__ = "station_listing"
    __table_args__ = about(
        "One row a listing, its station, and the nights on which it belonged there.", interval=Interval(("listing_id",)), made_by="identity"
    )

    listing_id: Mapped[str] = told("listing", primary_key=True)
    valid_from: Mapped[date] = told("first night on which the row holds", primary_key=True)
    valid_to: Mapped[date | None] = told("first night on which it no longer holds; empty while it stands")
    station_id: Mapped[str] = told("station that it belongs to")


class StationRedirect(Base):
    """Where an id that was published and merged away leads."""

    __tablename__ = "station_redirect"
    __table_args__ = about(
        "One row an id that was merged away, the id that answers for it, and since when.",
        interval=Interval(("from_id",)),
        made_by="identity",
    )

    from_id: Mapped[str] = told("station id that was merged away", primary_key=True)
    valid_from: Mapped[date] = told("first night on which the row holds", primary_key=True)
    valid_to: Mapped[date | None] = told("first night on which it no longer holds; empty while it stands")
    to_id: Mapped[str] = told("station id that answers for it; never one that is itself redirected")


class StationEvent(Base):
    """What happened to a station on a night, and why."""

    __tablename__ = "station_event"
    __table_args__ = about("One row a station and thing that happened to it on a night, with its cause.", made_by="events")

    night: Mapped[date] = told("business date", primary_key=True)
    number: Mapped[int] = told("running number within the night, from 1, in the order of the other columns", primary_key=True)
    station_id: Mapped[str] = told("station that it happened to")
    event: Mapped[str] = told("opened, reopened, closed, merged, split, split_off, moved, renamed, rescheduled, rebatched …")
    cause: Mapped[str | None] = told("why: listed, closed_by_owner, absent_twice, carried_too_long, same_station, not_same_station …")
    source: Mapped[str | None] = told("key of the source, or sources joined by ;, that it comes from")
    detail: Mapped[str | None] = told("the other station's id (those of a split joined by ;), old and new value, or metres moved")


class Statement(Base):
    """Who said what of a station, since when and until when."""

    __tablename__ = "statement"
    __table_args__ = about(
        "One row a value that an owner gives a field of a station, and the nights on which it did.",
        interval=Interval(("station_id", "field", "listing_id", "value"), opened="first_seen_on", closed="gone_on"),
        made_by="owners' fields, standardised",
    )

    station_id: Mapped[str] = told("station", primary_key=True)
    field: Mapped[str] = told("field of the station", primary_key=True)
    listing_id: Mapped[str] = told("listing that says so", primary_key=True)
    value: Mapped[str] = told("the value, as text", primary_key=True)
    first_seen_on: Mapped[date] = told("first night on which it was said", primary_key=True)
    gone_on: Mapped[date | None] = told("first night on which it no longer was; empty while it is")
    source: Mapped[str] = told("key of the source that says so")


class Plaque(Base):
    """A brand shown at a station."""

    __tablename__ = "plaque"
    __table_args__ = about(
        "One row a plaque at a station that a source tells of, and the nights on which it did.",
        interval=Interval(("station_id", "plaque", "source"), opened="first_seen_on", closed="gone_on"),
        made_by="owners' fields, standardised",
    )

    station_id: Mapped[str] = told("station", primary_key=True)
    plaque: Mapped[str] = told("code of vocabulary/plaques.csv", primary_key=True)
    source: Mapped[str] = told("key of the source that tells of it", primary_key=True)
    first_seen_on: Mapped[date] = told("first night on which it was told", primary_key=True)
    gone_on: Mapped[date | None] = told("first night on which it no longer was; empty while it is")
