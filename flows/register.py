"""Stages of the whole register: candidates → compare → score → cluster → identity → merge → station suite, and the night's verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass, fields, replace
from typing import Final

import pandas as pd

from desk.decided import named
from expectations.run import run_suite
from expectations.stations import STATIONS
from flows.churn import churn_stop
from flows.gather import Gathered
from flows.house import House
from flows.rules import every_rule
from sources.kit.retrieval import Outcome
from transforms.allowed import is_holding
from transforms.churn import churn
from transforms.dedupe import Matched, Model, datum_suspects, identify, match_again, read_state, state_fingerprint, write_state
from transforms.dedupe.judgements import applied, asked_again
from transforms.events import Register, night_events
from transforms.ledger import ABSENT_ONCE, ABSENT_TWICE
from transforms.merge import Merged, Touched, merge, merge_again, touched
from transforms.records import RULES, empty_frame, issue_rows, no_issues
from transforms.records.city import ControlTotal
from warehouse.journal import Decisions, named_by_hand
from warehouse.load import NightTables
from warehouse.state import State

#: Trust of a listing whose source is no longer among the city's: it may anchor an id, but every living source outranks it.
NO_TRUST: Final = 0

#: Why a decision ended by itself: the source gives the person's value now.
CAUGHT_UP: Final = "caught_up"

#: Why a station closed that its lists still have.
CLOSED_BY_PERSON: Final = "closed_by_person"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a night ends: published, quarantined (published, something new needs a person) or rejected, why (Chinese), and the sources that need a person."""

    state: str
    reason: str | None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """The register after a night. `touched`: what may read otherwise than before, and of whose stations alone `statements` and `plaques` are; None: of all of them.
    `churned`: why the churn gate stops it (Chinese), None when it does not; `caught_up`: corrections whose source says the same by now."""

    listings: pd.DataFrame
    pairs: pd.DataFrame
    register: Register
    statements: pd.DataFrame
    plaques: pd.DataFrame
    events: pd.DataFrame
    issues: pd.DataFrame
    touched: Touched | None
    churned: str | None
    caught_up: frozenset[str]

    def besides(self, issues: pd.DataFrame, caught_up: frozenset[str]) -> Registered:
        """The register with what was found of decisions on rows."""
        return replace(self, issues=pd.concat([self.issues, issues], ignore_index=True), caught_up=self.caught_up | caught_up)


def register(
    house: House, state: State, gathered: Sequence[Gathered], decisions: Decisions, night: str, earlier: AbstractSet[str], *, full: bool
) -> Registered:
    """Which listings are one station, under which id, with which values; what changed since `state`. `earlier`: ids in earlier publications of
    the night. `full`: every pair is compared and every station merged anew."""
    listings = _listings(house, state, gathered)
    judgements = applied(decisions.judgements, listings)
    matched = _matched(house, listings, judgements, house.fingerprint(night), full=full)
    published = {*state.station["station_id"], *state.station_redirect["from_id"], *earlier}
    identified = identify(matched.clusters, listings, house.city.code, state.station_listing, published)
    placed = listings.merge(identified.station_listing, on="listing_id")
    again = None if full else _touched(house, state, placed, identified.redirects, decisions)
    placed, by_hand = _closed_by_hand(placed, decisions.closed, identified.redirects)
    merged = _merged(house, state, placed, _followed(decisions.corrections, identified.redirects), again)
    suspects = _suspects(placed, datum_suspects(listings, identified.station_listing))
    suite = run_suite(STATIONS, merged.stations, ["station_id"], house.city, night, mapped=house.mapped)
    after = Register(merged.stations, identified.station_listing, identified.redirects)
    before = Register(state.station, state.station_listing, state.station_redirect)
    of_stations = decisions.allowed.in_force(night).let_through(suite.issues, empty_frame("row"))
    matching = _matching(matched, listings, _unheard(decisions, judgements, listings))
    issues = [frame for frame in (merged.issues, suspects, matching, of_stations) if len(frame)]
    pairs = _pairs(matched.pairs, judgements, listings, house.model)
    events = _told_closed(night_events(before, after, listings, _by_person(merged.choices, placed, decisions)), by_hand)
    return Registered(
        listings=listings,
        pairs=pairs,
        register=after,
        statements=merged.statements,
        plaques=merged.plaques,
        events=events,
        issues=pd.concat(issues, ignore_index=True) if issues else no_issues(),
        touched=again,
        churned=churn_stop(house, state, churn(before, events), night, decisions, placed, pairs),
        caught_up=merged.caught_up & frozenset(decisions.corrections.loc[decisions.corrections["night"] <= night, "decision_id"]),
    )


