"""What people decided about lists, put in force for a night: changes of owners' feeds that were accepted, and the operators' own list."""

from __future__ import annotations

from dataclasses import replace

from flows.house import House
from flows.operators import OPERATORS, operators_source
from sources.kit.source import Accepted
from warehouse.journal import Decisions


def read_bounds(text: str) -> tuple[int, int] | None:
    """New bounds of a list as a decision keeps them (low-high), None where they are none."""
    low, _, high = (part.strip() for part in text.partition("-"))
    if not (low.isdecimal() and high.isdecimal() and len(low) < 10 and len(high) < 10):
        return None
    return (int(low), int(high)) if int(low) <= int(high) and int(high) > 0 else None


def as_decided(house: House, decisions: Decisions, night: str) -> House:
    """The house with its sources as people have decided on `night` (ISO date): another datum, drift that stops them no longer, and a list of their own."""
    changes = decisions.accepted
    holds = (changes["night"] <= night) & (changes["until"].isna() | (night <= changes["until"].fillna("")))
    if not holds.any() and not decisions.added:
        return house
    sources = dict(house.sources)
    if decisions.added:
        sources[OPERATORS] = operators_source(house.city.name, decisions.added)
    drift: dict[str, Accepted] = {}
    for key, told in changes[holds].groupby("source", sort=True):
        if (source := sources.get(str(key))) is None:
            continue  # a source that the city no longer has
        named = {what: told.loc[told["what"] == what, "value"].tolist() for what in ("header", "rule", "datum", "rows")}
        drift[source.key] = Accepted(
            frozenset(named["header"]), frozenset(named["rule"]), read_bounds(named["rows"][-1]) if named["rows"] else None
        )
        if named["datum"]:
            sources[source.key] = replace(source, datum=named["datum"][-1])
    return replace(house, sources=sources, drift=drift)
