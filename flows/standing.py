"""What stands decided already: the same submission twice is one decision, and what has run out is none."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from flows.outlook import Published
from transforms.dedupe.judgements import applied
from warehouse.journal import Decisions

#: What a decision is about: of several on the same, the last is in force.
_ABOUT: Final = {
    "release": ("selector",),
    "waive": ("scope", "key", "rule"),
    "correct": ("scope", "key", "field"),
    "accept": ("source",),
    "add": ("values",),
    "close": ("station",),
}

#: What a decision keeps for its own record, and what does not make it another.
_NOTED: Final = ("night", "rows", "content")

#: A request to fetch or to replay holds for no length of time. A second click comes within minutes, often after the first one's night was published; whoever asks
#: later does so on purpose, for the owner may have mended its list since.
ONE_REQUEST: Final = timedelta(minutes=10)


def standing(decisions: Decisions, act: Mapping[str, object], ended: Collection[str], night: str) -> Mapping[str, Any] | None:
    """The decision in force on `night` (ISO date) that says the same: the last on what `act` is about, where it says all that `act` says; what was noted of the night
    and the row apart. `ended`: decisions that hold no longer though nobody took them back."""
    about = [name for name in _ABOUT[str(act["act"])] if name in act]
    on_it = [
        each for each in _told(decisions, str(act["act"])) if _holds(each, night) and all(each.get(name) == act[name] for name in about)
    ]
    said = {name: value for name, value in act.items() if name not in _NOTED}
    is_same = on_it and on_it[-1]["decision_id"] not in ended and all(on_it[-1].get(name) == value for name, value in said.items())
    return on_it[-1] if is_same else None


def _holds(told: Mapping[str, Any], night: str) -> bool:
    """A release holds on its own night or through its date; what else has a date holds through it."""
    if told["act"] == "release":
        return bool(told["night"] == night or (told.get("until") and told["night"] <= night <= told["until"]))
    return not told.get("until") or str(told["until"]) >= night


def standing_verdicts(published: Published, decisions: Decisions, act: Mapping[str, object]) -> Mapping[str, Any] | None:
    """The last decision that says the same of the same stations or listings, where each of its verdicts still stands on what it was made of."""
    in_force = applied(decisions.judgements, published.known)["decision_id"].value_counts()
    same = [
        each
        for each in _told(decisions, str(act["act"]))
        if all(_unordered(each.get(name)) == _unordered(value) for name, value in act.items())
        and int(in_force.get(each["decision_id"], 0)) >= len(each.get("judgements", (each,)))
    ]
    return same[-1] if same else None


def just_asked(decisions: Decisions, act: Mapping[str, object], who: str, at: datetime) -> Mapping[str, Any] | None:
    """The same request of the same person a moment ago."""
    same = [
        each
        for each in _told(decisions, str(act["act"]))
        if each["who"] == who
        and all(each.get(name) == value for name, value in act.items())
        and at - datetime.fromisoformat(str(each["decided_at"])) < ONE_REQUEST
    ]
    return same[-1] if same else None


def _unordered(value: object) -> object:
    return sorted(value) if isinstance(value, list) else value


def _told(decisions: Decisions, act: str) -> list[dict[str, Any]]:
    """The decisions of that kind that nobody took back, with all that they say."""
    log = decisions.log[decisions.log["act"].eq(act) & ~decisions.log["is_undone"].astype(bool)]
    return [{**{str(name): value for name, value in row.items()}, **json.loads(row["detail"])} for row in log.to_dict("records")]
