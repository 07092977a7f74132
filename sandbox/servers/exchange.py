"""What an owner is asked over HTTP, and what it answers."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit


class BadRequestError(Exception):
    """A parameter that cannot be read; the message, in Chinese, says which."""


@dataclass(frozen=True)
class Request:
    """A request: method, path with query as it was sent, headers by lower-case name, body."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; of repeated ones the first."""
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query, keep_blank_values=True).items()}

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number of the query, at most `high`. Raises BadRequestError for anything but digits and for less than `low`."""
        text = self.query.get(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) >= low):
            raise BadRequestError(f"参数 {name} 应为不小于 {low} 的整数")
        return min(int(text), high)

    def carries(self, header: str, secret: str) -> bool:
        """Whether a header holds exactly the secret; takes as long for a near miss as for a wild guess."""
        return hmac.compare_digest(self.headers.get(header, "").encode(), secret.encode())


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: status, body, headers."""

    status: HTTPStatus
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def told(value: object, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Answer:
    """A JSON answer; an underscore in a header's name stands for a hyphen."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": "application/json; charset=utf-8", **named})
