"""Invariant 2: a night run again, or after a kill, leaves the same warehouse; it fetches nothing again, and only publication moves on."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

import flows.gather
from flows.gather import receive
from flows.night import Order, conclude, receive_all, run_nights
from flows.run import show_night
from flows.settings import now
from tests.night.chronicle import Chronicle
from tests.night.town import Household, Town, assert_same, iso
from transforms.ledger import Settled, settle
from warehouse.tables import METADATA

#: What tells a source where to go on, and what it last left.
_CHECKPOINT = ["source", "last_good_on", "is_stopped", "etag", "last_modified", "watermark", "parts"]


class KilledError(Exception):
    """Stands for a process that ends before it publishes."""


def run_until_publication(household: Household, night: str) -> None:
    """A night that does all its work and ends before anything of it is published."""
    house = household.house
    with suppress(KilledError), house.publisher.begin(night, "测试") as draft:
        run_nights(house, Order(night, "killed", now()), draft, receive_all, conclude)
        raise KilledError


def checkpoints(household: Household) -> pd.DataFrame:
    """Every source's checkpoint as the next night would find it."""
    return household.state().source_state[_CHECKPOINT]


def archived(household: Household) -> dict[str, bytes]:
    """Every retrieval that brought a list and every payload in the archive, by path."""
    root = household.home / "archive"
    found = {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    return {path: content for path, content in found.items() if path.startswith("blobs") or b'"not_due"' not in content}


def test_a_night_run_again_with_its_owners_silent_leaves_the_same_warehouse(chronicle: Chronicle, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var", after=1)
    before = archived(household)
    assert household.run(iso(1)).state != "rejected", "a night without any list would leave the warehouse as it was, too"
    assert_same(household.tables(), chronicle.as_published(1).tables())
    assert archived(household) == before
    told = household.query(f"select outcome from retrieval where night = '{iso(1)}'")["outcome"]
    assert set(told) <= {"ok", "unchanged", "not_due"}, "nobody was asked: nobody would have answered"


def test_no_table_but_run_and_retrieval_holds_the_time_of_day(chronicle: Chronicle) -> None:
    told = chronicle.as_published(9).query(
        "select distinct table_name from information_schema.columns where data_type like 'TIMESTAMP%' and table_name not like 'mart%'"
    )
    assert set(told["table_name"]) <= {"run", "retrieval", "decision", "judgement", "correction"}, "decisions have a time of their own"


@pytest.mark.parametrize("night", [1, 9])
def test_no_table_has_a_key_twice(chronicle: Chronicle, night: int) -> None:
    """A DuckDB file has no index that would refuse it."""
    lived = chronicle.as_published(night)
    for table in METADATA.sorted_tables:
        key = ", ".join(f'"{column.name}"' for column in table.primary_key)
        assert lived.query(f"select {key} from {table.name} group by {key} having count(*) > 1").empty, table.name


def test_a_night_that_was_not_published_moves_no_watermark(chronicle: Chronicle, town: Town, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var", after=0, env=town.env)
    before = checkpoints(household)
    run_until_publication(household, iso(1))
    assert_checkpoints_stay(household, before)
    town.move(2)
    for key, mark in (("telecom_mobile", iso(0)), ("telecom_tower", dict(before[["source", "watermark"]].to_numpy())["telecom_tower"])):
        asked = receive(household.house, household.state(), key, iso(2), refetch=True, asked=True).retrieval
        assert asked.mode == "delta"
        assert asked.since == mark, "changes are asked for since the last night that was published"


def test_a_night_that_does_not_add_up_is_rejected_and_moves_no_watermark(
    chronicle: Chronicle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One row lost from the books of one source; run again without that, the night is as if nothing had happened."""
    household = chronicle.household(tmp_path / "var", after=0)
    before = checkpoints(household)

    def losing(source: str, *rest: Any) -> Settled:
        settled = settle(source, *rest)
        return replace(settled, tally=replace(settled.tally, accepted=settled.tally.accepted - 1)) if source == "union" else settled

    with monkeypatch.context() as patched:
        patched.setattr(flows.gather, "settle", losing)
        ended = household.run(iso(1))
    assert ended.state == "rejected"
    assert "union：读入" in str(ended.reason)
    assert_checkpoints_stay(household, before)
    household.run(iso(1))
    assert_same(household.tables(), chronicle.as_published(1).tables())


def assert_checkpoints_stay(household: Household, before: pd.DataFrame) -> None:
    """Nothing that the next night starts from has moved."""
    pd.testing.assert_frame_equal(checkpoints(household), before)


def test_the_summary_of_a_night_that_was_run_again_tells_that_the_later_ones_were_too(chronicle: Chronicle, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var", after=2)
    told = {}
    for night in (2, 1):
        household.run(iso(night))
        page = StringIO()
        show_night(household.house, iso(night), Console(file=page, width=200))
        told[night] = f"之后的 1 夜也随之重建：{iso(2)} 至 {iso(2)}" in page.getvalue()
    assert told == {2: False, 1: True}
