"""The national bank's outlets: a cursor, and requests signed with HMAC-SHA256 over method, path with query and time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from sandbox.servers.edition import City, Edition
from sandbox.servers.exchange import Answer, BadRequestError, Request, told
from sandbox.servers.keys import Keys

#: A request signed earlier or later than this is refused (seconds): a copied one is then soon worth nothing.
SKEW_S: Final = 300
_MOST: Final = 100


class NationalBank:
    """GET ?limit=50[&cursor=…] with X-App-Id, X-Timestamp (Unix seconds by `clock`), X-Signature."""

    def __init__(self, city: City, keys: Keys, clock: Callable[[], float]) -> None:
        self._city = city
        self.app_id: Final = keys["icbc app"][:12]
        self.secret: Final = keys["icbc secret"]
        self._clock = clock

    def __call__(self, request: Request) -> Answer:
        """The outlets after the cursor; 401 to an unknown app, an old timestamp or a wrong signature."""
        if refusal := self._refusal(request):
            return _refused(HTTPStatus.UNAUTHORIZED, "4001", refusal)
        edition = self._city.edition
        try:
            start, limit = _start(edition, request.query.get("cursor")), request.number("limit", 50, 1, _MOST)
        except BadRequestError as why:
            return _refused(HTTPStatus.BAD_REQUEST, "4002", str(why))
        rows, end = edition.lists["bank_icbc"], start + limit
        outlets = [row.fields for row in rows[start:end]]
        following = _cursor(edition, end) if end < len(rows) else None
        return told({"respCode": "0000", "respMsg": "成功", "nextCursor": following, "outlets": outlets})

    def _refusal(self, request: Request) -> str | None:
        stamp = request.headers.get("x-timestamp", "")
        if not request.carries("x-app-id", self.app_id):
            return "应用标识无效"
        if not (stamp.isascii() and stamp.isdigit()) or abs(self._clock() - int(stamp[:12])) > SKEW_S:
            return "时间戳超出允许范围"
        signed = f"{request.method}\n{request.target}\n{stamp}".encode()
        right = request.carries("x-signature", hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest())
        return None if right else "签名不符"


def _cursor(edition: Edition, place: int) -> str:
    return base64.urlsafe_b64encode(f"{edition.night}:{place}".encode()).decode()


def _start(edition: Edition, cursor: str | None) -> int:
    """The place that a cursor stands for. One of another night is refused: it would skip outlets or repeat them."""
    if cursor is None:
        return 0
    try:
        night, place = map(int, base64.urlsafe_b64decode(cursor).decode().split(":"))
    except (binascii.Error, ValueError):
        raise BadRequestError("游标无效") from None
    if night != edition.night or place < 0:
        raise BadRequestError("名单已更新，请从头取")
    return place


def _refused(status: HTTPStatus, code: str, why: str) -> Answer:
    return told({"respCode": code, "respMsg": why, "nextCursor": None, "outlets": []}, status)
