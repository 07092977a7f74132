"""Who asks for a page, and whether it may be answered; and what a form brought."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from fastapi import Request

from flows.run import RefusedError

#: A form of ours is a few hundred bytes.
_BODY_AT_MOST: Final = 64_000

#: Digits of a number of a form: positions and counts.
_DIGITS: Final = 9

#: Characters of a name.
_NAME_AT_MOST: Final = 40

#: Header by which a proxy that knows its users says who it is, and the one by which it proves that it is the proxy.
USER, SECRET = "x-yizhan-user", "x-yizhan-secret"

#: Cookie that keeps the name a reviewer typed.
WHO: Final = "who"


def refusal(request: Request, hosts: set[str], secret: str | None) -> str:
    """Why the request is refused, "" when it is not."""
    if request.headers.get("host") not in hosts:
        return "这个地址不是驿站页面的地址：请用 127.0.0.1，或代理的地址（YIZHAN_DESK_URL）"
    origin = request.headers.get("origin")
    if request.method == "POST" and origin is not None and urlsplit(origin).netloc not in hosts:
        return "表单不是从驿站的页面交来的"
    if secret is None:
        return ""
    if not hmac.compare_digest(request.headers.get(SECRET, "").encode(), secret.encode()):
        return "请从登录的地址进来（YIZHAN_DESK_URL）：这里只认代理转来的请求"
    return "" if request.headers.get(USER, "").strip() else f"代理没有说明是谁（{USER}）"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sits there: the name that the proxy vouches for, else (`is_vouched` false) the one typed before, "" when none was."""

    name: str
    is_vouched: bool

    def signing(self, typed: str = "") -> str:
        """The name to write. Raises RefusedError when there is none."""
        name = self.name if self.is_vouched else typed.strip()[:_NAME_AT_MOST]
        if not name:
            raise RefusedError("没有写明判定人：请先填姓名")
        return name


def visitor_of(request: Request, secret: str | None) -> Visitor:
    """Whom a request is of. Without a `secret` no header is believed."""
    if secret is not None and (told := request.headers.get(USER, "").strip()):
        # on the wire a header is Latin-1; a proxy sends UTF-8 in it, as it is or percent-encoded
        return Visitor(unquote(told.encode("latin-1", "replace").decode("utf-8", "replace"))[:_NAME_AT_MOST], is_vouched=True)
    return Visitor(unquote(request.cookies.get(WHO, ""))[:_NAME_AT_MOST], is_vouched=False)


class TooLongError(RefusedError):
    """What was sent is longer than any form of ours."""


async def form(request: Request) -> dict[str, str]:
    """The form that was sent. Raises RefusedError for what is no form of ours."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _BODY_AT_MOST:
            raise TooLongError("交来的内容太长：一个理由、一个值都不必这样长")
    try:
        return {name: values[-1] for name, values in parse_qs(body.decode("utf-8"), keep_blank_values=True).items()}
    except ValueError as wrong:
        raise RefusedError("交来的不是表单") from wrong


def number(form: dict[str, str], name: str, otherwise: int) -> int:
    """A whole number of the form, `otherwise` where there is none."""
    told = form.get(name, "")
    return int(told) if told.isdecimal() and len(told) < _DIGITS else otherwise
