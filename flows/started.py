"""An action started as the Prefect UI starts it: a run of its deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import requests

from desk.words import ACTIONS

#: Seconds that Prefect may take to answer.
_PATIENCE: Final = 10


def started(api: str, action: str, form: Mapping[str, Any], tags: Sequence[str] = ()) -> str:
    """The id of the run. `api`: address of Prefect's API; `tags`: of the run. Raises RequestException, and LookupError where the action is not served."""
    found = requests.get(f"{api}/deployments/name/{action}/{quote(ACTIONS[action])}", timeout=_PATIENCE)
    if found.status_code == requests.codes.not_found:
        raise LookupError(f"“{ACTIONS[action]}”没有部署")
    found.raise_for_status()
    address = f"{api}/deployments/{found.json()['id']}/create_flow_run"
    made = requests.post(address, json={"parameters": {"form": form}, "tags": [*tags]}, timeout=_PATIENCE)
    made.raise_for_status()
    return str(made.json()["id"])
