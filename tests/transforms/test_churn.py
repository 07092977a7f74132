"""The churn gate counts the published ids that a night would shake, and names the set of changes."""

from __future__ import annotations

import pandas as pd

from tests.transforms.test_events import NO_LISTINGS, register, stations
from transforms.churn import CHURN_FLOOR, CHURN_LIMIT, Churn, churn
from transforms.events import Register, night_events

MANY = {f"s{number:03}": dict[str, object]() for number in range(CHURN_FLOOR)}
LINKS = {f"l{key}": key for key in MANY}


def after(closed: int = 0, merged: int = 0) -> Register:
    """The register of MANY in which the first stations are closed and the last ones merged into the one in the middle."""
    keys = list(MANY)
    away = dict.fromkeys(keys[len(keys) - merged :], keys[25])
    left = {key: {"status": "closed"} if at < closed else {} for at, key in enumerate(keys) if key not in away}
    return register(stations(**left), {link: away.get(key, key) for link, key in LINKS.items()}, away)


def shaken(then: Register, now: Register, listings: pd.DataFrame = NO_LISTINGS) -> Churn:
    return churn(then, night_events(then, now, listings))


def test_churn_is_the_share_of_open_ids_that_were_shaken() -> None:
    found = shaken(after(), after(closed=3, merged=2))
    assert found.known == CHURN_FLOOR
    assert found.shaken["event"].tolist() == ["closed"] * 3 + ["merged"] * 2
    assert found.share == 5 / CHURN_FLOOR == CHURN_LIMIT
    assert not found.is_too_much, "up to the limit, it included"
    assert shaken(after(), after(closed=4, merged=2)).is_too_much


def test_a_share_of_few_stations_says_nothing() -> None:
    assert shaken(register(stations(a={})), register(stations(a={"status": "closed"}))).share == 0.0


def test_what_was_closed_before_is_not_shaken_again() -> None:
    assert shaken(after(closed=3), after(closed=3, merged=1)).shaken["station_id"].tolist() == ["s049"]
    gone = register(stations(**{key: {"status": "closed"} for key in list(MANY)[:3]}), LINKS)
    assert shaken(gone, register(stations(s000={"status": "closed"}), LINKS, {"s001": "s000"})).shaken.empty


def test_a_list_that_was_carried_for_too_long_is_no_churn() -> None:
    listings = pd.DataFrame({"listing_id": list(LINKS), "source": "union", "close_cause": "carried_too_long", "closed_on": "2026-08-01"})
    events = night_events(after(), after(closed=CHURN_FLOOR), listings)
    assert len(events) == CHURN_FLOOR
    assert churn(after(), events).share == 0.0


def test_the_digest_names_the_very_set_of_changes() -> None:
    found = shaken(after(), after(closed=3, merged=2))
    assert len(found.digest) == 12
    assert found.digest.isalpha(), "no row of digits, which a report would take for a person's number"
    events = night_events(after(), after(closed=3, merged=2), NO_LISTINGS)
    assert churn(after(), events.iloc[::-1]).digest == found.digest
    others = [shaken(after(), each).digest for each in (after(closed=3), after(closed=2, merged=2), after(closed=4, merged=2))]
    assert len({found.digest, *others}) == 4


def test_the_digest_tells_what_merges_into_what_and_what_is_split_off() -> None:
    two, one = stations(a={}, b={}, c={}), stations(a={}, b={})
    into = [shaken(register(two), register(one, {}, {"c": to})).digest for to in ("a", "b")]
    whole = register(stations(a={}), {"1": "a", "2": "a", "3": "a"})
    apart = [
        shaken(whole, register(stations(a={}, **{part: {}}), {"1": "a", "2": two, "3": three})).digest
        for part, two, three in (("b", "b", "a"), ("c", "a", "c"))
    ]
    assert len({*into, *apart}) == 4
