"""A list as one file over HTTP: XML, CSV, JSON or a workbook."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from sources.kit.auth import Auth
from sources.kit.call import FetchCall, Fetched, FetchError
from sources.kit.http import Wire
from sources.kit.json_body import is_web_page, parsed, web_page
from sources.kit.retrieval import Outcome

Form: TypeAlias = Literal["xml", "csv", "json", "workbook"]

#: The root's start tag. On bytes: in UTF-8 and GB18030 alike, `<`, `>`, `/` and blanks are never part of another character.
_ROOT: Final = re.compile(rb"(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>|\s)*<([^\s/>!?]+)", re.DOTALL)

_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Download:
    """A file at the setting `address`, declared as `form`. Asked for with If-None-Match and If-Modified-Since where the owner gave either.

    Looked into only for what the line can do to it: a web page in its place, an end that is missing. Its content is the reader's.
    """

    address: str
    form: Form
    auth: Auth | None = None

    def __call__(self, call: FetchCall) -> Fetched:
        """Fetch. See `sources.kit.call.Fetch`."""
        with Wire(call, self.address) as wire:
            answer = wire.get({}, self.auth, _conditions(call))
        if answer.status == 304:
            return call.unchanged()
        part = call.keep(answer.content, f"list.{self.form}")
        if answer.is_cut:
            raise FetchError(Outcome.PARTIAL, "文件传到一半断了，重取一次仍是如此；请稍后重跑，如反复出现请联系对方")
        if not answer.content.strip():
            raise FetchError(Outcome.EMPTY, "收到的文件是空的；沿用上次的名单，请联系对方，确认是否发布出错")
        check_end(answer.content, self.form)
        return Fetched((part,), etag=answer.etag, last_modified=answer.last_modified)

    @property
    def settings(self) -> tuple[str, ...]:
        """See `sources.kit.knock.Knockable`."""
        return (self.address, *(self.auth.needs if self.auth else ()))

    def knock(self, call: FetchCall) -> datetime | None:
        """See `sources.kit.knock.Knockable`."""
        with Wire(call, self.address) as wire:
            return wire.knock({}, self.auth)


def check_end(content: bytes, form: Form) -> None:
    """Raise FetchError when the bytes are a web page, or when a form that has an end lacks it. CSV and workbooks have none to look for."""
    if is_web_page(content):
        raise web_page("")
    if form == "json":
        parsed(content, "文件")
    if form == "xml" and not content.startswith(_UTF16):
        _check_xml(content.removeprefix(b"\xef\xbb\xbf").strip())


def _check_xml(content: bytes) -> None:
    root = _ROOT.match(content)
    if not root:
        raise FetchError(Outcome.NOT_DECLARED_FORMAT, "收到的不是 XML；请核对地址，并联系对方确认接口是否变动")
    ending = rb"</" + re.escape(root[1]) + rb"\s*>(?:\s|<!--.*?-->|<\?.*?\?>)*\Z"
    is_whole = re.search(ending, content[-4096:], re.DOTALL) or content[root.end() :].find(b"<") < 0 < content.find(b"/>")
    if not is_whole:
        raise FetchError(Outcome.PARTIAL, "文件没有结尾，传到一半断了；请稍后重跑，如反复出现请联系对方")


def _conditions(call: FetchCall) -> dict[str, str]:
    held = call.checkpoint
    if not call.still_holds():
        return {}
    asked = {"If-None-Match": held.etag, "If-Modified-Since": held.last_modified}
    return {header: value for header, value in asked.items() if value}
