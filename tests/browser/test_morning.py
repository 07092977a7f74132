"""The morning of an operator, in a browser: she sees what failed, opens a form that is filled in already, acts, sees the register changed, and takes it back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.city import SLIP, Served
from tests.browser.forms import show_answer, submitted

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

Picture = Callable[..., None]


def open_report(page: Page, city: Served) -> None:
    """The newest night's report, as Prefect's page shows it."""
    page.goto(f"{city.ui}/v2/artifacts/artifact/{city.newest_report['id']}")
    expect(page.get_by_text("扣留的行").first).to_be_visible()


def follow(page: Page, word: str) -> str:
    """Click the first link of the open report whose word begins so; the address to which it led."""
    page.get_by_role("link", name=re.compile(f"^{word}")).first.click()
    page.wait_for_url("**/v2/deployments/deployment/**")
    return str(page.url)


def is_open(city: Served, name: str) -> bool:
    found = city.query(f"select count(*) as listings from listing where valid_to is null and is_open and name like '%{name}%'")
    return bool(found["listings"].iloc[0])


def test_an_address_to_bookmark_shows_the_runs_that_need_a_person(page: Page, city: Served, picture: Picture) -> None:
    page.goto(f"{city.ui}/v2/runs?tags=needs-review&range=past-7-days")
    expect(page.get_by_text("Quarantined").first).to_be_visible()
    picture("runs")


@pytest.mark.parametrize(("tag", "nights"), [("source:telecom_tower", 1), ("needs-review", 2), ("no-such-tag", 0)])
def test_runs_are_found_by_a_tag_that_is_typed(page: Page, city: Served, tag: str, nights: int) -> None:
    page.goto(f"{city.ui}/v2/runs")
    expect(page.get_by_text("Quarantined")).to_have_count(2)
    page.get_by_label("All tags").press_sequentially(tag)
    page.get_by_label("All tags").press("Enter")
    expect(page.get_by_text("Quarantined")).to_have_count(nights)


def test_from_the_list_of_runs_to_the_report_of_the_night(page: Page, city: Served) -> None:
    page.goto(f"{city.ui}/v2/runs")
    page.get_by_role("link", name=re.compile("^芜湖市 ")).first.click()
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_role("tabpanel").get_by_role("link", name="night-report").click()
    page.get_by_role("main").get_by_role("link").filter(has_text=str(city.newest_report["id"])[:8]).first.click()
    expect(page.get_by_text("要处理").first).to_be_visible()


def test_the_report_says_first_what_must_be_done_and_its_pictures_are_drawn(page: Page, city: Served, picture: Picture) -> None:
    open_report(page, city)
    expect(page.get_by_text("要处理").first).to_be_visible()
    for title in ("隔离区里的行（最近三十夜）", "名单离最近一次完好几天"):
        drawn = page.get_by_role("img", name=title)
        expect(drawn).to_be_visible()
        assert str(drawn.get_attribute("src")).startswith("data:image/svg+xml;base64,")
        assert int(drawn.evaluate("image => image.complete ? image.naturalWidth : 0")) > 400
    picture("report")


def test_a_row_is_released_from_the_report_and_taken_back(page: Page, city: Served, picture: Picture) -> None:
    assert not is_open(city, SLIP)
    open_report(page, city)
    follow(page, "放行这 1 行")
    expect(page.get_by_label("校验字")).not_to_be_empty()
    page.get_by_label("谁决定的").fill("李敏")
    page.get_by_label("为什么").fill("打电话问过，是真的网点")
    picture("act-release", whole=True)
    state = submitted(page, city)
    assert state["name"] == "Completed", state
    assert is_open(city, SLIP)
    show_answer(page, city, state["run"], "已放行")
    picture("answer")
    number = city.log["decision_id"].iloc[-1]
    page.goto(f"{city.desk}/do/undo?decision={number}")
    page.get_by_label("谁决定的").fill("李敏")
    page.get_by_label("为什么").fill("看错了，这一行还要问")
    picture("act-undo", whole=True)
    undone = submitted(page, city)
    assert undone["name"] == "Completed", undone
    assert not is_open(city, SLIP)


def test_a_wrong_correction_is_refused_in_words_and_a_right_one_brings_the_row_in(page: Page, city: Served, picture: Picture) -> None:
    open_report(page, city)
    address = follow(page, "更正第")
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
    picture("act-correct", whole=True)
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
