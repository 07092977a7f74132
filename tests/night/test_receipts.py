"""A night leaves each owner whose list came a receipt of its own lines; what comes back becomes corrections, all of it or nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Barrier

import openpyxl
import pytest
from rich.console import Console

from desk.receipt_workbook import FLAGGED, HELD, LINE, Returned, ReturnedLine, mark_of, read_workbook
from flows import acts
from flows.acts import Signed
from flows.judge import decisions_of
from flows.judge import written as written_down
from flows.rebuild import rebuild
from flows.receipts import prune_receipts, write_again, write_receipts
from flows.returned import apply, apply_receipt
from flows.run import RefusedError
from flows.selection import held_rows
from sources.kit.raw import Raw
from tests.flows.test_command import yizhan
from tests.night.altered import reading, without_header, written
from tests.night.chronicle import Chronicle
from tests.night.town import Household, iso

SIGNED = Signed("李敏", "工会交回的回执")


@pytest.fixture
def after(tmp_path: Path, chronicle: Chronicle) -> Household:
    """A household after two nights, on the second of which, a Tuesday, the civilization list was not due; the first one's receipts are written."""
    household = chronicle.household(tmp_path / "var", after=1)
    write_receipts(household.house, iso(0))
    return household


def filled(household: Household, *lines: ReturnedLine) -> Returned:
    """The union's receipt of the second night, with these lines filled in."""
    (path, _) = write_receipts(household.house, iso(1), {"union"}).paths["union"]
    return replace(read_workbook(path), lines=lines)


def held(household: Household, at: int = 0, value: str = "赭山公园劳动者驿站", field: str = "name") -> ReturnedLine:
    """One of the union's rows without a name, with a name filled in."""
    _, _, rows = held_rows(household.house)
    row = rows[(rows["source"] == "union") & (rows["rule"] == "name_absent")].iloc[at]
    return ReturnedLine(f"{HELD}第 {at + 2} 行", "名称", value, mark_of("union", row["row_digest"], field, row["row_key"]))


def taken(household: Household, field: str, value: str) -> ReturnedLine:
    """One of the union's rows that is on the register, with a value filled in."""
    query = "select row_key, row_digest from listing where source = 'union' and valid_to is null and is_open order by 1 limit 1"
    row = household.query(query).iloc[0]
    return ReturnedLine(f"{FLAGGED}第 2 行", "", value, mark_of("union", row["row_digest"], field, row["row_key"]))


def key_of(line: ReturnedLine) -> str:
    return line.mark.split(" ", 3)[3]


def test_each_owner_whose_list_came_finds_its_own_rows_and_no_others(after: Household) -> None:
    old = {path: path.stat().st_mtime_ns for path in (after.home / "receipts" / iso(0)).iterdir()}
    receipts = write_receipts(after.house, iso(1))
    assert receipts.faults == {}
    came = set(after.query(f"select source from retrieval where night = '{iso(1)}' and outcome in ('ok', 'unchanged')")["source"])
    assert set(receipts.paths) == came
    assert "civilization" not in came
    assert {path.stem for path in old} == {*came, "civilization"}
    assert {path: path.stat().st_mtime_ns for path in old} == old
    for source, (workbook, page) in receipts.paths.items():
        sheet = openpyxl.load_workbook(workbook)[HELD]
        entries = after.query(f"select row_key, line from quarantine where source = '{source}' and closed_on is null")
        marks = {str(row[-1].value).split(" ", 3)[3] for row in sheet.iter_rows(min_row=2)}
        assert marks == set(entries["row_key"])
        assert {row[0].value for row in sheet.iter_rows(min_row=1, max_row=1)} == {LINE}
        figures = after.query(f"select * from source_night where night = '{iso(1)}' and source = '{source}'").iloc[0]
        text = page.read_text("utf-8")
        for told in (
            f"收到 <b>{figures['rows_read']}</b>",
            f"收下 <b>{figures['accepted']}</b>",
            f"没有收下 <b>{figures['held_back']}</b>",
        ):
            assert told in text
        assert workbook.stat().st_mode & 0o077 == 0
    others = after.query("select distinct contact_phone as phone from listing where source <> 'union' and contact_phone is not null")[
        "phone"
    ]
    own = after.query("select string_agg(verbatim, '') as v from listing where source = 'union'")["v"].iloc[0]
    shown = receipts.paths["union"][1].read_text("utf-8")
    assert [phone for phone in others if phone in shown and phone not in own] == []


