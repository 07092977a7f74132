"""Links of a report: what they carry is what the action's form takes, and the redirect finds the deployment at the click."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

import pandas as pd
import pytest

from desk.links import DO, Links, Selector, group_digest
from desk.redirect import UnservedError, form_address, run_address
from desk.words import ACTIONS
from flows.forms import CorrectForm, ReleaseForm, SignedForm, filled
from flows.run import RefusedError

LINKS = Links("http://127.0.0.1:4201", "2026-06-01", "2026-06-01-1")
ROWS = pd.DataFrame({"row_key": ["1", "2", "2"], "row_digest": ["a", "b", "b"], "line": ["3", "4", "4"], "field": ["name"] * 3})
SIGNED = {"who": "李敏", "why": "打电话问过"}


class _Prefect(BaseHTTPRequestHandler):
    """Answers as Prefect does when it is asked for a deployment by its names; knows all but one."""

    def do_GET(self) -> None:
        flow, name = unquote(self.path).split("/")[-2:]
        is_known = ACTIONS.get(flow) == name and flow != "undo"
        self.send_response(200 if is_known else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"id": f"id-of-{flow}"}).encode())

    def log_message(self, *_: object) -> None:
        """Nothing is said of requests."""


@pytest.fixture
def api() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Prefect)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


def opened(api: str, address: str) -> dict[str, object]:
    """The form that a link opens, as it is filled in."""
    link = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(link.query).items()}
    found = form_address(api, "http://127.0.0.1:4200", link.path.removeprefix(DO), query)
    assert found.startswith("http://127.0.0.1:4200/v2/deployments/deployment/id-of-")
    return dict(json.loads(parse_qs(urlsplit(found).query)["parameters"][0])["form"])


def test_a_group_is_released_by_the_very_rows_that_the_report_shows(api: str) -> None:
    told = dict(LINKS.of_group("union", "name_is_test", ROWS))
    form = filled(ReleaseForm, {**opened(api, told["放行这 2 行"]), **SIGNED})
    assert form.group.selector == Selector("union", "name_is_test", "2026-06-01", "2026-06-01-1", 2, group_digest(ROWS))


def test_what_cannot_be_released_is_offered_for_correction_row_by_row(api: str) -> None:
    told = dict(LINKS.of_group("union", "name_absent", ROWS))
    assert list(told) == ["全部 2 行（Excel）", "更正第 3 行", "更正第 4 行"]
    form = filled(CorrectForm, {**opened(api, told["更正第 4 行"]), "value": "赭山驿站", **SIGNED})
    assert (form.scope, form.key, form.field) == ("名单里的一行", "union:2", "name")


def test_a_digest_names_the_rows_and_their_content_in_any_order() -> None:
    assert group_digest(ROWS) == group_digest(ROWS.iloc[::-1])
    assert group_digest(ROWS) != group_digest(ROWS.assign(row_digest=["a", "c", "c"]))
    assert group_digest(ROWS) != group_digest(ROWS.head(1))
    assert group_digest(ROWS).isalpha()


@pytest.mark.parametrize(("action", "status"), [("undo", 503), ("nothing", 404), ("<script>alert(1)<", 404)])
def test_a_link_that_leads_nowhere_is_told(api: str, action: str, status: int) -> None:
    with pytest.raises(UnservedError, match="没有") as told:
        form_address(api, "", action, {})
    assert told.value.status == status


def test_a_prefect_that_is_silent_is_told() -> None:
    with pytest.raises(UnservedError, match="没有应答"):
        form_address("http://127.0.0.1:9/api", "", "undo", {})


def test_whom_the_proxy_vouches_for_signs_the_form_beside_the_rows(api: str) -> None:
    told = dict(LINKS.of_group("union", "name_is_test", ROWS))
    form = opened(api, told["放行这 2 行"] + "&who=%E6%9D%8E%E6%95%8F")
    assert form["who"] == "李敏"
    assert set(form) == {"group", "who"}
    assert opened(api, "/do/correct?who=%E6%9D%8E%E6%95%8F&key=union:1") == {"who": "李敏", "key": "union:1"}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({**SIGNED, "scope": "row", "key": "union:1", "field": "name"}, "正确的值：没有填写"),
        ({"scope": "row", "key": "union:1", "field": "name", "value": "甲", "who": "李敏", "why": " "}, "为什么：没有填写"),
        ({**SIGNED, "scope": "moon", "key": "union:1", "field": "name", "value": "甲"}, "只能从所列的几个里选"),
        ({**SIGNED, "scope": "row", "key": "union:1", "field": "name", "value": "字" * 1_000_000}, "正确的值：太长"),
        ("no form at all", "填得不对"),
    ],
)
def test_a_form_is_checked_again_whatever_the_ui_let_through(given: object, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        filled(CorrectForm, given)


@pytest.mark.parametrize("form", SignedForm.__subclasses__())
def test_a_form_is_drawn_in_chinese_and_asks_who_and_why_at_its_end(form: type[SignedForm]) -> None:
    drawn = form.model_json_schema()
    assert list(drawn["properties"])[-2:] == ["who", "why"]
    assert "description" not in drawn
    for told in drawn["properties"].values():
        words = told.get("title", "") + told.get("description", "")
        assert re.search("[\u4e00-\u9fff]", words), told


def test_a_messages_link_leads_to_its_run_where_a_browser_reaches_it() -> None:
    run = "0c6f3a52-1111-4222-8333-444455556666"
    assert run_address("https://yizhan.example.cn", UUID(run)) == f"https://yizhan.example.cn/v2/runs/flow-run/{run}?tab=Artifacts"
