"""Stages of the sources: fetch → archive → read → contract, one by one; row suite → standardise → listing suite → gate → ledger, together."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Literal

import pandas as pd

from expectations.listings import LISTINGS
from expectations.rows import ROWS
from expectations.run import run_suite
from flows.house import House
from flows.known import Known, known_before, nothing_known
from flows.operators import OPERATORS
from flows.settings import now
from sources.kit.contract import Contracted, apply, bounds, rows_again
from sources.kit.gate import Brought, Verdict, arrival, gate
from sources.kit.read import read
from sources.kit.retrieval import Checkpoint, Outcome, Part, Retrieval
from sources.kit.retrieve import retrieve
from sources.kit.source import Accepted, Source
from transforms.allowed import Allowed, is_holding
from transforms.ledger import Settled, Tonight, expiry, settle
from transforms.records import RULES, columns_of, empty_frame, issue_rows, no_issues
from transforms.standardise import standardise
from warehouse.state import State

_LOG: Final = logging.getLogger(__name__)

#: Listings of a source that was taken out of the city's folder are carried as long as those of one that fails.
WITHDRAWN_DAYS: Final = 60

#: What names a row in an issue.
_KEY: Final = ("source", "row_key", "line")

#: Before the line of a row that waits in the quarantine and is judged again: no owner's line begins so.
_WAITED: Final = "\x1f"

QUARANTINE_COLUMNS: Final = ("source", "row_key", "row_digest", "line", "verbatim", "rules", "payload")


@dataclass(frozen=True, slots=True)
class Gathered:
    """One source after its stages: what was fetched, what it came to, every issue met, and the last night whose list was taken."""

    source: str
    retrieval: Retrieval
    settled: Settled
    issues: pd.DataFrame
    last_good_on: str | None


@dataclass(frozen=True, slots=True)
class Received:
    """One source after fetch, read and contract. `contracted` is None when there is nothing to read."""

    source: str
    retrieval: Retrieval
    contracted: Contracted | None


@dataclass(frozen=True, slots=True)
class _Before:
    """What is known of the source from before the night."""

    checkpoint: Checkpoint
    listings: pd.DataFrame
    quarantine: pd.DataFrame
    last_good_on: str | None


def receive(house: House, state: State, key: str, night: str, *, refetch: bool, asked: bool) -> Received:
    """Fetch the source (from the archive when the night's retrieval is complete there; not `asked`: never from the owner), read it, and
    hold it to its contract. A fault of ours in one list stops that list, is told, and leaves the others be."""
    try:
        return _received(house, state, key, night, refetch=refetch, asked=asked)
    except OSError:
        raise  # a disk that is full, or gone, is no fault of one list
    except Exception as fault:  # noqa: BLE001 - whatever it is, the other lists go on and this one is told
        _LOG.exception("%s could not be taken on %s", key, night)
        told = f"{house.sources[key].title}：取数或读入时程序出错（{type(fault).__name__}），沿用上次的名单；请把运行日志报给开发者"
        return Received(key, Retrieval(key, night, Outcome.OUR_FAULT, message=told), None)


def _received(house: House, state: State, key: str, night: str, *, refetch: bool, asked: bool) -> Received:
    source = house.sources[key]
    if key == OPERATORS:  # asked of the journal, whatever the archive holds: what was decided since counts
        asked = refetch = True
    if not asked:
        return _read(house, _recalled(house, state, key, night))
    checkpoint = _before(state, key).checkpoint
    taken = house.archive.recall(night, key) if refetch else None
    retrieval = retrieve(
        source, night, checkpoint, house.archive, house.named, now, house.network, refetch=refetch, redact=house.erased.redact(key)
    )
    received = _read(house, retrieval)
    if taken is None or not taken.serves(checkpoint) or (received.contracted is not None and not received.contracted.stopped):
        return received
    # what was taken tonight already is the last good list: a second try that fails does not lose it
    why = received.retrieval.message.removeprefix(f"{source.title}：") or "不合约定"
    kept = replace(taken, message=f"{source.title}：重新取到的不能用（{why}），沿用今晚先前取到的")
    house.archive.record(kept)
    return _read(house, kept)


def _read(house: House, retrieval: Retrieval) -> Received:
    """A retrieval read and held to its source's contract, where it holds a list."""
    source = house.sources[retrieval.source]
    if not retrieval.outcome.is_usable:
        return Received(source.key, retrieval, None)
    contracted = apply(read(source, retrieval, house.archive), source, house.drift.get(source.key))
    if retrieval.erased:
        whole = pd.DataFrame({"source": [source.key]}, dtype="str")
        told = issue_rows(RULES["personal_erased"], whole, [str(retrieval.erased)])
        contracted = replace(contracted, issues=together([contracted.issues, told]))
    return Received(source.key, retrieval, contracted)


def _recalled(house: House, state: State, key: str, night: str) -> Retrieval:
    """What the archive holds of the night. Changes that begin after the source's checkpoint are passed over: what changed between the two
    would be lost for good; the next night that fetches asks from the checkpoint on."""
    recalled = house.archive.recall(night, key)
    if recalled is None:
        return Retrieval(key, night, Outcome.NOT_ASKED, message="本次没有要求取这份名单，沿用上次的")
    if recalled.outcome.is_usable and not recalled.serves(_before(state, key).checkpoint):
        return Retrieval(key, night, Outcome.NOT_ASKED, message="当夜只存有变化部分，与上次采用的名单接不上，沿用上次的；下次取数时补齐")
    return recalled


def validate(house: House, state: State, received: Sequence[Received], night: str, allowed: Allowed, *, full: bool) -> list[Gathered]:
    """Row suite, standardise, listing suite, source gate and ledger, of all sources at once: a suite costs by its run, not by its rows.

    Unless `full`, a row that reads as it did on its source's last good night takes over what was found and made of it then. `allowed`: what people
    said of rows that holds tonight.
    """
    taken = [each for each in received if each.contracted is not None and not each.contracted.stopped]
    kept = nothing_known() if full else known_before(state)
    before = {each.source: _before(state, each.source) for each in received}
    waiting = {each.source: _waiting(house, before[each.source], each, allowed) for each in received}
    rows = together([empty_frame("row"), *(each.contracted.rows for each in taken if each.contracted), *waiting.values()])
    listings, issues = _listings(house, rows, [each.contracted.issues for each in taken if each.contracted], night, kept, allowed)
    before |= {each.source: _restated(house, before[each.source], each, allowed, full=full) for each in received if not _is_whole(each)}
    gathered = []
    for each in received:
        own, found = _of(listings, each.source), _of(issues, each.source)
        again = own["line"].str.startswith(_WAITED)
        fresh, aside = found[~_is_waiting(found)], found[_is_waiting(found)]
        judged = (
            _judged(house, before[each.source], each, own[~again].reset_index(drop=True), fresh.reset_index(drop=True))
            if each in taken
            else _carried(house.sources[each.source], before[each.source], each)
        )
        gathered.append(_let_in(judged, own[again].reset_index(drop=True), aside, night))
    return gathered


def _is_waiting(issues: pd.DataFrame) -> pd.Series:
    return issues["line"].str.startswith(_WAITED).fillna(value=False).astype(bool)


def _waiting(house: House, before: _Before, received: Received, allowed: Allowed) -> pd.DataFrame:
    """Rows of the source's open quarantine that a decision speaks of and tonight's list does not bring again: they are judged once more."""
    held = before.quarantine
    if _is_whole(received) or held.empty:
        return empty_frame("row")
    named = set(received.contracted.rows["row_key"]) if received.contracted is not None and not received.contracted.stopped else set()
    asked = held[allowed.touched(held) & ~held["row_key"].isin(named)].reset_index(drop=True)
    if asked.empty:
        return empty_frame("row")
    rows = rows_again(asked["verbatim"], house.sources[received.source]).sort_values("line", key=lambda line: line.astype(int))
    return rows.assign(row_key=asked["row_key"].to_numpy(), line=(_WAITED + asked["line"]).to_numpy())


def _let_in(gathered: Gathered, listings: pd.DataFrame, issues: pd.DataFrame, night: str) -> Gathered:
    """The source with rows of its quarantine that a decision made pass tonight. They are read again, so they count as rows of tonight."""
    if listings.empty:
        return gathered
    lines = listings["line"]
    none = empty_frame("row").assign(reason=pd.Series(dtype="str"))
    tonight = Tonight("delta", len(listings), listings.drop(columns="line"), none, none)
    first = gathered.settled
    then = settle(gathered.source, first.listings, first.quarantine, tonight, night, None)
    tally = replace(
        then.tally,
        rows_read=first.tally.rows_read + then.tally.rows_read,
        accepted=first.tally.accepted + then.tally.accepted,
        held_back=first.tally.held_back,
        ignored=first.tally.ignored,
        open_before=first.tally.open_before,
        opened=first.tally.opened + then.tally.opened,
        closed=first.tally.closed + then.tally.closed,
        is_stopped=first.tally.is_stopped,
    )
    told = issues[issues["line"].isin(lines)]
    told = told.assign(line=told["line"].str.removeprefix(_WAITED))
    return replace(gathered, settled=replace(then, tally=tally), issues=together([gathered.issues, told]))


def _is_whole(received: Received) -> bool:
    """Whether tonight brought the whole list."""
    contracted = received.contracted
    return contracted is not None and not contracted.stopped and received.retrieval.mode != "delta"


def _restated(house: House, before: _Before, received: Received, allowed: Allowed, *, full: bool) -> _Before:
    """The open listings that tonight's rows do not name, worked out anew from what was kept of their rows: all of them when `full`, else
    those with a date that could not be taken, for by tonight it may have come, and those that a person corrected or no longer does. Those that
    today's rules cannot read stay as they are, and are judged when their owner sends them again."""
    known = before.listings
    source = house.sources[received.source]
    dates = {field: f"{field}_on" for field in ("opened", "updated") if field in source.columns.values()}
    is_asked = known["is_open"].astype(bool)
    by_hand = allowed.is_outdated(known)
    if not full:
        is_asked &= known[list(dates.values())].isna().any(axis=1) | by_hand
    if not is_asked.any():
        return before
    said = set(known.loc[is_asked & by_hand, "listing_id"])
    rows = rows_again(known.loc[is_asked, "verbatim"], source)
    listing_ids = dict(zip(map(str, range(1, int(is_asked.sum()) + 1)), known.loc[is_asked, "listing_id"], strict=True))
    if not full:
        taken = known.set_index("listing_id").loc[rows["line"].map(listing_ids), list(dates.values())].notna().to_numpy()
        rows = rows[(rows[list(dates)].notna().to_numpy() & ~taken).any(axis=1) | rows["line"].map(listing_ids).isin(said)]
    keys = known.set_index("listing_id")["row_key"]
    rows = allowed.corrected(rows.assign(row_key=rows["line"].map(listing_ids).map(keys)))
    anew, _ = standardise(rows.reset_index(drop=True), source.layout, house.city, received.retrieval.night)
    anew = anew.assign(listing_id=anew["line"].map(listing_ids)).set_index("listing_id")
    fields = [name for name in (*columns_of("listing"), "row_digest") if name != "listing_id"]
    stays = known[~known["listing_id"].isin(anew.index)]
    told = known.drop(columns=fields).merge(anew[fields], left_on="listing_id", right_index=True)
    listings = pd.concat([stays, told[list(known.columns)]], ignore_index=True).sort_values("listing_id", ignore_index=True)
    return replace(before, listings=listings)


def _judged(house: House, before: _Before, received: Received, listings: pd.DataFrame, issues: pd.DataFrame) -> Gathered:
    """The source gate's verdict on a list that was read, and what the list does to the register."""
    source, retrieval, contracted = house.sources[received.source], received.retrieval, received.contracted
    if contracted is None:
        raise TypeError("a list that was not read cannot be judged")
    verdict = _gate(source, before, retrieval, contracted, listings, issues, house.drift.get(source.key))
    issues = together([issues, verdict.issues])
    accepted = house.drift.get(source.key, Accepted())
    if verdict.stopped or ("source_failing" not in accepted.rules and issues["rule"].eq("source_failing").any()):
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
        _nothing("not_due"),
        night,
        expiry(before.last_good_on, WITHDRAWN_DAYS),
    )
    retrieval = Retrieval(key, night, Outcome.NOT_ASKED, message="城市目录里已没有这份名单，沿用上次的")
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


