"""The report of a night tells that night: every row that is held, whoever was due, and the register as it stood then."""

from __future__ import annotations

import pandas as pd

from benchmarks.morning import report
from desk.facts import NightFacts, night_facts
from desk.links import Links
from desk.report import EXAMPLES, night_report
from flows.rules import every_rule
from flows.settings import now
from tests.night.chronicle import Chronicle
from tests.night.town import Household, iso
from warehouse.engine import open_warehouse
from warehouse.publish import Publisher


def told(household: Household, night: str) -> NightFacts:
    """The figures of a night in the household's publication."""
    publication = Publisher(household.home, clock=now).current()
    assert publication is not None
    engine = open_warehouse(publication.warehouse, read_only=True)
    try:
        with engine.connect() as connection:
            return night_facts(connection, night)
    finally:
        engine.dispose()


def test_rows_of_lists_that_were_not_due_stand_in_the_tables(chronicle: Chronicle) -> None:
    """On night 1, a Tuesday, the civilization list is not published: what it holds of Monday is still held, and not new."""
    facts = told(chronicle.as_published(1), iso(1))
    assert facts.sources.set_index("source").loc["civilization", "outcome"] == "not_due"
    held = facts.held.drop_duplicates(["source", "row_key"]).groupby("source").size()
    assert held.to_dict() == facts.quarantine.set_index("source")["open_count"].to_dict()
    assert "civilization" in held.index
    assert not facts.held.loc[facts.held["source"] == "civilization", "is_new"].any()
    new = facts.held[facts.held["is_new"]].drop_duplicates(["source", "row_key"])
    assert len(new) == facts.new_in_quarantine


def test_the_report_counts_them_in_its_groups(chronicle: Chronicle) -> None:
    household = chronicle.as_published(1)
    page = night_report(
        told(household, iso(1)), household.house.titles, every_rule(), Links("http://127.0.0.1:4201", iso(1), f"{iso(1)}-1")
    )
    title = household.house.titles["civilization"]
    assert f"### {title}：" in page


def test_with_356000_bad_rows_the_page_stays_readable_and_its_counts_right(chronicle: Chronicle) -> None:
    bad = 356_000
    household = chronicle.as_published(1)
    held = int(told(household, iso(1)).quarantine["open_count"].sum())
    _, page = report(household.house, iso(1), bad)
    assert len(page.encode()) <= 100_000
    assert f"**扣留**：{held + bad} 行在隔离区" in page
    title, rule = household.house.titles["union"], every_rule()["position_far_outside"].title
    groups = [line for line in page.splitlines() if line.startswith("### ")]
    assert groups[0].startswith(f"### {title}：{rule}（严重，{bad} 行，")
    assert f"[全部 {bad} 行（Excel）](" in page
    assert "放行这 " + str(bad) not in page
    assert page.count("/row/union/bad-") == EXAMPLES


def test_an_earlier_night_is_told_as_it_was(chronicle: Chronicle) -> None:
    later, then = told(chronicle.as_published(9), iso(0)), told(chronicle.as_published(0), iso(0))
    for name in ("batches", "counties", "held", "quarantine"):
        pd.testing.assert_frame_equal(getattr(later, name), getattr(then, name), obj=name)
    assert told(chronicle.as_published(9), iso(9)).stations != then.stations
