"""Lists as one file over HTTP: what the line can do to a file, and asking only for what changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sources.kit.download import Download, Form
from sources.kit.retrieval import Outcome
from tests.sources.fetching import Nightly
from tests.sources.owner_server import Asked, Reply, saying, serving, speaking

XML = """<?xml version="1.0" encoding="GB18030"?>
<!-- 芜湖市 -->
<实践阵地名录 总数="1"><阵地><名称>赭山站</名称></阵地></实践阵地名录>
""".encode("gb18030")


@pytest.fixture
def nightly(tmp_path: Path) -> Nightly:
    return Nightly(tmp_path)


def _at(nightly: Nightly, url: str) -> Nightly:
    return replace(nightly, values={"URL": url})


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("xml", XML),
        ("xml", b"\xef\xbb\xbf<list><row/></list  >\n<!-- end -->\n"),
        ("xml", b"<?xml version='1.0'?><list/>"),
        ("xml", b'<!DOCTYPE list [<!ENTITY a "b">]><list>&a;</list>'),
        ("xml", "<list><row/></list>".encode("utf-16")),
        ("csv", "编号,名称\n1,赭山站\n".encode("gb18030")),
        ("json", b'[{"code": "1"}]'),
        ("workbook", b"PK\x03\x04..."),
    ],
    ids=["GB18030", "BOM and comment", "one tag", "document type", "UTF-16", "CSV", "JSON", "workbook"],
)
def test_a_whole_file_is_kept_as_it_came(nightly: Nightly, form: Form, content: bytes) -> None:
    with serving(lambda _: Reply(content)) as owner:
        found = _at(nightly, owner.url).run(Download("URL", form))
    assert (found.outcome, found.mode, found.message) == (Outcome.OK, "snapshot", "")
    assert [part.label for part in found.parts] == [f"list.{form}"]
    assert nightly.contents(found) == [content]


@pytest.mark.parametrize("end", [len(XML) - 3, len(XML) // 2, 70], ids=["in the last tag", "in the middle", "in the first tag"])
@pytest.mark.parametrize(
    "length", [b"", b"Content-Length: 9999\r\n", b"Transfer-Encoding: chunked\r\n"], ids=["no length", "length", "chunked"]
)
def test_a_file_cut_short_is_partial(nightly: Nightly, length: bytes, end: int) -> None:
    chunk = b"fff\r\n" if b"chunked" in length else b""
    with speaking(saying(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + chunk + XML[:end])) as owner:
        found = _at(nightly, owner.url).run(Download("URL", "xml"))
    assert found.outcome is Outcome.PARTIAL
    assert nightly.contents(found) == [XML[:end]]


@pytest.mark.parametrize(
    ("form", "content", "outcome"),
    [
        ("xml", b"<!doctype HTML><html></html>", Outcome.NOT_DECLARED_FORMAT),
        ("csv", b"\n <html><body>login</body></html>", Outcome.NOT_DECLARED_FORMAT),
        ("workbook", b"<html>", Outcome.NOT_DECLARED_FORMAT),
        ("xml", b"code,name\n1,a\n", Outcome.NOT_DECLARED_FORMAT),
        ("xml", b'{"code": 500}', Outcome.NOT_DECLARED_FORMAT),
        ("json", b"code,name", Outcome.NOT_DECLARED_FORMAT),
        ("xml", b"", Outcome.EMPTY),
        ("csv", b"\n", Outcome.EMPTY),
    ],
)
def test_something_else_in_its_place(nightly: Nightly, form: Form, content: bytes, outcome: Outcome) -> None:
    with serving(lambda _: Reply(content)) as owner:
        found = _at(nightly, owner.url).run(Download("URL", form))
    assert found.outcome is outcome
    assert nightly.contents(found) == [content]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"Last-Modified": "Mon, 01 Jun 2026 00:00:00 GMT"}, {"If-Modified-Since": "Mon, 01 Jun 2026 00:00:00 GMT"}),
        ({"ETag": 'W/"7"'}, {"If-None-Match": 'W/"7"'}),
    ],
    ids=["date", "tag"],
)
def test_only_what_changed_is_asked_for(nightly: Nightly, given: dict[str, str], asked: dict[str, str]) -> None:
    def answer(request: Asked) -> Reply:
        known = all(request.headers.get(name) == value for name, value in asked.items())
        return Reply(status=304) if known else Reply(XML, headers=given)

    with serving(answer) as owner:
        there = _at(nightly, owner.url)
        first = there.run(Download("URL", "xml"))
        second = there.run(Download("URL", "xml"), first.checkpoint, "2026-06-08")
    assert (second.outcome, second.parts, second.bytes) == (Outcome.UNCHANGED, first.parts, 0)
    assert (second.etag, second.last_modified) == (first.etag, first.last_modified)
    assert first.etag or first.last_modified
