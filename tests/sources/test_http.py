"""HTTP towards an owner: what the line and the server can do to us, each as one outcome and one sentence."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

from sources.kit.auth import ApiKey, ClientCredentials, Hmac
from sources.kit.download import Download
from sources.kit.json_pages import JsonPages
from sources.kit.network import Network
from sources.kit.retrieval import Outcome
from tests.sources.certificates import authority_and_server
from tests.sources.fetching import NETWORK, SECRETS, Nightly
from tests.sources.owner_server import Asked, Reply, as_json, closed_port, dripping, saying, serving, speaking

LIST = JsonPages("URL", at="list", auth=ApiKey("KEY"))
ROWS = {"list": [{"code": "1"}, {"code": "2"}]}
YEAR = str(365 * 24 * 3600)


@pytest.fixture
def nightly(tmp_path: Path) -> Nightly:
    return Nightly(tmp_path)


def _at(nightly: Nightly, url: str) -> Nightly:
    return replace(nightly, values={**nightly.values, "URL": url})


def test_a_list_arrives(nightly: Nightly) -> None:
    with serving(lambda _: as_json(ROWS)) as owner:
        found = _at(nightly, owner.url).run(LIST)
    assert (found.outcome, found.mode, found.tries, found.message) == (Outcome.OK, "snapshot", 1, "")
    assert [json.loads(content) for content in nightly.contents(found)] == [ROWS]
    assert found.bytes == sum(part.bytes for part in found.parts)
    assert found.started_at == "2026-05-31T18:00:00+00:00"
    assert owner.asked[0].headers["X-Api-Key"] == SECRETS["KEY"]
    assert owner.asked[0].headers["Accept-Encoding"] == "identity"


def test_connection_refused(nightly: Nightly) -> None:
    port = closed_port()
    found = _at(nightly, f"http://127.0.0.1:{port}/list").run(LIST)
    assert found.outcome is Outcome.UNREACHABLE
    assert found.message == f"网点清单：127.0.0.1:{port} 拒绝连接，服务可能没有启动；请联系对方，并检查 YIZHAN_URL"
    assert found.tries == 2


def test_a_host_that_does_not_exist(nightly: Nightly) -> None:
    found = _at(nightly, "http://owner.invalid/list").run(LIST)
    assert found.outcome is Outcome.UNREACHABLE
    assert "找不到主机 owner.invalid" in found.message


@pytest.mark.parametrize(
    ("status", "outcome", "told"),
    [
        (401, Outcome.REFUSED, "请核对 YIZHAN_KEY"),
        (403, Outcome.REFUSED, "403"),
        (302, Outcome.REFUSED, "转到了 login.example"),
        (404, Outcome.NOT_FOUND, "404"),
        (429, Outcome.THROTTLED, "一直限流"),
        (400, Outcome.OWNER_ERROR, "400"),
        (204, Outcome.OWNER_ERROR, "204"),
        (304, Outcome.REFUSED, "304"),
        (500, Outcome.OWNER_ERROR, "500"),
        (503, Outcome.OWNER_ERROR, "503"),
    ],
)
def test_a_status_that_is_no_list(nightly: Nightly, status: int, outcome: Outcome, told: str) -> None:
    with serving(lambda _: Reply(b"", status, {"Location": "https://login.example/?back=1"} if status == 302 else {})) as owner:
        found = _at(nightly, owner.url).run(LIST)
    assert found.outcome is outcome
    assert told in found.message
    assert len(owner.asked) == found.tries == (2 if status in (429, 500, 503) else 1)


def test_429_once_is_waited_out(nightly: Nightly) -> None:
    replies = iter([Reply(status=429, headers={"Retry-After": "0"}), as_json(ROWS)])
    with serving(lambda _: next(replies)) as owner:
        found = _at(nightly, owner.url).run(LIST)
    assert (found.outcome, found.tries) == (Outcome.OK, 2)


@pytest.mark.parametrize(
    ("header", "told"),
    [(YEAR, "365 天"), ("7200", "2 小时"), ("Fri, 31 Dec 9999 23:59:59 GMT", "天")],
    ids=["a year", "two hours", "a far date"],
)
def test_retry_after_is_not_obeyed_beyond_reason(nightly: Nightly, header: str, told: str) -> None:
    with serving(lambda _: Reply(status=429, headers={"Retry-After": header})) as owner:
        found = _at(nightly, owner.url).run(LIST)
    assert found.outcome is Outcome.THROTTLED
    assert told in found.message
    assert len(owner.asked) == 1


def test_retry_after_beyond_the_deadline_is_not_waited_for(nightly: Nightly) -> None:
    with serving(lambda _: Reply(status=503, headers={"Retry-After": "50"})) as owner:
        found = _at(nightly, owner.url).run(LIST, wall_seconds=5)
    assert (found.outcome, len(owner.asked)) == (Outcome.THROTTLED, 1)


def test_a_retry_after_that_says_nothing_is_passed_over(nightly: Nightly) -> None:
    replies = iter([Reply(status=503, headers={"Retry-After": "soon"}), as_json(ROWS)])
    with serving(lambda _: next(replies)) as owner:
        assert _at(nightly, owner.url).run(LIST).outcome is Outcome.OK


BODY = json.dumps(ROWS).encode()
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CUT = {
    "with Content-Length": b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + BODY[:20],
    "without Content-Length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + BODY[:20],
    "without Content-Length, at the end of a row": b"HTTP/1.1 200 OK\r\n\r\n" + BODY[: BODY.index(b"}") + 1],
    "inside a chunk": CHUNKED + b"40\r\n" + BODY[:20],
    "between two chunks": CHUNKED + b"%x\r\n" % 20 + BODY[:20] + b"\r\n",
    "before the body": b"HTTP/1.1 200 OK\r\n\r\n",
    "inside a character": b"HTTP/1.1 200 OK\r\n\r\n" + '{"list": [{"name": "驿'.encode()[:-1],
}


@pytest.mark.parametrize("said", CUT.values(), ids=CUT.keys())
def test_a_body_cut_short_is_partial(nightly: Nightly, said: bytes) -> None:
    with speaking(saying(said)) as owner:
        found = _at(nightly, owner.url).run(LIST)
    assert found.outcome is Outcome.PARTIAL
    assert "断了" in found.message
    assert [BODY.startswith(content) or content.startswith(b'{"list"') for content in nightly.contents(found)] == [True]


def test_a_cut_gzip_stream_that_nobody_asked_for_is_partial(nightly: Nightly) -> None:
    packed = gzip.compress(json.dumps({"list": [{"code": str(number)} for number in range(5000)]}).encode())
    with speaking(saying(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + packed[: len(packed) // 2])) as owner:
        assert _at(nightly, owner.url).run(LIST).outcome is Outcome.PARTIAL


def test_a_body_cut_once_is_asked_for_again(nightly: Nightly) -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY)
    said = iter([whole + BODY[:9], whole + BODY])

    def speak(line: socket.socket, over: threading.Event) -> None:
        saying(next(said))(line, over)

    with speaking(speak) as owner:
        found = _at(nightly, owner.url).run(LIST)
    assert (found.outcome, found.tries) == (Outcome.OK, 2)
    assert nightly.contents(found) == [BODY]


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1", b"SSH-2.0-OpenSSH\r\n"], ids=["hangs up", "half a status line", "not HTTP"])
def test_a_server_that_does_not_speak_http(nightly: Nightly, said: bytes) -> None:
    with speaking(saying(said)) as owner:
        assert _at(nightly, owner.url).run(LIST).outcome is Outcome.UNREACHABLE


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[", b"HTTP/1.1 200 OK\r\n\r\n[", b"HTTP/1.1 200 OK\r\nX-Slow:", b""],
    ids=["in the body", "in a body without length", "in a header", "before the status line"],
)
def test_a_slow_drip_ends_at_the_deadline(nightly: Nightly, head: bytes) -> None:
    with speaking(dripping(head)) as owner:
        found = _at(nightly, owner.url).run(LIST, wall_seconds=0.3)
    assert found.outcome is Outcome.TOO_SLOW
    assert "0.3 秒内没有取完" in found.message


def test_a_server_that_never_answers(nightly: Nightly) -> None:
    impatient = replace(nightly, network=replace(NETWORK, read_seconds=0.05))

    def silence(_line: socket.socket, over: threading.Event) -> None:
        over.wait()

    with speaking(silence) as owner:
        found = _at(impatient, owner.url).run(LIST)
    assert (found.outcome, found.tries) == (Outcome.TOO_SLOW, 2)
    assert "迟迟不答复" in found.message


def test_a_body_without_end_is_stopped(nightly: Nightly) -> None:
    small = replace(nightly, network=replace(NETWORK, max_bytes=1000))
    with serving(lambda _: Reply(b"x" * 5000)) as owner:
        found = _at(small, owner.url).run(LIST)
    assert found.outcome is Outcome.NOT_DECLARED_FORMAT
    assert "上限" in found.message


@pytest.mark.parametrize("address", ["127.0.0.1/list", "ftp://127.0.0.1/list", "http://", "http://[::1/list", "http://a..b/list"])
def test_an_address_that_is_none(nightly: Nightly, address: str) -> None:
    found = _at(nightly, address).run(LIST)
    assert found.outcome is Outcome.NOT_CONFIGURED
    assert "YIZHAN_URL 不是有效的网址" in found.message


@pytest.mark.parametrize("name", ["URL", "KEY"])
def test_a_missing_setting(nightly: Nightly, name: str) -> None:
    with serving(lambda _: as_json(ROWS)) as owner:
        found = replace(nightly, values={"URL": owner.url, name: ""}).run(LIST)
    assert found.outcome is Outcome.NOT_CONFIGURED
    assert found.message == f"网点清单：没有设置 YIZHAN_{name}；请在环境变量或设置文件中补上"
    assert not owner.asked


@pytest.mark.parametrize("key", ["密钥在此", "two\nlines"], ids=["Chinese", "two lines"])
def test_a_key_that_cannot_be_sent(nightly: Nightly, key: str) -> None:
    with serving(lambda _: as_json(ROWS)) as owner:
        found = replace(nightly, values={"URL": owner.url, "KEY": key}).run(LIST)
    assert found.outcome is Outcome.NOT_CONFIGURED
    assert key not in found.message


Shape: TypeAlias = Callable[[str], tuple[JsonPages | Download, dict[str, str]]]

#: Fetches and their settings, for an owner at an address.
FETCHES: dict[str, Shape] = {
    "key in a header": lambda url: (LIST, {"URL": url}),
    "signature": lambda url: (JsonPages("URL", "list", auth=Hmac("APP", "KEY")), {"URL": url, "APP": "app-1"}),
    "client credentials": lambda url: (
        JsonPages("URL", "list", auth=ClientCredentials("URL", "ID", "CLIENT_SECRET")),
        {"URL": url, "ID": "me"},
    ),
    "key in the address": lambda url: (Download("URL", "json"), {"URL": f"{url}?token={SECRETS['KEY']}"}),
    "password in the address": lambda url: (Download("URL", "json"), {"URL": url.replace("//", f"//me:{SECRETS['KEY']}@")}),
}


@pytest.mark.parametrize("shape", FETCHES.values(), ids=FETCHES.keys())
@pytest.mark.parametrize("status", [200, 401, 429, 500])
def test_no_secret_is_told(nightly: Nightly, shape: Shape, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Not even when the owner sends our own secrets back; the run itself checks message and record."""
    caplog.set_level(logging.DEBUG)

    def echo(asked: Asked) -> Reply:
        said = " ".join([asked.target, *asked.headers.values(), *SECRETS.values()])
        return as_json({"code": said, "access_token": SECRETS["KEY"], "list": said}, status)

    with serving(echo) as owner:
        fetch, values = shape(owner.url)
        found = replace(nightly, values=values).run(fetch)
    with speaking(saying(b"")) as silent:
        fetch, values = shape(silent.url)
        replace(nightly, values=values).run(fetch, refetch=True)
    told = caplog.text + found.to_json()
    assert [secret for secret in SECRETS.values() if secret in told] == []
    assert "urllib3" in told


