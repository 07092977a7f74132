"""What an owner says of a place out of habit: its own menu of facilities, its standard hours, its own date of opening.

Two owners who list one place agree on little of this: each asks for what it cares about, repeats phrases over its whole list, and dates a
place by its own plaque, ceremony or registration. Draws are the row's own, so a row says the same every night.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from sandbox.dice import weighted
from sandbox.lists.draft import Draft
from sandbox.station import NIGHT_ZERO, Hours, Station
from sandbox.words import FACILITIES
from sandbox.writing import FACILITY_WORDS, facility_words, hours

#: What of the menu's true facilities an owner states; with menus of eleven to twelve of the fourteen, six of ten true ones are stated.
_STATED: Final = 0.74


@dataclass(frozen=True, slots=True)
class Habit:
    """One owner's habits. `passed_over`: facilities it never asks about; `stock` is written on `repeated` of its rows, true or not;
    `standard` gives its standard hours of a place (None: it has none for that kind) on `regular` of its rows."""

    passed_over: frozenset[str]
    stock: tuple[str, ...]
    repeated: float
    standard: Callable[[Station], Hours | None]
    regular: float


_ALWAYS: Final = Hours((), weekends=True)
_STREET: Final = frozenset({"telecom_kiosk", "telecom_cabin", "bank_self_service"})


def _one_for_all(*spans: tuple[str, str], weekends: bool = False) -> Callable[[Station], Hours | None]:
    """The same hours for every place with a door that is locked at night."""
    house = Hours(spans, weekends)
    return lambda station: _ALWAYS if station.kind in _STREET else house


#: Standard hours are those of the owner's own counters or rules; the true ones stand in the other rows.
HABITS: Final = {
    "union": Habit(frozenset({"toilet", "aed"}), ("water", "rest", "charging"), 0.62, _one_for_all(("08:30", "17:30")), 0.6),
    "bank_icbc": Habit(frozenset({"fridge", "raincoat", "tools"}), ("water", "rest", "wifi"), 0.8, _one_for_all(("09:00", "17:00")), 0.8),
    "bank_rural": Habit(frozenset({"books", "aed"}), ("water", "medicine"), 0.7, _one_for_all(("08:30", "17:00"), weekends=True), 0.72),
    "telecom_mobile": Habit(
        frozenset({"microwave", "medicine", "books"}), ("charging", "wifi"), 0.8, _one_for_all(("08:30", "18:00"), weekends=True), 0.75
    ),
    "telecom_tower": Habit(
        frozenset({"books", "medicine"}), ("charging", "aircon"), 0.6, _one_for_all(("08:00", "20:00"), weekends=True), 0.58
    ),
    "civilization": Habit(
        frozenset({"fridge", "microwave"}), ("books", "water"), 0.65, _one_for_all(("08:00", "12:00"), ("14:00", "17:30")), 0.62
    ),
}


def stated_facilities(draft: Draft, separators: str = "、、，,;/ ") -> str:
    """What the place offers as its owner tells it: most of what is on the owner's menu and true, and the phrase of the whole list."""
    habit, rng = HABITS[draft.source], draft.draw("facilities")
    stock = habit.stock if rng.random() < habit.repeated else ()
    menu = [code for code in FACILITIES if code not in habit.passed_over]
    true = [code for code in menu if code in draft.station.facilities and rng.random() < _STATED and code not in stock]
    rng.shuffle(true)
    return rng.choice(separators).join([*(FACILITY_WORDS[code][0] for code in stock), *facility_words(rng, true)])


def stated_hours(draft: Draft, week: float = 0.8) -> str:
    """Opening hours as free text: the owner's standard ones on most rows, else the true ones; with chance `week` the days are named."""
    habit = HABITS[draft.source]
    standard = habit.standard(draft.station) if draft.draw("regular").random() < habit.regular else None
    return hours(draft.draw("hours"), standard or draft.station.hours, week=week)


#: Days on which the union hung its plaques, many at once: 劳动节, the riders' day, the union's founding, the year's end.
_CEREMONIES: Final = ((4, 28), (7, 17), (9, 28), (12, 20))
#: The operator took over what others had built on one day of the year.
_TAKEN_OVER: Final = ((3, 31), (6, 30), (11, 30))


def plaque_date(draft: Draft) -> str:
    """When the union hung its plaque: at a ceremony for many, by itself, by month only, or not noted."""
    opened, rng = date.fromisoformat(draft.station.opened), draft.draw("opened")
    how = weighted(rng, (("ceremony", 4.0), ("own", 3.5), ("month", 1.5), ("none", 1.0)))
    if how == "none":
        return ""
    hung = _next_of(_CEREMONIES, opened, rng) if how == "ceremony" else opened + timedelta(days=rng.randint(10, 330))
    return _not_ahead(hung, opened, rng).isoformat()[: 7 if how == "month" else 10]


def registration_date(draft: Draft) -> str | None:
    """When the site operator entered the site: the day of power-on, weeks to a year from the opening, a day of taking over, or not noted."""
    opened, rng = date.fromisoformat(draft.station.opened), draft.draw("opened")
    how = weighted(rng, (("power", 4.5), ("taken", 2.5), ("true", 1.5), ("none", 1.5)))
    if how == "none":
        return None
    if how == "true":
        return opened.isoformat()
    entered = _next_of(_TAKEN_OVER, opened, rng) if how == "taken" else opened + timedelta(days=rng.randint(-90, 300))
    return _not_ahead(entered, opened, rng).isoformat()


def _next_of(days: tuple[tuple[int, int], ...], opened: date, rng: Random) -> date:
    """One of the next two of the year's `days` after an opening."""
    coming = [date(opened.year + later, *at) for later in (0, 1) for at in days]
    return rng.choice([at for at in coming if at > opened][:2])


def _not_ahead(stated: date, opened: date, rng: Random) -> date:
    """No list of night 0 dates a plaque in the future: it was hung between the opening and then; a place opened later had it on the day."""
    since = (NIGHT_ZERO - opened).days
    if stated < max(opened, NIGHT_ZERO):
        return stated
    return opened + timedelta(days=rng.randint(min(7, since - 1), since - 1)) if since > 0 else opened
