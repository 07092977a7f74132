"""Invariant 3: a reader sees one whole night; one writer at a time; a rejected night leaves the register as it was."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import IO, Any

import duckdb
import pytest
from rich.console import Console

import flows.night
import flows.register
from flows.gather import Gathered
from flows.receipts import write_receipts
from flows.register import Registered, Verdict, verdict
from flows.rules import every_rule
from flows.run import show_night
from sources.kit.retrieval import Outcome
from tests.night.chronicle import SOURCES, Chronicle, refusing
from tests.night.onlooker import sight
from tests.night.people import judge, write_journal
from tests.night.town import Household, Town, assert_same, iso
from transforms.merge import Merged, merge, merge_again
from warehouse.lock import AnotherWriterError
from warehouse.state import State

#: What a rejected night may write.
RECORDED = frozenset({"night", "issue", "quarantine"})


@contextmanager
def onlooker(household: Household) -> Iterator[IO[str]]:
    """A process that watches the household's register; its sights, a line each."""
    command = [sys.executable, "-m", "tests.night.onlooker", str(household.home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        try:
            yield watching.stdout
        finally:
            watching.terminate()


def test_a_reader_sees_the_whole_night_before_or_the_whole_new_one(chronicle: Chronicle, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var", after=0)
    before, after = sight(household.home / "current"), sight(chronicle.as_published(1).home / "current")
    with closing(duckdb.connect(str((household.home / "current").resolve() / "warehouse.duckdb"), read_only=True)) as attached:
        with onlooker(household) as sights:
            seen = [sights.readline().strip()]
            household.run(iso(1))
            while seen[-1] != after:
                seen.append(sights.readline().strip())
                assert len(seen) <= 2, seen
        assert seen == [before, after]
        assert attached.execute("select max(night)::text from night").fetchall() == [(iso(0),)], "who was attached keeps the night before"


def test_a_second_night_ends_at_once_and_names_who_runs(chronicle: Chronicle, tmp_path: Path) -> None:
    household = chronicle.household(tmp_path / "var", after=0)
    with household.house.publisher.begin(iso(1), "夜跑甲"), pytest.raises(AnotherWriterError) as refused:
        household.run(iso(2))
    assert "夜跑甲" in str(refused.value)
    assert iso(1) in str(refused.value)


class TestRunAgain:
    """A night that is run again while later ones stand published: all of them are rebuilt, or none."""

    def test_rejected_it_leaves_itself_and_every_later_night(self, chronicle: Chronicle, tmp_path: Path) -> None:
        household = chronicle.household(tmp_path / "var", after=2)
        write_journal(household, *_verdicts_on_a_fifth(chronicle.as_published(0)))
        assert household.run(iso(1)).state == "rejected"
        self._is_as_before(household, chronicle)

    def test_a_later_night_that_would_be_rejected_is_not_taken_back(
        self, chronicle: Chronicle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def strict(state: State, gathered: Sequence[Gathered], registered: Registered, night: str) -> Verdict:
            return Verdict("rejected", "试一试") if night == iso(2) else verdict(state, gathered, registered, night)

        household = chronicle.household(tmp_path / "var", after=2)
        monkeypatch.setattr(flows.night, "verdict", strict)
        ended = household.run(iso(1))
        assert ended.state == "rejected"
        assert iso(2) in str(ended.reason)
        self._is_as_before(household, chronicle)

    def test_one_before_the_first_upon_which_the_later_cannot_be_rebuilt_is_told(
        self, chronicle: Chronicle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def strict(state: State, gathered: Sequence[Gathered], registered: Registered, night: str) -> Verdict:
            return Verdict("rejected", "试一试") if night == iso(2) else verdict(state, gathered, registered, night)

        household = chronicle.household(tmp_path / "var")
        household.run(iso(2))
        before = household.tables()
        monkeypatch.setattr(flows.night, "verdict", strict)
        ended = household.run(iso(1))
        assert (ended.state, iso(2) in str(ended.reason)) == ("rejected", True)
        assert_same(household.tables(), before)
        page = StringIO()
        write_receipts(household.house, iso(1))
        show_night(household.house, iso(1), Console(file=page, width=200))
        assert f"没有 {iso(1)} 这一夜" in page.getvalue()

    def _is_as_before(self, household: Household, chronicle: Chronicle) -> None:
        assert_same(household.tables(), chronicle.as_published(2).tables())
        assert household.query("select state from run order by started_at desc limit 1")["state"][0] == "rejected"


def _verdicts_on_a_fifth(household: Household) -> list[dict[str, object]]:
    """A person's verdicts that would merge a fifth of the city."""
    anchors = household.query("select min(listing_id) as id from station_listing where valid_to is null group by station_id order by 1")[
        "id"
    ]
    share = len(anchors) // 5
    return [judge(left, right, "same") for left, right in zip(anchors[:share], anchors[-share:], strict=True)]


class TestRejected:
    """Each cause of rejection, and what is left of the night."""

    @pytest.mark.parametrize("step", [merge, merge_again])
    def test_a_station_that_must_not_be(
        self, step: Callable[..., Merged], chronicle: Chronicle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        household = chronicle.household(tmp_path / "var", after=0)

        def nameless(*given: Any) -> Merged:
            merged = step(*given)
            merged.stations.loc[0, "name"] = None
            merged.stations.loc[1, ["name", "lng_wgs84"]] = [None, 0.0]
            return merged

        monkeypatch.setattr(flows.register, step.__name__, nameless)
        reason = self._reason(household, chronicle, full=step is merge)
        title = every_rule()["station_nameless"].title
        assert f"2 站不合格（{title}）" in reason, "stations, not findings, under a name that a person reads"
        assert household.query(f"select count(*) as n from issue where night = '{iso(1)}' and rule = 'station_nameless'")["n"][0] == 2

    def test_too_many_changes_at_once(self, chronicle: Chronicle, tmp_path: Path) -> None:
        household = chronicle.household(tmp_path / "var", after=0)
        write_journal(household, *_verdicts_on_a_fifth(household))
        assert "一夜之间有" in self._reason(household, chronicle)
        assert household.query("select * from judgement").empty, "what was decided stands in the journal, not yet in the register"

    def test_no_list_at_all(self, chronicle: Chronicle, town: Town, tmp_path: Path) -> None:
        household = chronicle.household(tmp_path / "var", after=0, env=refusing(town.env, SOURCES))
        for record in (household.home / "archive" / "retrievals" / iso(1)).iterdir():
            record.unlink()
        assert "没有一份名单可用" in self._reason(household, chronicle)
        told = household.query(f"select source, outcome from retrieval where night = '{iso(1)}'")
        assert set(told["outcome"]) == {Outcome.REFUSED, Outcome.UNREACHABLE, Outcome.NOT_FOUND, Outcome.NOT_DUE}

    def _reason(self, household: Household, chronicle: Chronicle, *, full: bool = False) -> str:
        """Run night 1, which is rejected, and see that the register is that of night 0; the reason."""
        ended = household.run(iso(1), full=full)
        assert ended.state == "rejected"
        before, after = chronicle.as_published(0).tables(), household.tables()
        assert_same(
            {name: before[name] for name in before if name not in RECORDED}, {name: after[name] for name in after if name not in RECORDED}
        )
        for name in ("issue", "quarantine"):
            kept = after[name].merge(before[name].drop(columns="closed_on", errors="ignore"), how="inner")
            assert len(kept) == len(before[name]), f"what {name} held of earlier nights stays"
        nights = household.query("select night::text as night, state, reason from night order by night")
        assert nights["night"].to_list() == [iso(0), iso(1)]
        assert nights["state"][1] == "rejected"
        assert household.query("select state from run order by started_at desc limit 1")["state"][0] == "rejected"
        assert len(household.query(f"select * from retrieval where night = '{iso(1)}'")) == len(household.house.sources)
        return str(nights["reason"][1])
