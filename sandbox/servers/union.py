"""The union's list: numbered pages, a key in a header, an ETag for the whole list, and a gateway that is easily overrun."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import Final

from sandbox.servers.edition import City
from sandbox.servers.exchange import Answer, BadRequestError, Request, told
from sandbox.servers.keys import Keys

#: The gateway turns away every seventh request, so that a list of 740 in pages of 100 meets it once.
TURNED_AWAY_EVERY: Final = 7
_MOST: Final = 200


class Union:
    """GET ?page=1&size=100 with X-Api-Key."""

    def __init__(self, city: City, keys: Keys) -> None:
        self._city = city
        self.key: Final = keys["union"]
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        """One page; 304 to the list's own ETag, 401 to a wrong key, 429 to every seventh request with the right one."""
        if not request.carries("x-api-key", self.key):
            return _refused(HTTPStatus.UNAUTHORIZED, "密钥无效")
        if self._turns_away():
            return _refused(HTTPStatus.TOO_MANY_REQUESTS, "请求过于频繁，请稍后再试", Retry_After="1")
        try:
            return self._page(request, request.number("page", 1, 1, 10**9), request.number("size", 20, 1, _MOST))
        except BadRequestError as why:
            return _refused(HTTPStatus.BAD_REQUEST, str(why))

    def _turns_away(self) -> bool:
        with self._lock:
            self._count += 1
            return self._count % TURNED_AWAY_EVERY == 0

    def _page(self, request: Request, page: int, size: int) -> Answer:
        edition = self._city.edition
        if request.headers.get("if-none-match") == edition.union_tag:
            return Answer(HTTPStatus.NOT_MODIFIED, headers={"ETag": edition.union_tag})
        rows = edition.lists["union"]
        found = [row.fields for row in rows[(page - 1) * size : page * size]]
        listed = {"total": len(rows), "page": page, "size": size, "list": found}
        return told({"code": 0, "message": "ok", "data": listed}, ETag=edition.union_tag)


def _refused(status: HTTPStatus, why: str, **headers: str) -> Answer:
    return told({"code": int(status), "message": why}, status, **headers)
