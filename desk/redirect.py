"""Where the links of a report lead: the action's deployment is found at the click, and its form opened with what the link carries."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import requests

from desk import words
from desk.words import ACTIONS

#: Seconds that Prefect may take to name a deployment.
_PATIENCE: Final = 10

#: What of a link is a number in the form, and what a list, a line each.
_NUMBERS: Final = ("count",)
_WORDED: Final = {"scope": words.SCOPES, "verdict": words.VERDICTS}
_LISTS: Final = ("rules", "headers", "stations", "listings")


class UnservedError(LookupError):
    """There is no such form to open; the message (Chinese) says why, `status` is what a browser is answered."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def form_address(api: str, ui: str, action: str, query: dict[str, str]) -> str:
    """Address of the action's form, filled in with the `query` of a link; `api` and `ui`: Prefect's, the latter as a browser reaches it. Raises UnservedError."""
    if action not in ACTIONS:
        raise UnservedError(404, f"没有“{action}”这个操作")
    try:
        found = requests.get(f"{api}/deployments/name/{action}/{quote(ACTIONS[action])}", timeout=_PATIENCE)
    except requests.RequestException as silent:
        raise UnservedError(503, "Prefect 没有应答：请稍后再点一次") from silent
    if found.status_code != requests.codes.ok:
        raise UnservedError(503, f"“{ACTIONS[action]}”还没有部署：请用 yizhan serve（或 make ui）启动后再点")
    parameters = json.dumps({"form": filled_in(action, query)}, ensure_ascii=False)
    return f"{ui}/v2/deployments/deployment/{found.json()['id']}/run?parameters={quote(parameters)}"


def run_address(ui: str, run_id: UUID) -> str:
    """Address of the page of a run."""
    return f"{ui}/v2/runs/flow-run/{run_id}?tab=Artifacts"


def filled_in(action: str, query: dict[str, str]) -> dict[str, Any]:
    """What a link carries, as the action's form has it."""
    values: dict[str, Any] = {name: int(value) if name in _NUMBERS and value.isdecimal() else value for name, value in query.items()}
    values |= {name: query[name].splitlines() for name in _LISTS if name in query}
    values |= {name: words.word(table, query[name]) for name, table in _WORDED.items() if name in query}
    if action != "release":
        return values
    signed: dict[str, Any] = {name: values.pop(name) for name in ("who", "why") if name in values}
    return {"group": values, **signed} if values else signed
