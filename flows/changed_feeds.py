"""Changes of owners' feeds that a person accepted, put in force for a night."""

from __future__ import annotations

from dataclasses import replace

from flows.house import House
from sources.kit.source import Accepted
from warehouse.journal import Decisions


def as_accepted(house: House, decisions: Decisions, night: str) -> House:
    """The house with its sources as people have accepted them to be on `night` (ISO date): another datum, and drift that stops them no longer."""
    changes = decisions.accepted
    holds = (changes["night"] <= night) & (changes["until"].isna() | (night <= changes["until"].fillna("")))
    if not holds.any():
        return house
    sources = dict(house.sources)
    drift: dict[str, Accepted] = {}
    for key, told in changes[holds].groupby("source", sort=True):
        if (source := sources.get(str(key))) is None:
            continue  # a source that the city no longer has
        named = {what: told.loc[told["what"] == what, "value"].tolist() for what in ("header", "rule", "datum")}
        drift[source.key] = Accepted(frozenset(named["header"]), frozenset(named["rule"]))
        if named["datum"]:
            sources[source.key] = replace(source, datum=named["datum"][-1])
    return replace(house, sources=sources, drift=drift)