def test_a_receipt_that_cannot_be_written_is_told_and_the_others_are_there(after: Household) -> None:
    (after.home / "receipts" / iso(1) / "union.xlsx").mkdir(parents=True)
    receipts = write_receipts(after.house, iso(1))
    assert list(receipts.faults) == ["union"]
    assert receipts.told[0].startswith("union 的回执没有写成")
    assert receipts.told[0].endswith(f"yizhan receipts --on {iso(1)}"), "a full disk is no fault of the program"
    assert {"bank_icbc", "telecom_tower"} <= set(receipts.paths)
    assert prune_receipts(after.house, iso(1)) == 1
    assert [each.name for each in (after.home / "receipts").iterdir()] == [iso(1)]


def test_values_that_came_back_hold_from_the_rebuilt_night_on_and_a_second_time_nothing_is_new(after: Household) -> None:
    position = after.query(
        "select row_key, row_digest from listing where source = 'union' and valid_to is null and is_open order by 1 limit 1"
    ).iloc[0]
    place = ReturnedLine(
        "收下但请核对的行第 2 行", "", "118.38，31.33", mark_of("union", position["row_digest"], "lng,lat", position["row_key"])
    )
    returned = filled(after, held(after), place)
    applied = apply(after.house, returned, SIGNED)
    log = decisions_of(after.house).log
    assert (len(applied.ids), applied.again, applied.passed_over) == (3, 0, ())
    assert log[["act", "who", "why"]].drop_duplicates().to_numpy().tolist() == [["correct", *("李敏", "工会交回的回执")]]
    assert apply(after.house, returned, SIGNED).again == 2
    with pytest.raises(RefusedError, match="值却不同"):
        apply(after.house, filled(after, *returned.lines, replace(returned.lines[0], value="另一个名称站")), SIGNED)
    rebuild(after.house, "receipt", "测试")
    key = key_of(returned.lines[0])
    found = after.query(f"select name from listing where source = 'union' and row_key = '{key}' and valid_to is null and is_open")
    assert found["name"].tolist() == ["赭山公园劳动者驿站"]
    twice = apply(after.house, returned, SIGNED)
    assert (twice.ids, twice.again) == ((), 2)
    assert len(decisions_of(after.house).log) == 3


def test_one_line_that_cannot_be_used_and_none_is_all_of_them_told(after: Household) -> None:
    good, bad = held(after), held(after, 1, "13900001234")
    lines = (
        good,
        bad,
        replace(good, at="抄了一行", value="别的名称"),
        replace(good, at="加了一行", mark=""),
        replace(good, at="别家的行", mark=good.mark.replace("union", "bank_icbc", 1)),
        replace(good, at="没有的行", mark=mark_of("union", "0" * 64, "name", "WHGH-none")),
        replace(good, at="改坏的行", mark="union"),
        replace(good, at="坐标", mark=good.mark.replace(" name ", " lng,lat "), value="118.38"),
        replace(good, at="编号", mark=good.mark.replace(" name ", " credit_code "), value="9.13402001234568E+17"),
    )
    with pytest.raises(RefusedError) as refused:
        apply(after.house, filled(after, *(line for line in lines if line is not bad)), SIGNED)
    told = str(refused.value)
    for at, sentence in (
        ("抄了一行", "值却不同"),
        ("加了一行", "没有“行标识”"),
        ("别家的行", "另一份名单 bank_icbc"),
        ("没有的行", "没有“WHGH-none”这一行"),
        ("改坏的行", "不对"),
        ("坐标", "经度,纬度"),
        ("编号", "数字太长"),
    ):
        assert any(line.startswith(at) and sentence in line for line in told.splitlines()), sentence
    with pytest.raises(RefusedError, match="第 3 行，名称“13900001234”：没有采用这个值"):
        apply(after.house, filled(after, good, bad), SIGNED)
    with pytest.raises(RefusedError, match="为什么"):
        apply(after.house, filled(after, good), Signed("李敏", " "))
    with pytest.raises(RefusedError, match="没有这份名单"):
        apply(after.house, replace(filled(after, good), source="nobody"), SIGNED)
    with pytest.raises(RefusedError, match="一格也没有填"):
        apply(after.house, filled(after), SIGNED)
    assert decisions_of(after.house).log.empty


