"""The redirect behind a report's and a message's links: it finds the action's deployment at the click and opens its form, filled in; or the page of a run."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import requests
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from desk.links import PATH, RUN
from desk.words import ACTIONS

#: Seconds that Prefect may take to name a deployment.
_PATIENCE: Final = 10

#: What of a link is a number in the form.
_NUMBERS: Final = ("count",)


def redirect_app(api: str, ui: str | None = None) -> FastAPI:
    """The application; `api` is the address of Prefect's API (…/api). Its UI answers beside it, or for browsers at `ui` where a proxy stands before it."""
    ui = ui or api.removesuffix("/api")
    app = FastAPI(title="驿站", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get(PATH + "{action}")
    def open_form(action: str, request: Request) -> Response:
        if action not in ACTIONS:
            return _sorry(404, f"没有“{action}”这个操作")
        try:
            found = requests.get(f"{api}/deployments/name/{action}/{quote(ACTIONS[action])}", timeout=_PATIENCE)
        except requests.RequestException:
            return _sorry(503, "Prefect 没有应答：请稍后再点一次")
        if found.status_code != 200:
            return _sorry(503, f"“{ACTIONS[action]}”还没有部署：请用 yizhan serve（或 make ui）启动后再点")
        parameters = json.dumps({"form": filled_in(action, dict(request.query_params))}, ensure_ascii=False)
        return RedirectResponse(f"{ui}/v2/deployments/deployment/{found.json()['id']}/run?parameters={quote(parameters)}", 302)

    @app.get(RUN + "{run_id}")
    def open_run(run_id: UUID) -> Response:
        return RedirectResponse(f"{ui}/v2/runs/flow-run/{run_id}?tab=Artifacts", 302)

    return app


def filled_in(action: str, query: dict[str, str]) -> dict[str, Any]:
    """What a link carries, as the action's form has it."""
    values: dict[str, Any] = {name: int(value) if name in _NUMBERS and value.isdecimal() else value for name, value in query.items()}
    return {"group": values} if action == "release" else values


def _sorry(status: int, sentence: str) -> HTMLResponse:
    """A page with one sentence. What a link brought is repeated in it as words alone."""
    return HTMLResponse(f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>驿站</title><p>{escape(sentence)}</p></html>', status)
