"""The four owners that answer over HTTP, asked by a plain client."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from lxml import etree

from sandbox.city import Town
from sandbox.servers.edition import City
from sandbox.servers.exchange import Request
from sandbox.servers.keys import Keys
from sandbox.servers.telecom_mobile import TOKEN_S, MobileFirm
from sandbox.servers.union import TURNED_AWAY_EVERY, Union
from tests.sandbox.conftest import Program, fields


def _get(url: str, **asked: Any) -> requests.Response:
    """An answer; the union's "too many requests" is answered by asking again, without the wait that it asks for."""
    answer = requests.get(url, timeout=30, **asked)
    return requests.get(url, timeout=30, **asked) if answer.status_code == 429 else answer


def _union(served: Program, page: int = 1, headers: Mapping[str, str] | None = None) -> requests.Response:
    key = {"X-Api-Key": served.env["YIZHAN_UNION_KEY"]}
    return _get(served.env["YIZHAN_UNION_URL"], params={"page": page, "size": 30}, headers={**key, **(headers or {})})


def _signed(served: Program, query: str, *, skew: int = 0, secret: str | None = None) -> requests.Response:
    url = f"{served.env['YIZHAN_ICBC_URL']}?{query}"
    stamp = str(int(time.time()) + skew)
    text = f"GET\n{urlsplit(url).path}?{query}\n{stamp}"
    signature = hmac.new((secret or served.env["YIZHAN_ICBC_SECRET"]).encode(), text.encode(), hashlib.sha256).hexdigest()
    headers = {"X-App-Id": served.env["YIZHAN_ICBC_APP_ID"], "X-Timestamp": stamp, "X-Signature": signature}
    return _get(url, headers=headers)


def _token(served: Program, secret: str | None = None, grant: str = "client_credentials") -> requests.Response:
    pair = (served.env["YIZHAN_MOBILE_CLIENT_ID"], secret or served.env["YIZHAN_MOBILE_CLIENT_SECRET"])
    return requests.post(served.env["YIZHAN_MOBILE_TOKEN_URL"], data={"grant_type": grant}, auth=pair, timeout=30)


def _halls(served: Program, **asked: str | int) -> list[dict[str, Any]]:
    bearer = {"Authorization": f"Bearer {_token(served).json()['access_token']}"}
    halls: list[dict[str, Any]] = []
    while True:
        page = _get(served.env["YIZHAN_MOBILE_URL"], params={"offset": len(halls), "limit": 4} | asked, headers=bearer).json()
        assert page["success"] is True
        halls += page["items"]
        if len(halls) >= page["total"]:
            return halls


def _register(content: bytes) -> list[dict[str, str | None]]:
    return [{str(cell.tag): cell.text for cell in place} for place in etree.fromstring(content)]


def test_the_union_gives_its_list_in_pages(served: Program, town: Town) -> None:
    first = _union(served).json()["data"]
    pages = [_union(served, page).json()["data"]["list"] for page in (1, 2, 3)]
    assert (first["total"], first["page"], first["size"]) == (len(town.rows("union", 0)), 1, 30)
    assert [row for page in pages for row in page] == fields(town.rows("union", 0))
    assert _union(served, 9).json()["data"]["list"] == []


