"""The API as an application: which path answers what. It needs nothing but opened registers, so that it serves alone as well as beside our pages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cache, partial
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from desk.api import document as told
from desk.api.asked import changes_asked, once, stations_asked
from desk.api.document import GEOJSON, JSON, link
from desk.api.feature import as_json, collection, with_links
from desk.api.refusal import ApiRefusal
from desk.api.register import Register
from desk.web import HEADERS, page

#: Questions answered at a time; the others wait in order. More threads than cores only take turns.
THREADS: Final = 8

#: Bytes from which an answer is compressed, and how hard: the least, for the server has other questions to answer.
_COMPRESSED_FROM, _LEVEL = 2000, 1

#: Anyone may keep an answer, and asks before using it again whether there is a new publication.
_KEPT: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}

_LOGGER: Final = logging.getLogger(__name__)


class Registers(Protocol):
    """The registers that are there. Each raises ApiRefusal: 503 when nothing is published, 410 for a publication that is gone."""

    def ready(self) -> Register | None:
        """That in force when it is open already; does not block."""

    def reading(self, publication: str | None = None) -> AbstractContextManager[Register]:
        """That in force, or another publication by name, open for the block."""

    def withdrawn(self, register: Register, station_id: str) -> str | None:
        """The publication that knew the id, when the register had to go back behind it."""


class _HeadAsGet:
    """HEAD is answered like GET; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "method": "GET"} if scope.get("method") == "HEAD" else scope, receive, send)


def api_app(registers: Registers, *, base: str, title: str, timezone: str, version: str, is_public: bool) -> FastAPI:
    """The application. `base`: its address as a reader reaches it, without a slash at the end; `timezone`: the city's, for instants; `is_public`: only what
    the public may be told."""
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(GZipMiddleware, minimum_size=_COMPRESSED_FROM, compresslevel=_LEVEL)
    app.add_middleware(_HeadAsGet)
    threads = cache(lambda: CapacityLimiter(THREADS))  # belongs to the loop, which is not there yet
    answers = _Answers(registers, base, timezone, is_public=is_public)

    async def aside(answer: Callable[[], Response]) -> Response:
        return await to_thread.run_sync(answer, limiter=threads())

    @app.exception_handler(ApiRefusal)
    def refused(_: Request, wrong: ApiRefusal) -> Response:
        return Response(as_json(wrong.body), wrong.status, {**_KEPT, **wrong.headers}, JSON)

    @app.exception_handler(HTTPException)
    def unserved(request: Request, wrong: HTTPException) -> Response:
        if wrong.status_code == 405:
            return refused(request, ApiRefusal(405, "method-not-allowed", "这里只读：只用 GET 或 HEAD", headers={"Allow": "GET, HEAD"}))
        return refused(request, ApiRefusal(wrong.status_code, "not-found", f"没有这个地址；入口是 {base}/"))

    @app.exception_handler(Exception)
    def failed(request: Request, wrong: Exception) -> Response:
        _LOGGER.error("%s", request.url.path, exc_info=wrong)
        return refused(request, ApiRefusal(500, "internal", "程序出错（不是请求的问题），请告诉维护者"))

    def fixed(path: str, made: Callable[[], Mapping[str, Any]], media: str = JSON) -> None:
        """A page that is the same whatever is published."""
        body = as_json(made())

        @app.get(path, name=path)
        async def _(request: Request) -> Response:
            once(request.query_params.multi_items(), ())
            return Response(body, headers=_KEPT, media_type=media)

    fixed(told.ROOT, lambda: told.landing(base, title))
    fixed(told.CONFORMANCE, lambda: told.CONFORMS)
    fixed(told.DOCUMENT, lambda: told.openapi(base, title, version), told.OPENAPI)

    @app.get(told.DOCS)
    async def docs() -> Response:
        return HTMLResponse(page("api", document=told.openapi(base, title, version), base=base, address=told.DOCUMENT), headers=HEADERS)

    def asked(path: str, answer: Callable[[Request], Response]) -> None:
        @app.get(path, name=path)
        async def _(request: Request) -> Response:
            return await aside(partial(answer, request))

    asked(told.COLLECTIONS, partial(answers.told, told.collections))
    asked(told.STATIONS_PATH, partial(answers.told, told.stations))
    asked(told.ITEMS, answers.stations)
    asked(told.ITEMS + "/{station_id}/changes", answers.story)
    asked(told.CHANGES_PATH, answers.changes)

    @app.get(told.ITEMS + "/{station_id}")
    async def station(request: Request) -> Response:
        once(request.query_params.multi_items(), ())
        register = registers.ready()
        if register is not None and (kept := register.ready(request.path_params["station_id"])) is not None:
            return answers.feature(request, register, kept)
        return await aside(partial(answers.station, request))

    return app


