"""`review`, `explain` and `station` on a published register: what they tell is what the register says."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console

from flows.explain import explained, queue_of, show_pair, show_review, show_station, station_facts
from flows.judge import judge
from flows.outlook import read_published
from flows.run import RefusedError
from tests.flows.test_judge import heard, joined, strangers
from tests.night.town import Household, iso


def told(show: Callable[..., int], household: Household, *words: str, **options: object) -> str:
    """What the command prints."""
    output = io.StringIO()
    assert show(household.settings, Console(file=output, width=300), *words, **options) == 0
    return output.getvalue()


def test_the_queue_asks_each_doubtful_question_once_and_not_after_it_was_answered(published: Household) -> None:
    queue = queue_of(read_published(published.house))
    assert len(queue) > 3
    waiting = published.query("select left_id, right_id from pair where valid_to is null and is_review")
    assert set(zip(queue["left_id"], queue["right_id"], strict=True)) <= set(zip(waiting["left_id"], waiting["right_id"], strict=True))
    assert queue["worth"].is_monotonic_decreasing
    first = queue.iloc[0]
    page = told(show_review, published, limit=2)
    assert f"待判 {len(queue)} 问" in page
    assert page.index(first["left_id"]) < page.index(first["right_id"])
    assert "3. " not in page
    heard(published, first["left_id"], first["right_id"], "unsure")
    judged = queue_of(read_published(published.house))
    assert (first["left_id"], first["right_id"]) not in set(zip(judged["left_id"], judged["right_id"], strict=True)), "at once"
    published.run(iso(0))
    after = queue_of(read_published(published.house))
    assert (first["left_id"], first["right_id"]) not in set(zip(after["left_id"], after["right_id"], strict=True)), "unsure is an answer"


def test_a_pair_is_explained_with_lines_that_add_up(published: Household) -> None:
    a, b = joined(published)
    known = read_published(published.house)
    found = explained(known, b, a)
    stored = published.query(f"select weight_mb from pair where left_id = '{a}' and right_id = '{b}' and valid_to is null")["weight_mb"][0]
    assert found.weight_mb == stored
    assert found.is_together
    page = told(show_pair, published, a, b)
    assert "现在同属" in page
    assert f"{stored / 1000:+.1f}  合计" in page
    assert all(each.title in page for each in found.evidence)


def test_listings_that_were_never_compared_are_compared_on_the_spot(published: Household) -> None:
    known = read_published(published.house)
    alone = strangers(published, 12)
    a, b = next((a, b) for a in alone for b in alone if a < b and not explained(known, a, b).keys)
    page = told(show_pair, published, a, b)
    assert "没有任何相同的线索" in page
    assert "现在分属" in page


def test_a_verdict_is_told_though_no_night_has_run_since(published: Household) -> None:
    a, b = joined(published)
    heard(published, a, b, "not")
    assert "人的判定：不是同一站" in told(show_pair, published, a, b)


@pytest.mark.parametrize(("left", "right", "sentence"), [("{a}", "nobody:1", "没有登记 nobody:1"), ("{a}", "{a}", "同一条登记")])
def test_a_pair_that_is_none(published: Household, left: str, right: str, sentence: str) -> None:
    a = strangers(published, 1)[0]
    with pytest.raises(RefusedError, match=sentence):
        told(show_pair, published, left.format(a=a), right.format(a=a))


def test_a_station_shows_its_listings_values_reasons_and_history(published: Household) -> None:
    a, b = joined(published)
    known = read_published(published.house)
    station_id = known.stations[a]
    facts = station_facts(known, station_id)
    assert set(facts.listings["listing_id"]) == {a, b}
    published_values = published.query(f"select * from station where station_id = '{station_id}'").iloc[0]
    for name in ("name", "address", "kind", "batch", "listing_count", "status"):
        assert str(facts.values[name]) == str(published_values[name]), name
    page = told(show_station, published, station_id)
    assert all(each in page for each in (a, b, station_id, "取值和理由", "首次发布", "新增", str(published_values["name"])))


def test_an_id_that_was_merged_away_leads_to_the_one_that_answers_for_it(published: Household) -> None:
    a, b = strangers(published, 2)
    known = read_published(published.house)
    before = {known.stations[a], known.stations[b]}
    heard(published, a, b, "same")
    published.run(iso(1))
    answering = read_published(published.house).stations[a]
    assert answering in before
    (old,) = before - {answering}
    page = told(show_station, published, old)
    assert f"{old} 已并入 {answering}" in page
    assert f"并入它的编号：{old}" in told(show_station, published, answering)
    assert "李敏" in page


def test_a_station_that_is_none(published: Household) -> None:
    with pytest.raises(RefusedError, match="没有驿站 yz3402-none"):
        told(show_station, published, "yz3402-none")


def test_a_correction_is_told_as_the_reason(published: Household) -> None:
    a, _ = joined(published)
    station_id = read_published(published.house).stations[a]
    line = {"decision_id": "1", "decided_at": "2026-06-01T09:00:00+08:00", "who": "王芳", "why": "核实", "act": "correct"}
    with published.house.journal.open("a", encoding="utf-8") as journal:
        journal.write(json.dumps({**line, "scope": "station", "key": station_id, "field": "name", "value": "老街口驿站"}) + "\n")
    published.run(iso(0))
    facts = station_facts(read_published(published.house), station_id)
    assert facts.values["name"] == "老街口驿站"
    assert facts.choices.set_index("field").loc["name", "basis"] == "correction"
    assert "人工更正" in told(show_station, published, station_id)


def test_reviewing_before_any_night_is_refused(household: Household) -> None:
    with pytest.raises(RefusedError, match="还没有发布过"):
        told(show_review, household, limit=3)
    with pytest.raises(RefusedError, match="还没有发布过"):
        judge(household.settings, Console(file=io.StringIO()), ["a", "b", "same"], who="李敏", why="看过")
