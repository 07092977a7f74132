"""The report is safe to show whatever an owner wrote, and says first whether anything must be done."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import pytest
from lxml import etree

from desk.facts import NightFacts
from desk.links import Links
from desk.pictures import bars, rows_of_bars
from desk.redirect import filled_in
from desk.report import GROUPS_SHOWN, ROWS_SHOWN, cell, night_report
from flows.rules import every_rule
from transforms.allowed import RELEASED_AT_MOST
from transforms.records import RULES

SOURCE = {
    "source": "union", "rows_read": 3, "accepted": 1, "held_back": 1, "ignored": 1, "open_before": 0, "opened": 1, "closed": 0,
    "open_after": 1, "carried": 0, "is_stopped": False, "last_good_on": "2026-06-01", "outcome": "ok", "mode": "snapshot", "message": "", "why": None,
    "tries": 1, "bytes": 100,
}  # fmt: skip


def facts(*, state: str = "quarantined", held: list[dict[str, object]] | None = None, stopped: bool = False) -> NightFacts:
    """A night of one source."""
    rows = pd.DataFrame(
        held or [], columns=["source", "rule", "row_key", "row_digest", "line", "field", "value", "message", "opened_on", "is_new"]
    )
    return NightFacts(
        night="2026-06-01",
        state=state,
        reason="新扣留 1 行",
        sources=pd.DataFrame([{**SOURCE, "is_stopped": stopped}]),
        issues=pd.DataFrame(columns=["source", "rule", "severity", "responsibility", "issue_count", "example"]),
        held=rows,
        whole=pd.DataFrame(columns=["source", "rule", "value"]),
        quarantine=pd.DataFrame([{"source": "union", "open_count": len(rows), "new_count": len(rows)}]),
        batches=pd.DataFrame([{"batch": "renovated", "stations": 1}]),
        counties=pd.DataFrame(
            [{"county": "镜湖区", "stations": 1, "renovated": 1, "new_build": 0, "co_branded": 0, "standing": 0, "unknown": 0}]
        ),
        events=pd.DataFrame([{"event": "closed", "cause": "absent_twice", "events": 1, "week": 3, "examples": "yz3402-0032cf0e51"}]),
        before=pd.DataFrame({"night": ["2026-05-31", "2026-05-25"], "stations": [1, 3]}),
        unchecked=pd.DataFrame([{"source": "union", "message": "“电话”一栏全空，以下检查未执行：电话号码", "times": 1}]),
        latest=pd.DataFrame(columns=["decision_id", "act", "who", "why", "detail", "is_undone"]),
        decided=pd.DataFrame(
            [
                {"what": "ended", "told": "2026-05-30-4", "detail": '{"field": "address", "key": "union:12", "value": "中山路77号"}'},
                {"what": "decision_row_doubtful", "told": "2026-05-30-5 说的是行 13，认不准", "detail": None},
            ]
        ),
        doubtful=7,
        trend=pd.DataFrame({"night": ["2026-05-31", "2026-06-01"], "held": [3, 5]}),
    )


def row(number: int, value: str, rule: str = "name_unreadable") -> dict[str, object]:
    """A held-back row."""
    told = {
        "source": "union",
        "rule": rule,
        "row_key": str(number),
        "row_digest": f"d{number}",
        "line": str(number),
        "field": "name",
        "value": value,
    }
    return {**told, "message": every_rule()[rule].sentence.replace("{value}", value), "opened_on": "2026-06-01", "is_new": True}


def report(told: NightFacts) -> str:
    return night_report(told, {"union": "工会名录"}, RULES, Links("http://127.0.0.1:4201", told.night, f"{told.night}-1"))


@pytest.mark.parametrize(
    ("state", "word"),
    [("published", "已发布"), ("quarantined", "要处理"), ("rejected", "没有发布")],
    ids=["published", "quarantined", "rejected"],
)
def test_the_first_line_says_whether_anything_must_be_done(state: str, word: str) -> None:
    lines = [line for line in report(facts(state=state)).splitlines() if line]
    assert f"**{word}**" in lines[1]


def test_a_stopped_list_is_named() -> None:
    assert "暂停采用 1 份（工会名录）" in report(facts(stopped=True))


@pytest.mark.parametrize(
    "value", ["<script>alert(1)</script>", "a|b", "[x](http://x)", "![x](http://x)", "a\nb", "`code`", "# big", "x" * 10_000], ids=repr
)
def test_nothing_an_owner_wrote_acts_or_breaks_the_table(value: str) -> None:
    shown = cell(value)
    assert "\n" not in shown
    assert len(shown) < 300
    line = next(line for line in report(facts(held=[row(1, value)])).splitlines() if line.startswith("| [1]("))
    assert line.replace("\\|", "").count("|") == 5
    assert "<script>" not in line


@pytest.mark.parametrize("count", [0, 1, 300, 20_000])
def test_it_stays_readable_however_many_rows_were_held(count: int) -> None:
    told = report(facts(held=[row(number, f"坏{number}") for number in range(count)]))
    assert len(told.splitlines()) < 100 + ROWS_SHOWN
    assert (f"（严重，{count} 行" in told) == (count > 0)


def test_groups_beyond_what_a_page_holds_are_counted_and_lead_to_the_workbook() -> None:
    rules, many = sorted(RULES), 201
    groups = [(f"list_{at // 3}", rules[at % 3]) for at in range(many)]
    rows = [{**row(at * 9 + each, "坏" * 60, rule), "source": source} for at, (source, rule) in enumerate(groups) for each in range(4)]
    told = facts(held=rows)
    issues = [(source, rule, "critical", "owner", 4, "名称写得不对" * 15) for source, rule in groups]
    met = pd.DataFrame(issues, columns=["source", "rule", "severity", "responsibility", "issue_count", "example"])
    unchecked = pd.DataFrame([{"source": "union", "message": f"没有执行 {at}", "times": 1} for at in range(many)])
    shown = report(replace(told, issues=met, unchecked=unchecked))
    assert shown.count("\n### ") == GROUPS_SHOWN
    left = many - GROUPS_SHOWN
    assert f"另有 {left} 组（{left * 4} 行次），见 [Excel 文件](http://127.0.0.1:4201/held.xlsx)。" in shown
    assert shown.count(f"另有 {many - ROWS_SHOWN} 项，见 [Excel 文件](http://127.0.0.1:4201/held.xlsx)。") == 2, (
        "issues, and checks not run"
    )
    assert len(shown.encode()) <= 100_000


def test_what_fits_is_not_said_to_be_cut() -> None:
    assert "另有" not in report(facts(held=[row(number, "坏") for number in range(300)]))


@pytest.mark.parametrize("value", ["0553-501 1638;18843301946", "张三188 4330 1946", "188-4330-1946/3812345"])
def test_no_mobile_of_a_person_stands_in_the_report(value: str) -> None:
    shown = cell(value)
    assert "4330" not in shown
    assert "188\\*\\*\\*\\*1946" in shown
    assert cell("340202007017") == "340202007017", "codes are no phones"


def test_a_night_without_a_due_list_is_told_so() -> None:
    told = facts()
    told.sources["outcome"] = "not_due"
    assert "采用 0 份，1 份今晚不发布或未取" in report(told)


def test_pictures_are_images_that_fetch_nothing_and_say_what_they_show() -> None:
    pictures = re.findall(r"!\[([^]]+)\]\(data:image/svg\+xml;base64,([^)]+)\)", report(facts()))
    assert pictures[0][0] == "隔离区里的行（最近三十夜）"
    drawn = b64decode(pictures[0][1]).decode()
    root = etree.fromstring(drawn)
    words = [each.text for each in root.iter() if each.text]
    assert {"3", "5", "2026-05-31", "2026-06-01"} <= set(words)
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize("nights", [2, 3, 30])
def test_the_nights_below_the_bars_do_not_run_into_each_other_or_out_of_the_picture(nights: int) -> None:
    drawn = etree.fromstring(bars("扣留", [(f"2026-06-{night:02d}", night) for night in range(1, nights + 1)]))
    first, last = [float(each.get("x", "0")) for each in drawn.iter() if str(each.text).startswith("2026-")]
    wide = 6.2 * len("2026-06-01")  # at font size 10
    assert first + wide < last - wide
    assert last <= float(drawn.get("width", "0"))


def test_what_changed_is_told_against_the_night_before_and_the_week() -> None:
    told = report(facts())
    assert "2026-05-31 1 站，没有增减，2026-05-25 3 站，今晚少 2 站" in told
    assert "| 停用 | 连续两次名单中没有 | 1 | 3 | [yz3402-0032cf0e51](http://127.0.0.1:4201/station/yz3402-0032cf0e51) |" in told


def test_a_check_that_did_not_run_is_told() -> None:
    told = report(facts())
    assert "| 工会名录 | “电话”一栏全空，以下检查未执行：电话号码 |" in told


def test_each_row_and_list_leads_to_its_page_and_the_rest_to_a_workbook() -> None:
    told = report(facts(held=[row(number, f"坏{number}") for number in range(9)]))
    assert "[0](http://127.0.0.1:4201/row/union/0)" in told
    assert "[全部 9 行（Excel）](http://127.0.0.1:4201/held.xlsx?source=union&rule=name_unreadable)" in told
    assert "[工会名录](http://127.0.0.1:4201/source/union)" in told
    assert "[判定存疑的登记（7 对；一问常答几对）](http://127.0.0.1:4201/judge)" in told


def test_more_rows_than_one_release_may_name_are_offered_no_release() -> None:
    many = [row(number, "x", "name_is_test") for number in range(RELEASED_AT_MOST + 1)]
    assert "放行这" not in report(facts(held=many))
    assert f"放行这 {RELEASED_AT_MOST} 行" in report(facts(held=many[1:]))


def test_a_title_that_acts_stays_words() -> None:
    drawn = rows_of_bars("a<b", [("<script>", 1)], loud_from=9)
    assert "<script" not in drawn
    etree.fromstring(drawn)


def test_what_became_of_decisions_is_told() -> None:
    told = report(facts()).replace("\\", "")
    assert "- 更正 2026-05-30-4 已由来源跟上：union:12，address，中山路77号；" in told
    assert "- 2026-05-30-5 说的是行 13，认不准" in told


def test_a_list_that_was_stopped_leads_to_the_forms_that_help_already_filled_in() -> None:
    whole = pd.DataFrame(
        [
            {"source": "union", "rule": "source_vanishing", "value": "1"},
            {"source": "union", "rule": "header_missing", "value": "address（表一）"},
        ]
    )
    told = report(replace(facts(stopped=True), whole=whole))
    (address,) = re.findall(r"\[接受变更\]\(([^)]+)\)", told)
    form = filled_in("accept", dict(parse_qsl(urlsplit(address).query)))
    assert form == {"source": "union", "rules": ["source_vanishing"], "headers": ["address"]}
    assert "/do/refetch?source=union" in told