def test_the_union_refuses_a_wrong_key(served: Program) -> None:
    answer = _union(served, headers={"X-Api-Key": "钥匙".encode().decode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, 401)


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=二", "size=-1"])
def test_the_union_refuses_a_page_that_is_none(served: Program, query: str) -> None:
    answer = _get(f"{served.env['YIZHAN_UNION_URL']}?{query}", headers={"X-Api-Key": served.env["YIZHAN_UNION_KEY"]})
    assert answer.status_code == 400


def test_the_unions_etag_stands_for_the_whole_list(served: Program, later: Callable[[int], None]) -> None:
    tag = _union(served).headers["ETag"]
    assert _union(served, 2).headers["ETag"] == tag
    again = _union(served, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    later(4)
    assert _union(served, headers={"If-None-Match": tag}).status_code == 200


def test_the_union_turns_away_every_seventh_request_once(town: Town) -> None:
    union = Union(City(town, 0), Keys(1))
    request = Request("GET", "/?page=1&size=100", {"x-api-key": union.key})
    answers = [union(request) for _ in range(3 * TURNED_AWAY_EVERY)]
    turned_away = [number for number, answer in enumerate(answers, start=1) if answer.status == 429]
    assert turned_away == [7, 14, 21]
    assert answers[6].headers["Retry-After"] == "1"


def test_the_bank_gives_its_outlets_by_cursor(served: Program, town: Town) -> None:
    outlets, query = [], "limit=4"
    while True:
        page = _signed(served, query).json()
        assert page["respCode"] == "0000"
        outlets += page["outlets"]
        if page["nextCursor"] is None:
            break
        query = f"limit=4&cursor={page['nextCursor']}"
    assert outlets == fields(town.rows("bank_icbc", 0))


@pytest.mark.parametrize("wrong", [{"secret": "other"}, {"skew": -400}, {"skew": 400}], ids=["secret", "old", "early"])
def test_the_bank_refuses_what_is_not_signed_now(served: Program, wrong: Mapping[str, Any]) -> None:
    answer = _signed(served, "limit=4", **wrong)
    assert (answer.status_code, answer.json()["outlets"]) == (401, [])


def test_the_bank_refuses_a_signature_for_another_query(served: Program) -> None:
    signed = _signed(served, "limit=4").request.headers
    assert _get(f"{served.env['YIZHAN_ICBC_URL']}?limit=5", headers=signed).status_code == 401


def test_the_bank_refuses_a_cursor_of_another_night(served: Program, later: Callable[[int], None]) -> None:
    cursor = _signed(served, "limit=4").json()["nextCursor"]
    assert _signed(served, "cursor=nonsense").status_code == 400
    later(1)
    assert _signed(served, f"cursor={cursor}").status_code == 400


def test_the_telecom_firm_gives_its_whole_list(served: Program, town: Town) -> None:
    assert _halls(served) == [row | {"deleted": False} for row in fields(town.rows("telecom_mobile", 0))]


def test_the_telecom_firm_refuses_a_wrong_secret_and_another_grant(served: Program) -> None:
    assert _token(served, secret="wrong").json() == {"error": "invalid_client"}
    assert _token(served, grant="password").json() == {"error": "unsupported_grant_type"}
    assert requests.get(served.env["YIZHAN_MOBILE_URL"], headers={"Authorization": "Bearer no"}, timeout=30).status_code == 401


def test_a_token_expires(town: Town) -> None:
    now = [0.0]
    firm = MobileFirm(City(town, 0), Keys(1), lambda: now[0])
    basic = requests.Request("POST", "http://halls", auth=(firm.client_id, firm.client_secret)).prepare().headers["Authorization"]
    issued = firm.token(Request("POST", "/", {"authorization": basic}, b"grant_type=client_credentials"))
    assert issued.status == 200
    request = Request("GET", "/", {"authorization": f"Bearer {issued.body.decode().split(chr(34))[3]}"})
    assert firm(request).status == 200
    now[0] = TOKEN_S + 1.0
    assert firm(request).status == 401


def test_changes_since_a_night_lead_from_its_list_to_the_present_one(served: Program, town: Town, later: Callable[[int], None]) -> None:
    later(12)  # the whole list was renumbered on night 9
    held = {row.fields["hallId"]: row.fields for row in town.rows("telecom_mobile", 6)}
    for change in _halls(served, changedSince="2026-06-07"):
        hall = change["hallId"]
        if change.pop("deleted"):
            assert [text for header, text in change.items() if header != "hallId"] == [None] * (len(change) - 1)
            del held[hall]
        else:
            held[hall] = change
    assert held == {row.fields["hallId"]: row.fields for row in town.rows("telecom_mobile", 12)}


def test_nothing_has_changed_since_tonight_and_everything_since_before_the_first(served: Program, town: Town) -> None:
    assert _halls(served, changedSince="2026-06-01") == []
    assert _halls(served, changedSince="2099-01-01") == []
    assert len(_halls(served, changedSince="2026-05-31")) == len(town.rows("telecom_mobile", 0))


def test_changes_are_counted_from_a_date(served: Program) -> None:
    bearer = {"Authorization": f"Bearer {_token(served).json()['access_token']}"}
    assert _get(served.env["YIZHAN_MOBILE_URL"], params={"changedSince": "昨天"}, headers=bearer).status_code == 400


def test_the_register_is_xml_in_gb18030(served: Program, town: Town) -> None:
    answer = _get(served.env["YIZHAN_CIVILIZATION_URL"])
    expected = [{header: text or None for header, text in row.items()} for row in fields(town.rows("civilization", 0))]
    assert answer.content.startswith(b'<?xml version="1.0" encoding="GB18030"?>')
    assert _register(answer.content.decode("gb18030").split("?>", 1)[1].encode()) == expected
    root = etree.fromstring(answer.content)
    assert (root.tag, root.get("发布日期"), root.get("总数")) == ("实践阵地名录", "2026-06-01", str(len(expected)))


def test_private_use_characters_survive_the_registers_encoding(served: Program, town: Town) -> None:
    spoilt = [row for row in town.rows("civilization", 0) if "private_use" in row.faults]
    text = _get(served.env["YIZHAN_CIVILIZATION_URL"]).content.decode("gb18030")
    assert spoilt
    assert all(f"<地址>{row.fields['地址']}</地址>" in text and f"<名称>{row.fields['名称']}</名称>" in text for row in spoilt)


def test_the_register_changes_on_mondays_only(served: Program, later: Callable[[int], None]) -> None:
    url = served.env["YIZHAN_CIVILIZATION_URL"]
    monday = _get(url)
    assert monday.headers["Last-Modified"] == "Sun, 31 May 2026 16:30:00 GMT"  # 00:30 on Monday in Wuhu
    later(6)
    assert _get(url, headers={"If-Modified-Since": monday.headers["Last-Modified"]}).status_code == 304
    assert _get(url).content == monday.content
    later(7)
    assert _get(url, headers={"If-Modified-Since": monday.headers["Last-Modified"]}).status_code == 200


def test_other_paths_and_methods_are_refused(served: Program) -> None:
    root = served.env["SANDBOX_CONTROL_URL"].removesuffix("/control")
    assert requests.get(f"{root}/elsewhere", timeout=30).status_code == 404
    assert requests.post(served.env["YIZHAN_UNION_URL"], timeout=30).status_code == 405
    assert requests.post(served.env["YIZHAN_MOBILE_TOKEN_URL"], data=b"x" * 100_000, timeout=30).status_code == 413