def test_a_row_that_changed_or_was_corrected_since_is_told_and_passed_over(after: Household) -> None:
    changed, corrected, good = held(after), held(after, 1), taken(after, "address", "芜湖市镜湖区中山路77号")
    returned = filled(after, changed, corrected, good)
    number = acts.correct(
        after.house, "row", f"union:{key_of(corrected)}", "name", "弋矶山劳动者驿站", Signed("王芳", "去看过")
    ).decision_id
    hours = next(text for text, name in after.house.sources["union"].columns.items() if name == "hours")
    after.run(iso(1), house=reading(after.house, "union", written("stationCode", key_of(changed), hours, "全天")))
    applied = apply(after.house, returned, SIGNED)
    assert len(applied.ids) == 1
    assert "业主改过" in applied.passed_over[0]
    assert number in applied.passed_over[1]


def test_two_who_hand_in_the_same_file_at_once_correct_once(after: Household) -> None:
    returned, both = filled(after, held(after)), Barrier(2)

    def hand_in(who: str) -> tuple[str, ...]:
        both.wait()
        try:
            return apply(after.house, returned, Signed(who, "交回")).ids
        except RefusedError as refused:
            assert "刚刚更正了" in str(refused)  # noqa: PT017 - either of the two may be the second
            return ()

    with ThreadPoolExecutor(2) as pool:
        ids = [each for told in pool.map(hand_in, ("李敏", "王芳")) for each in told]
    assert decisions_of(after.house).log["decision_id"].tolist() == ids
    assert len(ids) == 1


def test_rows_that_a_value_does_not_mend_cannot_be_filled_in_and_a_stopped_list_says_why(after: Household) -> None:
    def muddled(raw: Raw) -> Raw:
        cells = raw.cells.copy()
        cells.loc[cells.index[1], "stationCode"] = cells.loc[cells.index[0], "stationCode"]
        cells.loc[cells.index[1], "stationName"] = "无"  # a name would be one, but for which of the two?
        cells.loc[cells.index[2], "stationCode"] = None
        return replace(raw, cells=cells)

    house = reading(after.house, "union", muddled)
    after.run(iso(1), house=reading(house, "bank_icbc", lambda raw: without_header(raw, "address")))
    receipts = write_receipts(after.house, iso(1), {"union", "bank_icbc"})
    sheet = openpyxl.load_workbook(receipts.paths["union"][0])[HELD]
    told = [(str(row[0].value), row[5].value, row[-1].value) for row in sheet.iter_rows(min_row=2)]
    assert {line for line, _, _ in told} > {"1", "2", "3"}
    assert {line for line, wrong, _ in told if "编号" in str(wrong)} == {"1", "2", "3"}
    assert [line for line, _, mark in told if mark and line in ("1", "2", "3")] == [], "which row it is cannot be mended by a value"
    assert ("2", "名称一栏是“无”，等于没有填。", None) in told
    page = receipts.paths["bank_icbc"][1].read_text("utf-8")
    assert "整份没有采用" in page
    assert "表头缺少“address”一列" in page


