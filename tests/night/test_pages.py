"""Our own pages over a real night: a verdict is durable at once and brought into the register once, what is looked for is found, and nothing foreign gets in."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from urllib.parse import parse_qs, quote, urlsplit

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from httpx import Client, Response

import flows.settling
from desk.links import Selector
from flows.forms import FORMS, filled
from flows.judge import decisions_of
from flows.page_act import _given
from flows.pages import our_app
from flows.rebuild import rebuild
from flows.reviewing import Reviewing
from flows.settings import Settings
from flows.settling import REST_SECONDS, Settling
from tests.night.town import Household, Town, iso

#: Where no Prefect answers.
NOWHERE = "http://127.0.0.1:9/api"
SECRET = "only the proxy knows"


class Desk:
    """The pages of a household, and what a browser would see of them."""

    def __init__(self, household: Household, api: str = NOWHERE, **settings: str) -> None:
        self.household = household
        self.settings = household.settings.model_copy(update=settings)
        self.reviewing = Reviewing(self.settings)
        self.settling = Settling(self.reviewing, api)
        app = our_app(self.settings, api, self.reviewing, self.settling)
        self.browser: Client = TestClient(app, base_url="http://127.0.0.1:4201", follow_redirects=True)

    def get(self, path: str) -> str:
        answer = self.browser.get(path)
        assert answer.status_code == 200, answer.text
        return str(answer.text)

    def say(self, verdict: str, page: str, **more: str) -> Response:
        """The form of a page, sent with a verdict."""
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
        return self.browser.post("/judge", data={"who": "李敏", **hidden, **more, "verdict": verdict})

    @property
    def log(self) -> pd.DataFrame:
        return decisions_of(self.household.house).log


def asked(page: str) -> tuple[str, str]:
    """The pair that a page asks about."""
    found = [re.search(f'name="{side}" value="([^"]*)"', page) for side in ("left_id", "right_id")]
    return tuple(each[1] for each in found if each)  # type: ignore[return-value]


def waiting(page: str) -> int:
    return int(re.search(r"待判 (\d+) 问", page)[1])  # type: ignore[index]


@pytest.fixture(scope="module")
def _first(tmp_path_factory: pytest.TempPathFactory, _served: Town) -> Household:
    _served.move(0)
    household = Household(tmp_path_factory.mktemp("pages") / "var", _served.env)
    household.run(iso(0))
    return household


@pytest.fixture(scope="module")
def shown(_first: Household) -> Desk:
    """Pages that are only looked at."""
    return Desk(_first)


@pytest.fixture
def own(tmp_path: Path, _first: Household, town: Town) -> Household:
    """A household of the test's own after the first night."""
    shutil.copytree(_first.home, tmp_path / "var", symlinks=True)
    return Household(tmp_path / "var", town.env)


@pytest.fixture
def desk(own: Household) -> Desk:
    return Desk(own)


class _Prefect(ThreadingHTTPServer):
    """Knows the action 重放, and takes down each run that it is asked to start; a run ends at once."""

    started: list[dict[str, object]]


class _Answers(BaseHTTPRequestHandler):
    server: _Prefect

    def do_GET(self) -> None:
        self._say(
            200, {"id": "of-replay"} if "/deployments/name/replay/" in self.path else {"state": {"type": "COMPLETED", "name": "Completed"}}
        )

    def do_POST(self) -> None:
        self.server.started.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self._say(201, {"id": "a-run"})

    def _say(self, status: int, told: dict[str, object]) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(told).encode())

    def log_message(self, *_: object) -> None:
        """Nothing is said of requests."""


@pytest.fixture
def prefect() -> Iterator[_Prefect]:
    server = _Prefect(("127.0.0.1", 0), _Answers)
    server.started = []
    Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_verdict_is_in_the_journal_at_once_with_what_was_seen_and_its_question_is_gone(desk: Desk) -> None:
    page = desk.get("/judge")
    pair, count = asked(page), waiting(page)
    after = desk.say("not", page, why="两个门").text
    detail = json.loads(desk.log["detail"].iloc[-1])
    assert (detail["left_id"], detail["right_id"], detail["verdict"]) == (*sorted(pair), "not")
    assert detail["seen"]["levels"]["stratum"]
    assert detail["is_vouched"] is False
    assert (desk.log["who"].iloc[-1], desk.log["why"].iloc[-1]) == ("李敏", "两个门")
    assert asked(after) != pair
    assert waiting(after) < count
    assert "有 1 条判定还没有进名册" in after


def test_taken_back_it_is_asked_again(desk: Desk) -> None:
    page = desk.get("/judge")
    after = desk.say("not", page).text
    again = desk.say("undo", after).text
    assert asked(again) == asked(page)
    assert waiting(again) == waiting(page)
    assert desk.log["is_undone"].tolist()[0]