def test_the_environments_proxy_is_not_used(nightly: Nightly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("no_proxy", "")
    with serving(lambda _: as_json(ROWS)) as owner:
        assert _at(nightly, owner.url).run(LIST).outcome is Outcome.OK


def test_the_proxy_that_is_set_is_used(nightly: Nightly) -> None:
    with serving(lambda _: as_json(ROWS)) as proxy:
        through = replace(nightly, network=replace(NETWORK, proxy=proxy.url.removesuffix("/list")))
        found = _at(through, "http://owner.invalid/list").run(LIST)
    assert found.outcome is Outcome.OK
    assert proxy.asked[0].target == "http://owner.invalid/list"


def test_a_proxy_that_is_down_is_told_as_such(nightly: Nightly) -> None:
    through = replace(nightly, network=replace(NETWORK, proxy=f"http://127.0.0.1:{closed_port()}"))
    found = _at(through, "http://owner.invalid/list").run(LIST)
    assert found.outcome is Outcome.UNREACHABLE
    assert "YIZHAN_PROXY" in found.message


def test_a_private_authority(nightly: Nightly, tmp_path: Path) -> None:
    bundle, trust = authority_and_server(tmp_path)
    with serving(lambda _: as_json(ROWS), trust) as owner:
        stranger = _at(nightly, owner.url).run(LIST)
        known = _at(replace(nightly, network=replace(NETWORK, ca_bundle=bundle)), owner.url).run(LIST)
    assert stranger.outcome is Outcome.UNREACHABLE
    assert "证书不受信任" in stranger.message
    assert stranger.tries == 1
    assert known.outcome is Outcome.OK


def test_certificates_that_are_none(nightly: Nightly, tmp_path: Path) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("not a certificate")
    network = Network(ca_bundle=bundle)
    found = _at(replace(nightly, network=network), "https://127.0.0.1/list").run(LIST)
    assert found.outcome is Outcome.NOT_CONFIGURED
    assert "YIZHAN_CA_BUNDLE" in found.message
