"""The register as published, opened for a question: what is in force, and what the next night would make of other judgements or another model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from sqlalchemy import Connection, text

from desk.question import Neighbours
from flows.house import House
from flows.register import ranked
from flows.run import RefusedError
from transforms.dedupe import Model, identify, match
from transforms.dedupe.judgements import Known, Pair, applied
from warehouse.engine import open_warehouse
from warehouse.state import State, read_state


@dataclass(frozen=True)
class Published:
    """What the publication in force holds. `listings`: every listing ever, with what identity and merge rank it by; `decided`: ids of the decisions that it knows."""

    house: House
    state: State
    listings: pd.DataFrame
    decided: frozenset[str]

    @cached_property
    def known(self) -> Known:
        """The listings by content, to which verdicts are applied."""
        return Known(self.listings)

    @cached_property
    def stations(self) -> Mapping[str, str]:
        """Listing id → station id."""
        return dict(zip(self.state.station_listing["listing_id"], self.state.station_listing["station_id"], strict=True))

    @cached_property
    def members(self) -> Mapping[str, Sequence[str]]:
        """Station id → its listings."""
        members: dict[str, list[str]] = {}
        for listing_id, station_id in self.stations.items():
            members.setdefault(station_id, []).append(listing_id)
        return members

    @cached_property
    def neighbours(self) -> Neighbours:
        """The open listings by where they are."""
        return Neighbours(self.listings)

    @property
    def open_stations(self) -> int:
        """Open stations."""
        return int(self.state.station["status"].eq("open").sum())

    def listing(self, listing_id: str) -> pd.Series | None:
        """A listing, None when there is none."""
        at = self.place.get(listing_id)
        return None if at is None else self.listings.iloc[at]

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Where each listing stands among the listings."""
        return {listing_id: at for at, listing_id in enumerate(self.listings["listing_id"])}

    def verdicts(self, judgements: pd.DataFrame) -> dict[Pair, str]:
        """The verdicts in force on the listings that they are about now."""
        return verdicts_of(applied(judgements, self.known))

    def next_night(self, judgements: pd.DataFrame, model: Model) -> pd.DataFrame:
        """Listing id → station id as the next night would have it if no list changed."""
        matched = match(self.listings, model, applied(judgements, self.known), self.house.distinct)
        published = {*self.state.station["station_id"], *self.state.station_redirect["from_id"]}
        return identify(matched.clusters, self.listings, self.house.city.code, self.state.station_listing, published).station_listing


def verdicts_of(judgements: pd.DataFrame) -> dict[Pair, str]:
    """(left_id, right_id) → verdict."""
    sides = zip(judgements["left_id"], judgements["right_id"], strict=True)
    return dict(zip(sides, judgements["verdict"], strict=True))


def read_published(house: House) -> Published:
    """What is in force. Raises RefusedError before the first publication."""
    with warehouse_in_force(house) as connection:
        state = read_state(connection)
        decided = frozenset(connection.execute(text("select decision_id from decision")).scalars())
    good = dict(zip(state.source_state["source"], state.source_state["last_good_on"], strict=True))
    return Published(house, state, ranked(house, state.listing, good, state.good_nights), decided)


def latest_night(house: House) -> str:
    """The latest night of the warehouse in force, published or rejected (ISO date). Raises RefusedError before the first."""
    with warehouse_in_force(house) as connection:
        night = connection.execute(text("select max(night) from night")).scalar()
    if night is None:
        raise RefusedError("还没有跑过一夜；请先运行 make nightly 或 yizhan nightly")
    return str(night.isoformat())


def ended_decisions(house: House) -> dict[str, str]:
    """Decision → the night (ISO date) on which it ended by itself, as the publication in force has it; none before the first."""
    if house.publisher.current() is None:
        return {}
    with warehouse_in_force(house) as connection:
        return {row.decision_id: row.night.isoformat() for row in connection.execute(text("select decision_id, night from decision_end"))}


@contextmanager
def warehouse_in_force(house: House) -> Iterator[Connection]:
    """A reading connection to the publication in force. Raises RefusedError before the first."""
    publication = house.publisher.current()
    if publication is None:
        raise RefusedError("还没有发布过；请先运行 make nightly 或 yizhan nightly")
    engine = open_warehouse(publication.warehouse, read_only=True)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
