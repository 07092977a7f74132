"""Stages of one source: fetch → archive → read → contract → row suite → standardise → listing suite → source gate → ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
from sources.kit.retrieve import retrieve

from expectations.listings import LISTINGS
from expectations.rows import ROWS
from expectations.run import run_suite
from flows.house import House
from flows.settings import now
from sources.kit.contract import Contracted, apply, bounds
from sources.kit.gate import Brought, Verdict, arrival, gate
from sources.kit.read import read
from sources.kit.retrieval import Checkpoint, Outcome, Part, Retrieval
from sources.kit.source import Source
from transforms.ledger import Settled, Tonight, expiry, settle
from transforms.records import empty_frame, no_issues
from transforms.standardise import standardise
from warehouse.state import State

#: Listings of a source that was taken out of the city's folder are carried as long as those of one that fails.
WITHDRAWN_DAYS: Final = 60

QUARANTINE_COLUMNS: Final = ("source", "row_key", "row_digest", "line", "verbatim", "rules", "payload")


@dataclass(frozen=True, slots=True)
class Gathered:
    """One source after its stages: what was fetched, what it came to, every issue met, and whether tonight's list was taken."""

    source: str
    retrieval: Retrieval
    settled: Settled
    issues: pd.DataFrame
    last_good_on: str | None


@dataclass(frozen=True, slots=True)
class _Before:
    """What is known of the source from before the night."""

    checkpoint: Checkpoint
    listings: pd.DataFrame
    quarantine: pd.DataFrame
    last_good_on: str | None


def fetch(house: House, state: State, key: str, night: str, *, refetch: bool, asked: bool) -> Retrieval:
    """The source's retrieval of the night: from the archive when it is complete there, else fetched; not `asked`: never fetched."""
    source = house.sources[key]
    recalled = house.archive.recall(night, key)
    if not asked:
        return recalled or Retrieval(key, night, Outcome.NOT_DUE, message="本次没有要求取这份名单，沿用上次的")
    return retrieve(source, night, _before(state, key).checkpoint, house.archive, house.named, now, house.network, refetch=refetch)


def judge(house: House, state: State, retrieval: Retrieval) -> Gathered:
    """Everything after the fetch; never raises for a fault of the list."""
    source, before = house.sources[retrieval.source], _before(state, retrieval.source)
    if not retrieval.outcome.is_usable:
        return _carried(source, before, retrieval)
    contracted = apply(read(source, retrieval, house.archive), source)
    if contracted.stopped:
        return _stopped(source, before, retrieval, contracted.rows_read, contracted.issues)
    listings, issues = _listings(house, source, contracted, retrieval.night)
    verdict = _gate(source, before, retrieval, contracted, listings, issues)
    issues = _together([issues, verdict.issues])
    if verdict.stopped or issues["rule"].eq("source_failing").any():
        return _stopped(source, before, retrieval, contracted.rows_read, issues)
    tonight = _tonight(retrieval, contracted, listings, issues, verdict)
    settled = settle(source.key, before.listings, before.quarantine, tonight, retrieval.night, None)
    return Gathered(source.key, retrieval, settled, issues, retrieval.night)


def unclaimed(house: House, state: State, night: str) -> list[Gathered]:
    """Sources that the register still has listings of, though the city no longer has the source: carried until they are too old."""
    gone = sorted(set(state.listing["source"]) - set(house.sources))
    return [_orphaned(_before(state, key), key, night) for key in gone]


def _orphaned(before: _Before, key: str, night: str) -> Gathered:
    settled = settle(
        key,
        before.listings,
        before.quarantine,
        _nothing("not_due", is_stopped=False),
        night,
        expiry(before.last_good_on, WITHDRAWN_DAYS),
    )
    retrieval = Retrieval(key, night, Outcome.NOT_DUE, message="城市目录里已没有这份名单，沿用上次的")
    return Gathered(key, retrieval, settled, no_issues(), before.last_good_on)


def _before(state: State, key: str) -> _Before:
    known = state.source_state[state.source_state["source"] == key]
    row = known.iloc[0] if len(known) else None
    listings = state.listing[state.listing["source"] == key].reset_index(drop=True)
    quarantine = state.quarantine[state.quarantine["source"] == key].reset_index(drop=True)
    if row is None:
        return _Before(Checkpoint(), listings, quarantine, None)
    told = row.where(row.notna(), None)
    checkpoint = Checkpoint(
        night=told["last_good_on"],
        etag=told["etag"],
        last_modified=told["last_modified"],
        watermark=told["watermark"],
        parts=parts_of(told["parts"]),
    )
    return _Before(checkpoint, listings, quarantine, told["last_good_on"])


def parts_of(text: str | None) -> tuple[Part, ...]:
    """The parts that table retrieval keeps as JSON."""
    return Checkpoint.from_json(f'{{"parts": {text}}}').parts if text else ()