class _Answers:
    """Answers that take a register. Each runs on a thread of its own."""

    def __init__(self, registers: Registers, base: str, timezone: str, *, is_public: bool) -> None:
        self._registers, self._base, self._timezone, self._is_public = registers, base, timezone, is_public

    def told(self, made: Callable[[str, str, Register], Mapping[str, Any]], request: Request) -> Response:
        """What the API says of its data."""
        once(request.query_params.multi_items(), ())
        with self._registers.reading() as register:
            return _fresh(request, register, lambda: as_json(made(self._base, self._timezone, register)), JSON)

    def stations(self, request: Request) -> Response:
        """A page of stations."""
        pairs = request.query_params.multi_items()
        asked = stations_asked(pairs, self._timezone)
        with self._registers.reading(asked.cursor.publication if asked.cursor else None) as register:

            def made() -> bytes:
                found = register.page(asked)
                figures = {"numberMatched": found.matched, "numberReturned": len(found.features), "publication": register.name}
                return collection(found.features, {**figures, "links": self._links(told.ITEMS, pairs, register, found.after, GEOJSON)})

            return _fresh(request, register, made, GEOJSON)

    def changes(self, request: Request) -> Response:
        """A page of what changed."""
        pairs = request.query_params.multi_items()
        asked = changes_asked(pairs)
        with self._registers.reading(asked.cursor.publication if asked.cursor else None) as register:

            def made() -> bytes:
                events, after = register.changes(asked)
                links = self._links(told.CHANGES_PATH, pairs, register, after, JSON)
                latest = register.latest_night.isoformat()
                return as_json({"publication": register.name, "latest_night": latest, "changes": events, "links": links})

            return _fresh(request, register, made, JSON)

    def station(self, request: Request) -> Response:
        """One station, or what became of it."""
        station_id = request.path_params["station_id"]
        with self._registers.reading() as register:
            if (found := register.station(station_id)) is not None:
                return self.feature(request, register, found)
            if (successor := register.moved_to(station_id)) is not None:
                address = f"{self._base}{told.ITEMS}/{quote(successor)}"
                raise ApiRefusal(301, "merged", f"{station_id} 已并入 {successor}", headers={"Location": address}, moved_to=successor)
            if (gone := register.gone(station_id)) is not None:
                sentence = f"{station_id} 从 {gone.since} 这一夜起不再是一个驿站：{gone.told}"
                raise ApiRefusal(
                    410, "gone", sentence, since=gone.since.isoformat(), event=gone.event, cause=gone.cause, detail=gone.detail
                )
            raise self._unknown(register, station_id)

    def feature(self, request: Request, register: Register, feature: bytes) -> Response:
        """A station that stands, with its links."""
        address = f"{self._base}{told.ITEMS}/{quote(request.path_params['station_id'])}"
        links = [
            link(address, "self", GEOJSON),
            link(f"{self._base}{told.STATIONS_PATH}", "collection"),
            link(f"{address}/changes", "related", JSON, "经过"),
        ]
        return _fresh(request, register, lambda: with_links(feature, links), GEOJSON)

    def story(self, request: Request) -> Response:
        """What a station went through, also one that was merged away or is gone: nothing else tells why."""
        once(request.query_params.multi_items(), ())
        station_id = request.path_params["station_id"]
        with self._registers.reading() as register:
            found = register.story(station_id, is_public=self._is_public)
            if found is None:
                raise self._unknown(register, station_id)
            address = f"{self._base}{told.ITEMS}/{quote(station_id)}"
            links = [link(f"{address}/changes", "self"), link(address, "item", GEOJSON)]
            return _fresh(request, register, lambda: as_json({**found, "publication": register.name, "links": links}), JSON)

    def _unknown(self, register: Register, station_id: str) -> ApiRefusal:
        if (known := self._registers.withdrawn(register, station_id)) is not None:
            sentence = f"{station_id} 出自发布 {known}；登记册已退回，现在的发布 {register.name} 里没有它"
            return ApiRefusal(410, "withdrawn", sentence, publication=known)
        return ApiRefusal(404, "no-such-station", f"没有“{station_id[:60]}”这个驿站：请核对编号")

    def _links(self, path: str, pairs: list[tuple[str, str]], register: Register, after: str | None, media: str) -> list[dict[str, str]]:
        """This page and the next one, which stays with this page's publication whatever is published meanwhile."""
        here = f"{self._base}{path}"
        rest = [(name, value) for name, value in pairs if name != "cursor"]
        links = [link(f"{here}?{urlencode(pairs)}" if pairs else here, "self", media)]
        if after is not None:
            links.append(link(f"{here}?{urlencode([*rest, ('cursor', f'{register.name}.{after}')])}", "next", media))
        return links


def _fresh(request: Request, register: Register, made: Callable[[], bytes], media: str) -> Response:
    """The answer, or 304 when the asker has it: every answer stays as it is while its publication is in force."""
    headers = {**_KEPT, "ETag": register.tag, "Last-Modified": register.modified}
    body = made()  # what cannot be answered is refused first (RFC 9110, 13.2.1)
    return Response(status_code=304, headers=headers) if _has(request, register) else Response(body, headers=headers, media_type=media)


def _has(request: Request, register: Register) -> bool:
    """Whether the asker has this publication's answer. A date must be the very one: after a rollback the older answer is the right one."""
    named = request.headers.get("if-none-match")
    if named is None:
        return request.headers.get("if-modified-since") == register.modified
    return named.strip() == "*" or register.tag.removeprefix("W/") in {each.strip().removeprefix("W/") for each in named.split(",")}
