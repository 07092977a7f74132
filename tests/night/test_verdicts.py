"""A verdict over nights: it goes with its place to a new number, and a person is asked again only when the place itself became another."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from flows.judge import judge
from sources.kit.raw import Raw
from tests.night import people
from tests.night.altered import Change, reading
from tests.night.chronicle import Chronicle
from tests.night.people import write_journal
from tests.night.town import Household, iso

NUMBER = "stationCode"


def say(household: Household, left: str, right: str, verdict: str) -> None:
    """A person judges the pair."""
    judge(household.settings, Console(file=io.StringIO()), [left, right, verdict], who="李敏", why="去看过")


def renumbered(old: str, new: str) -> Change:
    """The list with one row under another number."""

    def change(raw: Raw) -> Raw:
        return replace(raw, cells=raw.cells.assign(**{NUMBER: raw.cells[NUMBER].replace(old, new)}))

    return change


def become(number: str, other: str) -> Change:
    """The list in which one row reads as another does, but for its number."""

    def change(raw: Raw) -> Raw:
        cells = raw.cells.copy()
        cells.loc[cells[NUMBER] == number, cells.columns != NUMBER] = cells.loc[cells[NUMBER] == other, cells.columns != NUMBER].to_numpy()
        return replace(raw, cells=cells)

    return change


@pytest.fixture(scope="module")
def joined(chronicle: Chronicle) -> tuple[str, str]:
    """A listing of the union's and one of a bank's that are one station on every night, by much."""
    query = """
        select p.left_id, p.right_id from pair p
        join station_listing a on a.listing_id = p.left_id and a.valid_to is null
        join station_listing b on b.listing_id = p.right_id and b.valid_to is null and b.station_id = a.station_id
        join listing l on l.listing_id = p.left_id and l.valid_to is null and l.is_open and l.carried_since is null
        join listing r on r.listing_id = p.right_id and r.valid_to is null and r.is_open and r.carried_since is null
        where p.valid_to is null and p.left_id like 'bank_icbc:%' and p.right_id like 'union:%' order by p.weight_mb desc, p.left_id
        """
    first, last = (chronicle.as_published(night).query(query) for night in (1, 9))
    both = first.merge(last)
    return str(both["left_id"][0]), str(both["right_id"][0])


def stations(household: Household) -> pd.Series:
    """Listing id → station id."""
    found = household.query("select listing_id, station_id from station_listing where valid_to is null")
    return found.set_index("listing_id")["station_id"]


def test_a_verdict_goes_with_its_place_to_a_new_number(chronicle: Chronicle, joined: tuple[str, str], tmp_path: Path) -> None:
    """One number corrected by its owner: the old listing is missing for a night and then closed, the new one is there at once."""
    bank, union = joined
    told = chronicle.household(tmp_path / "told", after=1)
    say(told, bank, union, "not")
    for night in (2, 9):
        told.run(iso(night), house=reading(told.house, "union", renumbered(union.partition(":")[2], "WHGH-新1")))
        now = stations(told)
        assert now["union:WHGH-新1"] != now[bank], "on the night on which both numbers stand, and after it"
    is_open = told.query(f"select is_open from listing where listing_id = '{union}' and valid_to is null")["is_open"].iloc[0]
    assert not is_open
    shown = told.query("select right_id, verdict, is_review, weight_mb from pair where valid_to is null and verdict is not null order by 1")
    assert shown[["right_id", "verdict", "is_review"]].to_numpy().tolist() == [[union, "not", False], ["union:WHGH-新1", "not", False]]
    assert (shown["weight_mb"] >= told.house.model.thresholds["review_high"]).all(), "the model alone would join them"
    assert told.query("select right_id from judgement")["right_id"].tolist() == [union], "the journal says what was said"


def test_a_person_is_asked_again_when_the_place_became_another_and_overruled_by_nothing(
    chronicle: Chronicle, joined: tuple[str, str], tmp_path: Path
) -> None:
    bank, union = joined
    number = union.partition(":")[2]
    elsewhere = (
        chronicle.as_published(9)
        .query(
            f"""
        select row_key from listing where source = 'union' and is_open and valid_to is null and carried_since is null
          and county <> (select county from listing where listing_id = '{union}' and valid_to is null) order by 1
        """
        )["row_key"]
        .iloc[0]
    )
    household = chronicle.household(tmp_path / "var", after=1)
    say(household, bank, union, "same")

    def asked() -> bool:
        found = household.query(
            f"select is_review, verdict from pair where left_id = '{bank}' and right_id = '{union}' and valid_to is null"
        )
        assert found["verdict"].tolist() == ["same"]
        assert stations(household)[bank] == stations(household)[union], "the verdict holds until a person takes it back"
        return bool(found["is_review"].iloc[0])

    household.run(iso(2))
    assert not asked(), "the list read as before"
    household.run(iso(2), house=reading(household.house, "union", become(number, str(elsewhere))))
    assert asked(), "another name at another place"
    household.run(iso(9))
    assert not asked(), "as it was when it was judged"


def test_a_verdict_that_contradicts_others_is_set_aside_and_told(chronicle: Chronicle, tmp_path: Path) -> None:
    """The journal refuses such verdicts; they arise when one follows its content to another row."""
    household = chronicle.household(tmp_path / "var", after=0)
    query = "select listing_id from listing where valid_to is null and is_open order by 1 limit 3"
    a, b, c = (str(each) for each in household.query(query)["listing_id"])
    write_journal(household, people.judge(a, b, "same"), people.judge(b, c, "same"), people.judge(a, c, "not"))
    household.run(iso(1))
    told = household.query("select value, message from issue where rule = 'judgement_set_aside'")
    assert len(told) == 1
    assert b in told["value"][0]
    assert "矛盾" in told["message"][0]
