"""A list as JSON over HTTP, in pages or whole: every page archived as it came, then looked into as far as paging needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sources.kit.auth import Auth
from sources.kit.call import FetchCall, Fetched, FetchError
from sources.kit.dotted import at_path
from sources.kit.http import Answer, Wire
from sources.kit.json_body import parsed
from sources.kit.paging import Page, Paging, Turn
from sources.kit.retrieval import Outcome, Part


class UnsettledError(Exception):
    """The pages do not add up to one list: asked for again once, then partial. The message is Chinese."""


@dataclass(frozen=True, slots=True)
class Since:
    """Changes only: `parameter` carries the checkpoint's watermark; the body states at `as_of` the one to come. Without one: the whole list."""

    parameter: str = "changedSince"
    as_of: str = "asOf"


@dataclass(frozen=True, slots=True)
class JsonPages:
    """A JSON list at the setting `address`, its rows at the dotted path `at` ("" for a body that is the list).

    `total` is the path of the stated count of rows, `success` the path and value that a good answer has: owners say {"code": 500} with
    status 200. `etag`: ask with If-None-Match. `since`: ask for changes only. `parameters` go with every request.

    Pages are asked for once more, from the first, when they do not add up (a total that changes or is missed, a page that repeats);
    a list that is in motion twice is partial.
    """

    address: str
    at: str
    paging: Paging | None = None
    auth: Auth | None = None
    total: str | None = None
    success: tuple[str, object] | None = None
    etag: bool = False
    since: Since | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.etag and self.since:
            raise ValueError("a changed-since list has no use for an ETag: its answer differs by the date asked for")

    def __call__(self, call: FetchCall) -> Fetched:
        """Fetch. See `sources.kit.call.Fetch`."""
        with Wire(call, self.address) as wire:
            try:
                return _Reading(self, wire, conditional=self.etag and call.still_holds()).whole()
            except UnsettledError:
                call.repeats += 1
            try:
                return _Reading(self, wire, conditional=False).whole()
            except UnsettledError as twice:
                raise FetchError(Outcome.PARTIAL, f"{twice}，重取一遍仍是如此；请稍后重跑，如反复出现请联系对方") from None

    @property
    def settings(self) -> tuple[str, ...]:
        """See `sources.kit.knock.Knockable`."""
        return (self.address, *(self.auth.needs if self.auth else ()))

    def knock(self, call: FetchCall) -> datetime | None:
        """See `sources.kit.knock.Knockable`."""
        with Wire(call, self.address) as wire:
            return wire.knock({**self.parameters, **(self.paging.start().parameters if self.paging else {})}, self.auth)


