"""A correction ends when its owner sends the same, and what was said of a row holds for that row under a new number, and for no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from rich.console import Console

from desk.facts import night_facts
from desk.links import Links
from desk.report import night_report
from flows import acts
from flows.decisions import show_decisions
from flows.judge import decisions_of, written
from flows.outlook import warehouse_in_force
from flows.rebuild import rebuild
from flows.rules import every_rule
from flows.selection import held_rows, selector_of
from sources.kit.raw import Raw
from tests.night.altered import Change, reading
from tests.night.morning import SIGNED, Morning
from tests.night.town import Town, assert_same, iso

RIGHT, NEWER = "芜湖市镜湖区中山路77号", "芜湖市镜湖区北京路9号"


def run(morning: Morning, town: Town, night: int, change: Change = lambda raw: raw) -> None:
    """The night on which the union sends its list so changed; its other nights read as they came."""
    town.move(night)
    morning.run(iso(night), house=reading(morning.house, "union", change))


def written_as(morning: Morning, key: str, field: str, text: str) -> Change:
    """The list with this text in one cell."""
    header = {name: header for header, name in morning.house.sources["union"].columns.items()}

    def change(raw: Raw) -> Raw:
        cells = raw.cells.copy()
        cells.loc[cells[header["code"]] == key, header[field]] = text
        return replace(raw, cells=cells)

    return change


def renumbered(morning: Morning) -> Change:
    """The list with a new number on every row."""
    header = {name: header for header, name in morning.house.sources["union"].columns.items()}
    return lambda raw: replace(raw, cells=raw.cells.assign(**{header["code"]: "N" + raw.cells[header["code"]]}))


def a_row(morning: Morning) -> str:
    return str(
        morning.query(
            "select min(row_key) as k from listing where valid_to is null and is_open and source = 'union' and address is not null and lng_wgs84 is not null"
        )["k"][0]
    )


def address(morning: Morning, key: str) -> str:
    told = morning.query(f"select address from listing where valid_to is null and is_open and source = 'union' and row_key = '{key}'")
    return str(told["address"][0])


def ends(morning: Morning) -> dict[str, str]:
    told = morning.query("select decision_id, night from decision_end")
    return dict(zip(told["decision_id"], told["night"].astype(str).str[:10], strict=True))


def report(morning: Morning, night: int) -> str:
    with warehouse_in_force(morning.house) as connection:
        facts = night_facts(connection, iso(night))
    return night_report(facts, morning.house.titles, every_rule(), Links("http://127.0.0.1:4201", iso(night), ""))


def test_a_correction_ends_when_its_owner_sends_the_same_and_what_the_owner_writes_later_is_believed(morning: Morning, town: Town) -> None:
    key = a_row(morning)
    number = acts.correct(morning.house, "row", f"union:{key}", "address", RIGHT, SIGNED).decision_id
    rebuild(morning.house, "action/1", "测试")
    assert ends(morning) == {}
    run(morning, town, 1, written_as(morning, key, "address", "安徽省芜湖市镜湖区中山路７７号"))
    assert ends(morning) == {number: iso(1)}, "the same place, written otherwise"
    assert "中山路77号" in address(morning, key)
    assert f"更正 {number} 已由来源跟上" in report(morning, 1).replace("\\", "")
    run(morning, town, 2, written_as(morning, key, "address", NEWER))
    assert "北京路9号" in address(morning, key), "a later change by the owner is believed"
    say = Console(record=True, width=300)
    show_decisions(morning.settings, say, limit=5)
    assert f"已结束：{iso(1)} 来源跟上了" in say.export_text()
    again = acts.correct(morning.house, "row", f"union:{key}", "address", RIGHT, SIGNED)
    assert again.is_new, "what ended can be said anew"


def test_the_end_of_a_correction_is_found_again_when_nights_are_made_again(morning: Morning, town: Town) -> None:
    key = a_row(morning)
    number = acts.correct(morning.house, "row", f"union:{key}", "address", RIGHT, SIGNED).decision_id
    house = reading(morning.house, "union", written_as(morning, key, "address", RIGHT))
    for night in (1, 2):
        town.move(night)
        morning.run(iso(night), house=house)
    before = morning.tables(frozenset())
    rebuild(house, "replay", "测试", since=iso(1))
    assert_same(before, morning.tables(frozenset()))
    assert ends(morning) == {number: iso(1)}
    written(morning.house, [{"act": "undo", "undoes": number, "who": "李敏", "why": "判错了"}])
    rebuild(house, "replay/2", "测试", since=iso(1))
    assert ends(morning) == {}, "what was undone before it could end did not end"


def test_what_the_owner_wrote_before_the_correction_ends_nothing(morning: Morning, town: Town) -> None:
    """The owner had it right on night 1 and wrong on night 2, when a person corrected it: making both again must not take night 1 for the owner's following."""
    key = a_row(morning)
    right = reading(morning.house, "union", written_as(morning, key, "address", RIGHT))
    for night in (1, 2):
        town.move(night)
        morning.run(iso(night), house=right if night == 1 else None)
    acts.correct(morning.house, "row", f"union:{key}", "address", RIGHT, SIGNED)
    rebuild(right, "replay", "测试", since=iso(1))
    assert iso(1) not in ends(morning).values()


