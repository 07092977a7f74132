"""The morning of an operator, in a browser: she sees what failed, opens a form that is filled in already, acts, sees the register changed, and takes it back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.city import SLIP, Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Picture = Callable[..., None]


def link(report: str, word: str) -> str:
    """The address behind the first link of the report whose word begins so."""
    found = re.search(rf"\[{word}[^\]]*\]\(([^)]+)\)", report)
    assert found, report[:3000]
    return found[1]


def submitted(page: Page, city: Served, **filled: str) -> dict[str, object]:
    """The form that is open, filled in further and submitted: the state in which its run ended, and its id."""
    for title, text in filled.items():
        page.get_by_label(title).fill(text)
    with page.expect_response("**/create_flow_run") as answered:
        page.get_by_role("button", name="Submit").click()
    run = answered.value.json()["id"]
    return {**city.ended(run), "run": run}


def show_answer(page: Page, city: Served, run: object, word: str) -> None:
    """The page on which an action says what it did."""
    asked = {"artifacts": {"key": {"any_": ["action-answer"]}, "flow_run_id": {"any_": [run]}}}
    page.goto(f"{city.ui}/v2/artifacts/artifact/{city.ask('artifacts/filter', asked)[0]['id']}")
    expect(page.get_by_text(word).first).to_be_visible()


def is_open(city: Served, name: str) -> bool:
    found = city.query(f"select count(*) as listings from listing where valid_to is null and is_open and name like '%{name}%'")
    return bool(found["listings"].iloc[0])


def test_an_address_to_bookmark_shows_the_runs_that_need_a_person(page: Page, city: Served, picture: Picture) -> None:
    page.goto(f"{city.ui}/v2/runs?tags=needs-review&range=past-7-days")
    expect(page.get_by_text("Quarantined").first).to_be_visible()
    picture("runs")
    page.goto(f"{city.ui}/v2/runs?tags=no-such-tag&range=past-7-days")
    expect(page.get_by_text("Quarantined")).to_have_count(0)


def test_the_report_says_first_what_must_be_done_and_shows_its_pictures(page: Page, city: Served, picture: Picture) -> None:
    page.goto(f"{city.ui}/v2/artifacts/artifact/{city.newest_report['id']}")
    expect(page.get_by_text("要处理").first).to_be_visible()
    expect(page.get_by_text("扣留的行").first).to_be_visible()
    picture("report")


def test_a_row_is_released_from_the_report_and_taken_back(page: Page, city: Served, picture: Picture) -> None:
    assert not is_open(city, SLIP)
    page.goto(link(city.report(), "放行这 1 行"))
    expect(page.get_by_label("校验字")).not_to_be_empty()
    page.get_by_label("谁决定的").fill("李敏")
    page.get_by_label("为什么").fill("打电话问过，是真的网点")
    picture("release", whole=True)
    state = submitted(page, city)
    assert state["name"] == "Completed", state
    assert is_open(city, SLIP)
    show_answer(page, city, state["run"], "已放行")
    picture("answer")
    number = city.log["decision_id"].iloc[-1]
    page.goto(f"{city.desk}/do/undo?decision={number}")
    undone = submitted(page, city, 谁决定的="李敏", 为什么="看错了")
    assert undone["name"] == "Completed", undone
    assert not is_open(city, SLIP)


def test_a_wrong_correction_is_refused_in_words_and_a_right_one_brings_the_row_in(page: Page, city: Served, picture: Picture) -> None:
    address = link(city.report(), "更正第")
    page.goto(address)
    expect(page.get_by_label("哪一个")).not_to_be_empty()
    refused = submitted(page, city, 正确的值="测试", 谁决定的="李敏", 为什么="打电话问过")
    assert refused["name"] == "Refused"
    assert "测试" in str(refused["message"])
    show_answer(page, city, refused["run"], "没有做")
    picture("refused")
    page.goto(address)
    page.get_by_label("正确的值").fill("赭山公园劳动者驿站")
    page.get_by_label("谁决定的").fill("李敏")
    page.get_by_label("为什么").fill("打电话问过业主")
    picture("correct", whole=True)
    state = submitted(page, city)
    assert state["name"] == "Completed", state
    assert is_open(city, "赭山公园劳动者驿站")


def test_three_pairs_are_judged_by_keyboard_alone_and_brought_into_the_register(page: Page, city: Served, picture: Picture) -> None:
    known = len(city.log)
    page.goto(f"{city.desk}/judge")
    page.keyboard.type("王芳")  # the first thing asked for has the focus already
    page.keyboard.press("Escape")
    for done, key in enumerate("213", start=1):
        asked = page.locator("input[name=left_id]").input_value(), page.locator("input[name=right_id]").input_value()
        if done == 2:
            page.keyboard.press("w")
            page.keyboard.type("同一个门")
            page.keyboard.press("Escape")
            picture("judge", whole=True)
        page.keyboard.press(key)
        expect(page.get_by_text(f"这次已判 {done} 问")).to_be_visible()
        told = json.loads(city.log["detail"].iloc[-1])
        assert (told["left_id"], told["right_id"]) == tuple(sorted(asked))
        assert told["verdict"] == {"1": "same", "2": "not", "3": "unsure"}[key]
    assert city.log["who"].iloc[-3:].tolist() == ["王芳"] * 3
    assert city.log["why"].iloc[-2] == "同一个门"
    page.keyboard.press("z")
    expect(page.get_by_text("这次已判 2 问")).to_be_visible()
    assert len(city.log) == known + 4
    page.keyboard.press("r")
    page.wait_for_timeout(1000)
    for _ in range(120):
        if page.get_by_text("判定已进名册").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.get_by_text("判定已进名册")).to_be_visible()
    judged = city.query("select verdict from judgement order by verdict")
    assert judged["verdict"].tolist() == ["not", "same"]


@pytest.mark.parametrize("name", ["home", "judge", "find", "station", "row", "source"])
def test_our_pages_can_be_read_and_used_by_anyone(page: Page, city: Served, picture: Picture, name: str) -> None:
    """axe-core: contrast, labels, headings, roles, order of focus."""
    station = city.query("select station_id from station where status = 'open' order by 1 limit 1")["station_id"].iloc[0]
    held = city.query("select source, row_key from quarantine where closed_on is null order by 1, 2 limit 1").iloc[0]
    paths = {
        "home": "/",
        "judge": "/judge",
        "find": "/find?q=驿站",
        "station": f"/station/{station}",
        "row": f"/row/{held['source']}/{held['row_key']}",
        "source": "/source/union",
    }
    page.goto(city.desk + paths[name])
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if name in ("home", "row"):
        picture(name)
