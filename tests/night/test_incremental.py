"""Invariant 5: a night that takes over what did not change and one that works out every row anew arrive at the same tables."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pytest
from rich.console import Console

import flows.gather
import flows.register
from expectations.listings import STALE, STALE_DAYS
from flows.erasing import erase
from flows.house import House
from tests.night.altered import reading, written
from tests.night.books import assert_conserved
from tests.night.chronicle import Chronicle, keep
from tests.night.halls import halls_of, send_changes
from tests.night.people import close, correct, undo, write_journal
from tests.night.town import Household, assert_same, iso, served_town
from transforms.dedupe import incremental
from transforms.merge import merge_again
from transforms.standardise import standardise

#: Nights of the chronicle and the one before each; the tenth renumbers a list and comes after a Monday that was missed.
STEPS = ((0, 1), (1, 2), (2, 9))


@pytest.mark.parametrize(("before", "night"), STEPS)
def test_a_full_night_equals_the_incremental_one(before: int, night: int, chronicle: Chronicle, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var", after=before)
    household.run(iso(night), full=True)
    assert_same(household.tables(), chronicle.as_published(night).tables())


@pytest.mark.parametrize("found", ["as it was written", "lost", "damaged", "another night's"])
def test_a_night_goes_on_from_what_was_found_before(
    found: str, chronicle: Chronicle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pairs are compared anew only where a change touches them; without what was found before all are, and the tables are the same."""
    household = chronicle.household(tmp_path / "var", after=1)
    path = household.house.found
    if found == "lost":
        path.unlink()
    if found == "damaged":
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    if found == "another night's":
        path.write_bytes(chronicle.household(tmp_path / "other", after=0).house.found.read_bytes())
    whole = Mock(wraps=incremental._whole)
    monkeypatch.setattr(incremental, "_whole", whole)
    household.run(iso(2))
    assert_same(household.tables(), chronicle.as_published(2).tables())
    assert whole.call_count == (found in ("lost", "damaged"))


class Restated(House):
    """The house after a rule changed."""

    def fingerprint(self, night: str, model: str | None = None) -> str:
        """Another one than before."""
        return f"{super().fingerprint(night, model)} and a rule"


