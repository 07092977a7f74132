"""Events name what changed in the register and why."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from transforms.events import Register, night_events

FIELDS = ("name", "hours", "batch", "kind", "address")


def stations(**ids: Mapping[str, object]) -> pd.DataFrame:
    plain: dict[str, object] = {"status": "open", "sources": "union", "lng_wgs84": 118.38, "lat_wgs84": 31.33, **dict.fromkeys(FIELDS, "x")}
    columns = ["station_id", *plain]
    return pd.DataFrame([{"station_id": key, **plain, **given} for key, given in ids.items()], columns=columns)


def register(frame: pd.DataFrame, links: dict[str, str] | None = None, redirects: dict[str, str] | None = None) -> Register:
    links, redirects = links or {}, redirects or {}
    return Register(
        frame,
        pd.DataFrame({"listing_id": list(links), "station_id": list(links.values())}, dtype="str"),
        pd.DataFrame({"from_id": list(redirects), "to_id": list(redirects.values())}, dtype="str"),
    )


NO_LISTINGS = pd.DataFrame({name: pd.Series(dtype="str") for name in ("listing_id", "source", "close_cause", "closed_on")})


def told(before: Register, after: Register, listings: pd.DataFrame = NO_LISTINGS) -> list[tuple[str, str]]:
    events = night_events(before, after, listings)
    return list(zip(events["station_id"], events["event"], strict=True))


def test_the_first_night_opens_every_station() -> None:
    assert told(register(stations()), register(stations(a={}, b={}))) == [("a", "opened"), ("b", "opened")]


def test_nothing_changed_is_no_event() -> None:
    assert told(register(stations(a={})), register(stations(a={}))) == []


def test_a_closure_tells_the_cause_and_the_source_of_the_last_listing() -> None:
    listings = pd.DataFrame(
        {
            "listing_id": ["1", "2"],
            "source": ["union", "tower"],
            "close_cause": ["absent_twice", "closed_by_owner"],
            "closed_on": ["2026-06-01", "2026-06-03"],
        }
    )
    events = night_events(
        register(stations(a={}), {"1": "a", "2": "a"}), register(stations(a={"status": "closed"}), {"1": "a", "2": "a"}), listings
    )
    assert events[["event", "cause", "source"]].to_numpy().tolist() == [["closed", "closed_by_owner", "tower"]]


def test_a_merge_redirects_and_a_split_gives_the_part_its_own_event() -> None:
    both, one = stations(a={}, b={}), stations(a={})
    merged = night_events(register(both, {"1": "a", "2": "b"}), register(one, {"1": "a", "2": "a"}, {"b": "a"}), NO_LISTINGS)
    assert merged[["station_id", "event", "detail"]].to_numpy().tolist() == [["b", "merged", "a"]]
    assert told(register(one, {"1": "a", "2": "a"}, {"b": "a"}), register(both, {"1": "a", "2": "b"})) == [
        ("a", "split"),
        ("b", "split_off"),
    ]


def test_a_listing_that_goes_over_to_another_station_is_a_split_of_the_one_it_left() -> None:
    before = register(stations(a={}, b={}), {"1": "a", "2": "a", "3": "b"})
    after = register(stations(a={}, b={}), {"1": "a", "2": "b", "3": "b"})
    events = night_events(before, after, NO_LISTINGS)
    assert events[["station_id", "event", "detail"]].to_numpy().tolist() == [["a", "split", "a;b"]]
    closed = pd.DataFrame({"listing_id": ["2"], "source": "union", "close_cause": "absent_twice", "closed_on": "2026-06-03"})
    assert told(before, after, closed) == [], "of a listing that is closed nobody hears"


def test_changes_of_fields_are_named_and_a_metre_is_no_move() -> None:
    before = register(stations(a={}, b={}, c={}))
    after = register(stations(a={"name": "y"}, b={"lat_wgs84": 31.33001}, c={"lat_wgs84": 31.34, "hours": "24/7"}))
    assert told(before, after) == [("a", "renamed"), ("c", "moved"), ("c", "rescheduled")]
