"""The actions as Prefect runs them: a decision and a published night, or a refusal that wrote nothing; either is told on a page of the run."""

from __future__ import annotations

import time
from threading import Event, Thread
from typing import Any

import pytest

from flows.judge import decisions_of
from flows.rebuild import rebuild
from flows.selection import held_rows
from tests.night.town import Household, iso

SIGNED = {"who": "李敏", "why": "打电话问过业主"}


def answer(flow_run_id: object) -> str:
    """The page of a run that says what was done."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterKey

    with get_client(sync_client=True) as client:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(
                flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run_id]), key=ArtifactFilterKey(any_=["action-answer"])
            )
        )
    return str(found[0].data)


@pytest.mark.usefixtures("prefect")
def test_a_value_is_corrected_published_and_taken_back(household: Household) -> None:
    from flows import actions

    household.run(iso(0))
    _, before, held = held_rows(household.house)
    row = held[held["rule"] == "name_absent"].iloc[0]
    key = f"{row['source']}:{row['row_key']}"
    form = {**SIGNED, "scope": "row", "key": key, "field": "name", "value": "测试"}

    refused = actions.correct(form, return_state=True)
    assert (refused.type.value, refused.name) == ("FAILED", "Refused")
    assert "像是测试用的站点" in answer(refused.state_details.flow_run_id)
    assert decisions_of(household.house).log.empty

    done = actions.correct({**form, "value": "赭山公园劳动者驿站"}, return_state=True)
    assert done.type.value == "COMPLETED", done.message
    night, publication, held = held_rows(household.house)
    assert (night, publication != before) == (iso(0), True)
    assert key not in set(held["source"] + ":" + held["row_key"])
    number = str(decisions_of(household.house).log["decision_id"].iloc[0])
    page = answer(done.state_details.flow_run_id)
    assert f"记为 {number}" in page.replace("\\", "")
    assert "不再扣留 1 行" in page
    assert "/station/yz3402-" in page, "what it became is one click away"
    assert "撤销" in page

    undone = actions.undo({**SIGNED, "decision": number}, return_state=True)
    assert undone.type.value == "COMPLETED", undone.message
    _, _, held = held_rows(household.house)
    assert key in set(held["source"] + ":" + held["row_key"])


@pytest.mark.usefixtures("prefect")
def test_an_action_during_the_night_waits_and_says_for_whom(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows import actions

    household.run(iso(0))
    station = household.query("select min(station_id) as s from station where status = 'open'")["s"][0]
    began, waits, publisher = Event(), Event(), household.house.publisher

    def night() -> None:
        with publisher.writing(iso(1), f"{iso(1)} 的夜跑"):
            began.set()
            waits.wait(120)
            time.sleep(1)

    def waiting(*given: Any, rebuild: Any = rebuild, **more: Any) -> Any:
        waits.set()
        return rebuild(*given, **more)

    monkeypatch.setattr(actions, "rebuild", waiting)
    writing = Thread(target=night)
    writing.start()
    assert began.wait(30)
    done = actions.close({**SIGNED, "station": str(station)}, return_state=True)
    assert not writing.is_alive(), "it waited"
    assert done.type.value == "COMPLETED", done.message
    assert f"等过{iso(1)} 的夜跑写完" in answer(done.state_details.flow_run_id).replace("\\", "")


@pytest.mark.usefixtures("prefect")
def test_nights_that_were_never_run_are_not_replayed_and_unknown_lists_not_fetched(household: Household) -> None:
    from flows import actions

    household.run(iso(0))
    for flow, form, sentence in (
        (actions.replay, {"since": "2020-01-01"}, "没有跑过"),
        (actions.replay, {"since": "soon"}, "不是日期"),
        (actions.refetch, {"source": "nobody"}, "没有名单"),
        (actions.undo, {"decision": "2026-01-01-9"}, "没有编号为"),
    ):
        state = flow({**SIGNED, **form}, return_state=True)
        assert state.name == "Refused"
        assert sentence in str(state.message)
