"""The churn gate: it stops a night that would change too many published ids, says why, and lets through what a person accepts, and nothing else."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from flows.accept import accept_churn
from flows.house import House
from flows.judge import undo
from flows.run import RefusedError
from flows.settings import now
from tests.night.altered import reading, rows_at, with_source
from tests.night.bolder import bolder
from tests.night.chronicle import Chronicle
from tests.night.people import judge, write_journal
from tests.night.town import Household, iso
from warehouse.journal import append_decisions, read_journal

COMMAND = re.compile(r"yizhan accept churn (\S+) ([a-p]{12}) --who 姓名 --why 理由")
SIGNED = {"who": "李敏", "why": "逐站核对过"}


@pytest.fixture
def household(chronicle: Chronicle, tmp_path: Path) -> Household:
    return chronicle.household(tmp_path / "var", after=0)


def anchors(household: Household) -> pd.DataFrame:
    """The first listing of every open station, and the station's name."""
    query = """
        select min(b.listing_id) as id, s.station_id, s.name from station_listing b join station s using (station_id)
        where b.valid_to is null and s.status = 'open' group by s.station_id, s.name order by 1
        """
    return household.query(query)


def verdicts_on_a_fifth(household: Household) -> list[dict[str, object]]:
    """A person's verdicts that would merge a fifth of the city."""
    ids = anchors(household)["id"]
    share = len(ids) // 5
    return [judge(left, right, "same") for left, right in zip(ids[:share], ids[-share:], strict=True)]


def stopped(household: Household, house: House | None = None, night: str = iso(1)) -> tuple[str, str]:
    """Run a night that is stopped by the gate; the reason, and the digest of the changes."""
    ended = household.run(night, house=house)
    assert ended.state == "rejected"
    told = COMMAND.search(str(ended.reason))
    assert told is not None, ended.reason
    assert told[1] == night
    return str(ended.reason), told[2]


def accept(household: Household, digest: str, night: str = iso(1)) -> str:
    """What the command says."""
    told = io.StringIO()
    assert accept_churn(household.settings, Console(file=told, width=300), night, digest, **SIGNED) == 0
    return told.getvalue()


def take_back(household: Household, decision_id: object) -> None:
    undo(household.settings, Console(file=io.StringIO()), str(decision_id), **SIGNED)


def test_what_a_person_accepted_is_published_and_nothing_else(household: Household) -> None:
    before, known = household.tables()["station_history"], anchors(household)
    verdicts = verdicts_on_a_fifth(household)
    write_journal(household, *verdicts)
    reason, digest = stopped(household)
    counted = re.match(r"一夜之间有 (\d+) 站要变（(?:停用 \d+、)?并入 (\d+)(?:、拆分 \d+)?），占在册 (\d+) 站的 (\d+)%，超过 10%。", reason)
    assert counted is not None, reason
    changed, merged, of, percent = map(int, counted.groups())
    assert of == len(known)
    assert 0 < merged <= changed
    assert percent == round(100 * changed / of)
    assert f"新增或撤销的判定 {len(verdicts)} 条" in reason
    examples = re.findall(r"(yz\d+-\w+)（([^）]*)", reason.partition("例：")[2])
    named = dict(zip(known["station_id"], known["name"], strict=True))
    assert len(examples) > 1
    assert all(named[station].startswith(name) for station, name in examples)
    assert household.tables()["station_history"].equals(before), "the register stays as it was"

    assert "yizhan nightly --on" in accept(household, digest)
    line = json.loads(household.house.journal.read_text("utf-8").splitlines()[-1])
    assert {name: line[name] for name in ("act", "night", "digest", *SIGNED)} == {
        "act": "churn", "night": iso(1), "digest": digest, **SIGNED,
    }  # fmt: skip
    assert household.run(iso(1)).state != "rejected"
    events = household.query(f"select station_id from station_event where event = 'merged' and night = '{iso(1)}'")["station_id"]
    assert events.isin(known["station_id"]).sum() == merged, "as many as was told"
    assert household.query("select act from decision where act = 'churn'")["act"].tolist() == ["churn"]

    ids = known["id"]
    write_journal(household, judge(ids[len(ids) // 2], ids[len(ids) // 2 + 1], "same"))
    _, other = stopped(household)
    assert other != digest, "one more merge is another set of changes"
    assert household.query("select count(*) as n from decision where act = 'churn'")["n"][0] == 1, "what stands published stays"


def test_an_acceptance_taken_back_stops_the_night_again_and_one_repeated_is_the_first(household: Household) -> None:
    write_journal(household, *verdicts_on_a_fifth(household))
    _, digest = stopped(household)
    first = re.search(r"记为 (\S+)；", accept(household, digest))
    assert first is not None
    assert first[1] in accept(household, digest)
    assert read_journal(household.house.journal).log["act"].tolist().count("churn") == 1
    take_back(household, first[1])
    assert stopped(household)[1] == digest


def test_an_acceptance_holds_for_its_own_night_alone(household: Household) -> None:
    write_journal(household, *verdicts_on_a_fifth(household))
    _, digest = stopped(household)
    line = {"act": "churn", "night": iso(2), "digest": digest, **SIGNED}
    append_decisions(household.house.journal, [line], at=now())
    assert stopped(household)[1] == digest


def test_only_what_was_stopped_can_be_let_through(household: Household) -> None:
    write_journal(household, *verdicts_on_a_fifth(household))
    before = household.house.journal.read_bytes()
    _, digest = stopped(household)
    for night, named in ((iso(2), digest), (iso(1), "abcdefghijkl"), (iso(1), digest[:6]), (iso(1), ""), (iso(1), "%")):
        with pytest.raises(RefusedError, match="没有因为这一批变动"):
            accept(household, named, night)
    assert household.house.journal.read_bytes() == before


def test_another_model_is_told_as_the_cause(household: Household, tmp_path: Path) -> None:
    file = bolder(tmp_path / "bolder.json", by_mb=20_000)
    household.settings = household.settings.model_copy(update={"model": file})
    reason, _ = stopped(household)
    assert "可能的原因：换了去重模型" in reason


def test_a_list_that_lost_most_of_its_places_is_told_as_the_cause(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own gate does not stop it here; so the register's must."""
    monkeypatch.setattr("sources.kit.gate.VANISHING_SHARE", 1.0)
    house = with_source(household.house, replace(household.house.sources["union"], rows=(1, 10_000)))
    altered = reading(house, "union", lambda raw: rows_at(raw, range(len(raw.cells) // 4)))
    assert household.run(iso(1), house=altered).state != "rejected", "a list may forget a place for a night"
    monkeypatch.setattr("transforms.churn.CHURN_LIMIT", 0.02)  # most places of a small town are on several lists
    reason, _ = stopped(household, altered, iso(2))
    assert re.search(r"停用 \d+", reason)
    assert re.search(f"可能的原因：名单“{house.sources['union'].title}”有 \\d+ 条相关登记变动", reason)