@pytest.mark.parametrize("rules", [House, Restated], ids=["the same rules", "another rule"])
def test_rules_that_changed_make_a_night_full_by_themselves(
    rules: type[House], chronicle: Chronicle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On night 1 the cleaners find a host in every row. What did not change is seen by them only where the fingerprint tells of it."""

    def hosted(*given: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
        listings, issues = standardise(*given)
        return listings.assign(host="街道办事处"), issues

    household = chronicle.household(tmp_path / "var", after=0)
    before = household.house
    monkeypatch.setattr(flows.gather, "standardise", hosted)
    household.run(iso(1), house=rules(before.settings, before.city, before.sources))
    hosts = household.query("select distinct host from listing where is_open and valid_to is null and carried_since is null")["host"]
    assert ({"街道办事处"} == set(hosts)) == (rules is Restated)


@pytest.mark.parametrize(
    ("night", "days_before", "rule", "told_on"),
    [(2, 0, "date_unreadable", [iso(1)]), (1, STALE_DAYS, STALE.id, [iso(2)])],
    ids=["a date that comes", "a date that grows old"],
)
def test_what_hangs_on_the_night_is_asked_every_night(
    night: int, days_before: int, rule: str, told_on: list[str], chronicle: Chronicle, tmp_path: Path
) -> None:
    """A row that reads the same on nights 1 and 2; of its date another thing is to be said on each."""
    household = chronicle.household(tmp_path / "var", after=0)
    of_union = "from listing where source = 'union' and is_open and valid_to is null"
    row_key = household.query(f"select min(row_key) as row_key {of_union}")["row_key"][0]
    updated_on = iso(night - days_before)
    house = reading(household.house, "union", written("stationCode", row_key, "updateTime", updated_on))
    for each in (1, 2):
        household.run(iso(each), house=house)
    told = household.query(f"select night::text as night from issue where rule = '{rule}' and row_key = '{row_key}' and night > '{iso(0)}'")
    assert told["night"].to_list() == told_on
    standing = household.query(f"select updated_on::text as updated_on {of_union} and row_key = '{row_key}'")
    assert standing["updated_on"].to_list() == [updated_on]


def test_a_date_that_has_come_is_taken_though_no_change_names_its_row(chronicle: Chronicle, tmp_path: Path) -> None:
    """A hall that says on night 1 that it changed on night 2, on which nothing is sent: the same night, full and incremental."""
    first = chronicle.household(tmp_path / "first", after=0)
    hall = {**halls_of(first, iso(0))[0], "changedOn": iso(2)}
    send_changes(first, iso(1), iso(0), [hall])
    first.run(iso(1))
    nights = {}
    for name in ("full", "incremental"):
        keep(first, tmp_path / name)
        household = chronicle.household(tmp_path / name, env=chronicle.silent)
        send_changes(household, iso(2), iso(1), [])
        household.run(iso(2), full=name == "full")
        nights[name] = household.tables()
    standing = household.query(
        f"select updated_on::text as updated_on from listing where row_key = '{hall['hallId']}' and valid_to is null"
    )
    assert standing["updated_on"].to_list() == [iso(2)]
    assert_same(nights["incremental"], nights["full"])


@pytest.mark.parametrize(
    "decided",
    [
        lambda station, _: correct("station", station, "name", "更正的名称"),
        lambda _, listing: correct("listing", listing, "hours", "24/7"),
        lambda station, _: close(station),
    ],
    ids=["a value of a station", "a value of a listing", "a closing"],
)
def test_what_a_person_took_back_is_nowhere_left(
    decided: Callable[[str, str], dict[str, object]], chronicle: Chronicle, tmp_path: Path
) -> None:
    """Nights that stand on one with the decision in it, made again after it was taken back, and once more when nothing but the journal still knows of it."""
    household = chronicle.household(tmp_path / "var", after=0)
    found = household.query(
        "select station_id, min(listing_id) as listing_id from station_listing where valid_to is null group by station_id having count(*) = 1 order by station_id limit 1"
    ).iloc[0]
    decision = decided(found["station_id"], found["listing_id"])
    write_journal(household, decision)
    household.run(iso(1))
    household.run(iso(2))
    reads = f"select * from station where station_id = '{found['station_id']}'"
    decidedly = household.query(reads)
    write_journal(household, undo(decision))
    for number in range(2):
        whole = Household(shutil.copytree(household.home, tmp_path / f"whole-{number}", symlinks=True), chronicle.silent)
        for each in (household, whole):
            each.run(iso(2), full=each is whole)
        assert_same(household.tables(), whole.tables())
    assert not household.query(reads).equals(decidedly), "the decision was in force before"


def test_what_was_lost_with_the_journal_is_nowhere_left(chronicle: Chronicle, tmp_path: Path) -> None:
    """A correction that no backup had: the night on which it is gone, and the same made again, when the warehouse does not know of it either."""
    household = chronicle.household(tmp_path / "var", after=0)
    station = household.query("select min(station_id) as station_id from station")["station_id"][0]
    named = f"select name from station where station_id = '{station}'"
    write_journal(household, correct("station", station, "name", "更正的名称"))
    household.run(iso(1))
    assert household.query(named)["name"][0] == "更正的名称"
    household.house.journal.unlink()
    for number in range(2):
        whole = Household(shutil.copytree(household.home, tmp_path / f"whole-{number}", symlinks=True), chronicle.silent)
        for each in (household, whole):
            each.run(iso(2), full=each is whole)
        assert household.query(named)["name"][0] != "更正的名称"
        assert_same(household.tables(), whole.tables())


def test_what_was_erased_of_one_list_leaves_the_station_too(chronicle: Chronicle, tmp_path: Path) -> None:
    """The station has the phone from the listing; of tables that name no source the erasure takes nothing, so the next night merges everything anew."""
    household = chronicle.household(tmp_path / "var", after=1)
    found = household.query(
        "select l.phones, s.station_id from listing l join station_listing m using (listing_id) join station s using (station_id) "
        "where l.valid_to is null and m.valid_to is null and l.source = 'union' and l.is_open and l.phones not like '%;%' and s.sources like '%;%' "
        "and contains(s.phones, l.phones) and l.phones in (select phones from listing where valid_to is null group by phones having count(*) = 1) "
        "order by l.listing_id limit 1"
    ).iloc[0]
    say = Console(file=StringIO())
    assert erase(household.settings, say, phone=found["phones"], name=None, source="union", who="李敏", why="本人申请", dry_run=False) == 0
    for night in (1, 2):
        whole = Household(shutil.copytree(household.home, tmp_path / f"whole-{night}", symlinks=True), chronicle.silent)
        for each in (household, whole):
            each.run(iso(night), full=each is whole)
        phones = household.query(f"select phones from station where station_id = '{found['station_id']}'")["phones"][0]
        assert found["phones"] not in str(phones)
        assert_same(household.tables(), whole.tables())


def test_a_night_merges_the_stations_that_changed_and_no_others(
    chronicle: Chronicle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    household = chronicle.household(tmp_path / "var", after=1)
    again = Mock(wraps=merge_again)
    monkeypatch.setattr(flows.register, "merge_again", again)
    household.run(iso(2))
    opened = household.query(f"select count(*) as stations from station_history where valid_from = '{iso(2)}'")["stations"][0]
    merged = again.call_args.args[4]
    stations = household.query("select count(*) as stations from station_history where valid_to is null")["stations"][0]
    assert 0 < opened <= len(merged) < stations / 2


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_fourteen_nights_full_equal_fourteen_incremental(tmp_path: Path) -> None:
    """A Monday to a Sunday and again: two Mondays, two Sundays, and on night 9 new numbers. Each full night from the same prior state."""
    with served_town(tmp_path, seed=7, scale=0.3) as town:
        lived = Household(tmp_path / "lived", town.env)
        for night in range(14):
            town.move(night)
            full = Household(tmp_path / f"full-{night}", town.env)
            if night:
                keep(lived, full.home)
            (full.home / "archive").symlink_to(lived.home / "archive")
            lived.run(iso(night))
            full.run(iso(night), full=True)
            assert_same(full.tables(), lived.tables())
        assert_conserved(lived)
        told = lived.query(
            "select night::text as night, source, mode from retrieval join source_night using (night, source) where rows_read > 0"
        )
        seen = set(told[["source", "mode"]].itertuples(index=False, name=None))
        assert {
            ("telecom_mobile", "delta"),
            ("telecom_tower", "delta"),
            ("telecom_tower", "snapshot"),
            ("civilization", "snapshot"),
        } <= seen
        assert lived.query("select * from issue where rule = 'source_renumbered'")["night"].astype(str).to_list() == [iso(9)]
