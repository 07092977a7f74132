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
