"""After a stop: what Prefect still believes to be running or due is put right, and tonight's night is begun if it was missed. Over Prefect's HTTP API.

Prefect keeps the next three runs of a schedule in its database. After a power cut those whose time has passed are all late, one would run and the others be cancelled; and a run that
was cut off stays "Running" and holds the night's one slot, so that every later night is cancelled. After an orderly stop no run is kept at all, and a night whose hour has passed is never run.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import requests

from flows.house import House
from flows.server import ServerError
from flows.settings import now
from flows.watch import due_night, latest_run

#: The server says 503 while its database is busy, which it is for some seconds after it started.
_TRIES: Final = 20
_WAIT_SECONDS: Final = 0.5

_UNDER_WAY: Final = ("PENDING", "RUNNING", "CANCELLING")

_OVER: Final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def put_right(api: str) -> list[str]:
    """Mark runs that were cut off as crashed, which gives their slots back, and remove scheduled ones whose time has passed; a sentence (Chinese) each kind."""
    deployments = {each["id"] for each in _ask(f"{api}/deployments/filter", {})}
    cut_off = [run for run in _runs(api, deployments, {"state": {"type": {"any_": [*_UNDER_WAY]}}}) if not _lives(run["id"])]
    for run in cut_off:
        state = {"type": "CRASHED", "name": "Crashed", "message": "运行被中断：停机、断电，或进程被杀"}
        _ask(f"{api}/flow_runs/{run['id']}/set_state", {"state": state, "force": True})
    passed = {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": {"before_": now().isoformat()}}
    missed = [run for run in _runs(api, deployments, passed) if run["auto_scheduled"]]
    for run in missed:
        _ask(f"{api}/flow_runs/{run['id']}", None, method="DELETE")
    return [
        *([f"{len(cut_off)} 次运行上次被中断，已记为 Crashed"] if cut_off else []),
        *([f"停机时错过 {len(missed)} 次定时夜跑：名单只有今天的，错过的夜不能补跑"] if missed else []),
    ]


def begin_tonight(api: str, house: House) -> str | None:
    """Begin tonight's night when its hour has passed and it was not run to its end; the sentence that says so, else None.

    Two starts one after the other begin it once. Before the first night of an installation nothing is begun: that is for a person to do.
    """
    today = now().astimezone(ZoneInfo(house.city.timezone))
    night = due_night(today)
    ran = latest_run(house.publisher, night)
    if ran.night is None or ran.night >= night or night != today.date().isoformat():
        return None
    name = f"{house.city.name} {night}"
    (nightly,) = _ask(f"{api}/deployments/filter", {"deployments": {"name": {"any_": ["nightly"]}}})
    over = _runs(api, {nightly["id"]}, {"name": {"any_": [name]}, "state": {"type": {"any_": [*_OVER]}}})
    # what was begun for the night and is not over is that same run; one that was cut off is begun anew
    once = f"tonight-{night}-{len(over)}"
    _ask(f"{api}/deployments/{nightly['id']}/create_flow_run", {"parameters": {"on": night}, "name": name, "idempotency_key": once})
    return f"{night} 这一夜还没有跑完，现在补跑"


def _runs(api: str, deployments: set[str], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Runs of the deployments. Those started in a terminal belong to none, and to the process that started them."""
    return (
        list(_ask(f"{api}/flow_runs/filter", {"flow_runs": {"deployment_id": {"any_": sorted(deployments)}, **wanted}}))
        if deployments
        else []
    )


def _lives(run_id: str) -> bool:
    """Whether a process of this machine executes the run: Prefect names the run in its environment."""
    named = f"PREFECT__FLOW_RUN_ID={run_id}".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if named in environment.read_bytes().split(b"\0"):
                return True
        except OSError:  # it ended meanwhile, or is another user's
            continue
    return False


def _ask(address: str, body: object, *, method: str = "POST") -> Any:
    """Prefect's answer, asked for again while it is busy. Raises ServerError."""
    for _ in range(_TRIES):
        answer = requests.request(method, address, json=body, timeout=30)
        if answer.status_code != 503:
            break
        time.sleep(_WAIT_SECONDS)
    if not answer.ok:
        raise ServerError(f"Prefect 服务没有好好应答（{answer.status_code}）：{answer.text[:500]}")
    return answer.json() if answer.content else None
