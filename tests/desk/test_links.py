"""Links of a report: what they carry is what the action's form takes, and the redirect finds the deployment at the click."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from desk.links import Links, Selector, group_digest
from desk.redirect import redirect_app
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
def app() -> Iterator[TestClient]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Prefect)
    Thread(target=server.serve_forever, daemon=True).start()
    yield TestClient(redirect_app(f"http://127.0.0.1:{server.server_port}/api"), follow_redirects=False)
    server.shutdown()
    server.server_close()


def opened(app: TestClient, address: str) -> dict[str, object]:
    """The form that a link opens, as it is filled in."""
    answer = app.get(address.removeprefix(LINKS.base))
    assert answer.status_code == 302
    return dict(json.loads(parse_qs(urlsplit(answer.headers["location"]).query)["parameters"][0])["form"])


def test_a_group_is_released_by_the_very_rows_that_the_report_shows(app: TestClient) -> None:
    told = dict(LINKS.of_group("union", "name_is_test", ROWS))
    form = filled(ReleaseForm, {**opened(app, told["放行这 2 行"]), **SIGNED})
    assert form.group.selector == Selector("union", "name_is_test", "2026-06-01", "2026-06-01-1", 2, group_digest(ROWS))


def test_what_cannot_be_released_is_offered_for_correction_row_by_row(app: TestClient) -> None:
    told = dict(LINKS.of_group("union", "name_absent", ROWS))
    assert list(told) == ["更正第 3 行", "更正第 4 行"]
    form = filled(CorrectForm, {**opened(app, told["更正第 4 行"]), "value": "赭山驿站", **SIGNED})
    assert (form.scope, form.key, form.field) == ("row", "union:2", "name")


def test_a_digest_names_the_rows_and_their_content_in_any_order() -> None:
    assert group_digest(ROWS) == group_digest(ROWS.iloc[::-1])
    assert group_digest(ROWS) != group_digest(ROWS.assign(row_digest=["a", "c", "c"]))
    assert group_digest(ROWS) != group_digest(ROWS.head(1))
    assert group_digest(ROWS).isalpha()


@pytest.mark.parametrize(("path", "status"), [("/do/undo", 503), ("/do/nothing", 404), ("/do/<script>alert(1)<", 404)])
def test_a_link_that_leads_nowhere_is_told(app: TestClient, path: str, status: int) -> None:
    answer = app.get(path)
    assert answer.status_code == status
    assert "<script" not in answer.text


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
    app = TestClient(redirect_app("http://127.0.0.1:4200/api", "https://yizhan.example.cn"), follow_redirects=False)
    assert app.get(f"/run/{run}").headers["location"] == f"https://yizhan.example.cn/v2/runs/flow-run/{run}?tab=Artifacts"
    assert app.get("/run/none").status_code == 422