def test_a_stations_correction_ends_too(morning: Morning, town: Town) -> None:
    station = str(
        morning.query(
            "select min(station_id) as s from station where sources = 'union' and status = 'open' and listing_count = 1 and hours is not null"
        )["s"][0]
    )
    key = str(
        morning.query(f"select l.row_key from station_listing s join listing l using (listing_id) where station_id = '{station}'")[
            "row_key"
        ][0]
    )
    number = acts.correct(morning.house, "station", station, "hours", "07:00-19:00", SIGNED).decision_id
    rebuild(morning.house, "action/1", "测试")
    assert ends(morning) == {}
    run(morning, town, 1, written_as(morning, key, "hours", "周一至周日 7:00-19:00"))
    assert ends(morning) == {number: iso(1)}
    run(morning, town, 2, written_as(morning, key, "hours", "周一至周五 9:00-17:00"))
    assert morning.query(f"select hours from station where station_id = '{station}'")["hours"][0] == "Mo-Fr 09:00-17:00"


def test_a_correction_and_a_release_follow_their_rows_to_new_numbers(morning: Morning, town: Town) -> None:
    key = a_row(morning)
    acts.correct(morning.house, "row", f"union:{key}", "address", RIGHT, SIGNED)
    acts.release(morning.house, selector_of(morning.house, "union", "name_is_test"), date.fromisoformat(iso(5)), SIGNED)
    rebuild(morning.house, "action/1", "测试")
    assert len(held_rows(morning.house)[2].query("source == 'union' and rule == 'name_is_test'")) == 0
    run(morning, town, 1, renumbered(morning))
    assert "中山路77号" in address(morning, f"N{key}")
    assert held_rows(morning.house)[2].query("source == 'union' and rule == 'name_is_test'").empty


def test_a_number_given_to_another_row_takes_no_correction_along_and_it_is_told(morning: Morning, town: Town) -> None:
    key = a_row(morning)
    number = acts.correct(morning.house, "row", f"union:{key}", "phone", "0553-3812345", SIGNED).decision_id
    header = {name: header for header, name in morning.house.sources["union"].columns.items()}

    def another(raw: Raw) -> Raw:
        cells = raw.cells.copy()
        which = cells[header["code"]] == key
        for field, text in (("name", "长江路街心公园驿站"), ("address", NEWER), ("lng", "118.401"), ("lat", "31.331")):
            cells.loc[which, header[field]] = text
        return replace(raw, cells=cells)

    run(morning, town, 1, another)
    phones = morning.query(f"select phones from listing where valid_to is null and is_open and source = 'union' and row_key = '{key}'")[
        "phones"
    ]
    assert "0553-3812345" not in set(phones.fillna(""))
    told = report(morning, 1).replace("\\", "")
    assert number in told
    assert "这个编号下现在是另一行" in told
    assert decisions_of(morning.house).corrections["decision_id"].tolist() == [number], "it stands, and would hold again"
