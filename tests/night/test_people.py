"""Invariant 6: what people decided holds over re-crawls, new numbers, re-runs and rollbacks; taken back, it leaves nothing behind but ids that lead on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.night.books import assert_conserved
from tests.night.chronicle import Chronicle
from tests.night.people import correct, judge, undo, write_journal
from tests.night.town import Household, assert_same, iso

#: The journal as the warehouse shows it: what was decided and taken back stays written, and redirects record the path.
DECIDED = frozenset({"decision", "station_redirect"})


@dataclass(frozen=True)
class Said:
    """What a person said against the model: two listings that it joins are apart, two that it parts are one, and two values.

    `apart` and `together` are of the telecom firm, which renumbers its list on night 9, and another owner; `merged` are the stations of
    `together` as they were before.
    """

    apart: tuple[str, str]
    together: tuple[str, str]
    merged: tuple[str, str]
    station: str
    listing: str

    @property
    def decisions(self) -> list[dict[str, object]]:
        """The lines of the journal."""
        return [
            judge(*self.apart, "not"),
            judge(*self.together, "same"),
            correct("station", self.station, "name", "老街口驿站"),
            correct("station", self.merged[0], "host", "新街口物业"),
            correct("station", self.merged[1], "hours_text", "逢集开放"),
            correct("listing", self.listing, "host", "老街口物业"),
        ]

    def assert_held(self, household: Household) -> None:
        """All of it holds in the register that is in force."""
        of = household.query("select listing_id, station_id from station_listing where valid_to is null").set_index("listing_id")[
            "station_id"
        ]
        assert of[self.apart[0]] != of[self.apart[1]]
        assert of[self.together[0]] == of[self.together[1]]
        station = household.query("select * from station").set_index("station_id")
        assert station.loc[self.station, "name"] == "老街口驿站"
        assert station.loc[of[self.listing], "host"] == "老街口物业"
        one = station.loc[of[self.together[0]]]
        assert (one["host"], one["hours_text"]) == ("新街口物业", "逢集开放"), "also what was said of the id that was merged away"
        judged = household.query("select verdict, is_review from pair where valid_to is null and verdict is not null order by verdict")
        assert judged["verdict"].to_list() == ["not", "same"]
        assert not judged["is_review"].any(), "who was answered is not asked again"


@pytest.fixture(scope="module")
def said(chronicle: Chronicle) -> Said:
    """Chosen so that the model thinks otherwise on every night."""
    joined = _both_nights(
        chronicle,
        """
        select p.left_id, p.right_id from pair p
        join station_listing a on a.listing_id = p.left_id and a.valid_to is null
        join station_listing b on b.listing_id = p.right_id and b.valid_to is null
        where p.valid_to is null and a.station_id = b.station_id and p.left_id like 'telecom_mobile:%' order by p.weight_mb desc, p.left_id
        """,
    )
    parted = _both_nights(
        chronicle,
        """
        select a.listing_id as left_id, b.listing_id as right_id from station_listing a join station_listing b on a.station_id <> b.station_id
        join listing l on l.listing_id = a.listing_id and l.is_open and l.valid_to is null
        join listing r on r.listing_id = b.listing_id and r.is_open and r.valid_to is null
        where a.valid_to is null and b.valid_to is null and a.listing_id like 'telecom_mobile:%' and b.listing_id like 'union:%'
          and l.county <> r.county and not exists (select 1 from pair p where a.listing_id in (p.left_id, p.right_id) and p.valid_to is null)
        order by 1, 2
        """,
    )
    apart = (joined["left_id"][0], joined["right_id"][0])
    together = next((left, right) for left, right in parted.itertuples(index=False) if left not in apart and right not in apart)
    others = _both_nights(
        chronicle,
        f"""
        select station_id, min(listing_id) as listing_id from station_listing join station using (station_id)
        where valid_to is null and status = 'open' and listing_count = 1
          and listing_id like 'telecom_tower:%' and listing_id not in {(*apart, *together)} group by station_id order by 1
        """,
    )
    of = chronicle.as_published(9).query("select listing_id, station_id from station_listing where valid_to is null")
    of_listing = dict(zip(of["listing_id"], of["station_id"], strict=True))
    merged = (of_listing[together[0]], of_listing[together[1]])
    return Said(apart, together, merged, others["station_id"][0], others["listing_id"][1])


def _both_nights(chronicle: Chronicle, query: str) -> pd.DataFrame:
    """What the query finds both at the beginning and at the end of the chronicle."""
    first, last = (chronicle.as_published(night).query(query) for night in (0, 9))
    return first.merge(last)


def test_decisions_hold_night_after_night_and_when_nights_are_run_again(chronicle: Chronicle, said: Said, tmp_path: Path) -> None:
    """One household decides on night 2, and night 9 brings new numbers; the other decides after night 9 and runs night 2 again."""
    lived = chronicle.household(tmp_path / "lived", after=1)
    decisions = said.decisions
    write_journal(lived, *decisions)
    lived.run(iso(2))
    said.assert_held(lived)
    lived.run(iso(9))
    said.assert_held(lived)
    assert_conserved(lived)

    rebuilt = chronicle.household(tmp_path / "rebuilt", after=9)
    write_journal(rebuilt, *decisions)
    rebuilt.run(iso(2))
    assert_same(rebuilt.tables(), lived.tables())

    lived.house.publisher.rollback("测试")
    said.assert_held(lived)
    assert lived.house.journal.read_text("utf-8").count("\n") == len(decisions), "a rollback takes no decision back"

    write_journal(lived, *(undo(decision) for decision in decisions))
    lived.run(iso(2))
    undone, never = lived.tables(), chronicle.as_published(2).tables()
    assert undone["decision"]["is_undone"].sum() == len(decisions)
    assert_same(*({name: tables[name] for name in tables if name not in DECIDED} for tables in (undone, never)))
    # readers have ids that stood published in between: these lead on, and that is all that is left
    left = undone["station_redirect"].merge(never["station_redirect"], how="left", indicator=True)
    assert left.loc[left["_merge"] == "left_only", "to_id"].isin(undone["station_history"]["station_id"]).all()
    assert len(never["station_redirect"].merge(undone["station_redirect"])) == len(never["station_redirect"])


@pytest.mark.soak
def test_a_night_after_a_rollback_is_as_if_the_night_between_had_not_been(chronicle: Chronicle, said: Said, tmp_path: Path) -> None:
    """Night 2 is published and rolled back; night 9 then follows night 1, with what was decided meanwhile."""
    rolled, straight = (chronicle.household(tmp_path / name, after=1) for name in ("rolled", "straight"))
    decisions = said.decisions
    rolled.run(iso(2))
    write_journal(rolled, *decisions)
    rolled.house.publisher.rollback("测试")
    write_journal(straight, *decisions)
    for household in (rolled, straight):
        household.run(iso(9))
        said.assert_held(household)
    assert_same(rolled.tables(), straight.tables())