def _touched(house: House, state: State, placed: pd.DataFrame, redirects: pd.DataFrame, decisions: Decisions) -> Touched:
    """What tonight's listings, and what people ever said of stations, may make read otherwise than `state` does."""
    good = dict(zip(state.source_state["source"], state.source_state["last_good_on"], strict=True))
    before = ranked(house, state.listing, good, state.good_nights).merge(state.station_listing, on="listing_id")
    named = named_by_hand(decisions.log)  # all that the state was made with: else the night is full (flows.night.begin)
    leads = [frame.loc[frame["from_id"].isin(named), "to_id"] for frame in (state.station_redirect, redirects)]
    return touched(before, placed, named.union(*leads))


def _merged(house: House, state: State, placed: pd.DataFrame, corrections: pd.DataFrame, again: Touched | None) -> Merged:
    if again is None:
        return merge(placed, corrections, house.city.programme_from)
    return merge_again(placed, corrections, house.city.programme_from, state.station, again.stations)


def caught_up_in(gathered: Sequence[Gathered], caught_up: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The corrections whose owner sends the same (by source), where its list was taken: what is stopped at its gate is believed in nothing."""
    taken = {each.source for each in gathered if not each.settled.tally.is_stopped}
    return frozenset(number for source, numbers in caught_up.items() if source in taken for number in numbers)


def _matched(house: House, listings: pd.DataFrame, judgements: pd.DataFrame, code: str, *, full: bool) -> Matched:
    """The listings matched, by way of what the last night that ran found, whichever it was. For the next night to go on from, what was found is kept."""
    before = None if full else read_state(house.found, state_fingerprint(code, house.model, house.distinct))
    matched, found = match_again(listings, house.model, judgements, before, code, house.distinct)
    write_state(found, house.found)
    return matched


def _closed_by_hand(placed: pd.DataFrame, closed: AbstractSet[str], redirects: pd.DataFrame) -> tuple[pd.DataFrame, frozenset[str]]:
    """The listings, those of stations that a person closed as if no list had them any more; and those stations, as they are called now. In table listing they stay
    as they are: that says what owners list."""
    leads = dict(zip(redirects["from_id"], redirects["to_id"], strict=True))
    by_hand = frozenset(leads.get(each, each) for each in closed)
    which = placed["station_id"].isin(by_hand)
    return placed.assign(is_open=placed["is_open"] & ~which, close_cause=placed["close_cause"].mask(which, CLOSED_BY_PERSON)), by_hand


def _told_closed(events: pd.DataFrame, by_hand: AbstractSet[str]) -> pd.DataFrame:
    """The events, with the person's decision as the cause of what a person closed."""
    which = events["event"].eq("closed") & events["station_id"].isin(by_hand)
    return events.assign(cause=events["cause"].mask(which, CLOSED_BY_PERSON), source=events["source"].mask(which))


def _by_person(choices: pd.DataFrame, placed: pd.DataFrame, decisions: Decisions) -> frozenset[tuple[str, str]]:
    """Station and field of every value that a correction gave: one of the station or of the listing, or one of the row of the listing that was chosen."""
    by_person = choices["basis"].eq("correction")
    of_rows = decisions.allowed.corrections
    if len(of_rows):
        written = placed[["listing_id"]].assign(key=placed["source"] + ":" + placed["row_key"].astype("str"))
        rows = of_rows[["key", "field"]].merge(written, on="key")[["listing_id", "field"]]
        by_person |= pd.MultiIndex.from_frame(choices[["listing_id", "field"]]).isin(pd.MultiIndex.from_frame(rows))
    told = choices[by_person]
    return frozenset(zip(told["station_id"], told["field"], strict=True))


def _followed(corrections: pd.DataFrame, redirects: pd.DataFrame) -> pd.DataFrame:
    """Corrections of a station that was merged away hold for the station that answers for it; the later decision on a field wins."""
    leads = redirects.set_index("from_id")["to_id"]
    answering = corrections["key"].map(leads).where(corrections["scope"] == "station").astype("str")
    return corrections.assign(key=answering.fillna(corrections["key"]))


def verdict(state: State, gathered: Sequence[Gathered], registered: Registered, night: str) -> Verdict:
    """Rejected if, and only if, conservation, a critical station rule or the churn gate fails, or no source is usable."""
    faults = [fault for each in gathered for fault in each.settled.tally.faults]
    critical = registered.issues[is_holding(registered.issues) & registered.issues["station_id"].notna()]
    wanted = [each for each in gathered if each.retrieval.outcome not in (Outcome.NOT_DUE, Outcome.NOT_ASKED)]
    is_usable = not wanted or any(each.last_good_on == night for each in wanted)  # a night on which nobody publishes is a good night
    reasons = [
        *faults,
        *(
            f"{count} 站不合格（{every_rule()[str(rule)].title}）"
            for rule, count in critical.groupby("rule")["station_id"].nunique().items()
        ),
        *([registered.churned] if registered.churned else []),
        *([] if is_usable else ["没有一份名单可用"]),
    ]
    news, sources = _news(state, gathered)
    if reasons:
        return Verdict("rejected", "；".join(reasons), sources)
    return Verdict("quarantined", "；".join(news), sources) if news else Verdict("published", None)


def _news(state: State, gathered: Sequence[Gathered]) -> tuple[list[str], tuple[str, ...]]:
    """What is new and needs a person (rows that came into quarantine, sources that stopped), and in which sources."""
    key = ["source", "row_key", "row_digest"]
    known = pd.MultiIndex.from_frame(state.quarantine[key])
    came = {each.source: int((~pd.MultiIndex.from_frame(each.settled.quarantine[key].fillna("")).isin(known)).sum()) for each in gathered}
    held = sum(came.values())
    was_stopped = set(state.source_state.loc[state.source_state["is_stopped"].fillna(value=False).astype(bool), "source"])
    stopped = [each.source for each in gathered if each.settled.tally.is_stopped and each.source not in was_stopped]
    told = [*([f"新扣留 {held} 行"] if held else []), *([f"新暂停采用名单 {'、'.join(stopped)}"] if stopped else [])]
    return told, tuple(sorted({*stopped, *(source for source, count in came.items() if count)}))


def _listings(house: House, state: State, gathered: Sequence[Gathered]) -> pd.DataFrame:
    listings = pd.concat([each.settled.listings for each in gathered if len(each.settled.listings)], ignore_index=True)
    return ranked(house, listings, {each.source: each.last_good_on for each in gathered}, state.good_nights)


def ranked(house: House, listings: pd.DataFrame, good: Mapping[str, str | None], good_nights: pd.DataFrame) -> pd.DataFrame:
    """Every listing ever, in id order, with what identity and merge rank it by, and since when it is gone from its list.

    `good`: source → its last good night; `good_nights`: source, night of every one before.
    """
    trust = {key: source.trust for key, source in house.sources.items()}
    listings = listings.sort_values("listing_id", ignore_index=True)
    last_good = listings["source"].map(good)
    last_seen_on = listings["closed_on"].fillna(listings["carried_since"]).fillna(last_good).astype("str")
    seen = pd.Series(pd.factorize(last_seen_on, sort=True)[0], index=listings.index)
    return listings.assign(
        is_open=listings["is_open"].astype(bool),
        trust=listings["source"].map(trust).fillna(NO_TRUST).astype("int64"),
        carried=listings["carried_since"].notna(),
        last_seen_on=last_seen_on,
        # by its own list: one that comes once a week is not behind one that comes every night, else values would change with the days of the week
        is_on_latest=seen == seen.groupby(listings["source"]).transform("max"),
        gone_on=_gone_on(listings, last_good, good_nights),
    )


def _gone_on(listings: pd.DataFrame, last_good: pd.Series, good_nights: pd.DataFrame) -> pd.Series:
    """The first night on which each listing no longer stood on its list, NA while it does. One that is absent was missed by the last good
    list; one that was absent twice was gone on the good night before it closed."""
    gone = listings["closed_on"].mask(listings["carried_cause"].eq(ABSENT_ONCE), last_good).astype("str")
    for source, closed_on in listings.loc[listings["close_cause"].eq(ABSENT_TWICE), "closed_on"].groupby(listings["source"]):
        nights = good_nights.loc[good_nights["source"] == source, "night"].sort_values()
        before = nights.searchsorted(closed_on) - 1
        gone[closed_on.index] = closed_on.mask(before >= 0, nights.take(before).to_numpy())
    return gone


def _pairs(pairs: pd.DataFrame, judgements: pd.DataFrame, listings: pd.DataFrame, model: Model) -> pd.DataFrame:
    """The pairs with people's verdicts. Who answered, "unsure" too, is not asked again, but on material new evidence."""
    told = pairs.merge(judgements[["left_id", "right_id", "verdict"]], how="left", on=["left_id", "right_id"])
    again = asked_again(told, judgements, dict(zip(listings["listing_id"], listings["source"], strict=True)), model)
    return told.assign(is_review=(told["review"] & told["verdict"].isna()) | again).drop(columns="review")


def _unheard(decisions: Decisions, judgements: pd.DataFrame, listings: pd.DataFrame) -> int:
    """Verdicts that speak of a listing which is not there, and follow their content to none (`judgements`: as they are applied)."""
    known, sides = set(listings["listing_id"]), ["left_id", "right_id"]
    gone = decisions.judgements[~decisions.judgements[sides].isin(known).all(axis=1)]
    followed = judgements.loc[judgements[sides].isin(known).all(axis=1), "decision_id"]
    return int((~gone["decision_id"].isin(followed)).sum())


def _matching(matched: Matched, listings: pd.DataFrame, gone: int) -> pd.DataFrame:
    """Issues of what matching could not do as it was told: verdicts that it left out, `gone` ones whose listings are no longer there, and
    components that it had to cut."""
    name = named(listings, "listing_id")
    aside = [f"{name(a)} 与 {name(b)}" for a, b in matched.contradictions[["left_id", "right_id"]].itertuples(index=False, name=None)]
    cut = [
        f"{name(str(row.first))} 等 {row.members} 条登记连成一片，已断开 {row.links_cut} 处较弱的联系"
        for row in matched.cuts.itertuples(index=False)
    ]
    waiting = [f"{gone} 条判定说的登记已不在名册里"] if gone > 0 else []
    told = [("judgement_set_aside", aside), ("judgement_without_listing", waiting), ("component_cut", cut)]
    return pd.concat(
        [issue_rows(RULES[rule], pd.DataFrame({"source": [None] * len(values)}), values) for rule, values in told], ignore_index=True
    )


def _suspects(placed: pd.DataFrame, suspects: pd.DataFrame) -> pd.DataFrame:
    rows = suspects.merge(placed[["listing_id", "source", "row_key", "lng_wgs84", "lat_wgs84"]], on="listing_id")
    shown = rows["lng_wgs84"].round(5).astype("str") + ", " + rows["lat_wgs84"].round(5).astype("str")
    return issue_rows(RULES["position_other_datum"], rows, shown)


def night_tables(
    house: House,
    gathered: Sequence[Gathered],
    registered: Registered,
    decisions: Decisions,
    ended: Verdict,
    night: str,
    run: dict[str, object],
) -> NightTables:
    """The night as the warehouse keeps it."""
    quarantine = pd.concat([each.settled.quarantine for each in gathered], ignore_index=True)
    issues = pd.concat([*(each.issues for each in gathered), registered.issues], ignore_index=True)
    rows = sum(each.settled.tally.rows_read for each in gathered)
    stations, members = registered.register.stations, registered.register.station_listing
    return NightTables(
        state=ended.state,
        reason=ended.reason,
        fingerprint=house.fingerprint(night),
        model_fingerprint=house.model.fingerprint,
        counts={
            "rows": rows,
            "listings": int(registered.listings["is_open"].sum()),
            "pairs": len(registered.pairs),
            "stations": int(stations["status"].eq("open").sum()),
            "quarantined": len(quarantine),
        },
        run=run,
        retrieval=retrievals(gathered),
        issue=issues,
        quarantine=quarantine,
        source_night=pd.DataFrame([{**asdict(each.settled.tally), "last_good_on": each.last_good_on} for each in gathered]),
        touched=registered.touched,
        listing=_of(registered.touched, registered.listings),
        pair=registered.pairs,
        station=_of(registered.touched, stations),
        station_listing=_of(registered.touched, members),
        station_redirect=registered.register.redirects,
        station_event=registered.events,
        statement=registered.statements,
        plaque=registered.plaques,
        decision=decisions.log,
        decision_end=pd.DataFrame({"decision_id": sorted(registered.caught_up), "cause": CAUGHT_UP}, dtype="str"),
        judgement=decisions.judgements,
        correction=decisions.corrections,
        division=_divisions(house),
        owner=_owners(house),
        control_total=_control_totals(house),
    )


def _of(again: Touched | None, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that may read otherwise than before: of listings (column listing_id), or of stations."""
    if again is None:
        return rows
    return rows[rows["listing_id"].isin(again.listings) if "listing_id" in rows else rows["station_id"].isin(again.stations)]


def retrievals(gathered: Sequence[Gathered]) -> pd.DataFrame:
    """Tonight's retrievals as table rows."""
    return pd.DataFrame([{**asdict(each.retrieval), "outcome": str(each.retrieval.outcome), "parts": _parts(each)} for each in gathered])


def _parts(each: Gathered) -> str:
    return json.dumps([asdict(part) for part in each.retrieval.parts], ensure_ascii=False)


def _divisions(house: House) -> pd.DataFrame:
    divisions = pd.DataFrame([asdict(division) for division in house.city.divisions])
    return divisions.rename(columns={"code": "division_code", "parent": "parent_code"})


def _control_totals(house: House) -> pd.DataFrame:
    columns = [each.name for each in fields(ControlTotal)]
    return pd.DataFrame([asdict(total) for total in house.city.control_totals], columns=columns)


def _owners(house: House) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "source": key,
                "owner_name": source.owner,
                "title": source.title,
                "kind": source.kind,
                "datum": source.datum,
                "batch_hint": source.batch_hint,
                "trust": source.trust,
                "due": ";".join(sorted(source.due.weekdays)),
                "max_age_days": source.max_age_days,
                "licence": source.licence,
            }
            for key, source in house.sources.items()
        ]
    )