def _listings(house: House, source: Source, contracted: Contracted, night: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Listings of the rows that pass the row suite, and every issue so far."""
    mapped = {source.key: {*source.columns.values(), *source.constants}}
    rows = contracted.rows
    row_issues = run_suite(ROWS, rows, ["source", "row_key", "line"], house.city, night, mapped=mapped).issues
    unfit = critical_lines(contracted.issues, row_issues)
    listings, cleaning = standardise(rows[~rows["line"].isin(unfit)].reset_index(drop=True), source.layout, house.city, night)
    listing_issues = run_suite(LISTINGS, listings, ["source", "row_key", "line"], house.city, night, mapped=mapped).issues
    issues = _together([contracted.issues, row_issues, cleaning, listing_issues])
    return listings[~listings["line"].isin(critical_lines(issues))].reset_index(drop=True), issues


def critical_lines(*issues: pd.DataFrame) -> frozenset[str]:
    """Lines of the rows that a critical rule holds back. A line names one row of a retrieval, also where a key is missing or repeated."""
    found = _together(issues)
    return frozenset(found.loc[found["severity"].eq("critical") & found["line"].notna(), "line"])


def _gate(
    source: Source, before: _Before, retrieval: Retrieval, contracted: Contracted, listings: pd.DataFrame, issues: pd.DataFrame
) -> Verdict:
    is_closed = listings["is_closed_by_owner"].fillna(value=False).astype(bool)
    closed = frozenset({*contracted.tombstones, *listings.loc[is_closed, "row_key"]})
    held = contracted.rows[contracted.rows["line"].isin(critical_lines(issues))]
    is_open = before.listings["is_open"].astype(bool)
    open_before = before.listings.loc[is_open, ["listing_id", "row_key", "name", "address", "missed"]]
    is_delta = retrieval.mode == "delta"
    brought = Brought(
        rows_read=contracted.rows_read,
        listings=listings.loc[~is_closed, ["row_key", "name", "address"]],
        held_keys=frozenset(held["row_key"].dropna()),
        closed_keys=closed,
        issues=issues,
        is_delta=is_delta,
    )
    verdict = gate(source, brought, open_before)
    if not is_delta:
        return verdict
    after = len({*open_before["row_key"], *brought.listings["row_key"]} - closed)
    size = bounds(source, after)
    return Verdict(verdict.stopped or size.stopped, _together([verdict.issues, size.issues]), verdict.renumbered)


def _tonight(retrieval: Retrieval, contracted: Contracted, listings: pd.DataFrame, issues: pd.DataFrame, verdict: Verdict) -> Tonight:
    is_closed = listings["is_closed_by_owner"].fillna(value=False).astype(bool)
    closed = listings[is_closed]
    held = _held(contracted.rows, issues, retrieval)
    by_owner = closed[["row_key", "line"]].assign(reason="closed_still_listed")
    return Tonight(
        mode="delta" if retrieval.mode == "delta" else "snapshot",
        rows_read=contracted.rows_read,
        accepted=listings[~is_closed].reset_index(drop=True),
        held=held,
        ignored=_together([contracted.ignored, by_owner]),
        closed_keys=frozenset({*contracted.tombstones, *closed["row_key"]}),
        renumbered=verdict.renumbered,
    )


def _held(rows: pd.DataFrame, issues: pd.DataFrame, retrieval: Retrieval) -> pd.DataFrame:
    """Rows held back, as the quarantine keeps them: verbatim, with the rules met and the payload that they lie in."""
    critical = issues[issues["severity"].eq("critical") & issues["line"].notna()]
    rules = critical.groupby("line")["rule"].agg(lambda met: ";".join(sorted(set(met))))
    held = rows[rows["line"].isin(rules.index)].reset_index(drop=True)
    payload = retrieval.parts[0].sha256 if retrieval.parts else None
    return held.assign(rules=held["line"].map(rules).astype("str"), payload=pd.Series([payload] * len(held), dtype="str"))[
        list(QUARANTINE_COLUMNS)
    ]


def _carried(source: Source, before: _Before, retrieval: Retrieval) -> Gathered:
    """A retrieval without a list: nothing is due, or it failed. What is in the register stays until it is too old."""
    failed = retrieval.outcome.is_failure
    verdict = arrival(source, retrieval)
    tonight = _nothing("carried" if failed else "not_due", is_stopped=failed)
    settled = settle(
        source.key, before.listings, before.quarantine, tonight, retrieval.night, expiry(before.last_good_on, source.max_age_days)
    )
    return Gathered(source.key, retrieval, settled, verdict.issues, before.last_good_on)


def _stopped(source: Source, before: _Before, retrieval: Retrieval, rows_read: int, issues: pd.DataFrame) -> Gathered:
    """A list that was read but may not replace the one before: its rows count as held back under one source issue, uncopied."""
    tonight = _nothing("carried", is_stopped=True, rows_read=rows_read)
    settled = settle(
        source.key, before.listings, before.quarantine, tonight, retrieval.night, expiry(before.last_good_on, source.max_age_days)
    )
    return Gathered(source.key, retrieval, settled, issues[issues["line"].isna()].reset_index(drop=True), before.last_good_on)


def _nothing(mode: str, *, is_stopped: bool, rows_read: int = 0) -> Tonight:
    none = empty_frame("row")
    return Tonight("carried" if mode == "carried" else "not_due", rows_read, none, none, none, is_stopped=is_stopped)


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else (frames[0].iloc[:0] if frames else no_issues())
