"""The night under Prefect: the states that operators see, the tags that they filter by, and the report that they read."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, FlowRunFilter, FlowRunFilterTags, TaskRunFilter
from prefect.client.schemas.objects import State

from flows import nightly as nights
from flows.nightly import nightly
from flows.rebuild import rebuild
from tests.flows.test_command import yizhan
from tests.flows.test_outbox import DOWN, address, said, taken, with_settings
from tests.night.town import Household, iso
from tests.sources.owner_server import serving

pytestmark = pytest.mark.usefixtures("prefect")

NIGHT = date(2026, 6, 1)


def run(on: date = NIGHT) -> State[Any]:
    """The state in which a run of the flow ends."""
    return nightly(on=on, return_state=True)


def report(run_id: UUID) -> str:
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id])))
    return str(found[0].data)


def test_a_night_with_held_rows_ends_quarantined_and_is_found_by_its_tags(household: Household) -> None:
    ended = run()
    assert (ended.type.value, ended.name) == ("COMPLETED", "Quarantined")
    assert ended.message == household.query("select reason from night")["reason"].iloc[0]
    run_id = ended.state_details.flow_run_id
    assert run_id is not None
    with get_client(sync_client=True) as client:
        tagged = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=["needs-review", f"night:{iso(0)}", "source:union"]))
        )
        tasks = client.read_task_runs(
            flow_run_filter=FlowRunFilter.model_validate({"id": {"any_": [run_id]}}), task_run_filter=TaskRunFilter()
        )
    assert run_id in {each.id for each in tagged}
    assert {source.title for source in household.house.sources.values()} <= {task.name.rpartition(" ")[0] for task in tasks}


def test_the_report_says_first_whether_anything_must_be_done_and_where_every_row_went(household: Household) -> None:
    ended = run()
    assert ended.state_details.flow_run_id is not None
    told = report(ended.state_details.flow_run_id)
    assert "要处理" in told.splitlines()[2]
    for row in household.query("select * from source_night").itertuples():
        assert f"| {row.rows_read} | {row.accepted} | {row.held_back} | {row.ignored} |" in told
    assert "缺少名称" in told
    assert "## 回执" in told
    assert {path.name for path in (household.home / "receipts" / iso(0)).iterdir()} == {
        f"{key}.{kind}" for key in household.house.sources for kind in ("xlsx", "html")
    }


def test_a_night_whose_receipts_cannot_be_written_is_published_and_says_so(household: Household) -> None:
    (household.home / "receipts").write_text("在路上")
    ended = run()
    assert (ended.type.value, ended.name) == ("COMPLETED", "Quarantined")
    assert "union 的回执没有写成" in str(ended.message)
    run_id = ended.state_details.flow_run_id
    assert run_id is not None
    assert "union 的回执没有写成" in report(run_id).replace("\\", "")
    with get_client(sync_client=True) as client:
        tagged = client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=["receipts-failed"])))
    assert run_id in {each.id for each in tagged}


def test_a_second_run_of_the_night_changes_nothing(household: Household) -> None:
    run()
    before = household.tables()
    assert run().name == "Quarantined"
    after = household.tables()
    assert all(before[name].equals(after[name]) for name in before)


def test_a_night_without_a_usable_list_is_rejected_and_leaves_the_register(household: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    register = household.tables()["station_history"]
    for name in list(household.settings.variables):
        if name.endswith(("_URL", "_PATH")):
            monkeypatch.setenv(f"YIZHAN_{name}", "http://127.0.0.1:9/")
    ended = run(date(2026, 6, 2))
    assert (ended.type.value, ended.name) == ("FAILED", "Rejected")
    assert "没有一份名单可用" in str(ended.message)
    assert household.tables()["station_history"].equals(register)
    assert ended.state_details.flow_run_id is not None
    assert "没有发布" in report(ended.state_details.flow_run_id)


def test_a_second_night_at_the_same_time_is_turned_away(household: Household) -> None:
    with household.house.publisher.begin("2026-06-01", "另一次夜跑"):
        ended = run()
    assert ended.name == "Locked"
    assert "另一次夜跑" in str(ended.message)
    run_id = ended.state_details.flow_run_id
    assert run_id is not None
    assert "另一次夜跑" in report(run_id)
    with get_client(sync_client=True) as client:
        assert {"needs-review", "locked", f"night:{iso(0)}"} <= set(client.read_flow_run(run_id).tags)


def test_a_night_tells_once_how_it_ended_and_a_channel_that_is_down_fails_no_night(
    household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(household, monkeypatch, NOTIFY=DOWN)
    ended = run()
    assert ended.name == "Quarantined"
    variables = {"YIZHAN_ENV_FILE": str(household.settings.env_file)}
    assert "通知没有送出：“芜湖市驿站 2026-06-01：要处理”" in yizhan("status", home=household.home, **variables).stdout.replace("\n", "")
    with serving(taken) as channel:
        with_settings(household, monkeypatch, NOTIFY=address(channel))
        reports: list[str] = []
        monkeypatch.setattr(nights, "create_markdown_artifact", lambda **made: reports.append(made["markdown"]))
        again = run()
        assert "**通知没有送出**" in reports[0], "the next night's report shows what waited"
        (told,) = said(channel)
        assert told.splitlines()[0] == "芜湖市驿站 2026-06-01：要处理"
        assert "行在隔离区" in told
        assert told.splitlines()[-1] == f"http://127.0.0.1:4201/run/{ended.state_details.flow_run_id}", "one message, though it ran twice"
        assert again.name == "Quarantined"
        rebuild(household.house, "action/1", "测试")
        monkeypatch.setattr(nights, "run_nights", lambda *_: 1 / 0)
        assert run(date(2026, 6, 2)).name == "Failed"
    assert len(said(channel)) == 2
    assert "程序出错" in said(channel)[1]
