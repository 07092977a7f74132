"""An action's form on our own page, for a city whose proxy knows its users: who decides is the proxy's word, and the same deployment is started."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import requests
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from desk.links import ACT, RUN
from desk.redirect import filled_in
from desk.web import page
from desk.words import ACTIONS
from flows.forms import FORMS, filled
from flows.run import RefusedError
from flows.started import started
from flows.visitor import form, visitor_of
from flows.vouched import seal_of


def act_routes(api: str, secret: str | None) -> APIRouter:
    """The page of each action, and what its button does; `api` is the address of Prefect's API, `secret` as `visitor_of` takes it."""
    routes = APIRouter()

    @routes.get(ACT + "{action}")
    def asked(action: str, request: Request) -> Response:
        return _page(request, action, filled_in(_known(action), dict(request.query_params)))

    @routes.post(ACT + "{action}")
    async def given(action: str, request: Request) -> Response:
        return await run_in_threadpool(_act, request, _known(action), await form(request))

    def _act(request: Request, action: str, sent: dict[str, str]) -> Response:
        told = _given(FORMS[action], sent)
        try:
            visitor = visitor_of(request, secret)
            told["who"] = visitor.signing(sent.get("who", ""))
            filled(FORMS[action], told)
            run = started(api, action, told, [seal_of(secret, action, told)] if secret and visitor.is_vouched else [])
        except (RefusedError, LookupError) as refused:
            return _page(request, action, told, str(refused), 422)
        except requests.RequestException:
            return _page(request, action, told, "Prefect 没有应答：请稍后再交一次，同样的决定只记一次", 503)
        return RedirectResponse(f"{RUN}{run}", 303)

    def _page(request: Request, action: str, values: dict[str, Any], told: str = "", status: int = 200) -> HTMLResponse:
        fields = _fields(FORMS[action], values)
        return HTMLResponse(
            page("act", action=action, title=ACTIONS[action], fields=fields, visitor=visitor_of(request, secret), told=told), status
        )

    return routes


def _known(action: str) -> str:
    if action not in FORMS:
        raise RefusedError(f"没有“{action}”这个操作")
    return action


def _fields(model: type[BaseModel], values: dict[str, Any], within: str = "") -> list[dict[str, Any]]:
    """The fields as the template draws them, who and why left out: name, title, help, kind (text, choice, lines, fixed) and value. Those of a group that a link
    fills in are fixed."""
    told = []
    for name, field in model.model_fields.items():
        if name in ("who", "why"):
            continue
        kind, value = field.annotation, values.get(name, field.get_default(call_default_factory=True) if not field.is_required() else "")
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            told += _fields(kind, value if isinstance(value, dict) else {}, f"{name}.")
            continue
        sort = "fixed" if within else "choice" if get_origin(kind) is Literal else "lines" if get_origin(kind) is list else "text"
        shown = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
        told.append(
            {
                "name": within + name,
                "title": field.title,
                "help": field.description or "",
                "kind": sort,
                "choices": get_args(kind) if sort == "choice" else (),
                "value": shown,
            }
        )
    return told


def _given(model: type[BaseModel], sent: dict[str, str]) -> dict[str, Any]:
    """What was sent, as the form takes it."""
    told: dict[str, Any] = {"why": sent.get("why", "")}
    for each in _fields(model, {}):
        name, text = str(each["name"]), sent.get(str(each["name"]), "")
        value: Any = [line.strip() for line in text.splitlines() if line.strip()] if each["kind"] == "lines" else text.strip()
        group, _, inner = name.rpartition(".")
        if group:
            told.setdefault(group, {})[inner] = value
        else:
            told[name] = value
    return told
