"""A night from its prior state to its publication, in plain functions; `flows.nightly` runs them under Prefect."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

import pandas as pd
from sqlalchemy import Connection, select

from desk.facts import night_facts
from desk.links import Links
from desk.report import night_report
from flows.changed_feeds import as_decided
from flows.gather import Gathered, Received, unclaimed, validate
from flows.gather import receive as receive_source
from flows.house import House
from flows.register import Verdict, caught_up_in, night_tables, register, retrievals, verdict
from flows.row_decisions import row_decisions
from flows.rules import every_rule
from flows.settings import now
from transforms.records import no_issues
from warehouse.interval import revert
from warehouse.journal import Decisions, read_journal
from warehouse.load import NightRecord, NightTables, load_night, load_rejected, record_run
from warehouse.publish import Draft
from warehouse.state import State, distrust, nights_after, read_state, station_ids
from warehouse.tables import table


@dataclass(frozen=True, slots=True)
class Order:
    """What was asked: a night (ISO date) and how to run it.

    `full`: nothing is taken over from the prior state; `refetch`: retrievals are made anew; `only`: fetch these sources (empty: all).
    `fetch`: this night may ask owners; without it all comes from the archive. `run_id` and `started_at` (UTC) go into table run.
    """

    night: str
    run_id: str
    started_at: datetime
    full: bool = False
    refetch: bool = False
    only: tuple[str, ...] = ()
    fetch: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """One night about to run: the state that it starts from, what people decided, and the publication it will be in. `is_asked`: the night of the order itself; the
    nights after it are rebuilt from the archive. `published`: station ids that earlier publications of these nights held: readers have them, so they go on resolving.
    `past_churn`: a rehearsal goes on past the churn gate, and tells what the gate said."""

    house: House
    order: Order
    night: str
    state: State
    decisions: Decisions
    publication: str
    published: frozenset[str] = frozenset()
    past_churn: bool = False

    @property
    def is_full(self) -> bool:
        """Whether every derived row is worked out anew: because it was asked for, or because a rule, a word or a package changed."""
        return self.order.full or self.state.fingerprint != self.house.fingerprint(self.night)

    @property
    def is_asked(self) -> bool:
        """Whether this night may fetch."""
        return self.order.fetch and self.night == self.order.night


def receive_all(stage: Stage) -> list[Received]:
    """Every source, side by side: most of their time is waiting for owners."""
    with ThreadPoolExecutor(stage.house.settings.workers) as pool:
        return list(pool.map(partial(receive, stage), stage.house.sources))


def run_nights(
    house: House,
    order: Order,
    draft: Draft,
    receive_all: Callable[[Stage], list[Received]],
    conclude: Callable[[Stage, Sequence[Received]], Concluded],
) -> tuple[Verdict, str]:
    """Run the night of the order and rebuild every later one in the draft; how the first ended, and the report on it (Markdown).

    `receive_all` and `conclude` are those of this module, or the same under Prefect.
    """
    decisions = read_journal(house.journal)

    def run(night: str) -> Concluded:
        stage = begin(connection, house, order, night, decisions, draft.name, published)
        return conclude(stage, receive_all(stage))

    with draft.engine.connect() as connection:
        transaction = connection.begin()
        published = station_ids(connection)
        later = nights_after(connection, order.night)
        was_rejected = set(nights_after(connection, order.night, state="rejected"))
        first = run(order.night)
        if first.ended.state == "rejected":
            transaction.rollback()  # the register stays as it was, of this night and of every later one
            transaction = connection.begin()
            later = []
        write(connection, order.night, first)
        for night in later:
            rebuilt = run(night)
            if rebuilt.ended.state == "rejected" and night not in was_rejected:
                transaction.rollback()  # a night that stands published is not taken back by rebuilding an earlier one
                told = _refused(connection, order, first, night, rebuilt.ended)
                return told, _report(connection, house, order.night, draft.name, told)
            write(connection, night, rebuilt)
        transaction.commit()
        return first.ended, _report(connection, house, order.night, draft.name, first.ended)


def _report(connection: Connection, house: House, night: str, publication: str, ended: Verdict) -> str:
    nights = table("night")
    if connection.execute(select(nights.c.night).where(nights.c.night == date.fromisoformat(night))).first() is None:
        return (
            f"**没有发布**：{night} 这一夜没有进登记册：{ended.reason}"  # one before the first, upon which the later ones cannot be rebuilt
        )
    links = Links(house.settings.desk_address, night, publication)
    return night_report(night_facts(connection, night), house.titles, every_rule(), links, house.untold)


def _refused(connection: Connection, order: Order, first: Concluded, night: str, ended: Verdict) -> Verdict:
    """The order as rejected because a later night could not be rebuilt after it; only the run is kept."""
    told = Verdict("rejected", f"重建到 {night} 这一夜时不能发布（{ended.reason}），已发布的各夜保持原样")
    with connection.begin():
        record_run(connection, order.night, {**first.written.run, "state": told.state, "reason": told.reason})
    return told


def begin(
    connection: Connection, house: House, order: Order, night: str, decisions: Decisions, publication: str, published: frozenset[str]
) -> Stage:
    """Bring the draft back to how it stood before `night`, and read the state from which it starts; one that was made with decisions which
    are not among these is not gone on from."""
    revert(connection, night)
    if not decisions.know(connection.execute(select(table("decision").c.decision_id)).scalars()):
        distrust(connection)
    state = read_state(connection)
    return Stage(as_decided(house, decisions, night), order, night, state, decisions.less(state.ended), publication, published)


def receive(stage: Stage, key: str) -> Received:
    """Fetch, read and contract of one source."""
    order = stage.order
    asked = stage.is_asked and (not order.only or key in order.only)
    return receive_source(stage.house, stage.state, key, stage.night, refetch=order.refetch, asked=asked)


@dataclass(frozen=True, slots=True)
class Concluded:
    """How the night ends, and what is to be written of it: the whole night, or what is kept of a rejected one. `churned`: what the churn gate said where
    the stage goes past it."""

    ended: Verdict
    written: NightTables | NightRecord
    churned: str | None = None


def conclude(stage: Stage, received: Sequence[Received]) -> Concluded:
    """Validate what was received, make the register out of it, and judge the night."""
    of_rows = row_decisions(stage.house, stage.state, received, stage.decisions.allowed.in_force(stage.night), stage.night)
    gathered = validate(stage.house, stage.state, received, stage.night, of_rows.allowed, full=stage.is_full)
    every = sorted([*gathered, *unclaimed(stage.house, stage.state, stage.night)], key=lambda each: each.source)
    if not any(len(each.settled.listings) for each in every):
        return _rejected(stage, every, no_issues(), Verdict("rejected", "没有一份名单可用，名册还是空的"))
    registered = register(stage.house, stage.state, every, stage.decisions, stage.night, stage.published, full=stage.is_full)
    registered = registered.besides(of_rows.issues, caught_up_in(every, of_rows.caught_up))
    churned = registered.churned if stage.past_churn else None
    ended = verdict(stage.state, every, replace(registered, churned=None) if churned else registered, stage.night)
    if ended.state == "rejected":
        return replace(_rejected(stage, every, registered.issues, ended), churned=churned)
    decisions = stage.decisions.less(registered.caught_up)
    tables = night_tables(stage.house, every, registered, decisions, ended, stage.night, _run(stage, ended))
    return Concluded(ended, tables, churned)


def write(connection: Connection, night: str, concluded: Concluded) -> None:
    """Write the night into the draft."""
    if isinstance(concluded.written, NightTables):
        load_night(connection, night, concluded.written)
    else:
        load_rejected(connection, night, concluded.written)


def _rejected(stage: Stage, gathered: Sequence[Gathered], issues: pd.DataFrame, ended: Verdict) -> Concluded:
    record = NightRecord(
        state=ended.state,
        reason=ended.reason,
        fingerprint=stage.house.fingerprint(stage.night),
        model_fingerprint=stage.house.model.fingerprint,
        counts={"rows": sum(each.settled.tally.rows_read for each in gathered)},
        run=_run(stage, ended),
        retrieval=retrievals(gathered),
        issue=pd.concat([*(each.issues for each in gathered), issues], ignore_index=True),
        quarantine=pd.concat([each.settled.quarantine for each in gathered], ignore_index=True),
    )
    return Concluded(ended, record)


def _run(stage: Stage, ended: Verdict) -> dict[str, object]:
    """The execution as table run keeps it; a night that is only rebuilt is named as part of it."""
    run_id = stage.order.run_id if stage.night == stage.order.night else f"{stage.order.run_id}/{stage.night}"
    return {
        "run_id": run_id,
        "started_at": stage.order.started_at.isoformat(),
        "ended_at": now().isoformat(),
        "state": ended.state,
        "is_full": stage.is_full,
        "publication": stage.publication,
        "reason": ended.reason,
    }