def test_the_commands_write_receipts_and_take_one_back(after: Household, tmp_path: Path) -> None:
    settings = {"YIZHAN_ENV_FILE": str(after.settings.env_file)}
    wrote = yizhan("receipts", "--source", "union", home=after.home, **settings)
    assert wrote.returncode == 0, wrote.stderr
    path = after.home / "receipts" / iso(1) / "union.xlsx"
    assert str(path) in wrote.stdout
    book = openpyxl.load_workbook(path)
    sheet = book[HELD]
    at = next(cell.column for cell in sheet[1] if cell.value == "更正值")
    sheet.cell(2, at).value = "赭山公园劳动者驿站"
    book.save(tmp_path / "back.xlsx")
    signed = ("--who", "李敏", "--why", "工会交回的回执")
    took = yizhan("receipt", "apply", str(tmp_path / "back.xlsx"), *signed, home=after.home, **settings)
    assert took.returncode == 0, took.stderr
    assert "记下 1 条更正" in took.stdout
    assert f"已重建 {iso(1)}" in took.stdout


def test_where_there_is_nothing_to_write_or_to_read_it_is_said(after: Household, tmp_path: Path) -> None:
    say = Console()
    with pytest.raises(RefusedError, match="civilization 的名单没有来"):
        write_again(after.settings, say, source="civilization", on=None)
    with pytest.raises(RefusedError, match="没有这样的来源"):
        write_again(after.settings, say, source="nobody", on=None)
    with pytest.raises(RefusedError, match="没有名单来过"):
        write_again(after.settings, say, source=None, on=date(2020, 1, 1))
    for name, content, sentence in (("none.xlsx", None, "读不出来"), ("list.xlsx", b"a,b\n1,2\n", "不是 Excel")):
        if content:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(RefusedError, match=sentence):
            apply_receipt(after.settings, say, tmp_path / name, who="李敏", why="工会交回")


def test_an_owner_is_told_of_what_it_lists_although_a_person_found_it_gone(after: Household) -> None:
    house = after.house
    query = """
        select l.row_key, l.name, b.station_id from listing l join station_listing b on b.listing_id = l.listing_id and b.valid_to is null
        join station s on s.station_id = b.station_id and s.sources = 'union' where l.valid_to is null and l.is_open order by 1 limit 1
    """
    row = after.query(query).iloc[0]
    (_, page) = write_receipts(house, iso(1), {"union"}).paths["union"]
    assert "已经停用" not in page.read_text("utf-8")
    acts.close(house, str(row["station_id"]), SIGNED)
    assert not rebuild(house, "action/1", "测试").faults
    told = page.read_text("utf-8")
    assert "名单里却还有的 1 处" in told
    assert str(row["row_key"]) in told
    assert str(row["name"]) in told


def test_an_action_writes_the_receipts_of_its_night_anew_and_sends_none(after: Household) -> None:
    """Else an owner would be told of a row that was released an hour ago; and told of every night twice."""
    house = after.house
    path, _ = write_receipts(house, iso(1), {"union"}).paths["union"]
    row = held(after)
    before = {str(cell.value) for line in openpyxl.load_workbook(path)[HELD].iter_rows() for cell in line}
    key = row.mark.split(" ", 3)[3]
    assert any(key in each for each in before)
    number = acts.correct(house, "row", f"union:{key}", "name", row.value, SIGNED).decision_id
    assert not rebuild(house, "action/1", "测试").faults
    after_it = {str(cell.value) for line in openpyxl.load_workbook(path)[HELD].iter_rows() for cell in line}
    assert not any(each.endswith(f" {key}") for each in after_it)
    assert not (after.home / "owners").exists(), "nothing waits to be sent"
    written_down(house, [{"act": "undo", "undoes": number, "who": "李敏", "why": "判错了"}])
    rebuild(house, "action/2", "测试")
    assert {str(cell.value) for line in openpyxl.load_workbook(path)[HELD].iter_rows() for cell in line} == before
