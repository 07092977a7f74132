"""Invariant 7: what a list that cannot be had, or a row that cannot be read, last said is kept and marked; nothing closes without its cause."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeAlias

import pandas as pd
import pytest

from flows.gather import receive
from flows.house import House
from sources.kit.raw import Raw
from sources.kit.retrieval import Outcome
from tests.night.altered import asking_for_whole_lists, blanked, reading, rows_at, with_source, without_header, without_row
from tests.night.books import assert_conserved
from tests.night.chronicle import SOURCES, Chronicle, keep, refusing
from tests.night.halls import halls_of, send_changes, tombstone
from tests.night.town import Household, Town, assert_same, iso
from tests.yizhan import new_city_home

#: A Monday, on which all six owners publish.
MONDAY: Final = 7


def _header(house: House, key: str, field: str) -> str:
    """The owner's header of a field."""
    return next(header for header, name in house.sources[key].columns.items() if name == field)


def _as_sent(house: House, _: str) -> House:
    return house


def _empty(house: House, key: str) -> House:
    return reading(house, key, lambda raw: rows_at(raw, []))


def _half(house: House, key: str) -> House:
    return reading(house, key, lambda raw: rows_at(raw, range((len(raw.lines) - 1) // 2)))


def _without_address(house: House, key: str) -> House:
    return reading(house, key, lambda raw: without_header(raw, _header(house, key, "address")))


def _nameless(house: House, key: str) -> House:
    def change(raw: Raw) -> Raw:
        return replace(raw, cells=raw.cells.assign(**{_header(house, key, "name"): pd.Series([None] * len(raw.cells), dtype="str")}))

    return reading(house, key, change)


#: What befell a list → how, and the rules of which one must tell it.
Befallen: TypeAlias = tuple[Callable[[House, str], House], frozenset[str]]
_BEFALLEN: Final[dict[str, Befallen]] = {
    "good": (_as_sent, frozenset()),
    "refused": (_as_sent, frozenset({"source_unreachable"})),
    "empty": (_empty, frozenset({"source_empty"})),
    "half": (_half, frozenset({"source_vanishing", "source_too_few"})),
    "drifted": (_without_address, frozenset({"header_missing"})),
    "failing": (_nameless, frozenset({"source_failing"})),
}


#: Each turn costs a night: two of them every time, all of them in the soak.
_TURNS: Final = [turn if turn in (0, 3) else pytest.param(turn, marks=pytest.mark.soak) for turn in range(len(_BEFALLEN))]


@pytest.mark.parametrize("turn", _TURNS)
def test_a_list_that_cannot_be_taken_leaves_the_last_good_one(turn: int, chronicle: Chronicle, town: Town, tmp_path: Path) -> None:
    """Every night something befalls five of the six lists, each something else; over all turns, everything befalls every list."""
    town.move(MONDAY)
    fates = {key: list(_BEFALLEN)[(at + turn) % len(_BEFALLEN)] for at, key in enumerate(SOURCES)}
    refused = [key for key, fate in fates.items() if fate == "refused"]
    household = chronicle.household(tmp_path / "var", after=0, env=refusing(town.env, refused))
    before = {key: standing(household, key) for key in SOURCES}
    house = asking_for_whole_lists(household.house)
    for key, fate in fates.items():
        house = _BEFALLEN[fate][0](house, key)
    ended = household.run(iso(MONDAY), house=house)
    assert ended.state == "quarantined"
    for key, fate in fates.items():
        if fate == "good":
            assert age_of(household, key) == (0, False)
            continue
        pd.testing.assert_frame_equal(standing(household, key), before[key], obj=f"{key} {fate}")
        assert age_of(household, key) == (MONDAY, True), f"{key} {fate}"
        rules = _BEFALLEN[fate][1]
        assert set(told(household, key)["rule"]) & rules, f"{key} {fate}: {told(household, key)}"
        assert key in str(ended.reason)
    good = next(key for key, fate in fates.items() if fate == "good")
    closed = household.query("select distinct source from station_event where event = 'closed'")["source"]
    assert set(closed) <= {good}
    assert_conserved(household)


def standing(household: Household, key: str) -> pd.DataFrame:
    """Every listing of the source as it stands."""
    return household.query(f"select * from listing where source = '{key}' and valid_to is null order by listing_id")


def age_of(household: Household, key: str) -> tuple[int, bool]:
    """The source's age in nights, and whether it was stopped, as analysts read it; all of what it has is then carried."""
    row = household.query(f"select * from mart_freshness_by_source where source = '{key}'").iloc[0]
    assert not row["is_stopped"] or row["carried_listings"] == row["open_listings"] > 0
    return int(row["age_days"]), bool(row["is_stopped"])


def told(household: Household, key: str) -> pd.DataFrame:
    """What is told of the whole source tonight."""
    return household.query(
        f"select rule, message from issue where source = '{key}' and line is null and severity = 'critical' and night = '{iso(MONDAY)}'"
    )


@dataclass(frozen=True)
class Trouble:
    """Three nights on which one row each of the union's list is held back and missing, a hall is gone, and a list is carried too long."""

    nights: dict[int, Household]
    held: str
    missing: str
    gone: str


@pytest.fixture(scope="module")
def trouble(chronicle: Chronicle, tmp_path_factory: pytest.TempPathFactory) -> Trouble:
    """Night 1: a row held back, another missing, a tombstone. Night 2: the first is well, the other missing still, and a list too old."""
    household = chronicle.household(tmp_path_factory.mktemp("trouble") / "var", after=0)
    alone = household.query(
        """
        select listing_id, row_key from listing l join station_listing b using (listing_id) join station s using (station_id)
        where l.source = 'union' and l.is_open and l.valid_to is null and b.valid_to is null and s.listing_count = 1 order by 1
        """
    )
    held, missing = alone["row_key"][0], alone["row_key"][1]
    hall = halls_of(household, iso(0))[0]
    send_changes(household, iso(1), iso(0), [tombstone(hall, iso(1))])
    house = reading(household.house, "union", without_row("stationCode", missing))
    first = reading(house, "union", blanked("stationCode", held, "stationName"))
    nights = {1: _run(household, 1, first, tmp_path_factory)}
    impatient = with_source(house, replace(house.sources["civilization"], max_age_days=1))
    nights[2] = _run(household, 2, impatient, tmp_path_factory)
    nights[9] = _run(household, 9, household.house, tmp_path_factory)
    return Trouble(nights, f"union:{held}", f"union:{missing}", f"telecom_mobile:{hall['hallId']}")


def _run(household: Household, night: int, house: House, folders: pytest.TempPathFactory) -> Household:
    """Run the night, and keep what it published to be looked at."""
    assert household.run(iso(night), house=house).state != "rejected"
    kept = folders.mktemp("kept") / "var"
    keep(household, kept)
    return Household(kept, {})


def listing(household: Household, listing_id: str) -> pd.Series:
    """The listing as it stands."""
    return household.query(f"select * from listing where listing_id = '{listing_id}' and valid_to is null").iloc[0]


def closures(household: Household, listing_id: str) -> list[tuple[object, ...]]:
    """Night, cause and source with which the listing's station closed."""
    events = household.query(
        f"""
        select night::text, cause, source from station_event join station_listing using (station_id)
        where listing_id = '{listing_id}' and valid_to is null and event = 'closed' order by night
        """
    )
    return [tuple(row) for row in events.itertuples(index=False)]


def test_a_row_held_back_keeps_its_last_accepted_listing_marked(trouble: Trouble, chronicle: Chronicle) -> None:
    before, held, again = (
        listing(household, trouble.held) for household in (chronicle.as_published(0), trouble.nights[1], trouble.nights[2])
    )
    assert held["is_open"]
    assert (str(held["carried_since"])[:10], held["carried_cause"]) == (iso(1), "row_held")
    assert (held["name"], held["row_digest"]) == (before["name"], before["row_digest"])
    row_key = trouble.held.removeprefix("union:")
    kept = (
        trouble.nights[1]
        .query(f"select rules, verbatim, payload from quarantine where row_key = '{row_key}' and closed_on is null")
        .iloc[0]
    )
    assert "required_missing" in kept["rules"] or "name_absent" in kept["rules"]
    assert row_key in kept["verbatim"]
    assert chronicle.payload(kept["payload"]), "the payload in which it lies is archived"
    assert again["is_open"]
    assert pd.isna(again["carried_since"])
    assert not closures(trouble.nights[9], trouble.held)


def test_two_whole_lists_without_it_close_a_listing(trouble: Trouble) -> None:
    once, twice = (listing(trouble.nights[night], trouble.missing) for night in (1, 2))
    assert once["is_open"]
    assert (once["missed"], str(once["carried_since"])[:10], once["carried_cause"]) == (1, iso(1), "absent_once")
    assert not twice["is_open"]
    assert (str(twice["closed_on"])[:10], twice["close_cause"]) == (iso(2), "absent_twice")
    assert closures(trouble.nights[2], trouble.missing) == [(iso(2), "absent_twice", "union")]


def test_a_tombstone_closes_at_once(trouble: Trouble) -> None:
    gone = listing(trouble.nights[1], trouble.gone)
    assert not gone["is_open"]
    assert (str(gone["closed_on"])[:10], gone["close_cause"]) == (iso(1), "closed_by_owner")


def test_a_list_carried_for_too_long_closes_with_that_as_the_cause(trouble: Trouble) -> None:
    old = trouble.nights[1].query("select count(*) as n from listing where source = 'civilization' and is_open and valid_to is null")["n"][
        0
    ]
    closed = trouble.nights[2].query(
        "select distinct is_open, close_cause, closed_on::text as closed_on from listing where source = 'civilization' and valid_to is null"
    )
    assert old > 0
    assert closed.to_numpy().tolist() == [[False, "carried_too_long", iso(2)]]
    night = trouble.nights[2].query(f"select * from source_night where source = 'civilization' and night = '{iso(2)}'").iloc[0]
    assert (night["closed"], night["open_after"]) == (old, 0)
    events = trouble.nights[2].query(f"select distinct cause, source from station_event where event = 'closed' and night = '{iso(2)}'")
    assert ["carried_too_long", "civilization"] in events.to_numpy().tolist()


def test_what_comes_back_takes_up_its_ids_again(trouble: Trouble) -> None:
    """The union's row and the whole of the old list are there again on night 9."""
    for listing_id in (trouble.missing, trouble.held):
        assert listing(trouble.nights[9], listing_id)["is_open"]
    query = "select listing_id, station_id from station_listing where listing_id like 'civilization:%' and valid_to is null order by all"
    before, after = (trouble.nights[night].query(query) for night in (1, 9))
    assert len(before.merge(after)) == len(before), "each listing is again where it was"
    events = trouble.nights[9].query(f"select distinct event from station_event where night = '{iso(9)}'")["event"]
    assert "reopened" in set(events)


def test_no_station_closes_without_an_event_and_its_cause(trouble: Trouble) -> None:
    silent = trouble.nights[9].query(
        """
        select h.station_id, h.valid_from from station_history h
        join station_history b on b.station_id = h.station_id and b.valid_to = h.valid_from and b.status = 'open'
        where h.status = 'closed' and not exists (
          select 1 from station_event e where e.station_id = h.station_id and e.night = h.valid_from and e.event = 'closed' and e.cause is not null
        )
        """
    )
    assert silent.empty
    vanished = trouble.nights[9].query(
        """
        select h.station_id from station_history h where h.valid_to is not null and h.station_id not in (select station_id from station)
          and h.station_id not in (select from_id from station_redirect where valid_to is null)
        """
    )
    assert vanished.empty


@pytest.mark.parametrize("night", [1, 2, 9])
def test_every_row_of_a_night_with_trouble_is_accounted_for(night: int, trouble: Trouble) -> None:
    assert_conserved(trouble.nights[night])


def test_changes_that_begin_after_the_last_accepted_list_wait(chronicle: Chronicle, tmp_path: Path) -> None:
    """Night 2 is rebuilt where night 1 was not taken: its changes since night 1 would skip those of night 1."""
    household = chronicle.household(tmp_path / "var", after=0)
    house, state = household.house, household.state()
    received = receive(house, state, "telecom_mobile", iso(2), refetch=False, asked=False)
    assert received.retrieval.outcome is Outcome.NOT_ASKED
    assert "接不上" in received.retrieval.message
    assert receive(house, state, "telecom_mobile", iso(1), refetch=False, asked=False).retrieval.outcome is Outcome.OK


def test_a_held_row_names_the_page_in_which_it_lies(chronicle: Chronicle, tmp_path: Path) -> None:
    """The union's list of night 1 on two pages, with a row without a name on each."""
    household = chronicle.household(tmp_path / "var", after=0)
    archive = household.house.archive
    sent = archive.recall(iso(1), "union")
    assert sent is not None
    body = json.loads(archive.read(sent.parts[0].sha256))
    stations = body["data"]["list"]
    first, last = ({**station, "stationName": None} for station in (stations[0], stations[-1]))
    pages = [
        archive.put(json.dumps({**body, "data": {**body["data"], "list": rows}}, ensure_ascii=False).encode(), f"page-000{number}.json")
        for number, rows in enumerate(([first, *stations[1:40]], [*stations[40:-1], last]), start=1)
    ]
    archive.record(replace(sent, mode="snapshot", outcome=Outcome.OK, parts=tuple(pages)))
    household.run(iso(1))
    held = household.query("select row_key, verbatim, payload from quarantine where source = 'union' and closed_on is null")
    held = held.set_index("row_key")
    assert [held.loc[row["stationCode"], "payload"] for row in (first, last)] == [page.sha256 for page in pages]
    for row_key, _, payload in held.itertuples():
        assert f'"{row_key}"' in archive.read(payload).decode(), "the payload that it names holds its row"
    assert_conserved(household)


def test_no_value_changes_because_a_list_does_not_come_every_night(chronicle: Chronicle) -> None:
    """Where nobody said anything else of a station, it reads as it did: else names would go to and fro with the owners' publishing days."""
    lived = chronicle.as_published(9)
    assert lived.query("select 1 from listing where carried_cause is not null and is_open limit 1").size, "some list was carried"
    fields = "('name', 'kind', 'host', 'address', 'hours', 'batch', 'county_code', 'lng_wgs84')"
    unmoved = lived.query(
        f"select * from station_change c where field in {fields} and old_value is not null and new_value is not null and not exists (select 1 from statement s "
        "where s.station_id = c.station_id and (s.first_seen_on = c.night or s.gone_on = c.night)) "
        # what an owner says it went over again is newer, though it reads the same
        "and not exists (select 1 from listing l join listing p on p.listing_id = l.listing_id and p.valid_to = l.valid_from "
        "join station_listing m on m.listing_id = l.listing_id and m.station_id = c.station_id "
        "where l.valid_from = c.night and l.updated_on is distinct from p.updated_on)"
    )
    assert unmoved.empty, unmoved.to_string()


def test_a_list_that_was_not_asked_for_is_carried_and_told_so(household: Household, town: Town) -> None:
    household.run(iso(0))
    town.move(1)
    household.run(iso(1), only=("union",))
    told = household.query(
        f"select source, outcome, is_stopped from retrieval join source_night using (night, source) where night = '{iso(1)}'"
    )
    others = told[told["source"] != "union"]
    assert set(others["outcome"]) == {"not_asked"}
    assert not others["is_stopped"].any()
    assert told.set_index("source").loc["union", "outcome"] in ("ok", "unchanged")


def test_a_second_try_that_is_refused_does_not_lose_what_was_taken_tonight(household: Household, town: Town) -> None:
    household.run(iso(0))
    before = household.tables()
    again = Household(household.home, refusing(town.env, ("union",)))
    again.run(iso(0), refetch=True, only=("union",))
    told = again.query("select outcome, message from retrieval where source = 'union'").iloc[0]
    assert told["outcome"] == "ok"
    assert "沿用今晚先前取到的" in told["message"]
    assert_same(again.tables(), before)


def test_nor_does_one_whose_list_breaks_its_contract(tmp_path: Path) -> None:
    home, variables = new_city_home(tmp_path)
    household = Household(home, {}, city=variables["YIZHAN_CITY"])
    household.run(iso(0))
    lists = frozenset({"fingerprint"})  # this city's list lies in its folder, which is part of what a night rests on
    before = household.tables(without=lists)
    listed = Path(variables["YIZHAN_CITY"]) / "lists" / "stations.csv"
    listed.write_text(listed.read_text("utf-8").replace("区县", "区", 1), "utf-8")
    household.run(iso(0), refetch=True)
    assert_same(household.tables(without=lists), before)
    assert "沿用今晚先前取到的" in household.query("select message from retrieval")["message"].iloc[0]
