"""The churn gate: how many published ids a night would close, merge away or split, and which set of changes that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from transforms.events import Register
from transforms.ledger import CARRIED_TOO_LONG
from transforms.naming import name_of

#: Share of open published ids that one night may close, merge away or split. A lively night changes 1 %; ten times that is a fault
#: of a list, a cleaner or a model, and a person should look before analysts see it.
CHURN_LIMIT: Final = 0.10

#: Below this many open stations a share says nothing.
CHURN_FLOOR: Final = 50

#: Events that take a published id away or part what it stood for.
SHAKING: Final = ("closed", "merged", "split")


@dataclass(frozen=True, slots=True)
class Churn:
    """`known`: stations open before the night. `shaken`: those of them that closed, were merged away or lost a part (station_id, event, detail; a row an id).
    `digest` names this set of changes, down to what merges into what and is split into what; another set has another."""

    known: int
    shaken: pd.DataFrame
    digest: str

    @property
    def share(self) -> float:
        """Share (0-1) of the ids that are shaken; 0 under CHURN_FLOOR stations."""
        return churn_share(len(self.shaken), self.known)

    @property
    def is_too_much(self) -> bool:
        """Whether a person has to look first."""
        return self.share > CHURN_LIMIT


def churn_share(shaken: int, known: int) -> float:
    """Share (0-1) of `known` open stations that are shaken; 0 under CHURN_FLOOR stations."""
    return 0.0 if known < CHURN_FLOOR else shaken / known


def churn(before: Register, events: pd.DataFrame) -> Churn:
    """What the night's `events` do to the stations of `before`.

    Stations that close because their source was carried for too long do not count: that was told every night before, and a gate that
    kept them would reject every night from then on.
    """
    known = set(before.stations.loc[before.stations["status"] == "open", "station_id"]) if len(before.stations) else set()
    sudden = events[events["cause"].ne(CARRIED_TOO_LONG)]
    shaken = sudden[sudden["event"].isin(SHAKING) & sudden["station_id"].isin(known)].sort_values(["station_id", "event", "detail"])
    told = sorted(shaken[["station_id", "event", "detail"]].fillna("").itertuples(index=False, name=None))
    digest = name_of("\t".join(each) for each in told)
    once = shaken.drop_duplicates("station_id")[["station_id", "event", "detail"]].reset_index(drop=True)
    return Churn(len(known), once, digest)