def _listings(
    house: House, rows: pd.DataFrame, found: Sequence[pd.DataFrame], night: str, before: Known, allowed: Allowed
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Listings of the rows that no critical rule holds back, and every issue so far (`found`: those of the contracts), of all sources."""
    mapped = house.mapped
    rows = allowed.corrected(rows)
    told = partial(allowed.let_through, rows=rows)
    issues = told(together([no_issues(), *found]))
    fit = rows[~_at(rows).isin(_critical(issues))]
    again = before.again(fit)
    issues = together([issues, told(before.issues_of(fit[again]))]).drop_duplicates(["source", "line", "rule", "field"], ignore_index=True)
    is_known = _at(rows).isin(set(_at(fit[again])))
    issues = together([issues, told(run_suite(ROWS, rows, _KEY, house.city, night, mapped=mapped, known=is_known.tolist()).issues)])
    fresh = rows[~is_known & ~_at(rows).isin(_critical(issues))]
    cleaned = [
        standardise(own.reset_index(drop=True), house.sources[str(key)].layout, house.city, night)
        for key, own in fresh.groupby("source", sort=True)
    ]
    taken_over = before.listings_of(fit[again])
    listings = together([empty_frame("listing"), taken_over, *(each for each, _ in cleaned)])
    issues = together([issues, *(told(each) for _, each in cleaned)])
    is_known = _at(listings).isin(set(_at(taken_over)))
    issues = together([issues, told(run_suite(LISTINGS, listings, _KEY, house.city, night, mapped=mapped, known=is_known.tolist()).issues)])
    return listings[~_at(listings).isin(_critical(issues))], issues


def _at(frame: pd.DataFrame) -> pd.Series:
    """Where each row stood, over all sources. A line names one row of a retrieval, also where a key is missing or repeated."""
    return frame["source"] + "\n" + frame["line"]


def _critical(issues: pd.DataFrame) -> frozenset[str]:
    """Places of the rows that a critical rule holds back."""
    return frozenset(_at(issues[is_holding(issues) & issues["line"].notna()]))


def _of(frame: pd.DataFrame, key: str) -> pd.DataFrame:
    return frame[frame["source"] == key].reset_index(drop=True)


def _gate(
    source: Source,
    before: _Before,
    retrieval: Retrieval,
    contracted: Contracted,
    listings: pd.DataFrame,
    issues: pd.DataFrame,
    accepted: Accepted | None,
) -> Verdict:
    is_closed = listings["is_closed_by_owner"].fillna(value=False).astype(bool)
    closed = frozenset({*contracted.tombstones, *listings.loc[is_closed, "row_key"]})
    held = contracted.rows[_at(contracted.rows).isin(_critical(issues))]
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
    verdict = gate(source, brought, open_before, accepted)
    if not is_delta:
        return verdict
    after = len({*open_before["row_key"], *brought.listings["row_key"]} - closed)
    size = bounds(source, after, accepted)
    return Verdict(verdict.stopped or size.stopped, together([verdict.issues, size.issues]), verdict.renumbered)


def _tonight(retrieval: Retrieval, contracted: Contracted, listings: pd.DataFrame, issues: pd.DataFrame, verdict: Verdict) -> Tonight:
    is_closed = listings["is_closed_by_owner"].fillna(value=False).astype(bool)
    closed = listings[is_closed]
    held = _held(contracted, issues, retrieval)
    by_owner = closed[["row_key", "line"]].assign(reason="closed_still_listed")
    return Tonight(
        mode="delta" if retrieval.mode == "delta" else "snapshot",
        rows_read=contracted.rows_read,
        accepted=listings[~is_closed].drop(columns="line").reset_index(drop=True),  # where it stood tonight is no part of a claim
        held=held,
        ignored=together([contracted.ignored, by_owner]),
        closed_keys=frozenset({*contracted.tombstones, *closed["row_key"]}),
        renumbered=verdict.renumbered,
    )


def _held(contracted: Contracted, issues: pd.DataFrame, retrieval: Retrieval) -> pd.DataFrame:
    """Rows held back, as the quarantine keeps them: verbatim, with the rules met and the payload (a page, a file) that each lies in."""
    rows = contracted.rows
    critical = issues[is_holding(issues) & issues["line"].notna()]
    rules = critical.groupby("line")["rule"].agg(lambda met: ";".join(sorted(set(met))))
    held = rows[rows["line"].isin(rules.index)].reset_index(drop=True)
    payloads = held["line"].map(contracted.parts).map(dict(enumerate(part.sha256 for part in retrieval.parts)))
    return held.assign(rules=held["line"].map(rules).astype("str"), payload=payloads.astype("str"))[list(QUARANTINE_COLUMNS)]


def _carried(source: Source, before: _Before, received: Received) -> Gathered:
    """A retrieval without a list that can be taken: nothing is due, it failed, or it broke its contract."""
    retrieval = received.retrieval
    if received.contracted is not None:
        return _stopped(source, before, retrieval, received.contracted.rows_read, received.contracted.issues)
    if retrieval.outcome.is_failure:
        return _stopped(source, before, retrieval, 0, arrival(source, retrieval).issues)
    settled = settle(source.key, before.listings, before.quarantine, _nothing("not_due"), retrieval.night, _expiry(source, before))
    return Gathered(source.key, retrieval, settled, no_issues(), before.last_good_on)


def _stopped(source: Source, before: _Before, retrieval: Retrieval, rows_read: int, issues: pd.DataFrame) -> Gathered:
    """A list that may not replace the one before: its rows count as held back under the source's issue, uncopied."""
    tonight = _nothing("carried", rows_read)
    settled = settle(source.key, before.listings, before.quarantine, tonight, retrieval.night, _expiry(source, before))
    return Gathered(source.key, retrieval, settled, issues[issues["line"].isna()].reset_index(drop=True), before.last_good_on)


def _expiry(source: Source, before: _Before) -> str | None:
    return expiry(before.last_good_on, source.max_age_days)


def _nothing(mode: Literal["carried", "not_due"], rows_read: int = 0) -> Tonight:
    none = empty_frame("row")
    return Tonight(mode, rows_read, none, none, none, is_stopped=mode == "carried")


def together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The frames one below the other; the first tells the columns when all are empty."""
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0].iloc[:0]
