"""Each action as its operator does it: the form filled in, what it answers, what changed in the register, and taken back. The pictures are those of docs/operating.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from desk.words import ACTIONS
from tests.browser.city import Served
from tests.browser.examples import EXAMPLES, WHO
from tests.browser.forms import show_answer, submitted

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

#: What notes that something was done, and decides nothing.
_NOTES = ("refetch", "replay")


@pytest.mark.parametrize("action", EXAMPLES)
def test_an_action_is_done_by_its_form_says_what_it_did_and_is_taken_back(
    page: Page, city: Served, picture: Callable[..., None], action: str
) -> None:
    example = EXAMPLES[action](city)
    before = city.query(example.change) if example.change else None
    form = {**example.filled, "who": WHO, "why": example.why}
    deployment = city.deployment(ACTIONS[action])
    page.goto(f"{city.ui}/v2/deployments/deployment/{deployment}/run?parameters={quote(json.dumps({'form': form}, ensure_ascii=False))}")
    expect(page.get_by_label("为什么")).to_have_value(example.why)
    picture(f"act-{action}", whole=True)
    state = submitted(page, city)
    assert state["name"] == "Completed", state
    answer = show_answer(page, city, state["run"], example.answer)
    assert "已重建" in answer
    number = str(city.log["decision_id"].iloc[-1])
    assert f"记为 {number}" in answer.replace("\\", "")
    if before is not None:
        assert not city.query(example.change).equals(before), "the register changed"
    if action in _NOTES:
        return
    page.goto(f"{city.desk}/do/undo?decision={number}")
    undone = submitted(page, city, 谁决定的=WHO, 为什么="试过了，收回")
    assert undone["name"] == "Completed", undone
    if before is not None:
        assert city.query(example.change).equals(before), "the register is as it was"
