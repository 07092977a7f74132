"""What people decided, as the journal has it. The journal is the authority; these tables show it, and outlive any rebuilding of nights."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Mapped

from warehouse.tables.base import Base, about, told


class Decision(Base):
    """Every act of an operator, undone ones too."""

    __tablename__ = "decision"
    __table_args__ = about(
        "One row an act of an operator, in the journal's words, undone ones too.", ops=True, made_by="the journal: a person"
    )

    decision_id: Mapped[str] = told("id of the decision", primary_key=True)
    act: Mapped[str] = told("what was done: judge, correct, undo …")
    who: Mapped[str] = told("who decided", personal=True)
    why: Mapped[str | None] = told("the reason given", personal=True)
    decided_at: Mapped[datetime] = told("when, UTC")
    detail: Mapped[str] = told("what the act needs, a JSON object", personal=True)
    is_undone: Mapped[bool] = told("whether a later decision undid it")


class DecisionEnd(Base):
    """Decisions that ended by themselves. Unlike the journal this belongs to nights: a night that is made again finds anew what ends on it."""

    __tablename__ = "decision_end"
    __table_args__ = about(
        "One row a decision that ended by itself, and the night on which it did.", ops=True, made_by="merge, by the journal"
    )

    decision_id: Mapped[str] = told("id of the decision", primary_key=True)
    night: Mapped[date] = told("night on which it ended; from the next on it holds nothing")
    cause: Mapped[str] = told("caught_up: the source itself now gives the value that the person gave")


class Judgement(Base):
    """A person's standing verdict on a pair."""

    __tablename__ = "judgement"
    __table_args__ = about(
        "One row a pair of listings that a person judged: the last verdict that was not undone.", ops=True, made_by="the journal: a person"
    )

    left_id: Mapped[str] = told("listing with the lesser id", primary_key=True)
    right_id: Mapped[str] = told("listing with the greater id", primary_key=True)
    verdict: Mapped[str] = told("same, not or unsure")
    decision_id: Mapped[str] = told("decision that it comes from")
    who: Mapped[str] = told("who judged", personal=True)
    why: Mapped[str | None] = told("the reason given", personal=True)
    decided_at: Mapped[datetime] = told("when, UTC")


class Correction(Base):
    """A person's value that beats the sources."""

    __tablename__ = "correction"
    __table_args__ = about(
        "One row a field that a person corrected: the last value, unless it was undone or ended.", ops=True, made_by="the journal: a person"
    )

    scope: Mapped[str] = told("listing, row or station", primary_key=True)
    key: Mapped[str] = told("listing id, source:row_key or station id", primary_key=True)
    field: Mapped[str] = told("field corrected", primary_key=True)
    value: Mapped[str | None] = told("the value that holds; empty when the field is to be empty", personal=True)
    decision_id: Mapped[str] = told("decision that it comes from")
    who: Mapped[str] = told("who corrected", personal=True)
    why: Mapped[str | None] = told("the reason given", personal=True)
    decided_at: Mapped[datetime] = told("when, UTC")