def test_a_question_is_skipped_without_a_word_and_comes_round_again(desk: Desk) -> None:
    page = desk.get("/judge")
    pairs = [asked(page)]
    for _ in range(waiting(page) - 1):
        page = desk.say("skip", page).text
        pairs.append(asked(page))
    assert len(set(pairs)) == len(pairs)
    assert asked(desk.say("skip", page).text) == pairs[0]
    assert desk.log.empty


def test_the_same_form_sent_twice_is_one_verdict(desk: Desk) -> None:
    page = desk.get("/judge")
    desk.say("same", page)
    desk.say("same", page)
    assert len(desk.log) == 1
    desk.say("not", page)
    assert len(desk.log) == 2, "another verdict on the pair is another decision"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"who": ""}, "没有写明判定人"),
        ({"verdict": "perhaps"}, "不认识"),
        ({"left_id": "union:none"}, "没有登记 union:none"),
        ({"left_id": "<script>alert(1)</script>"}, "没有登记 &lt;script&gt;"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words_and_the_question_stays(desk: Desk, form: dict[str, str], sentence: str) -> None:
    page = desk.get("/judge")
    answer = desk.say("not", page, **form) if "verdict" not in form else desk.say(form["verdict"], page)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert asked(answer.text) == asked(page)
    assert desk.log.empty


def test_a_verdict_against_others_is_refused_with_the_chain(desk: Desk) -> None:
    page = desk.get("/judge")
    left, right = asked(page)
    third = desk.reviewing.published().listings.query("is_open")["listing_id"].loc[lambda ids: ~ids.isin([left, right])].iloc[0]
    for a, b in ((left, third), (right, third)):
        assert desk.say("same", page, left_id=a, right_id=b).status_code == 200
    refused = desk.say("not", page)
    assert refused.status_code == 422
    assert "判定互相矛盾" in refused.text
    assert third in refused.text


def test_unsure_is_an_answer_and_is_not_asked_again(desk: Desk) -> None:
    page = desk.get("/judge")
    assert asked(desk.say("unsure", page).text) != asked(page)
    assert asked(desk.get("/judge")) != asked(page)


def test_what_was_answered_before_the_pages_were_opened_is_asked_once_it_is_taken_back(desk: Desk, own: Household) -> None:
    page = desk.get("/judge")
    after = desk.say("unsure", page).text
    later = Desk(own)
    assert asked(later.get("/judge")) != asked(page)
    desk.say("undo", after)
    assert asked(later.get("/judge")) == asked(page)


def test_what_is_answered_elsewhere_is_not_asked_here(desk: Desk, own: Household) -> None:
    page = desk.get("/judge")
    Desk(own).say("same", page)
    assert asked(desk.get("/judge")) != asked(page)


def test_the_night_is_made_again_once_when_the_reviewer_rests(own: Household, prefect: _Prefect, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=1000.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(flows.settling, "time", clock)  # how long this machine takes is not asked
    desk = Desk(own, f"http://127.0.0.1:{prefect.server_port}/api")
    page = desk.get("/judge")
    for verdict in ("not", "unsure", "not"):
        clock.now += REST_SECONDS - 1
        page = desk.say(verdict, page).text
        desk.settling.tick()
    assert prefect.started == [], "not while the reviewer is at it"
    clock.now += REST_SECONDS
    for _ in range(3):
        desk.settling.tick()
    assert [run["parameters"] for run in prefect.started] == [{"form": {"since": iso(0), "who": "李敏", "why": "判定页：3 条判定"}}]
    assert "判定已进名册" in desk.get("/judge")


def test_a_prefect_that_is_silent_is_told_and_asked_again(desk: Desk) -> None:
    page = desk.say("not", desk.get("/judge")).text
    assert "重建没有开始" in desk.say("rebuild", page).text
    assert len(desk.log) == 1


def test_a_rebuilt_night_has_other_questions(desk: Desk, own: Household) -> None:
    page = desk.get("/judge")
    desk.say("not", page)
    rebuild(own.house, "action/1", "测试")
    assert "还没有进名册" not in desk.get("/judge")
    assert waiting(desk.get("/judge")) < waiting(page)


def test_nothing_on_a_page_is_fetched_from_elsewhere_or_run_by_what_an_owner_wrote(shown: Desk) -> None:
    answer = shown.browser.get("/judge")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r'(src|href)="https?://(?!127\.0\.0\.1)', answer.text)
    assert "<script>alert" not in shown.get(f"/find?q={quote('<script>alert(1)</script>')}")


@pytest.mark.parametrize(
    ("headers", "method"),
    [
        pytest.param({"host": "evil.example"}, "get", id="another name for our address"),
        pytest.param({"origin": "http://evil.example"}, "post", id="a form on a foreign page"),
        pytest.param({"origin": "http://127.0.0.1:4200"}, "post", id="a form on another server of this machine"),
    ],
)
def test_foreign_pages_reach_nothing(desk: Desk, headers: dict[str, str], method: str) -> None:
    assert desk.browser.request(method, "/judge", headers=headers).status_code == 403
    assert desk.log.empty


def test_behind_a_proxy_the_name_is_the_proxys_and_nobody_else_gets_in(own: Household) -> None:
    desk = Desk(own, desk_secret=SECRET)
    vouched = {"x-yizhan-secret": SECRET, "x-yizhan-user": quote("王芳")}
    assert desk.browser.get("/judge").status_code == 403
    assert desk.browser.get("/judge", headers={**vouched, "x-yizhan-secret": "guessed, wrongly"}).status_code == 403
    assert desk.browser.get("/judge", headers={"x-yizhan-secret": SECRET}).status_code == 403
    desk.browser.headers.update(vouched)
    page = desk.get("/judge")
    assert "判定人：王芳" in page
    desk.say("not", page, who="别人")
    assert desk.log["who"].tolist() == ["王芳"]
    assert json.loads(desk.log["detail"].iloc[-1])["is_vouched"] is True


def test_a_messages_link_leads_to_its_run_where_a_browser_reaches_it(shown: Desk) -> None:
    browser = Desk(shown.household, ui_url="https://yizhan.example.cn").browser
    run = "0c6f3a52-1111-4222-8333-444455556666"
    answer = browser.get(f"/run/{run}", follow_redirects=False)
    assert answer.headers["location"] == f"https://yizhan.example.cn/v2/runs/flow-run/{run}?tab=Artifacts"
    assert browser.get("/run/none").status_code == 404


def test_behind_a_proxy_an_actions_form_is_ours_and_starts_the_same_deployment_under_the_proxys_name(
    own: Household, prefect: _Prefect
) -> None:
    desk = Desk(own, f"http://127.0.0.1:{prefect.server_port}/api", desk_secret=SECRET)
    desk.browser.headers.update({"x-yizhan-secret": SECRET, "x-yizhan-user": quote("王芳")})
    page = desk.get("/do/replay?since=2026-06-01")
    assert 'name="since" value="2026-06-01"' in page
    assert "登录的人" in page
    refused = desk.browser.post("/act/replay", data={"since": "2026-06-01", "who": "别人", "why": " "})
    assert (refused.status_code, "为什么：没有填写" in refused.text) == (422, True)
    answer = desk.browser.post("/act/replay", data={"since": "2026-06-01", "who": "别人", "why": "核对过"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/run/a-run")
    assert [run["parameters"] for run in prefect.started] == [{"form": {"since": "2026-06-01", "who": "王芳", "why": "核对过"}}]


@pytest.mark.parametrize("action", FORMS)
def test_every_action_has_a_form_of_ours_that_takes_what_a_link_carries(shown: Desk, action: str) -> None:
    page = shown.get(f"/act/{action}?source=union&rule=name_is_test&night=2026-06-01&publication=p&count=2&digest=abc&key=union:1")
    assert page.count("<label") >= 3
    if action == "release":
        assert re.search(r'name="group.digest" value="abc"[^>]*readonly', page)


def test_a_group_sent_from_our_form_is_the_one_that_the_link_named(own: Household) -> None:
    sent = {
        "group.source": "union",
        "group.rule": "name_is_test",
        "group.night": "2026-06-01",
        "group.publication": "p",
        "group.count": "2",
        "group.digest": "abc",
    }
    told = _given(FORMS["release"], {**sent, "until": "", "why": "问过"})
    assert filled(FORMS["release"], {**told, "who": "李敏"}).group.selector == Selector(
        "union", "name_is_test", "2026-06-01", "p", 2, "abc"
    )
    assert _given(FORMS["split"], {"station": "yz", "listings": "union:1\r\n union:2 \n", "why": ""})["listings"] == ["union:1", "union:2"]


def test_without_a_proxy_no_header_makes_a_name(desk: Desk) -> None:
    desk.browser.headers.update({"x-yizhan-user": "root"})
    page = desk.get("/judge")
    assert 'value="root"' not in page
    desk.say("not", page)
    assert desk.log["who"].tolist() == ["李敏"]


def test_a_station_is_found_by_what_a_person_knows_of_it(shown: Desk) -> None:
    published = shown.reviewing.published()
    listings = published.listings[published.listings["is_open"]]
    known = listings[listings["phones"].fillna("").str.match(r"^0553-\d{7}$") & listings["address"].notna()].iloc[0]
    station = published.stations[known["listing_id"]]
    place = published.state.station.set_index("station_id").loc[station]
    coded = listings[listings["credit_code"].notna()].iloc[0]
    for query, expected in (
        (str(known["name"]), station),
        (str(known["phones"]).replace("-", ""), station),
        (str(known["phones"])[5:], station),
        (known["listing_id"], station),
        (station, station),
        (f"{str(known['name'])[-4:]} {str(known['address'])[:3]}", station),
        (str(coded["credit_code"]), published.stations[coded["listing_id"]]),
        (f"{place['lng_wgs84']},{place['lat_wgs84']}", station if pd.notna(place["lng_wgs84"]) else ""),
    ):
        assert f'href="/station/{expected}' in shown.get(f"/find?q={quote(query)}"), query
    assert "没有找到" in shown.get(f"/find?q={quote('紫禁城')}")


def test_a_held_row_is_found_and_its_story_told_with_the_way_to_mend_it(shown: Desk) -> None:
    held = shown.reviewing.published().state.quarantine.iloc[0]
    key = f"{held['source']}/{held['row_key']}"
    assert f'href="/row/{key}"' in shown.get(f"/find?q={quote(str(held['source']) + ':' + str(held['row_key']))}")
    page = shown.get(f"/row/{key}")
    assert "扣留" in page
    assert "检查出的问题" in page
    assert f"/do/correct?scope=row&amp;key={quote(key.replace('/', ':'), safe='')}" in page


def test_a_listed_row_leads_to_its_station_and_the_station_to_its_forms(shown: Desk) -> None:
    published = shown.reviewing.published()
    listing = published.listings[published.listings["is_open"]].iloc[0]
    station = published.stations[listing["listing_id"]]
    assert f'href="/station/{station}"' in shown.get(f"/row/{listing['source']}/{listing['row_key']}")
    page = shown.get(f"/station/{station}")
    assert "取值和理由" in page
    assert f"/do/close?station={station}" in page


@pytest.mark.parametrize("path", ["/station/yz3402-none", "/row/union/none", "/source/none", "/do/none"])
def test_what_is_not_there_is_said(shown: Desk, path: str) -> None:
    answer = shown.browser.get(path)
    assert answer.status_code == 404
    assert "没有" in answer.text


@pytest.mark.parametrize("path", ["/judge?after=x", "/run/x", "/nowhere", "/judge?done=<script>alert(1)</script>", "/find/" + "x" * 5000])
def test_a_bad_address_is_said_in_words(shown: Desk, path: str) -> None:
    answer = shown.browser.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "没有这个地址" in answer.text
    assert "<script>alert" not in answer.text
    assert len(answer.text) < 10_000
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_source_shows_its_nights_and_what_was_wrong_in_them(shown: Desk) -> None:
    page = shown.get("/source/union")
    assert iso(0) in page
    assert "最近三十夜里的问题" in page
    assert "/do/refetch?source=union" in page


def test_the_home_page_says_first_whether_anything_must_be_done(shown: Desk) -> None:
    page = shown.get("/")
    assert "扣留" in page
    assert 'href="/source/union"' in page


def test_held_rows_are_given_as_a_workbook_in_which_nothing_is_a_formula(own: Household) -> None:
    from python_calamine import CalamineWorkbook

    desk = Desk(own)
    answer = desk.browser.get("/held.xlsx?source=union")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    held = own.query("select distinct row_key from quarantine where closed_on is null and source = 'union'")
    assert {str(row[2]) for row in rows[1:]} == set(held["row_key"])
    assert all(isinstance(cell, str) for row in rows for cell in row)
    assert "sheet1.xml" in answer.content.decode("latin-1")
    assert urlsplit(str(answer.url)).path == "/held.xlsx"
    assert parse_qs(urlsplit(str(answer.url)).query) == {"source": ["union"]}


def test_the_workbook_of_all_tells_every_rule_that_was_met(own: Household) -> None:
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(io.BytesIO(Desk(own).browser.get("/held.xlsx").content))
    rows = book.get_sheet_by_name("全部问题").to_python()
    met = own.query("select count(*) as issues from issue")["issues"].iloc[0]
    assert rows[0] == ["名单", "规则", "程度", "谁处理", "行数", "例"]
    assert sum(int(str(row[4])) for row in rows[1:]) == met
    assert {row[2] for row in rows[1:]} <= {"严重", "提醒", "提示"}
    assert rows[1][2] == "严重"


def test_settings_for_a_proxy_are_checked() -> None:
    with pytest.raises(ValueError, match="desk_secret"):
        Settings(desk_secret="short")
