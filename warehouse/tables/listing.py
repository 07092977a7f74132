"""What owners say: listings, rows held back, and pairs of listings compared."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Mapped

from warehouse.tables.base import Base, Interval, about, of, told


class Listing(Base):
    """One owner's claim about one station, verbatim and standardised, over nights. Closed listings stand too: they anchor ids."""

    __tablename__ = "listing"
    __table_args__ = about(
        "One row a listing and span of nights on which it read the same; a closed listing keeps standing with is_open false.",
        interval=Interval(("listing_id",)),
        made_by="ledger",
    )

    listing_id: Mapped[str] = of("listing", "listing_id", primary_key=True)
    valid_from: Mapped[date] = told("first night on which the row holds", primary_key=True)
    valid_to: Mapped[date | None] = told("first night on which it no longer holds; empty while it stands")
    source: Mapped[str] = told("key of the source")
    row_key: Mapped[str] = told("key of the row in the owner's list now; differs from the id's after a renumbering")
    row_digest: Mapped[str] = told("SHA-256 of the row as written", ops=True)
    verbatim: Mapped[str] = told(
        "the row as the owner wrote it, a JSON object of header to text in the owner's order", ops=True, personal=True
    )
    is_open: Mapped[bool] = told("whether the owner still lists it; its station may be closed all the same, see close_cause of station")
    first_seen_on: Mapped[date] = told("night on which it was first seen")
    missed: Mapped[int] = told("complete snapshots in a row without it", unit="snapshots")
    carried_since: Mapped[date | None] = told("night since which its values are old; empty when they are tonight's")
    carried_cause: Mapped[str | None] = told("why they are old: row_held (tonight's row is in quarantine) or absent_once")
    closed_on: Mapped[date | None] = told("night on which it was closed")
    close_cause: Mapped[str | None] = told("closed_by_owner, absent_twice or carried_too_long")
    name: Mapped[str] = of("listing", "name")
    name_core: Mapped[str | None] = of("listing", "name_core")
    organisation: Mapped[str | None] = of("listing", "organisation")
    kind: Mapped[str | None] = of("listing", "kind")
    host: Mapped[str | None] = of("listing", "host")
    plaques: Mapped[str | None] = of("listing", "plaques")
    batch: Mapped[str | None] = of("listing", "batch")
    batch_basis: Mapped[str | None] = of("listing", "batch_basis")
    county_code: Mapped[str | None] = of("listing", "county_code")
    county: Mapped[str | None] = of("listing", "county")
    town_code: Mapped[str | None] = of("listing", "town_code")
    town: Mapped[str | None] = of("listing", "town")
    community_code: Mapped[str | None] = of("listing", "community_code")
    community: Mapped[str | None] = of("listing", "community")
    address: Mapped[str | None] = of("listing", "address")
    road: Mapped[str | None] = of("listing", "road")
    number: Mapped[str | None] = of("listing", "number")
    lane: Mapped[str | None] = of("listing", "lane")
    building: Mapped[str | None] = of("listing", "building")
    floor: Mapped[str | None] = of("listing", "floor")
    room: Mapped[str | None] = of("listing", "room")
    landmark: Mapped[str | None] = of("listing", "landmark")
    lng_wgs84: Mapped[float | None] = of("listing", "lng_wgs84")
    lat_wgs84: Mapped[float | None] = of("listing", "lat_wgs84")
    position_basis: Mapped[str | None] = of("listing", "position_basis")
    phones: Mapped[str | None] = of("listing", "phones")
    contact_name: Mapped[str | None] = of("listing", "contact_name")
    contact_phone: Mapped[str | None] = of("listing", "contact_phone")
    hours: Mapped[str | None] = of("listing", "hours")
    hours_text: Mapped[str | None] = of("listing", "hours_text")
    facilities: Mapped[str | None] = of("listing", "facilities")
    credit_code: Mapped[str | None] = of("listing", "credit_code")
    is_closed_by_owner: Mapped[bool | None] = of("listing", "is_closed_by_owner")
    opened_on: Mapped[date | None] = of("listing", "opened_on")
    updated_on: Mapped[date | None] = of("listing", "updated_on")


class Quarantine(Base):
    """Rows held back. One standing entry a source, row key and content; where it stood and which rules it met are those of its first night."""

    __tablename__ = "quarantine"
    __table_args__ = about(
        "One row a source, row key and content that is held back, and the nights on which it was; `issue` has each night's own findings.",
        interval=Interval(
            ("source", "row_key", "row_digest"), opened="opened_on", closed="closed_on", kept=("line", "verbatim", "rules", "payload")
        ),
        ops=True,
        made_by="suites and source gate",
    )

    source: Mapped[str] = told("key of the source", primary_key=True)
    row_key: Mapped[str] = told("key of the row; empty text when the row has none", primary_key=True)
    row_digest: Mapped[str] = told("SHA-256 of the row as written", primary_key=True)
    opened_on: Mapped[date] = told("first night on which it was held back", primary_key=True)
    closed_on: Mapped[date | None] = told("first night on which it no longer was; empty while it is")
    line: Mapped[str] = told("where it stood in the owner's list on that first night")
    verbatim: Mapped[str] = told("the row as the owner wrote it, a JSON object of header to text in the owner's order", personal=True)
    rules: Mapped[str] = told("ids of the critical rules that it met on that first night, sorted, joined by ;")
    payload: Mapped[str | None] = told("SHA-256 of the archived payload in which it lies")


class Pair(Base):
    """Two listings compared: those above the lower threshold, and those a person judged."""

    __tablename__ = "pair"
    __table_args__ = about(
        "One row a pair of listings above the lower threshold, or judged, and span of nights on which it read the same.",
        interval=Interval(("left_id", "right_id")),
        made_by="dedupe",
    )

    left_id: Mapped[str] = told("listing with the lesser id", primary_key=True)
    right_id: Mapped[str] = told("listing with the greater id", primary_key=True)
    valid_from: Mapped[date] = told("first night on which the row holds", primary_key=True)
    valid_to: Mapped[date | None] = told("first night on which it no longer holds; empty while it stands")
    weight_mb: Mapped[int] = told("evidence that both are one station, milli-bits; above 0 is for, below against", unit="milli-bits")
    levels: Mapped[str] = told("level reached in each comparison, as the model writes it")
    is_review: Mapped[bool] = told("whether it lies between the thresholds and waits for a person")
    verdict: Mapped[str | None] = told("a person's verdict: same, not or unsure; empty when nobody judged")
