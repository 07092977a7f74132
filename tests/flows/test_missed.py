"""After a power cut, on a real Prefect server: a night that was cut off gives its slot back, nights that were missed are not run, and tonight's is, once."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import Retry

from flows import missed
from flows.house import House, open_house
from flows.missed import begin_tonight, put_right
from flows.settings import Settings, now

#: Three in the afternoon of 4 June, city time.
AFTERNOON = datetime(2026, 6, 4, 7, tzinfo=UTC)

#: As the UI does: while its database is busy the server says 503, and is asked again.
PREFECT = requests.Session()
PREFECT.mount("http://", HTTPAdapter(max_retries=Retry(total=20, backoff_factor=0.1, status_forcelist=[503], allowed_methods=None)))


@pytest.fixture
def api(prefect: None) -> Iterator[tuple[str, str]]:
    """The server's API, and the id of the night's deployment there."""
    from prefect.settings import PREFECT_API_URL

    from flows.serve import deployments

    address = str(PREFECT_API_URL.value())
    number = str(deployments("Asia/Shanghai")[0].apply())
    yield address, number
    PREFECT.delete(f"{address}/deployments/{number}", timeout=30)


def started(api: tuple[str, str]) -> str:
    """A run that a click started; its id."""
    return str(PREFECT.post(f"{api[0]}/deployments/{api[1]}/create_flow_run", json={}, timeout=30).json()["id"])


def to(api: tuple[str, str], run: str, kind: str) -> str:
    """Bring a run into a state, as the process that executes it does; the state that the server lets it have."""
    answer = PREFECT.post(f"{api[0]}/flow_runs/{run}/set_state", json={"state": {"type": kind}}, timeout=30)
    return str(answer.json()["state"]["type"]) if answer.json()["state"] else state(api, run)


def state(api: tuple[str, str], run: str) -> str:
    return str(PREFECT.get(f"{api[0]}/flow_runs/{run}", timeout=30).json()["state"]["type"])


def runs(api: tuple[str, str]) -> list[dict[str, Any]]:
    wanted = {"flow_runs": {"deployment_id": {"any_": [api[1]]}}}
    return list(PREFECT.post(f"{api[0]}/flow_runs/filter", json=wanted, timeout=30).json())


def test_a_night_that_was_cut_off_holds_no_later_one_up(api: tuple[str, str]) -> None:
    cut = started(api)
    assert (to(api, cut, "PENDING"), to(api, cut, "RUNNING")) == ("PENDING", "RUNNING")
    assert to(api, started(api), "PENDING") == "CANCELLED", "it holds the one slot"
    with subprocess.Popen(["sleep", "60"], env={**os.environ, "PREFECT__FLOW_RUN_ID": cut}) as process:
        put_right(api[0])
        process.kill()
    assert state(api, cut) == "RUNNING", "a process executed it"
    assert put_right(api[0]) == ["1 次运行上次被中断，已记为 Crashed"]
    assert state(api, cut) == "CRASHED"
    assert to(api, started(api), "PENDING") == "PENDING"


def test_nights_that_were_missed_are_not_run_but_what_a_person_clicked_is(api: tuple[str, str]) -> None:
    clicked = started(api)
    span = {"start_time": (now() - timedelta(days=4)).isoformat(), "end_time": (now() + timedelta(days=2)).isoformat(), "min_runs": 6}
    PREFECT.post(f"{api[0]}/deployments/{api[1]}/schedule", json=span, timeout=30).raise_for_status()
    assert "停机时错过 4 次定时夜跑" in put_right(api[0])[0]
    left = runs(api)
    assert clicked in {run["id"] for run in left}
    assert all(datetime.fromisoformat(run["expected_start_time"]) > now() for run in left if run["auto_scheduled"])
    assert any(run["auto_scheduled"] for run in left), "those to come stay"


def house(home: Path, *nights: str) -> House:
    """A house that has run these nights."""
    for number, night in enumerate(nights, start=1):
        (home / "published" / f"{night}-{number}").mkdir(parents=True)
    return open_house(Settings(home=home), with_model=False)


@pytest.mark.parametrize(
    ("nights", "at", "begun"),
    [
        (("2026-06-01",), AFTERNOON, "2026-06-04"),
        (("2026-06-01", "2026-06-04"), AFTERNOON, None),
        (("2026-06-02",), datetime(2026, 6, 3, 17, tzinfo=UTC), None),
        ((), AFTERNOON, None),
    ],
    ids=["missed", "run already", "an hour before tonight's", "nothing was ever run"],
)
def test_tonights_night_is_begun_once_where_it_was_missed(
    api: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nights: tuple[str, ...], at: datetime, begun: str | None
) -> None:
    monkeypatch.setattr(missed, "now", lambda: at)
    told = begin_tonight(api[0], house(tmp_path, *nights))
    assert [run["parameters"] for run in runs(api) if not run["auto_scheduled"]] == ([{"on": begun}] if begun else [])
    assert (told is None) is (begun is None)


def test_two_starts_one_after_the_other_begin_one_night_and_one_that_was_cut_off_is_begun_anew(
    api: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missed, "now", lambda: AFTERNOON)
    own = house(tmp_path, "2026-06-01")

    def begun() -> list[str]:
        begin_tonight(api[0], own)
        return [run["id"] for run in runs(api) if run["parameters"] == {"on": "2026-06-04"}]

    (first,) = begun()
    assert begun() == [first]
    assert (to(api, first, "PENDING"), to(api, first, "RUNNING")) == ("PENDING", "RUNNING")
    assert begun() == [first]
    assert to(api, first, "CRASHED") == "CRASHED"
    assert len(begun()) == 2
    assert len(begun()) == 2


def test_old_runs_are_removed_with_their_reports_and_new_ones_stay(api: tuple[str, str]) -> None:
    from prefect.settings import PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD, get_current_settings, temporary_settings

    from flows.old_runs import prune_runs

    old, new = started(api), started(api)
    for run in (old, new):
        for kind in ("PENDING", "RUNNING", "COMPLETED"):
            assert to(api, run, kind) == kind
        report = {"key": "night-report", "type": "markdown", "data": "夜报", "flow_run_id": run}
        PREFECT.post(f"{api[0]}/artifacts/", json=report, timeout=30).raise_for_status()
    address = get_current_settings().server.database.connection_url
    assert address is not None
    with closing(sqlite3.connect(address.get_secret_value().partition("///")[2])) as database, database:
        database.execute("update flow_run set end_time = datetime(end_time, '-100 days') where id = ?", [str(UUID(old))])
        assert database.total_changes == 1
    with temporary_settings({PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD: timedelta(days=101)}):
        assert prune_runs() == 0
    with temporary_settings({PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD: timedelta(days=99)}):
        assert prune_runs() == 1
    assert [run["id"] for run in runs(api)] == [new]
    left = PREFECT.post(f"{api[0]}/artifacts/filter", json={}, timeout=30).json()
    assert [each["flow_run_id"] for each in left if each["flow_run_id"] in (old, new)] == [new]
