"""The telecom firm's halls: OAuth2 client credentials, offset paging, and changes since a date with tombstones."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from sandbox.servers.edition import City, Edition, night_of
from sandbox.servers.exchange import Answer, BadRequestError, Request, told
from sandbox.servers.keys import Keys

#: How long an access token lasts (seconds).
TOKEN_S: Final = 600
_MOST: Final = 200


class MobileFirm:
    """POST `token`, then GET ?offset=0&limit=100[&changedSince=YYYY-MM-DD] with the token as Bearer; it expires by `clock` (seconds)."""

    def __init__(self, city: City, keys: Keys, clock: Callable[[], float]) -> None:
        self._city = city
        self.client_id: Final = keys["mobile client"][:12]
        self.client_secret: Final = keys["mobile secret"]
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}

    def token(self, request: Request) -> Answer:
        """An access token for the client's id and secret in HTTP Basic; errors as RFC 6749 (5.2) words them."""
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        if not request.carries("authorization", f"Basic {pair}"):
            return told({"error": "invalid_client"}, HTTPStatus.UNAUTHORIZED, WWW_Authenticate='Basic realm="halls"')
        if parse_qs(request.body.decode("ascii", "replace")).get("grant_type") != ["client_credentials"]:
            return told({"error": "unsupported_grant_type"}, HTTPStatus.BAD_REQUEST)
        return told({"access_token": self._issued(), "token_type": "bearer", "expires_in": TOKEN_S}, Cache_Control="no-store")

    def __call__(self, request: Request) -> Answer:
        """A slice of the list, or of what changed on the nights after a date; 401 to a token that is unknown or has expired."""
        if not self._knows(request.headers.get("authorization", "")):
            return _refused(HTTPStatus.UNAUTHORIZED, "令牌无效或已过期", WWW_Authenticate='Bearer error="invalid_token"')
        edition = self._city.edition
        try:
            since = _since(request.query.get("changedSince"))
            offset, limit = request.number("offset", 0, 0, 10**9), request.number("limit", 50, 1, _MOST)
        except BadRequestError as why:
            return _refused(HTTPStatus.BAD_REQUEST, str(why))
        rows = _rows(edition, since)
        page = {"success": True, "total": len(rows), "offset": offset, "asOf": edition.day.isoformat()}
        return told({**page, "items": rows[offset : offset + limit]})

    def _issued(self) -> str:
        token, now = secrets.token_hex(16), self._clock()
        with self._lock:
            self._until = {each: until for each, until in self._until.items() if until > now} | {token: now + TOKEN_S}
        return token

    def _knows(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        with self._lock:
            return scheme.lower() == "bearer" and self._until.get(token, 0.0) > self._clock()


def _since(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return night_of(date.fromisoformat(text))
    except ValueError:
        raise BadRequestError("参数 changedSince 应为 YYYY-MM-DD") from None


def _rows(edition: Edition, since: int | None) -> list[dict[str, Any]]:
    """The list, or what is newer than night `since`: halls that changed after it, then a tombstone for each that vanished after it."""
    halls = [{**row.fields, "deleted": False} for row in edition.lists["telecom_mobile"] if since is None or row.changed_night > since]
    if since is None:
        return halls
    headers = dict.fromkeys(edition.lists["telecom_mobile"][0].fields) if edition.lists["telecom_mobile"] else {}
    gone = sorted(hall for hall, night in edition.last_seen.items() if night >= since)
    return halls + [{**headers, "hallId": hall, "deleted": True} for hall in gone]


def _refused(status: HTTPStatus, why: str, **headers: str) -> Answer:
    return told({"success": False, "message": why}, status, **headers)
