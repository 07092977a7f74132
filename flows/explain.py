"""`review`, `explain` and `station`: what waits for an answer, why two listings are or are not one station, and what a station is made of."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from rich.console import Console

from desk.decided import named
from desk.doubts import queue_lines
from desk.evidence import explanation_lines
from desk.station import StationFacts, station_page
from flows.house import House, open_house
from flows.judge import decisions_of
from flows.outlook import Published, read_published, warehouse_in_force
from flows.run import RefusedError
from flows.settings import Settings
from transforms.dedupe.doubts import review_queue
from transforms.dedupe.explain import Explanation, explain
from transforms.dedupe.judgements import applied
from transforms.merge import merge
from warehouse.frames import read_frame
from warehouse.tables import table

#: Other stations shown that a station nearly merged with.
NEARLY: int = 5


def show_review(settings: Settings, say: Console, *, limit: int) -> int:
    """The questions that wait, most worth asking first. Raises RefusedError for a limit under 1."""
    if limit < 1:
        raise RefusedError(f"--limit {limit}：应不小于 1")
    published = read_published(open_house(settings))
    queue = queue_of(published)
    for line in queue_lines(queue.head(limit), published.listings, published.house.model, len(queue)):
        say.print(line, markup=False)
    if len(queue):
        say.print("回答：yizhan judge 登记A 登记B same|not|unsure --who 姓名 --why 理由；细看：yizhan explain 登记A 登记B", markup=False)
    return 0


def queue_of(published: Published) -> pd.DataFrame:
    """The review queue of what is in force, less what the journal already answers."""
    judgements = decisions_of(published.house).judgements
    new = applied(judgements[~judgements["decision_id"].isin(published.decided)], published.known)
    answered = pd.MultiIndex.from_frame(new[["left_id", "right_id"]])
    pairs = published.state.pair
    pairs = pairs[~pd.MultiIndex.from_frame(pairs[["left_id", "right_id"]]).isin(answered)]  # answered since, "unsure" too
    is_open = dict(zip(published.listings["listing_id"], published.listings["is_open"], strict=True))
    stations = {listing_id: station for listing_id, station in published.stations.items() if is_open.get(listing_id)}
    verdicts = published.verdicts(judgements)
    return review_queue(pairs, stations, verdicts, published.house.model.thresholds["same"])


def show_pair(settings: Settings, say: Console, left_id: str, right_id: str) -> int:
    """Why two listings are, or are not, one station."""
    published = read_published(open_house(settings))
    told = explained(published, left_id, right_id)
    stations = published.stations
    name = named(published.state.station, "station_id")
    calibration = published.house.model.calibration
    for line in explanation_lines(
        told, named(published.listings, "listing_id"), lambda listing_id: name(stations[listing_id]), calibration
    ):
        say.print(line, markup=False)
    return 0


def explained(published: Published, left_id: str, right_id: str) -> Explanation:
    """The pair explained, as the command and the pages of the desk show it. Raises RefusedError for a listing that is not there."""
    for each in (left_id, right_id):
        if published.listing(each) is None:
            raise RefusedError(f"没有登记 {each}：登记编号形如 union:123，可从 yizhan station 或 pair 表查到")
    if left_id == right_id:
        raise RefusedError(f"{left_id}：两边是同一条登记")
    house = published.house
    verdicts = published.verdicts(decisions_of(house).judgements)
    return explain(published.listings, published.stations, (left_id, right_id), house.model, verdicts, house.distinct)


def show_station(settings: Settings, say: Console, station_id: str) -> int:
    """A station: its listings, the values chosen and why, its history, and what it nearly merged with."""
    house = open_house(settings)
    published = read_published(house)
    say.print(station_page(station_facts(published, station_id), house.titles))
    return 0


def station_facts(published: Published, station_id: str) -> StationFacts:
    """What is known of a station; an id that was merged away leads to the one that answers for it. Raises RefusedError when there is none."""
    redirects = published.state.station_redirect
    leads = dict(zip(redirects["from_id"], redirects["to_id"], strict=True))
    answering = leads.get(station_id, station_id)
    if answering not in set(published.state.station["station_id"]):
        raise RefusedError(f"没有驿站 {station_id}：编号形如 yz{published.house.city.code}-0123456789，可从 station 表查到")
    stations = published.stations
    members = published.listings[[stations.get(each) == answering for each in published.listings["listing_id"]]]
    history, events, judgements, corrections = _told(published.house, answering, set(members["listing_id"]))
    station = published.state.station.set_index("station_id").loc[answering]
    # its listings may be open though a person closed it
    merged = merge(members.assign(station_id=answering, is_open=members["is_open"] & (station["status"] == "open")), corrections)
    return StationFacts(
        asked=station_id,
        station_id=answering,
        values={**_only(merged.stations), "close_cause": station["close_cause"]},
        choices=merged.choices,
        listings=members,
        history=history,
        events=events,
        judgements=judgements,
        redirects=sorted(old for old, new in leads.items() if new == answering),
        nearly=_nearly(published.state.pair, stations, set(members["listing_id"])),
        model=published.house.model,
        names=named(published.state.station, "station_id"),
        sources=dict(zip(published.listings["listing_id"], published.listings["source"], strict=True)),
    )


def _only(stations: pd.DataFrame) -> Mapping[str, object]:
    return {str(name): value for name, value in stations.iloc[0].items()}


def _told(house: House, station_id: str, members: set[str]) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """History, events, judgements on its listings and corrections, as published."""
    history, events, judgement, correction = (table(name) for name in ("station_history", "station_event", "judgement", "correction"))
    redirect = table("station_redirect")
    with warehouse_in_force(house) as connection:
        spans = read_frame(connection, history.select().where(history.c.station_id == station_id).order_by(history.c.valid_from))
        happened = read_frame(
            connection, events.select().where(events.c.station_id == station_id).order_by(events.c.night, events.c.number)
        )
        sides = judgement.c.left_id.in_(members) | judgement.c.right_id.in_(members)
        judged = read_frame(connection, judgement.select().where(sides).order_by(judgement.c.decided_at, judgement.c.decision_id))
        merged = read_frame(connection, redirect.select().where(redirect.c.valid_to.is_(None)))
        corrected = read_frame(connection, correction.select().order_by(correction.c.decided_at, correction.c.decision_id))
    leads = dict(zip(merged["from_id"], merged["to_id"], strict=True))
    keys = [leads.get(key, key) if scope == "station" else key for scope, key in zip(corrected["scope"], corrected["key"], strict=True)]
    return spans, happened, judged, corrected.assign(key=pd.Series(keys, index=corrected.index, dtype="str"))


def _nearly(pairs: pd.DataFrame, stations: Mapping[str, str], members: set[str]) -> pd.DataFrame:
    """The strongest pair to each other station, strongest first: left_id (of this station), right_id, weight_mb, levels, station_id."""
    outgoing = pairs[pairs["left_id"].isin(members) != pairs["right_id"].isin(members)]
    inward = outgoing["left_id"].isin(members)
    own, other = outgoing["left_id"].where(inward, outgoing["right_id"]), outgoing["right_id"].where(inward, outgoing["left_id"])
    found = outgoing.assign(left_id=own, right_id=other, station_id=other.map(stations))
    ordered = found.sort_values(["weight_mb", "left_id", "right_id"], ascending=[False, True, True])
    return ordered.drop_duplicates("station_id").head(NEARLY)
