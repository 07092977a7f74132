"""The four owners that answer over HTTP, each with its own envelope, paging and way of knowing its readers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from lxml import etree

from sandbox.servers.edition import City, date_of, published_night
from sandbox.servers.keys import Keys

#: The union's gateway turns away every seventh request once.
THROTTLED_EVERY: Final = 7
#: A signature older or newer than this (seconds) is refused.
SKEW_S: Final = 300
#: How long an access token lasts (seconds).
TOKEN_S: Final = 600
_CITY_TIME: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Request:
    """A request: method, path with query as sent, headers by lower-case name, body."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of repeated ones the first."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, headers, body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def told(status: int, value: object, **headers: str) -> Answer:
    """A JSON answer."""
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8", **headers})


class Union:
    """Pages of a fixed size, a key in a header, ETag, and a gateway that turns every seventh request away once."""

    def __init__(self, city: City, keys: Keys) -> None:
        self._city = city
        self._key = keys["union"]
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        """One page of the list."""
        if not hmac.compare_digest(request.headers.get("x-api-key", ""), self._key):
            return told(401, {"code": 401, "message": "密钥无效"})
        with self._lock:
            self._count += 1
            turned_away = self._count % THROTTLED_EVERY == 0
        if turned_away:
            return told(429, {"code": 429, "message": "请求过于频繁"}, **{"Retry-After": "1"})
        edition = self._city.edition
        tag = f'"{edition.tag("union")}"'
        if request.headers.get("if-none-match") == tag:
            return Answer(304, headers={"ETag": tag})
        rows = [row.fields for row in edition.lists["union"]]
        page, size = max(1, _whole(request.query.get("page"), 1)), min(200, max(1, _whole(request.query.get("size"), 20)))
        found = rows[(page - 1) * size : page * size]
        listed = {"total": len(rows), "page": page, "size": size, "list": found}
        return told(200, {"code": 0, "message": "ok", "data": listed}, ETag=tag)


class NationalBank:
    """A cursor, and requests signed with HMAC-SHA256 over method, target and time."""

    def __init__(self, city: City, keys: Keys, clock: Callable[[], float] = time.time) -> None:
        self._city = city
        self._app, self._secret = keys["icbc app"][:12], keys["icbc secret"]
        self._clock = clock

    def __call__(self, request: Request) -> Answer:
        """The outlets after the cursor."""
        if refusal := self._refusal(request):
            return told(401, {"respCode": "4001", "respMsg": refusal, "nextCursor": None, "outlets": []})
        rows = [row.fields for row in self._city.edition.lists["bank_icbc"]]
        start = self._place(request.query.get("cursor"))
        if start is None:
            return told(400, {"respCode": "4002", "respMsg": "游标无效", "nextCursor": None, "outlets": []})
        end = start + min(100, max(1, _whole(request.query.get("limit"), 50)))
        cursor = base64.urlsafe_b64encode(str(end).encode()).decode() if end < len(rows) else None
        return told(200, {"respCode": "0000", "respMsg": "成功", "nextCursor": cursor, "outlets": rows[start:end]})

    def _refusal(self, request: Request) -> str | None:
        stamp = request.headers.get("x-timestamp", "")
        if request.headers.get("x-app-id") != self._app:
            return "应用标识无效"
        if not stamp.isdigit() or abs(self._clock() - int(stamp)) > SKEW_S:
            return "时间戳超出允许范围"
        signed = f"{request.method}\n{request.target}\n{stamp}".encode()
        expected = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        return None if hmac.compare_digest(expected, request.headers.get("x-signature", "").lower()) else "签名不符"

    @staticmethod
    def _place(cursor: str | None) -> int | None:
        if cursor is None:
            return 0
        try:
            return int(base64.urlsafe_b64decode(cursor.encode()))
        except ValueError:
            return None


class MobileFirm:
    """OAuth2 client credentials, offset paging, and changes since a date with tombstones."""

    def __init__(self, city: City, keys: Keys, clock: Callable[[], float] = time.monotonic) -> None:
        self._city = city
        self._client, self._secret = keys["mobile client"][:12], keys["mobile secret"]
        self._clock = clock
        self._tokens: dict[str, float] = {}

    def token(self, request: Request) -> Answer:
        """An access token for the client's credentials."""
        expected = base64.b64encode(f"{self._client}:{self._secret}".encode()).decode()
        form = parse_qs(request.body.decode("utf-8", "replace"))
        if not hmac.compare_digest(request.headers.get("authorization", ""), f"Basic {expected}"):
            return told(401, {"error": "invalid_client"})
        if form.get("grant_type") != ["client_credentials"]:
            return told(400, {"error": "unsupported_grant_type"})
        token = secrets.token_hex(16)
        self._tokens[token] = self._clock() + TOKEN_S
        return told(200, {"access_token": token, "token_type": "bearer", "expires_in": TOKEN_S})

    def __call__(self, request: Request) -> Answer:
        """A slice of the list, or of what changed since a date."""
        if self._tokens.get(request.headers.get("authorization", "").removeprefix("Bearer "), 0.0) <= self._clock():
            return told(401, {"success": False, "error": "invalid_token"}, **{"WWW-Authenticate": 'Bearer error="invalid_token"'})
        rows = self._rows(request.query.get("changedSince"))
        if rows is None:
            return told(400, {"success": False, "error": "changedSince 应为 YYYY-MM-DD"})
        offset, limit = max(0, _whole(request.query.get("offset"), 0)), min(200, max(1, _whole(request.query.get("limit"), 50)))
        as_of = self._city.edition.day.isoformat()
        found = rows[offset : offset + limit]
        return told(200, {"success": True, "total": len(rows), "offset": offset, "asOf": as_of, "items": found})

    def _rows(self, since: str | None) -> list[dict[str, Any]] | None:
        if since is None:
            return [{**row.fields, "deleted": False} for row in self._city.edition.lists["telecom_mobile"]]
        try:
            changed, gone = self._city.changes("telecom_mobile", date.fromisoformat(since))
        except ValueError:
            return None
        stones = [{**dict.fromkeys(row.fields), "hallId": row.fields["hallId"], "deleted": True} for row in gone]
        return [*({**row.fields, "deleted": False} for row in changed), *stones]


class PracticeCentres:
    """One XML document in GB18030, republished on Mondays."""

    def __init__(self, city: City) -> None:
        self._city = city

    def __call__(self, request: Request) -> Answer:
        """The document of the latest Monday, or 304 when the reader has it."""
        edition = self._city.edition
        day = date_of(published_night("civilization", edition.night))
        changed = datetime(day.year, day.month, day.day, 1, tzinfo=_CITY_TIME).astimezone(UTC)
        headers = {"Last-Modified": format_datetime(changed, usegmt=True), "Content-Type": "application/xml"}
        if (since := request.headers.get("if-modified-since")) and parsedate_to_datetime(since) >= changed:
            return Answer(304, headers=headers)
        rows = edition.lists["civilization"]
        root = etree.Element("实践阵地名录", {"发布日期": day.isoformat(), "总数": str(len(rows))})
        for row in rows:
            place = etree.SubElement(root, "阵地")
            for name, value in row.fields.items():
                etree.SubElement(place, name).text = value
        return Answer(200, etree.tostring(root, encoding="GB18030", xml_declaration=True, pretty_print=True), headers)


def _whole(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdigit() else default
