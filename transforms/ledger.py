"""The ledger: what a night's rows do to a source's listings and to its quarantine. Every row ends in exactly one place.

Works on sets: one merge of tonight's row keys with those known before, then one column of causes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
import pandas as pd

Mode = Literal["snapshot", "delta", "carried", "not_due"]

#: A listing missing from one complete snapshot may be an accident of the owner's; missing from two in a row, it is gone.
ABSENCES_TO_CLOSE: Final = 2

#: The cause with which listings close whose source was good for the last time longer ago than it may be carried.
CARRIED_TOO_LONG: Final = "carried_too_long"

#: The causes with which listings close tonight, and those with which their values are carried.
CLOSED_BY_OWNER: Final = "closed_by_owner"
ABSENT_TWICE: Final = "absent_twice"
ROW_HELD: Final = "row_held"
ABSENT_ONCE: Final = "absent_once"
_CLOSING: Final = (CLOSED_BY_OWNER, ABSENT_TWICE)
_CARRYING: Final = (ROW_HELD, ABSENT_ONCE)

#: What the ledger itself keeps with a listing. `missed` counts complete snapshots without it; `carried_since` is the night from which
#: its values are old, with the cause (row_held, absent_once); a whole source that is carried is told by its own record, not here.
STANDING: Final = ("is_open", "first_seen_on", "missed", "carried_since", "carried_cause", "closed_on", "close_cause")


@dataclass(frozen=True, slots=True)
class Tally:
    """A source's night in figures. rows_read = accepted + held_back + ignored; open_after = open_before + opened − closed.

    Each is counted where it arises: `rows_read` as the list came, `opened` from the rows accepted, `closed` by the causes met,
    `open_after` in the listings that come out. So none follows from the others, and a fault in the ledger shows in `faults`.
    """

    source: str
    rows_read: int = 0
    accepted: int = 0
    held_back: int = 0
    ignored: int = 0
    open_before: int = 0
    opened: int = 0
    closed: int = 0
    open_after: int = 0
    carried: int = 0
    is_stopped: bool = False

    @property
    def faults(self) -> tuple[str, ...]:
        """Sentences that name what does not add up; empty when every row is accounted for."""
        rows = self.accepted + self.held_back + self.ignored
        listings = self.open_before + self.opened - self.closed
        return tuple(
            sentence
            for wrong, sentence in (
                (self.rows_read != rows, f"{self.source}：读入 {self.rows_read} 行，去处合计 {rows} 行"),
                (self.open_after != listings, f"{self.source}：在册应为 {listings}，实为 {self.open_after}"),
            )
            if wrong
        )


@dataclass(frozen=True, slots=True)
class Tonight:
    """What came of a source tonight, row by row.

    `accepted` are listings (row_key, row_digest, fields); `held` rows with their verbatim text; `ignored` rows with a `reason`;
    `closed_keys` the row keys whose owner says they are gone (tombstones and closed rows); `renumbered` row_key → listing_id.
    """

    mode: Mode
    rows_read: int
    accepted: pd.DataFrame
    held: pd.DataFrame
    ignored: pd.DataFrame
    closed_keys: frozenset[str] = frozenset()
    renumbered: dict[str, str] = field(default_factory=dict)
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """A source after the night: its listings ever (open, carried, closed), its open quarantine, and the figures."""

    listings: pd.DataFrame
    quarantine: pd.DataFrame
    tally: Tally


def settle(source: str, prior: pd.DataFrame, quarantine: pd.DataFrame, tonight: Tonight, night: str, expires_on: str | None) -> Settled:
    """Carry `prior` (the source's listings ever, with STANDING) and its open `quarantine` over one night.

    `expires_on`: the last night on which the source may be carried (ISO date, None: never was good). A source that is stopped, or
    brought nothing usable, keeps its listings until then; after it they close.
    """
    was_open = _open_ids(prior)
    if tonight.mode in ("carried", "not_due") or tonight.is_stopped:
        is_expired = expires_on is not None and night > expires_on
        listings = _expire(prior, night) if is_expired else prior
        open_after = len(_open_ids(listings))
        tally = Tally(
            source,
            rows_read=tonight.rows_read,
            held_back=tonight.rows_read,
            open_before=len(was_open),
            closed=len(was_open) if is_expired else 0,
            open_after=open_after,
            carried=open_after,
            is_stopped=tonight.is_stopped,
        )
        return Settled(listings, quarantine, tally)
    accepted = _with_ids(source, prior, tonight, night)
    causes = _causes(prior, accepted, tonight)
    listings = _advance(accepted, prior, causes, night)
    is_open = listings["is_open"].astype(bool)
    tally = Tally(
        source,
        rows_read=tonight.rows_read,
        accepted=len(tonight.accepted),
        held_back=len(tonight.held),
        ignored=len(tonight.ignored),
        open_before=len(was_open),
        opened=int((~accepted["listing_id"].isin(was_open)).sum()),
        closed=int(causes.isin(_CLOSING).sum()),
        open_after=len(_open_ids(listings)),
        carried=int(listings.loc[is_open, "carried_since"].notna().sum()),
    )
    return Settled(listings, _hold(quarantine, tonight), tally)


def expiry(last_good_on: str | None, max_age_days: int) -> str | None:
    """The last night on which a source last good on `last_good_on` may still be carried."""
    return None if last_good_on is None else (date.fromisoformat(last_good_on) + timedelta(days=max_age_days)).isoformat()


def _expire(prior: pd.DataFrame, night: str) -> pd.DataFrame:
    return _close(prior, prior["is_open"].astype(bool), night, CARRIED_TOO_LONG)


def _close(listings: pd.DataFrame, which: pd.Series, night: str, cause: str) -> pd.DataFrame:
    closed = listings.copy()
    closed.loc[which, "is_open"] = False
    closed.loc[which, "closed_on"] = night
    closed.loc[which, "close_cause"] = cause
    closed.loc[which, ["carried_since", "carried_cause"]] = None
    return closed


def _open_ids(listings: pd.DataFrame) -> frozenset[str]:
    return frozenset(listings.loc[listings["is_open"].astype(bool), "listing_id"]) if len(listings) else frozenset()


def _causes(prior: pd.DataFrame, accepted: pd.DataFrame, tonight: Tonight) -> pd.Series:
    """What befell each listing known before that tonight's accepted rows do not name, as _CLOSING or _CARRYING; NA: nothing."""
    keys = prior["row_key"]
    is_open = prior["is_open"].astype(bool) & ~prior["listing_id"].isin(accepted["listing_id"])
    gone = is_open & keys.isin(tonight.closed_keys)
    held = is_open & ~gone & keys.isin(tonight.held["row_key"])
    absent = is_open & ~gone & ~held & (tonight.mode == "snapshot")
    again = absent & (prior["missed"] + 1 >= ABSENCES_TO_CLOSE)
    causes = pd.Series(None, index=prior.index, dtype="str")
    for which, cause in ((gone, CLOSED_BY_OWNER), (held, ROW_HELD), (absent, ABSENT_ONCE), (again, ABSENT_TWICE)):
        causes = causes.mask(which, cause)
    return causes


def _advance(accepted: pd.DataFrame, prior: pd.DataFrame, causes: pd.Series, night: str) -> pd.DataFrame:
    untouched = prior[~prior["listing_id"].isin(accepted["listing_id"])].copy()
    if untouched.empty:
        return accepted.reset_index(drop=True)
    met = causes.loc[untouched.index]
    absent = met.isin((ABSENT_ONCE, ABSENT_TWICE))
    untouched.loc[absent, "missed"] = untouched.loc[absent, "missed"] + 1
    untouched.loc[met == ROW_HELD, "missed"] = 0
    carried = met.isin(_CARRYING)
    untouched.loc[carried & untouched["carried_since"].isna(), "carried_since"] = night
    untouched.loc[carried, "carried_cause"] = met
    for cause in _CLOSING:
        untouched = _close(untouched, met == cause, night, cause)
    both = [frame for frame in (accepted, untouched) if len(frame)]
    return pd.concat(both, ignore_index=True)[list(accepted.columns)]


def _with_ids(source: str, prior: pd.DataFrame, tonight: Tonight, night: str) -> pd.DataFrame:
    """Tonight's accepted rows as open listings: known ids kept (also of renumbered and of closed ones), new ones made from the row key."""
    accepted = tonight.accepted.drop(columns=[name for name in ("listing_id", *STANDING) if name in tonight.accepted])
    known = _ids_by_key(prior)
    known = known[~known.isin(set(tonight.renumbered.values()))]  # whom a new number claims, the old number no longer names
    ids = accepted["row_key"].map(tonight.renumbered).astype("object")
    ids = ids.where(ids.notna(), accepted["row_key"].map(known))
    taken = set(prior["listing_id"]) if len(prior) else set()
    minted = source + ":" + accepted["row_key"]
    # a renumbered list may give an old number to another place: its listing must not take over the old one's id
    minted = minted.where(~minted.isin(taken), minted + "~" + night)
    accepted = accepted.assign(listing_id=ids.where(ids.notna(), minted).astype("str"))
    first = prior.set_index("listing_id")["first_seen_on"] if len(prior) else pd.Series(dtype="str")
    seen = accepted["listing_id"].map(first).astype("object")
    return accepted.assign(
        is_open=True,
        first_seen_on=seen.where(seen.notna(), night).astype("str"),
        missed=np.int64(0),
        carried_since=pd.Series(None, index=accepted.index, dtype="str"),
        carried_cause=pd.Series(None, index=accepted.index, dtype="str"),
        closed_on=pd.Series(None, index=accepted.index, dtype="str"),
        close_cause=pd.Series(None, index=accepted.index, dtype="str"),
    )


def _ids_by_key(prior: pd.DataFrame) -> pd.Series:
    """Row key → listing id; where a number was used by two places in turn, the one that is open."""
    if prior.empty:
        return pd.Series(dtype="str")
    ordered = prior.sort_values(["is_open", "listing_id"], kind="stable")
    return ordered.drop_duplicates("row_key", keep="last").set_index("row_key")["listing_id"]


def _hold(quarantine: pd.DataFrame, tonight: Tonight) -> pd.DataFrame:
    """The source's open quarantine after the night: a snapshot replaces it, changes replace only the keys that they name."""
    if tonight.mode == "snapshot" or quarantine.empty:
        return tonight.held
    spoken = {*tonight.accepted["row_key"], *tonight.held["row_key"], *tonight.ignored["row_key"].dropna(), *tonight.closed_keys}
    kept = quarantine[~quarantine["row_key"].isin(spoken)]
    return pd.concat([frame for frame in (kept, tonight.held) if len(frame)] or [tonight.held], ignore_index=True)