@dataclass(slots=True)
class _Reading:
    """One pass over the pages, and what it has seen so far."""

    shape: JsonPages
    wire: Wire
    conditional: bool
    parts: list[Part] = field(default_factory=list)
    rows: int = 0
    turns: set[str] = field(default_factory=set)
    seen: dict[str, int] = field(default_factory=dict)
    stated: _Stated | None = None

    def whole(self) -> Fetched:
        """All pages. Raises UnsettledError when they do not add up to one list."""
        call, paging = self.wire.call, self.shape.paging
        turn: Turn | None = paging.start() if paging else Turn("", {})
        while turn:
            if turn.mark in self.turns:
                raise UnsettledError(f"第 {len(self.parts) + 1} 页又指回取过的一页")
            self.turns.add(turn.mark)
            page = self._page(turn)
            if page is None:
                return call.unchanged()
            total = self.stated.total if self.stated else None
            if paging is None or (total is not None and self.rows >= total):
                break
            turn = paging.after(page, len(self.parts), self.rows)
        return self._fetched(self._settled())

    def _page(self, turn: Turn) -> Page | None:
        shape, call, number = self.shape, self.wire.call, len(self.parts) + 1
        answer = self.wire.get(
            {**shape.parameters, **turn.parameters, **self._changed_since()} if not turn.url else {},
            shape.auth,
            {"If-None-Match": call.checkpoint.etag} if self.conditional and number == 1 and call.checkpoint.etag else None,
            turn.url,
        )
        if answer.status == 304:
            return None
        body, rows = self._opened(answer, number)
        self._watch(number, rows, _Stated.of(shape, body, answer))
        return Page(body, len(rows), answer.url, answer.following)

    def _opened(self, answer: Answer, number: int) -> tuple[Any, list[Any]]:
        """Archive a page, then look inside: the parsed body and its rows."""
        shape, label = self.shape, f"第 {number} 页"
        self.parts.append(self.wire.call.keep(answer.content, f"page-{number:04d}.json"))
        if answer.is_cut:
            raise FetchError(Outcome.PARTIAL, f"{label}传到一半断了，重取一次仍是如此；请稍后重跑，如反复出现请联系对方")
        body = parsed(answer.content, label)
        if shape.success:
            self._succeeded(body, *shape.success)
        rows = at_path(body, shape.at)
        if not isinstance(rows, list):
            raise FetchError(Outcome.NOT_DECLARED_FORMAT, f"{label}里“{shape.at or '最外层'}”处不是名单；请联系对方，确认接口是否变动")
        return body, rows

    def _succeeded(self, body: Any, path: str, good: object) -> None:
        met = at_path(body, path)
        if met == good:
            return
        if met is None:
            raise FetchError(Outcome.NOT_DECLARED_FORMAT, f"答复里没有“{path}”，不是约定的格式；请联系对方，确认接口是否变动")
        outcome = Outcome.REFUSED if str(met) in ("401", "403") else Outcome.OWNER_ERROR
        raise FetchError(outcome, f"对方答复 {path}={str(met)[:40]}（应为 {good}），没有给出名单；请联系对方，修好后重跑")

    def _watch(self, number: int, rows: list[Any], stated: _Stated) -> None:
        """Hold this page against those before it."""
        self.stated = self.stated or stated
        if difference := stated.difference(self.stated):
            raise UnsettledError(f"取到第 {number} 页时名单变了（{difference}）")
        if rows:
            earlier = self.seen.setdefault(_digest(rows), number)
            if earlier != number:
                raise UnsettledError(f"第 {number} 页与第 {earlier} 页完全相同")
        self.rows += len(rows)

    def _settled(self) -> _Stated:
        stated, paging = self.stated or _Stated(), self.shape.paging
        if stated.total is not None and stated.total != self.rows:
            raise UnsettledError(f"名单称有 {stated.total} 行，实际收到 {self.rows} 行")
        if stated.total is None and paging and paging.counts_rows and len(self.parts) > 2:
            self._same_beginning(paging.start())
        return stated

    def _same_beginning(self, turn: Turn) -> None:
        """Where nothing else tells, ask for the first page again: rows added at the top have pushed others over the edge of a page."""
        answer = self.wire.get({**self.shape.parameters, **turn.parameters, **self._changed_since()}, self.shape.auth)
        self.wire.call.received += len(answer.content)
        rows = at_path(parsed(answer.content, "第 1 页"), self.shape.at)
        if self.seen.get(_digest(rows)) != 1:
            raise UnsettledError("取数期间名单变了（第 1 页前后不同）")

    def _fetched(self, stated: _Stated) -> Fetched:
        since = self._since()
        if not self.rows and since is None:
            raise FetchError(Outcome.EMPTY, "名单没有一行；沿用上次的名单，请联系对方，确认是否发布出错")
        return Fetched(
            tuple(self.parts),
            mode="snapshot" if since is None else "delta",
            etag=stated.etag,
            watermark=stated.as_of,
            since=since,
            total=stated.total,
        )

    def _since(self) -> str | None:
        return self.wire.call.checkpoint.watermark if self.shape.since else None

    def _changed_since(self) -> Mapping[str, str]:
        since = self._since()
        return {self.shape.since.parameter: since} if self.shape.since and since is not None else {}


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a page says of the whole list. All pages of one list say the same."""

    total: int | None = None
    etag: str | None = None
    as_of: str | None = None

    @classmethod
    def of(cls, shape: JsonPages, body: Any, answer: Answer) -> _Stated:
        total = at_path(body, shape.total) if shape.total else None
        if shape.total and not str(total).isdecimal():
            raise FetchError(Outcome.NOT_DECLARED_FORMAT, f"答复里“{shape.total}”处不是行数；请联系对方，确认接口是否变动")
        as_of = at_path(body, shape.since.as_of) if shape.since else None
        if shape.since and not as_of:
            raise FetchError(Outcome.NOT_DECLARED_FORMAT, f"答复里没有“{shape.since.as_of}”，无法续取变化；请联系对方，确认接口是否变动")
        return cls(int(str(total)) if shape.total else None, answer.etag if shape.etag else None, str(as_of) if as_of else None)

    def difference(self, before: _Stated) -> str:
        """What this page says differently, for the operator; empty when nothing."""
        if self.total != before.total:
            return f"行数由 {before.total} 变为 {self.total}"
        if self.as_of != before.as_of:
            return f"截止日由 {before.as_of} 变为 {self.as_of}"
        return "版本标记不同" if self.etag != before.etag else ""


def _digest(rows: Any) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()
