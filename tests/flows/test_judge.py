"""Verdicts by command: taken whole or not at all, never against each other, never unsigned; what they change is told and can be undone."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from flows.judge import Said, judge, refuse_unusable, undo
from flows.outlook import read_published
from flows.run import RefusedError
from tests.flows.test_command import yizhan
from tests.night.town import Household, iso
from warehouse.journal import read_journal

SIGNED = {"who": "李敏", "why": "去看过"}


def heard(household: Household, *words: str, who: str = "李敏", why: str = "去看过", closed: bool = False) -> str:
    """What the command says."""
    told = io.StringIO()
    assert judge(household.settings, Console(file=told, width=300), words, who=who, why=why, closed=closed) == 0
    return told.getvalue()


def refused(household: Household, *words: str, who: str = "李敏", why: str = "去看过") -> str:
    """Why the command refuses; nothing was written."""
    before = household.house.journal.read_bytes() if household.house.journal.exists() else b""
    with pytest.raises(RefusedError) as wrong:
        judge(household.settings, Console(file=io.StringIO()), words, who=who, why=why)
    assert (household.house.journal.read_bytes() if household.house.journal.exists() else b"") == before
    return str(wrong.value)


def joined(household: Household) -> tuple[str, str]:
    """Two listings that are one station of two."""
    row = household.query(
        """
        select min(listing_id) as a, max(listing_id) as b from station_listing join listing using (listing_id)
        where station_listing.valid_to is null and listing.valid_to is null and is_open group by station_id having count(*) = 2 order by 1
        """
    ).iloc[0]
    return str(row["a"]), str(row["b"])


def strangers(household: Household, count: int) -> list[str]:
    """Listings that stand alone, of one county each."""
    rows = household.query(
        """
        select min(s.listing_id) as a from station_listing s join listing l using (listing_id)
        where s.valid_to is null and l.valid_to is null and l.is_open group by s.station_id having count(*) = 1 order by 1
        """
    )
    return [str(each) for each in rows["a"].head(count)]


def test_a_verdict_is_kept_with_what_was_judged_and_holds_from_the_next_night(published: Household) -> None:
    a, b = joined(published)
    told = heard(published, b, a, "not")
    line = json.loads(published.house.journal.read_text("utf-8"))
    assert (line["left_id"], line["right_id"], line["verdict"], line["who"], line["why"]) == (a, b, "not", "李敏", "去看过")
    content = published.query(f"select source, name, address from listing where listing_id = '{a}' and valid_to is null").fillna("")
    assert line["left"] == content.iloc[0].to_dict()
    pair = published.query(f"select weight_mb, levels from pair where left_id = '{a}' and right_id = '{b}' and valid_to is null").iloc[0]
    assert line["seen"]["weight_mb"] == pair["weight_mb"]
    assert line["seen"]["levels"] == json.loads(pair["levels"])
    assert "拆开 1 站" in told
    assert f"yizhan undo {line['decision_id']}" in told
    assert "yizhan nightly" in told
    published.run(iso(0))
    stations = published.query("select listing_id, station_id from station_listing where valid_to is null").set_index("listing_id")[
        "station_id"
    ]
    assert stations[a] != stations[b]
    assert f"{stations[a]}" in told


def test_a_second_verdict_on_a_pair_says_whose_it_replaces(published: Household) -> None:
    a, b = strangers(published, 2)
    heard(published, a, b, "same", who="李敏")
    assert "先前由李敏" in (told := heard(published, b, a, "not", who="王芳"))
    assert "取代它的“同一站”" in told
    assert "与它相同" in heard(published, a, b, "not", who="王芳")


def test_what_was_undone_is_as_if_it_had_not_been_said(published: Household) -> None:
    a, b = joined(published)
    heard(published, a, b, "not")
    number = json.loads(published.house.journal.read_text("utf-8"))["decision_id"]
    told = io.StringIO()
    undo(published.settings, Console(file=told, width=300), number, **SIGNED)
    assert "合并出 1 站" in told.getvalue()
    assert read_journal(published.house.journal).judgements.empty
    with pytest.raises(RefusedError, match="已经撤销"):
        undo(published.settings, Console(file=told), number, **SIGNED)
    with pytest.raises(RefusedError, match="没有编号为 d9"):
        undo(published.settings, Console(file=told), "d9", **SIGNED)


def test_a_contradiction_is_refused_with_its_chain(published: Household) -> None:
    a, b, c = strangers(published, 3)
    heard(published, a, b, "same")
    heard(published, c, b, "same", who="王芳")
    wrong = refused(published, a, c, "not")
    assert "判定互相矛盾" in wrong
    assert all(each in wrong for each in (a, b, c, "李敏", "王芳", "本次", "不是同一站"))
    assert "没有驿站因此" not in heard(published, a, b, "unsure"), "a later verdict on the pair takes the earlier one's place"
    heard(published, a, c, "not")


def test_an_undo_that_would_bring_a_contradiction_back_is_refused(published: Household) -> None:
    a, b, c = strangers(published, 3)
    heard(published, a, b, "same")
    first = json.loads(published.house.journal.read_text("utf-8"))["decision_id"]
    told = Console(file=io.StringIO())
    undo(published.settings, told, first, **SIGNED)
    heard(published, b, c, "same")
    heard(published, a, c, "not")
    second = json.loads(published.house.journal.read_text("utf-8").splitlines()[1])["decision_id"]
    with pytest.raises(RefusedError, match="判定互相矛盾"):
        undo(published.settings, told, second, **SIGNED)
    assert len(read_journal(published.house.journal).judgements) == 2


@pytest.mark.parametrize(
    ("words", "who", "why", "sentence"),
    [
        (["{a}", "{b}", "maybe"], "李敏", "看过", "判定“maybe”不认识"),
        (["{a}", "union:none", "same"], "李敏", "看过", "没有登记 union:none"),
        (["{a}", "{a}", "same"], "李敏", "看过", "两边是同一条登记"),
        (["{a}", "{b}", "same"], " ", "看过", "没有写明是谁判的"),
        (["{a}", "{b}", "same"], "李敏", "", "没有写明为什么"),
        (["{a}", "{b}"], "李敏", "看过", "用法"),
        (["none.csv"], "李敏", "看过", "none.csv"),
    ],
)
def test_what_cannot_be_used_is_told(published: Household, words: list[str], who: str, why: str, sentence: str) -> None:
    a, b = strangers(published, 2)
    assert sentence in refused(published, *(word.format(a=a, b=b) for word in words), who=who, why=why)


def test_a_listing_that_is_gone(published: Household) -> None:
    a, b = strangers(published, 2)
    known = read_published(published.house)
    is_gone = known.listings["listing_id"] == a
    fields = known.listings.assign(is_open=~is_gone, closed_on=known.listings["closed_on"].mask(is_gone, "2026-05-30"))
    successor = fields[is_gone].assign(listing_id="new:1", is_open=True)
    gone = replace(known, listings=pd.concat([fields, successor], ignore_index=True))
    said = [Said(a, b, "same", "李敏", "去看过")]
    with pytest.raises(RefusedError, match=r"已于 2026-05-30 停用；同名的在册登记：new:1；确要判定停用的登记，加 --closed"):
        refuse_unusable(gone, said)
    refuse_unusable(gone, said, closed=True)


def csv(folder: Path, *lines: str, encoding: str = "utf-8-sig") -> str:
    file = folder / "verdicts.csv"
    file.write_text("\n".join(lines) + "\n", encoding)
    return str(file)


HEADER = "left_id,right_id,verdict,why,who"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_taken_whole(published: Household, tmp_path: Path, encoding: str) -> None:
    a, b, c = strangers(published, 3)
    told = heard(published, csv(tmp_path, HEADER, f"{a},{b},same,一个门,王芳", "", f"{a},{c},不是同一站,隔一条街,", encoding=encoding))
    assert "已记下 2 条判定" in told
    kept = read_journal(published.house.journal).judgements
    assert kept[["verdict", "who", "why"]].to_numpy().tolist() == [["same", "王芳", "一个门"], ["not", "李敏", "隔一条街"]]


def test_a_file_that_would_stop_at_the_churn_gate_says_so(published: Household, tmp_path: Path) -> None:
    ids = strangers(published, 10_000)
    pairs = [f"{a},{b},same,看过,王芳" for a, b in zip(ids[::2], ids[1::2], strict=False)]
    assert "夜跑会被变动把关拦下" in heard(published, csv(tmp_path, HEADER, *pairs))
    assert "夜跑会被变动把关拦下" not in heard(published, *joined(published), "not")


def test_a_file_with_bad_lines_is_refused_whole_and_each_is_told(published: Household, tmp_path: Path) -> None:
    a, b, c = strangers(published, 3)
    file = csv(tmp_path, HEADER, f"{a},{b},same,一个门,王芳", f"{a},{c},perhaps,,王芳", f"x:1,{c},not,看过,王芳", f"{b},{a},not,看过,王芳")
    wrong = refused(published, file, why="")
    assert "一条也没有记下" in wrong
    assert "第 3 行：判定“perhaps”不认识" in wrong
    assert "第 3 行：没有写明为什么" in wrong
    assert "第 4 行：没有登记 x:1" in wrong
    assert "第 5 行：与第 2 行是同一对，判定矛盾（same、not）" in wrong


def test_a_file_that_contradicts_itself_over_a_chain(published: Household, tmp_path: Path) -> None:
    a, b, c = strangers(published, 3)
    file = csv(tmp_path, HEADER, f"{a},{b},same,看过,王芳", f"{b},{c},same,看过,王芳", f"{a},{c},not,看过,王芳")
    wrong = refused(published, file)
    assert all(each in wrong for each in ("本次第 2 行", "本次第 3 行", "本次第 4 行"))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [(["a,b"], "缺少 left_id、right_id、verdict 列"), ([""], "缺少"), ([HEADER], "没有一条判定")],
)
def test_a_file_of_another_shape(published: Household, tmp_path: Path, lines: list[str], sentence: str) -> None:
    assert sentence in refused(published, csv(tmp_path, *lines))


def test_by_the_command_line(published: Household, tmp_path: Path) -> None:
    variables = {"YIZHAN_ENV_FILE": str(published.settings.env_file)}
    a, b = strangers(published, 2)
    wrong = yizhan("judge", a, "union:none", "same", "--who", "李敏", "--why", "去看过", home=published.home, **variables)
    assert wrong.returncode == 2
    assert "没有登记 union:none" in wrong.stderr
    right = yizhan("judge", a, b, "same", "--who", "李敏", "--why", "去看过", home=published.home, **variables)
    assert right.returncode == 0, right.stderr
    assert "已记下判定" in right.stdout
