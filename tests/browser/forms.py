"""What an operator does with a form in Prefect's UI."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.city import Served

#: While its database is busy Prefect's server says 503, its page shows that, and a person clicks again.
_CLICKS = 20


def submitted(page: Page, city: Served, **filled: str) -> dict[str, object]:
    """The form that is open, filled in further and submitted: the state in which its run ended, and its id."""
    for title, text in filled.items():
        page.get_by_label(title).fill(text)
    for _ in range(_CLICKS):
        with page.expect_response("**/create_flow_run") as answered:
            page.get_by_role("button", name="Submit").click()
        if answered.value.status != 503:
            break
        page.wait_for_timeout(1000)
    run = answered.value.json()["id"]
    return {**city.ended(run), "run": run}


def show_answer(page: Page, city: Served, run: object, word: str) -> str:
    """The page on which an action says what it did; its text (Markdown)."""
    asked = {"artifacts": {"key": {"any_": ["action-answer"]}, "flow_run_id": {"any_": [run]}}}
    answer = city.ask("artifacts/filter", asked)[0]
    page.goto(f"{city.ui}/v2/artifacts/artifact/{answer['id']}")
    expect(page.get_by_text(word).first).to_be_visible()
    return str(answer["data"])
