"""What happened: nights, runs, retrievals, each source's figures, and the issues met."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped

from warehouse.tables.base import Base, about, told


class Night(Base):
    """One row a night that was run to its end, published or rejected."""

    __tablename__ = "night"
    __table_args__ = about(
        "One row a night (business date) that ran to its end; a night that was run again means its latest publication.",
        made_by="the night, when it ends",
    )

    night: Mapped[date] = told("business date", primary_key=True)
    state: Mapped[str] = told("published, quarantined (published, and something new needs a person) or rejected (register left as it was)")
    reason: Mapped[str | None] = told("why it was rejected or needs a person (Chinese); empty otherwise")
    fingerprint: Mapped[str] = told("hash of the code, vocabulary and lock that made the night")
    model_fingerprint: Mapped[str] = told("hash of the dedupe model")
    counts: Mapped[str] = told("figures of the night as a JSON object: rows, listings, pairs, stations …")


class Run(Base):
    """One row an execution, whatever became of it. Wall-clock time; not touched when nights are rebuilt."""

    __tablename__ = "run"
    __table_args__ = about(
        "One row an execution; holds wall-clock time and is not part of what a night means.", made_by="the run, by its clock"
    )

    run_id: Mapped[str] = told("id of the execution", primary_key=True)
    night: Mapped[date] = told("the night that was run")
    started_at: Mapped[datetime] = told("start, UTC")
    ended_at: Mapped[datetime | None] = told("end, UTC")
    state: Mapped[str] = told("state in which it ended: published, quarantined, rejected")
    is_full: Mapped[bool] = told("whether every derived row was computed anew")
    publication: Mapped[str | None] = told("folder under var/published that it made: <night>-<number>")
    reason: Mapped[str | None] = told("why it ended so (Chinese)")


class Retrieval(Base):
    """One row a night and source: what was fetched, or why not. Wall-clock time is allowed here."""

    __tablename__ = "retrieval"
    __table_args__ = about("One row a night and source: what was fetched, or why nothing was.", ops=True, made_by="fetch")

    night: Mapped[date] = told("night of the fetch", primary_key=True)
    source: Mapped[str] = told("key of the source", primary_key=True)
    outcome: Mapped[str] = told("ok, unchanged, empty, partial, refused, unreachable, not_due, not_declared_format …")
    mode: Mapped[str] = told("snapshot, delta, unchanged or none")
    etag: Mapped[str | None] = told("ETag that the owner gave")
    last_modified: Mapped[str | None] = told("Last-Modified that the owner gave")
    watermark: Mapped[str | None] = told("up to where a changed-since feed was read, in the owner's own form")
    parts: Mapped[str] = told("archived payloads in order, a JSON list of {label, sha256, bytes}")
    total: Mapped[int | None] = told("rows that the owner said there are", unit="rows")
    tries: Mapped[int] = told("requests made, retries included", unit="requests")
    bytes: Mapped[int] = told("bytes received", unit="bytes")
    elapsed_ms: Mapped[int] = told("time taken, milliseconds", unit="milliseconds")
    started_at: Mapped[datetime | None] = told("start, UTC")
    message: Mapped[str | None] = told("one sentence for operators (Chinese), without secrets")


class SourceNight(Base):
    """One row a night and source: where every row went."""

    __tablename__ = "source_night"
    __table_args__ = about(
        "One row a night and source; rows_read = accepted + held_back + ignored and open_after = open_before + opened - closed.",
        made_by="ledger and source gate",
    )

    night: Mapped[date] = told("business date", primary_key=True)
    source: Mapped[str] = told("key of the source", primary_key=True)
    rows_read: Mapped[int] = told("rows read, an unchanged payload's again", unit="rows")
    accepted: Mapped[int] = told("rows that became listings", unit="rows")
    held_back: Mapped[int] = told("rows in quarantine; all rows of a source stopped at its gate", unit="rows")
    ignored: Mapped[int] = told("rows ignored with a reason: tombstones, exact repeats, closed places", unit="rows")
    open_before: Mapped[int] = told("open listings before the night", unit="listings")
    opened: Mapped[int] = told("listings opened or reopened", unit="listings")
    closed: Mapped[int] = told("listings closed", unit="listings")
    open_after: Mapped[int] = told("open listings after the night", unit="listings")
    carried: Mapped[int] = told("open listings whose values are those of an earlier night", unit="listings")
    is_stopped: Mapped[bool] = told("whether the source was stopped at its gate")
    last_good_on: Mapped[date | None] = told("last night whose retrieval was accepted; tonight's date when tonight's was")


class Issue(Base):
    """One row a rule met by a row, a listing, a station or a source, on one night."""

    __tablename__ = "issue"
    __table_args__ = about("One row a rule met on one night by a row, a station or a whole source.", ops=True, made_by="suites and rules")

    night: Mapped[date] = told("business date", primary_key=True)
    number: Mapped[int] = told("running number within the night, from 1, in the order of the other columns", primary_key=True)
    source: Mapped[str | None] = told("key of the source; empty for an issue of a station")
    row_key: Mapped[str | None] = told("key of the row; empty for an issue of a whole source")
    line: Mapped[str | None] = told("where the row stood in the owner's list")
    station_id: Mapped[str | None] = told("station concerned, for issues of the station suite")
    rule: Mapped[str] = told("id of the rule")
    field: Mapped[str | None] = told("field concerned; empty for the row as a whole")
    value: Mapped[str | None] = told("value met, at most 200 characters", personal=True)
    severity: Mapped[str] = told("critical (holds the row back), warning (flags it) or info (counts)")
    responsibility: Mapped[str] = told("who must mend it: owner or us")
    message: Mapped[str] = told("what is wrong and what to do (Chinese)", personal=True)
    decision_id: Mapped[str | None] = told("decision of a person that passes over it, so that it holds nothing back; empty for most")
