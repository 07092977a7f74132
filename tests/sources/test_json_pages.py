"""JSON lists in pages: every way of paging, and everything that makes pages add up to no list."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sources.kit.auth import ClientCredentials, Hmac
from sources.kit.json_pages import JsonPages, Since
from sources.kit.paging import Cursor, Link, Offset, PageSize, Paging
from sources.kit.retrieval import Outcome
from tests.sources.fetching import SECRETS, Nightly, clock
from tests.sources.owner_server import Asked, Reply, as_json, serving

Answer = Callable[[Asked], Reply]


@pytest.fixture
def nightly(tmp_path: Path) -> Nightly:
    return Nightly(tmp_path)


def _at(nightly: Nightly, url: str) -> Nightly:
    return replace(nightly, values={**nightly.values, "URL": url})


def _rows(count: int) -> list[dict[str, str]]:
    return [{"code": f"H{number:03}"} for number in range(count)]


def _numbered(rows: list[dict[str, str]], tag: str | None = None) -> Answer:
    """A list in numbered pages with its total."""

    def answer(asked: Asked) -> Reply:
        page, size = int(asked.query["page"]), int(asked.query["size"])
        return as_json(
            {"code": 0, "data": {"total": len(rows), "list": rows[(page - 1) * size : page * size]}}, headers={"ETag": tag} if tag else None
        )

    return answer


NUMBERED = JsonPages("URL", at="data.list", paging=PageSize(size=10), total="data.total", success=("code", 0))


def _read(nightly: Nightly, contents: list[bytes], at: str = "data.list") -> list[Any]:
    """All rows of all payloads."""
    rows: list[Any] = []
    for content in contents:
        body = json.loads(content)
        for step in filter(None, at.split(".")):
            body = body[step]
        rows += body
    return rows


@pytest.mark.parametrize("count", [1, 9, 10, 11, 20, 25])
def test_numbered_pages_until_the_total(nightly: Nightly, count: int) -> None:
    with serving(_numbered(_rows(count))) as owner:
        found = _at(nightly, owner.url).run(NUMBERED)
    assert (found.outcome, found.mode, found.total, found.tries) == (Outcome.OK, "snapshot", count, 1)
    assert _read(nightly, nightly.contents(found)) == _rows(count)
    assert [asked.query["page"] for asked in owner.asked] == [str(page + 1) for page in range(-(-count // 10))]
    assert [part.label for part in found.parts][:1] == ["page-0001.json"]


def _without_total(rows: list[dict[str, str]]) -> Answer:
    def answer(asked: Asked) -> Reply:
        page, size = int(asked.query["page"]), min(int(asked.query["size"]), 5)  # gives fewer than asked
        return as_json(rows[(page - 1) * size : page * size])

    return answer


def test_numbered_pages_without_a_total_until_an_empty_one(nightly: Nightly) -> None:
    with serving(_without_total(_rows(12))) as owner:
        found = _at(nightly, owner.url).run(JsonPages("URL", at="", paging=PageSize(size=10)))
    assert (found.outcome, found.total) == (Outcome.OK, None)
    assert _read(nightly, nightly.contents(found), "") == _rows(12)


def test_offsets_follow_the_rows_that_came(nightly: Nightly) -> None:
    rows = _rows(23)

    def answer(asked: Asked) -> Reply:
        offset, limit = int(asked.query["offset"]), min(int(asked.query["limit"]), 7)
        return as_json({"success": True, "total": len(rows), "items": rows[offset : offset + limit]})

    shape = JsonPages("URL", at="items", paging=Offset(size=100), total="total", success=("success", True))
    with serving(answer) as owner:
        found = _at(nightly, owner.url).run(shape)
    assert _read(nightly, nightly.contents(found), "items") == rows
    assert [asked.query["offset"] for asked in owner.asked] == ["0", "7", "14", "21"]


def _cursored(rows: list[dict[str, str]], size: int = 10) -> Answer:
    def answer(asked: Asked) -> Reply:
        start = int(asked.query.get("cursor", "c0")[1:])
        following = f"c{start + size}" if start + size < len(rows) else None
        return as_json({"respCode": "0000", "nextCursor": following, "outlets": rows[start : start + size]})

    return answer


CURSORED = JsonPages("URL", at="outlets", paging=Cursor(size=10), success=("respCode", "0000"))


def test_cursors_until_there_is_none(nightly: Nightly) -> None:
    with serving(_cursored(_rows(25))) as owner:
        found = _at(nightly, owner.url).run(CURSORED)
    assert _read(nightly, nightly.contents(found), "outlets") == _rows(25)
    assert [asked.query for asked in owner.asked] == [
        {"limit": "10"},
        {"limit": "10", "cursor": "c10"},
        {"limit": "10", "cursor": "c20"},
    ]


def test_a_cursor_that_goes_round_is_partial(nightly: Nightly) -> None:
    def answer(asked: Asked) -> Reply:
        there = asked.query.get("cursor", "a")
        return as_json({"respCode": "0000", "nextCursor": {"a": "b", "b": "c", "c": "b"}[there], "outlets": [{"code": there}]})

    with serving(answer) as owner:
        found = _at(nightly, owner.url).run(CURSORED)
    assert found.outcome is Outcome.PARTIAL
    assert "第 4 页又指回取过的一页" in found.message


def test_a_cursor_that_stands_still_on_empty_pages_is_partial(nightly: Nightly) -> None:
    with serving(lambda _: as_json({"respCode": "0000", "nextCursor": "c", "outlets": []})) as owner:
        found = _at(nightly, owner.url).run(CURSORED)
    assert found.outcome is Outcome.PARTIAL
    assert len(owner.asked) < 10


def test_link_headers(nightly: Nightly) -> None:
    def answer(asked: Asked) -> Reply:
        after = int(asked.query.get("after", "0"))
        following = {"Link": f'</list?after={after + 2}>; rel="next"'} if after < 4 else {}
        return as_json([{"code": str(after)}, {"code": str(after + 1)}], headers=following)

    with serving(answer) as owner:
        found = _at(nightly, owner.url).run(JsonPages("URL", at="", paging=Link(size=2)))
    assert [row["code"] for row in _read(nightly, nightly.contents(found), "")] == list("012345")


def test_a_link_to_another_host_is_refused(nightly: Nightly) -> None:
    with serving(lambda _: as_json(_rows(1))) as stranger:
        link = f'<{stranger.url}>; rel="next"'
        with serving(lambda _: as_json(_rows(2), headers={"Link": link})) as owner:
            found = _at(nightly, owner.url).run(JsonPages("URL", at="", paging=Link()))
    assert found.outcome is Outcome.REFUSED
    assert not stranger.asked


def test_a_list_without_pages(nightly: Nightly) -> None:
    with serving(lambda _: as_json({"rows": _rows(3)})) as owner:
        found = _at(nightly, owner.url).run(JsonPages("URL", at="rows", parameters={"city": "3402"}))
    assert found.outcome is Outcome.OK
    assert [asked.query for asked in owner.asked] == [{"city": "3402"}]


BODIES = {
    "a login page": ("<!DOCTYPE html><html><form>登录</form></html>", Outcome.NOT_DECLARED_FORMAT, "网页"),
    "a login page after a comment": ("\n<!-- portal -->\n<HTML>", Outcome.NOT_DECLARED_FORMAT, "网页"),
    "code 500 with status 200": ('{"code":500,"data":[]}', Outcome.OWNER_ERROR, "code=500"),
    "code 401 with status 200": ('{"code":401,"message":"no"}', Outcome.REFUSED, "code=401"),
    "no code": ('{"data":{"list":[],"total":0}}', Outcome.NOT_DECLARED_FORMAT, "“code”"),
    "an empty list": ('{"code":0,"data":{"list":[],"total":0}}', Outcome.EMPTY, "没有一行"),
    "no list": ('{"code":0,"data":{"rows":[],"total":0}}', Outcome.NOT_DECLARED_FORMAT, "“data.list”"),
    "null for the list": ('{"code":0,"data":{"list":null,"total":0}}', Outcome.NOT_DECLARED_FORMAT, "“data.list”"),
    "no total": ('{"code":0,"data":{"list":[]}}', Outcome.NOT_DECLARED_FORMAT, "“data.total”"),
    "a bad comma": ('{"code":0,,"data":{"list":[],"total":0}}', Outcome.NOT_DECLARED_FORMAT, "第 1 行第 11 列"),
    "plain text": ("系统维护中", Outcome.NOT_DECLARED_FORMAT, "不是 JSON"),
    "another encoding": ('{"code":0,"data":"驿站"}', Outcome.NOT_DECLARED_FORMAT, "UTF-8"),
    "nesting without end": ("[" * 200_000 + "]" * 200_000, Outcome.NOT_DECLARED_FORMAT, "嵌套"),
}


@pytest.mark.parametrize(("body", "outcome", "told"), BODIES.values(), ids=BODIES.keys())
def test_status_200_with_something_else(nightly: Nightly, body: str, outcome: Outcome, told: str) -> None:
    content = body.encode("gb18030" if "驿站" in body else "utf-8")
    with serving(lambda _: Reply(content)) as owner:
        found = _at(nightly, owner.url).run(NUMBERED)
    assert found.outcome is outcome
    assert told in found.message
    assert nightly.contents(found) == [content]  # archived before anything looked inside


def test_a_bom_is_no_fault(nightly: Nightly) -> None:
    with serving(lambda _: Reply(b"\xef\xbb\xbf" + json.dumps(_rows(2)).encode())) as owner:
        assert _at(nightly, owner.url).run(JsonPages("URL", at="")).outcome is Outcome.OK


def test_half_of_the_list_is_partial(nightly: Nightly) -> None:
    def answer(asked: Asked) -> Reply:
        reply = json.loads(_numbered(_rows(10))(asked).body)
        reply["data"]["total"] = 20
        return as_json(reply)

    with serving(answer) as owner:
        found = _at(nightly, owner.url).run(NUMBERED)
    assert found.outcome is Outcome.PARTIAL
    assert "名单称有 20 行，实际收到 10 行，重取一遍仍是如此" in found.message


def test_more_rows_than_the_total_is_partial(nightly: Nightly) -> None:
    with serving(lambda _: as_json({"code": 0, "data": {"total": 3, "list": _rows(5)}})) as owner:
        assert _at(nightly, owner.url).run(NUMBERED).outcome is Outcome.PARTIAL


def test_a_page_that_repeats_is_partial(nightly: Nightly) -> None:
    """The owner passes over the page number."""
    with serving(lambda _: as_json({"code": 0, "data": {"total": 25, "list": _rows(10)}})) as owner:
        found = _at(nightly, owner.url).run(NUMBERED)
    assert found.outcome is Outcome.PARTIAL
    assert "第 2 页与第 1 页完全相同" in found.message
    assert len(owner.asked) == 4


def _growing(growth: Iterator[bool], top: bool = True) -> tuple[list[dict[str, str]], Answer]:
    """A list that gets a row more after each answer for which `growth` says so."""
    rows = _rows(25)

    def answer(asked: Asked) -> Reply:
        reply = _numbered(list(rows))(asked)
        if next(growth, False):
            rows.insert(0 if top else len(rows), {"code": f"N{len(rows)}"})
        return reply

    return rows, answer


@pytest.mark.parametrize("top", [True, False], ids=["at the top", "at the end"])
def test_rows_added_while_paging_are_fetched_again(nightly: Nightly, top: bool) -> None:
    rows, answer = _growing(iter([True]), top)
    with serving(answer) as owner:
        found = _at(nightly, owner.url).run(NUMBERED)
    assert (found.outcome, found.total, found.tries) == (Outcome.OK, 26, 2)
    assert _read(nightly, nightly.contents(found)) == rows


def test_a_list_that_never_rests_is_partial(nightly: Nightly) -> None:
    _, answer = _growing(iter([True] * 100))
    with serving(answer) as owner:
        found = _at(nightly, owner.url).run(NUMBERED)
    assert found.outcome is Outcome.PARTIAL
    assert "取到第 2 页时名单变了" in found.message


def test_rows_added_at_the_top_are_seen_without_a_total(nightly: Nightly) -> None:
    rows, growth = _rows(12), iter([False, True])

    def answer(asked: Asked) -> Reply:
        reply = _without_total(list(rows))(asked)
        if next(growth, False):
            rows.insert(0, {"code": "new"})
        return reply

    with serving(answer) as owner:
        found = _at(nightly, owner.url).run(JsonPages("URL", at="", paging=PageSize(size=5)))
    assert (found.outcome, found.tries) == (Outcome.OK, 2)
    assert _read(nightly, nightly.contents(found), "") == rows


def test_a_list_republished_while_paging_is_fetched_again(nightly: Nightly) -> None:
    """Same total, other content: the ETag tells."""
    tags = iter(['"a"', '"b"'])

    def answer(asked: Asked) -> Reply:
        return _numbered(_rows(15), next(tags, '"b"'))(asked)

    with serving(answer) as owner:
        found = _at(nightly, owner.url).run(replace(NUMBERED, etag=True))
    assert (found.outcome, found.etag, found.tries) == (Outcome.OK, '"b"', 2)


TAGGED = replace(NUMBERED, etag=True)


def _tagged(tag: str, rows: int = 15) -> Answer:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("If-None-Match") == tag:
            return Reply(status=304)
        return _numbered(_rows(rows), tag)(asked)

    return answer


def test_not_modified_counts_the_checkpoints_parts_again(nightly: Nightly) -> None:
    with serving(_tagged('"v1"')) as owner:
        there = _at(nightly, owner.url)
        first = there.run(TAGGED)
        second = there.run(TAGGED, first.checkpoint, "2026-06-02")
        third = there.run(TAGGED, second.checkpoint, "2026-06-03")
    assert first.etag == '"v1"'
    assert (second.outcome, second.mode, second.parts, second.bytes) == (Outcome.UNCHANGED, "unchanged", first.parts, 0)
    assert (third.mode, third.parts, third.etag) == ("unchanged", first.parts, '"v1"')
    assert len(owner.asked) == 4


def test_the_etag_is_the_published_one_never_the_archives(nightly: Nightly) -> None:
    with serving(_tagged('"v1"')) as owner:
        there = _at(nightly, owner.url)
        there.run(TAGGED)  # archived, and then the night was rejected
        found = there.run(TAGGED, None, "2026-06-02")
    assert found.outcome is Outcome.OK
    assert not any("If-None-Match" in asked.headers for asked in owner.asked)


def test_an_etag_is_not_sent_when_the_payload_is_gone(nightly: Nightly) -> None:
    with serving(_tagged('"v1"')) as owner:
        there = _at(nightly, owner.url)
        first = there.run(TAGGED)
        there.archive.prune("2030-01-01")
        found = there.run(TAGGED, first.checkpoint, "2026-06-02")
    assert [there.archive.holds(part.sha256) for part in found.parts] == [True, True]
    assert found.mode == "unchanged"  # the bytes came again, and are the same


def test_equal_payloads_are_unchanged_without_an_etag(nightly: Nightly) -> None:
    with serving(_numbered(_rows(15))) as owner:
        there = _at(nightly, owner.url)
        first = there.run(NUMBERED)
        second = there.run(NUMBERED, first.checkpoint, "2026-06-02")
    assert (second.outcome, second.mode, second.parts) == (Outcome.UNCHANGED, "unchanged", first.parts)
    assert second.total == 15


CHANGES = JsonPages("URL", at="items", paging=Offset(size=10), total="total", since=Since())


def _changing(rows: list[dict[str, str]], as_of: str) -> Answer:
    def answer(asked: Asked) -> Reply:
        since = asked.query.get("changedSince", "")
        changed = [row for row in rows if row["changedOn"] > since]
        offset = int(asked.query["offset"])
        return as_json({"total": len(changed), "asOf": as_of, "items": changed[offset : offset + 10]})

    return answer


def test_changes_since_the_watermark(nightly: Nightly) -> None:
    rows = [{"code": str(number), "changedOn": "2026-06-02" if number % 2 else "2026-05-01"} for number in range(30)]
    with serving(_changing(rows, "2026-06-01")) as owner:
        first = _at(nightly, owner.url).run(CHANGES)
    assert (first.mode, first.watermark, first.since, first.total) == ("snapshot", "2026-06-01", None, 30)
    assert "changedSince" not in owner.asked[0].query
    with serving(_changing(rows, "2026-06-02")) as owner:
        second = _at(nightly, owner.url).run(CHANGES, first.checkpoint, "2026-06-02")
    assert (second.outcome, second.mode, second.watermark, second.since, second.total) == (
        Outcome.OK,
        "delta",
        "2026-06-02",
        "2026-06-01",
        15,
    )
    assert {asked.query["changedSince"] for asked in owner.asked} == {"2026-06-01"}


def test_a_night_without_changes_is_no_empty_list(nightly: Nightly) -> None:
    rows = [{"code": "1", "changedOn": "2026-05-01"}]
    with serving(_changing(rows, "2026-06-01")) as owner:
        first = _at(nightly, owner.url).run(CHANGES)
        second = _at(nightly, owner.url).run(CHANGES, first.checkpoint, "2026-06-02")
    assert (second.outcome, second.mode, second.total) == (Outcome.OK, "delta", 0)


def test_a_date_that_moves_on_while_paging_is_fetched_again(nightly: Nightly) -> None:
    rows = [{"code": str(number), "changedOn": "2026-05-01"} for number in range(15)]
    dates = iter(["2026-06-01", "2026-06-02"])

    def answer(asked: Asked) -> Reply:
        return _changing(rows, next(dates, "2026-06-02"))(asked)

    with serving(answer) as owner:
        found = _at(nightly, owner.url).run(CHANGES)
    assert (found.watermark, found.tries) == ("2026-06-02", 2)


def test_changes_without_a_date_to_go_on_from(nightly: Nightly) -> None:
    with serving(lambda _: as_json({"total": 1, "items": _rows(1)})) as owner:
        found = _at(nightly, owner.url).run(CHANGES)
    assert found.outcome is Outcome.NOT_DECLARED_FORMAT
    assert "“asOf”" in found.message


def test_an_etag_and_changes_do_not_go_together() -> None:
    with pytest.raises(ValueError, match="ETag"):
        JsonPages("URL", at="items", etag=True, since=Since())


def test_a_signed_request(nightly: Nightly) -> None:
    def answer(asked: Asked) -> Reply:
        signed = f"GET\n{asked.target}\n{asked.headers['X-Timestamp']}".encode()
        expected = hmac.new(SECRETS["KEY"].encode(), signed, hashlib.sha256).hexdigest()
        good = asked.headers["X-Signature"] == expected and asked.headers["X-App-Id"] == "app-1"
        return _cursored(_rows(25))(asked) if good else as_json({"respCode": "9001"}, 401)

    with serving(answer) as owner:
        there = replace(nightly, values={"URL": owner.url, "APP": "app-1"})
        found = there.run(replace(CURSORED, auth=Hmac("APP", "KEY")))
    assert found.outcome is Outcome.OK
    assert {asked.headers["X-Timestamp"] for asked in owner.asked} == {str(int(clock().timestamp()))}


class _Tokens:
    """An owner that gives tokens, each good for so many requests."""

    def __init__(self, lasts: int, expires_in: int = 600) -> None:
        self.lasts, self.expires_in, self.given, self.left = lasts, expires_in, 0, 0

    def __call__(self, asked: Asked) -> Reply:
        if asked.method == "POST":
            self.given, self.left = self.given + 1, self.lasts
            return as_json({"access_token": f"token-{self.given}", "token_type": "bearer", "expires_in": self.expires_in})
        self.left -= 1
        good = asked.headers["Authorization"] == f"Bearer token-{self.given}" and self.left >= 0
        return _numbered(_rows(25))(asked) if good else as_json({}, 401)


TOKENED = replace(NUMBERED, auth=ClientCredentials("TOKEN_URL", "ID", "CLIENT_SECRET"))


@pytest.mark.parametrize(
    ("tokens", "given", "tries"),
    [(_Tokens(100), 1, 1), (_Tokens(2), 2, 2), (_Tokens(100, expires_in=10), 3, 1)],
    ids=["one token", "revoked on the way", "expires at once"],
)
def test_client_credentials(nightly: Nightly, tokens: _Tokens, given: int, tries: int) -> None:
    with serving(tokens) as owner:
        there = replace(nightly, values={"URL": owner.url, "TOKEN_URL": owner.url.replace("list", "token"), "ID": "me"})
        found = there.run(TOKENED)
    assert (found.outcome, tokens.given, found.tries) == (Outcome.OK, given, tries)
    assert owner.asked[0].body == b"grant_type=client_credentials"
    assert owner.asked[0].headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (as_json({"error": "invalid_client"}, 401), Outcome.REFUSED),
        (as_json({"error": "no token"}), Outcome.REFUSED),
        (Reply(b"<html>login</html>"), Outcome.NOT_DECLARED_FORMAT),
        (Reply(status=503), Outcome.OWNER_ERROR),
    ],
    ids=["refused", "no token", "login page", "down"],
)
def test_no_token_to_be_had(nightly: Nightly, reply: Reply, outcome: Outcome) -> None:
    with serving(lambda _: reply) as owner:
        found = replace(nightly, values={"URL": owner.url, "TOKEN_URL": owner.url, "ID": "me"}).run(TOKENED)
    assert found.outcome is outcome
    assert not found.parts


def test_a_token_that_never_works_is_refused(nightly: Nightly) -> None:
    with serving(_Tokens(0)) as owner:
        found = replace(nightly, values={"URL": owner.url, "TOKEN_URL": owner.url, "ID": "me"}).run(TOKENED)
    assert found.outcome is Outcome.REFUSED
    assert "YIZHAN_ID、YIZHAN_CLIENT_SECRET" in found.message


@pytest.mark.parametrize("paging", [PageSize(), Offset(), Cursor(), Link()], ids=lambda paging: type(paging).__name__)
def test_a_first_page_can_be_asked_for(paging: Paging) -> None:
    assert paging.start().parameters


def test_the_overlap_of_two_pages_is_no_repeated_page(nightly: Nightly) -> None:
    """A list may hold one row twice, even across pages: that is for the contract to say, not for paging."""
    rows = [*_rows(10), *_rows(10)[-3:], *_rows(30)[20:]]
    with serving(_numbered(rows)) as owner:
        assert _at(nightly, owner.url).run(NUMBERED).outcome is Outcome.OK
