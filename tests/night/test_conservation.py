"""Invariant 1: for every source and night, every row read ends in exactly one place.

That a night is rejected when one does not is seen in test_idempotence: it also moves no watermark.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.night.books import assert_conserved
from tests.night.chronicle import Chronicle
from tests.night.halls import halls_of, send_changes, tombstone
from tests.night.town import iso


def test_every_row_of_every_night_is_accounted_for(chronicle: Chronicle) -> None:
    assert_conserved(chronicle.as_published(9))


def test_the_rows_read_are_those_that_owners_sent(chronicle: Chronicle) -> None:
    told = chronicle.as_published(9).query(
        "select s.night, s.source, s.rows_read, r.mode from source_night s join retrieval r using (night, source) where r.mode <> 'none'"
    )
    whole = told[told["mode"] != "delta"]
    for night in chronicle.nights:
        own = whole[whole["night"].astype(str) == iso(night)]
        read = dict(zip(own["source"], own["rows_read"], strict=True))
        assert read == {key: chronicle.rows_sent[night][key] for key in read}
    assert len(whole) >= 4 * len(chronicle.nights) - 3, "the four sources without a changed-since feed, but for Mondays' on other days"


def test_changes_are_counted_as_they_came(chronicle: Chronicle) -> None:
    household = chronicle.as_published(9)
    told = household.query(
        "select s.rows_read, r.parts, r.source from source_night s join retrieval r using (night, source) where r.mode = 'delta' order by all"
    )
    assert set(told["source"]) == {"telecom_mobile", "telecom_tower"}
    for rows_read, parts, source in told.itertuples(index=False):
        payloads = [chronicle.payload(part["sha256"]) for part in json.loads(parts)]
        if source == "telecom_tower":
            assert rows_read == sum(len(payload.splitlines()) for payload in payloads)
        else:
            assert rows_read == sum(len(json.loads(payload)["items"]) for payload in payloads)


def test_an_unchanged_payload_counts_its_rows_again(chronicle: Chronicle) -> None:
    again = chronicle.as_published(9).query(
        """
        with good as (
          select s.*, r.mode, r.parts, lag(s.rows_read) over w as rows_before, lag(r.parts) over w as parts_before
          from source_night s join retrieval r using (night, source) where s.last_good_on = s.night
          window w as (partition by source order by night)
        )
        select * from good where mode = 'unchanged'
        """
    )
    assert len(again) >= 2, "at least two lists did not change between two nights"
    assert (again["rows_read"] == again["rows_before"]).all()
    assert (again["parts"] == again["parts_before"]).all()
    assert (again["rows_read"] > 0).all()


def test_changes_with_a_tombstone_add_up(chronicle: Chronicle, tmp_path: Path) -> None:
    """One hall closed, one edited, one new, and one of the changes sent twice."""
    household = chronicle.household(tmp_path / "var", after=0)
    halls = halls_of(household, iso(0))
    edited = {**halls[1], "openHours": "10:00-16:00", "changedOn": iso(1)}
    fresh = {**halls[2], "hallId": "HALL-NEW", "hallName": "新开的营业厅", "addr": "镜湖区新开路1号", "changedOn": iso(1)}
    send_changes(household, iso(1), iso(0), [tombstone(halls[0], iso(1)), edited, edited, fresh])
    household.run(iso(1))
    night = household.query(f"select * from source_night where source = 'telecom_mobile' and night = '{iso(1)}'").iloc[0]
    before = len(halls)
    assert [night[name] for name in ("rows_read", "accepted", "held_back", "ignored")] == [4, 2, 0, 2]
    assert [night[name] for name in ("open_before", "opened", "closed", "open_after")] == [before, 1, 1, before]
    assert_conserved(household)
