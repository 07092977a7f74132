"""Our own pages can be read and used by anyone: axe-core looks at contrast, labels, headings, roles, and the order of focus."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from flows.forms import FORMS
from tests.browser.city import Served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def assert_readable(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", ["home", "judge", "find", "station", "row", "source"])
def test_a_page(page: Page, city: Served, picture: Callable[..., None], name: str) -> None:
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
    assert_readable(page)
    if name in ("home", "row"):
        picture(name)


@pytest.mark.parametrize("action", FORMS)
def test_an_actions_form_on_our_own_page(page: Page, city: Served, action: str) -> None:
    page.goto(f"{city.desk}/act/{action}")
    expect(page.get_by_role("button", name="提交")).to_be_visible()
    assert_readable(page)


def test_a_refused_form(page: Page, city: Served) -> None:
    page.goto(f"{city.desk}/act/undo")
    page.get_by_label("哪个决定").fill("2026-06-03-7")
    page.get_by_label("谁决定的").fill("李敏")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("为什么：没有填写")
    expect(page.get_by_label("哪个决定")).to_have_value("2026-06-03-7")
    assert_readable(page)


@pytest.mark.parametrize("path", ["/judge?after=x", "/nowhere", "/station/yz3402-none"])
def test_a_page_that_says_sorry(page: Page, city: Served, path: str) -> None:
    page.goto(city.desk + path)
    expect(page.get_by_role("alert")).to_contain_text("没有")
    assert_readable(page)


def test_a_refused_verdict(page: Page, city: Served) -> None:
    """The form is sent without a name: whoever judges must say who it is."""
    page.goto(f"{city.desk}/judge")
    before = len(city.log)
    page.get_by_role("button", name=re.compile("^同一站")).click()
    expect(page.get_by_text("没有写明判定人")).to_be_visible()
    assert len(city.log) == before
    assert_readable(page)
