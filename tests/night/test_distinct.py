"""A list of which each line is a station of its own, through nights: declared on the source, seen in the register."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from flows.house import House
from flows.outlook import read_published
from sources.kit.raw import Raw
from tests.night.altered import reading, with_source
from tests.night.chronicle import Chronicle
from tests.night.people import judge, write_journal
from tests.night.test_verdicts import become, renumbered
from tests.night.town import Household, iso
from warehouse.journal import read_journal

TWICE = """
    select station_id, min(listing_id) as a, max(listing_id) as b from station_listing join listing l using (listing_id)
    where station_listing.valid_to is null and l.valid_to is null and l.is_open and l.source = 'union' and l.carried_since is null
    group by station_id having count(*) > 1 order by 1
"""


def declared(household: Household) -> House:
    """The household's house, in which the union's list never repeats itself."""
    house = household.house
    return with_source(house, replace(house.sources["union"], distinct=True))


def test_two_lines_of_it_are_never_one_station_unless_a_person_says_so(chronicle: Chronicle, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var", after=0)
    assert household.house.distinct == frozenset(), "declared, never assumed"
    keys = chronicle.as_published(1).query(
        "select row_key from listing where source = 'union' and is_open and carried_since is null order by 1"
    )
    first, second, third, fourth = keys["row_key"].head(4)

    def twice(raw: Raw) -> Raw:
        return become(third, fourth)(become(first, second)(raw))

    household.run(iso(1), house=reading(household.house, "union", twice))
    lines = [[f"union:{first}", f"union:{second}"], [f"union:{third}", f"union:{fourth}"]]
    assert [each for each in lines if each in household.query(TWICE)[["a", "b"]].to_numpy().tolist()] == lines, (
        "as a rule a list may repeat itself"
    )

    write_journal(household, judge(lines[0][0], lines[0][1], "same"))
    house = declared(household)
    household.run(iso(1), house=reading(house, "union", twice))
    assert household.query(TWICE)[["a", "b"]].to_numpy().tolist() == lines[:1]
    published = replace(read_published(household.house), house=house)
    foreseen = published.next_night(read_journal(house.journal).judgements, house.model)
    assert dict(zip(foreseen["listing_id"], foreseen["station_id"], strict=True)) == published.stations


def test_a_place_that_its_owner_numbered_anew_stays_its_station(chronicle: Chronicle, tmp_path: Path) -> None:
    """On the night on which the old number is missing for the first time, and when it is closed."""
    household = chronicle.household(tmp_path / "var", after=1)
    query = """
        select p.right_id from pair p join station_listing a on a.listing_id = p.left_id and a.valid_to is null
        join station_listing b on b.listing_id = p.right_id and b.valid_to is null and b.station_id = a.station_id
        join listing l on l.listing_id = p.right_id and l.valid_to is null and l.is_open and l.carried_since is null
        where p.valid_to is null and p.left_id like 'bank_icbc:%' and p.right_id like 'union:%' order by p.weight_mb desc, p.left_id
        """
    union = str(household.query(query)["right_id"][0])
    for night in (2, 9):
        house = declared(household)
        household.run(iso(night), house=reading(house, "union", renumbered(union.partition(":")[2], "WHGH-新1")))
        now = household.query("select listing_id, station_id from station_listing where valid_to is null").set_index("listing_id")[
            "station_id"
        ]
        assert now["union:WHGH-新1"] == now[union]
    assert not household.query(f"select is_open from listing where listing_id = '{union}' and valid_to is null")["is_open"].iloc[0]
