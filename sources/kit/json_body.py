"""JSON bodies as they come: whole, cut, or not JSON at all."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from sources.kit.call import FetchError
from sources.kit.retrieval import Outcome

_HTML: Final = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE | re.DOTALL)

_BOM: Final = b"\xef\xbb\xbf"


def is_web_page(content: bytes) -> bool:
    """Whether the bytes begin as a web page does: a login page comes with status 200 where a list was asked for."""
    return bool(_HTML.match(content.removeprefix(_BOM)[:4096]))


def web_page(label: str) -> FetchError:
    """The failure that a web page in place of a list is."""
    return FetchError(Outcome.NOT_DECLARED_FORMAT, f"{label}收到的是网页（多半是登录页），不是名单；请核对地址与密钥，并联系对方")


def parsed(content: bytes, label: str) -> Any:
    """The JSON value. Raises FetchError: partial when the text ends before the value does, else not the declared format."""
    if is_web_page(content):
        raise web_page(label)
    if not content.strip():
        raise _cut(label)
    try:
        return json.loads(content.removeprefix(_BOM).decode("utf-8"))
    except UnicodeDecodeError as wrong:
        if wrong.reason == "unexpected end of data":
            raise _cut(label) from None
        raise FetchError(Outcome.NOT_DECLARED_FORMAT, f"{label}不是 UTF-8 编码的 JSON；请联系对方更正") from None
    except json.JSONDecodeError as wrong:
        text = wrong.doc.strip()
        if text[:1] in ("{", "[") and (text[-1:] not in ("}", "]") or wrong.pos >= len(wrong.doc.rstrip())):
            raise _cut(label) from None
        raise FetchError(
            Outcome.NOT_DECLARED_FORMAT, f"{label}不是 JSON（第 {wrong.lineno} 行第 {wrong.colno} 列起读不下去）；请联系对方更正"
        ) from None
    except RecursionError:
        raise FetchError(Outcome.NOT_DECLARED_FORMAT, f"{label}的 JSON 嵌套过深，无法读取；请联系对方更正") from None


def _cut(label: str) -> FetchError:
    return FetchError(Outcome.PARTIAL, f"{label}的内容没有结尾，传到一半断了；请稍后重跑，如反复出现请联系对方")
