"""Our own pages beside Prefect's: the links of the report, the review queue, and finding a station or a row. Served on 127.0.0.1 alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from desk.facts import night_facts
from desk.links import ACT, DO, HOME, RUN
from desk.redirect import UnservedError, form_address, run_address
from desk.report import headline
from desk.web import HEADERS, page
from flows.outlook import latest_night, warehouse_in_force
from flows.page_act import act_routes
from flows.page_judge import judging_routes
from flows.page_stories import story_routes
from flows.reviewing import Reviewing
from flows.run import RefusedError
from flows.settings import Settings
from flows.settling import Settling
from flows.visitor import TooLongError, refusal, visitor_of

#: Characters of an address that a page repeats.
_ADDRESS_AT_MOST: Final = 120


def our_app(settings: Settings, api: str, reviewing: Reviewing, settling: Settling) -> FastAPI:
    """The application; `api` is the address of Prefect's API (…/api), beside which its UI answers."""
    app = FastAPI(title="驿站", docs_url=None, redoc_url=None, openapi_url=None)
    ui = settings.ui_address
    hosts = {f"127.0.0.1:{settings.desk_port}", f"localhost:{settings.desk_port}", urlsplit(settings.desk_address).netloc}

    @app.middleware("http")
    async def guarded(request: Request, onward: Callable[[Request], Awaitable[Response]]) -> Response:
        """Only whom the pages are meant for: no name but ours (a foreign page may lead a browser here), no form from elsewhere, and behind a proxy no other way in."""
        wrong = refusal(request, hosts, settings.desk_secret)
        answer = _sorry(403, wrong) if wrong else await onward(request)
        for name, value in HEADERS.items():
            answer.headers.setdefault(name, value)  # the API's answers may be kept until the next publication
        return answer

    @app.exception_handler(RefusedError)
    def refused(_: Request, told: RefusedError) -> Response:
        return _sorry(413 if isinstance(told, TooLongError) else 404, str(told))

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(HTTPException)
    def unknown(request: Request, _: Exception) -> Response:
        """An address that is none of ours, or one of ours with something in it that cannot be meant."""
        return _sorry(404, f"没有这个地址：{_shown(request)}。请从夜报里的链接或首页进来")

    @app.get(DO + "{action}")
    def open_form(action: str, request: Request) -> Response:
        if settings.desk_secret is not None:  # our own form takes the proxy's word for who it is; Prefect is told no user
            return RedirectResponse(f"{ACT}{action}?{request.url.query}", 302)
        try:
            name = visitor_of(request, settings.desk_secret).name
            return RedirectResponse(form_address(api, ui, action, {**dict(request.query_params), **({"who": name} if name else {})}), 302)
        except UnservedError as unserved:
            return _sorry(unserved.status, str(unserved))

    @app.get(RUN + "{run_id}")
    def open_run(run_id: UUID) -> Response:
        return RedirectResponse(run_address(ui, run_id), 302)

    @app.get(HOME)
    def home() -> Response:
        published = reviewing.published()
        with warehouse_in_force(published.house) as connection:
            facts = night_facts(connection, latest_night(published.house))
        question = reviewing.question()
        told = [line.replace("**", "") for line in headline(facts, published.house.titles)]
        return HTMLResponse(
            page(
                "home",
                city=published.house.city.name,
                night=facts.night,
                headline=told,
                ui=ui,
                waiting=question.waiting if question else 0,
                pending=len(reviewing.unpublished()),
                sources=facts.sources.to_dict("records"),
                titles=published.house.titles,
            )
        )

    app.include_router(judging_routes(reviewing, settling, ui, settings.desk_secret))
    app.include_router(story_routes(reviewing))
    app.include_router(act_routes(api, settings.desk_secret))
    return app


def _shown(request: Request) -> str:
    """The address asked for, as far as a page has room for it."""
    told = unquote(request.url.path) + (f"?{unquote(request.url.query)}" if request.url.query else "")
    return told if len(told) <= _ADDRESS_AT_MOST else f"{told[:_ADDRESS_AT_MOST]}…"


def _sorry(status: int, sentence: str) -> HTMLResponse:
    """A page with one sentence. What a link brought is repeated in it as words alone."""
    return HTMLResponse(page("sorry", sentence=sentence), status)
