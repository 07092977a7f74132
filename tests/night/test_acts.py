"""What an operator does holds from the rebuilt night on, says how to undo it, refuses what moved, and leaves the register as it was once undone."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import pandas as pd
import pytest

from flows import acts
from flows.acts import Signed
from flows.finding import source_nights
from flows.forms import FORMS, GroupForm, filled
from flows.house import House
from flows.judge import Answer, decisions_of, take_back, written
from flows.outlook import latest_night, read_published
from flows.rebuild import rebuild
from flows.rules import every_rule
from flows.run import RefusedError
from flows.selection import held_rows, selector_of
from tests.night.altered import reading, rows_at, without_header
from tests.night.books import assert_conserved
from tests.night.morning import SIGNED
from tests.night.town import Household, Town, assert_same, iso
from transforms.allowed import DRIFT


def again(household: Household) -> None:
    """The night made again out of the archive."""
    rebuild(household.house, f"action/{len(decisions_of(household.house).log)}", "测试")


def undo(household: Household, number: str) -> str:
    return take_back(read_published(household.house), number, "李敏", "判错了").decision_id


def group(household: Household, *, allowed: bool = True) -> tuple[str, str]:
    """Source and rule of a group of held-back rows that can, or cannot, be released."""
    return ("union", "name_is_test" if allowed else "name_absent")


def held_keys(household: Household) -> set[str]:
    _, _, held = held_rows(household.house)
    return set(held["source"] + ":" + held["row_key"])


def open_keys(household: Household) -> set[str]:
    rows = household.query("select source, row_key from listing where valid_to is null and is_open and carried_since is null")
    return set(rows["source"] + ":" + rows["row_key"])


def test_a_released_group_passes_and_undone_it_is_held_again(morning: Household) -> None:
    before = morning.tables(frozenset())
    selector = selector_of(morning.house, *group(morning))
    _, _, held = held_rows(morning.house)
    rows = held[(held["source"] == selector.source) & (held["rule"] == selector.rule)]
    keys = set(rows["source"] + ":" + rows["row_key"])
    answer = acts.release(morning.house, selector, None, SIGNED)
    again(morning)
    assert keys <= open_keys(morning)
    assert not keys & held_keys(morning)
    told = morning.query("select decision_id, severity from issue where decision_id is not null")
    assert set(told["decision_id"]) == {answer.decision_id}
    assert set(told["severity"]) == {"critical"}, "what is wrong stays wrong; the decision only passes over it"
    assert_conserved(morning)
    undo(morning, answer.decision_id)
    again(morning)
    after = morning.tables(frozenset())
    assert_same({name: frame for name, frame in before.items() if name != "decision"}, {n: f for n, f in after.items() if n != "decision"})


@pytest.mark.parametrize(("until", "nights"), [(None, 0), (2, 2)])
def test_a_release_ends_with_its_night_or_on_its_date(morning: Household, town: Town, until: int | None, nights: int) -> None:
    keys = held_keys(morning)
    acts.release(morning.house, selector_of(morning.house, *group(morning)), date.fromisoformat(iso(until)) if until else None, SIGNED)
    again(morning)
    released = keys - held_keys(morning)
    assert len(released) == 2
    for night in range(1, nights + 2):
        town.move(night)
        morning.run(iso(night))
        held = {key for key in released if key in held_keys(morning)}
        assert held == (set() if night <= nights else released)


def test_the_same_twice_is_done_once_and_a_stale_form_is_refused(morning: Household) -> None:
    selector = selector_of(morning.house, *group(morning))
    first = acts.release(morning.house, selector, None, SIGNED)
    second = acts.release(morning.house, selector, None, Signed("王芳", "我也问过"))
    assert (second.decision_id, second.is_new) == (first.decision_id, False)
    again(morning)
    with pytest.raises(RefusedError, match="一行也没有"):
        acts.release(morning.house, selector, date.fromisoformat(iso(5)), SIGNED)
    undo(morning, first.decision_id)
    again(morning)
    moved = type(selector)(selector.source, selector.rule, selector.night, selector.publication, selector.count + 1, "abcdefghijkl")
    with pytest.raises(RefusedError, match="已经变了"):
        acts.release(morning.house, moved, None, SIGNED)


def test_what_lacks_a_required_value_is_never_released(morning: Household) -> None:
    selector = selector_of(morning.house, *group(morning, allowed=False))
    with pytest.raises(RefusedError, match="更正"):
        acts.release(morning.house, selector, None, SIGNED)


@pytest.mark.parametrize(("who", "why", "sentence"), [("", "问过", "谁"), ("李敏", " ", "为什么")])
def test_nothing_is_decided_unsigned(morning: Household, who: str, why: str, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        acts.release(morning.house, selector_of(morning.house, *group(morning)), None, Signed(who, why))
    assert decisions_of(morning.house).log.empty


@pytest.mark.parametrize("days", [-1, 400])
def test_a_date_that_is_past_or_too_far_is_refused(morning: Household, days: int) -> None:
    source, rule = group(morning)
    with pytest.raises(RefusedError):
        acts.waive(morning.house, "source", source, rule, date.fromisoformat(iso(0)) + timedelta(days), SIGNED)


def test_a_waived_rule_holds_nothing_of_the_source_back(morning: Household) -> None:
    source, rule = group(morning)
    acts.waive(morning.house, "source", source, rule, date.fromisoformat(iso(30)), SIGNED)
    again(morning)
    _, _, held = held_rows(morning.house)
    assert held[(held["source"] == source) & (held["rule"] == rule)].empty


def test_a_corrected_row_becomes_a_listing_with_the_persons_value(morning: Household) -> None:
    _, _, held = held_rows(morning.house)
    row = held[
        held["rule"].isin(["name_absent", "name_unreadable", "name_is_test", "name_garbled", "name_is_no_place", "name_misplaced"])
    ].iloc[0]
    key = f"{row['source']}:{row['row_key']}"
    with pytest.raises(RefusedError, match="没有采用这个值"):
        acts.correct(morning.house, "row", key, "name", "13900001234", SIGNED)
    answer = acts.correct(morning.house, "row", key, "name", "赭山公园劳动者驿站", SIGNED)
    again(morning)
    told = morning.query(f"select name, verbatim from listing where valid_to is null and source || ':' || row_key = '{key}'").iloc[0]
    assert "赭山公园" in told["name"]
    assert "赭山公园" not in told["verbatim"], "what the owner wrote stays what the owner wrote"
    assert key in open_keys(morning)
    undo(morning, answer.decision_id)
    again(morning)
    assert key in held_keys(morning)


def test_a_corrected_listing_is_worked_out_anew_and_back(morning: Household) -> None:
    key, before = morning.query(
        "select source || ':' || row_key as k, coalesce(address, '') as a from listing where valid_to is null and is_open and source = 'union' order by 1"
    ).iloc[0]
    answer = acts.correct(morning.house, "row", key, "address", "芜湖市镜湖区中山路77号", SIGNED)
    again(morning)
    now = f"select address from listing where valid_to is null and source || ':' || row_key = '{key}'"
    assert "中山路77号" in morning.query(now)["address"].iloc[0]
    undo(morning, answer.decision_id)
    again(morning)
    assert (morning.query(now)["address"].fillna("").iloc[0]) == before


def test_merged_stations_are_one_and_split_again_they_have_their_ids_back(morning: Household) -> None:
    ids = morning.query("select station_id from station where status = 'open' order by first_seen_on, station_id limit 2")[
        "station_id"
    ].tolist()
    answer = acts.merge(morning.house, ids, SIGNED)
    again(morning)
    redirects = morning.query("select from_id, to_id from station_redirect where valid_to is null")
    assert len(redirects[redirects["from_id"].isin(ids) & redirects["to_id"].isin(ids)]) == 1
    undo(morning, answer.decision_id)
    again(morning)
    assert set(ids) <= set(morning.query("select station_id from station where status = 'open'")["station_id"])


def test_a_split_part_is_a_station_of_its_own(morning: Household) -> None:
    row = morning.query(
        """
        select s.station_id, min(s.listing_id) as a, max(s.listing_id) as b from station_listing s join listing l using (listing_id)
        where s.valid_to is null and l.valid_to is null and l.is_open group by 1 having count(*) = 2 order by 1 limit 1
        """
    ).iloc[0]
    acts.split(morning.house, row["station_id"], [row["b"]], SIGNED)
    again(morning)
    homes = morning.query(
        f"select listing_id, station_id from station_listing where valid_to is null and listing_id in ('{row['a']}', '{row['b']}')"
    )
    assert homes["station_id"].nunique() == 2
    assert row["station_id"] in set(homes["station_id"])


def test_an_accepted_datum_moves_the_lists_positions(morning: Household) -> None:
    before = morning.query(
        "select listing_id, lng_wgs84 from listing where valid_to is null and source = 'union' and lng_wgs84 is not null"
    )
    answer = acts.accept(morning.house, "union", [("datum", "WGS-84")], None, SIGNED)
    again(morning)
    after = morning.query("select listing_id, lng_wgs84 from listing where valid_to is null and source = 'union' and lng_wgs84 is not null")
    both = before.merge(after, on="listing_id")
    assert ((both["lng_wgs84_x"] - both["lng_wgs84_y"]).abs() > 1e-4).mean() > 0.9
    undo(morning, answer.decision_id)
    again(morning)
    back = morning.query("select listing_id, lng_wgs84 from listing where valid_to is null and source = 'union' and lng_wgs84 is not null")
    pd.testing.assert_frame_equal(before.sort_values("listing_id", ignore_index=True), back.sort_values("listing_id", ignore_index=True))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda house: acts.waive(house, "row", "union:none", "name_is_test", date(2026, 6, 2), SIGNED), "没有编号"),
        (lambda house: acts.waive(house, "source", "nobody", "name_is_test", date(2026, 6, 2), SIGNED), "没有名单"),
        (lambda house: acts.waive(house, "source", "union", "no_such_rule", date(2026, 6, 2), SIGNED), "没有规则"),
        (lambda house: acts.waive(house, "source", "union", "name_absent", date(2026, 6, 2), SIGNED), "不能豁免"),
        (lambda house: acts.correct(house, "row", "union:none", "name", "甲", SIGNED), "没有编号"),
        (lambda house: acts.correct(house, "row", "union:none", "colour", "红", SIGNED), "没有可以更正的字段"),
        (lambda house: acts.correct(house, "station", "yz3402-none", "name", "甲", SIGNED), "没有驿站"),
        (lambda house: acts.accept(house, "union", [("rule", "name_absent")], None, SIGNED), "不是可以接受的变更"),
        (lambda house: acts.accept(house, "union", [("datum", "MARS")], None, SIGNED), "没有坐标系"),
        (lambda house: acts.judge(house, "union:none", "union:nil", "same", SIGNED), "没有登记"),
        (lambda house: acts.judge(house, "union:none", "union:nil", "perhaps", SIGNED), "不认识"),
        (lambda house: acts.accept(house, "union", [("rule", "source_partial")], None, SIGNED), "不是可以接受的变更"),
        (lambda house: acts.refetch(house, "nobody", SIGNED), "没有名单"),
        (lambda house: acts.refetch(house, "operators", SIGNED), "没有业主可问"),
        (lambda house: acts.accept(house, "union", [("header", "没见过的表头")], None, SIGNED), "没有表头"),
        (lambda house: acts.accept(house, "union", [("rows", "300-80")], None, SIGNED), "不是一个范围"),
        (lambda house: acts.accept(house, "union", [("rows", "many-")], None, SIGNED), "不是一个范围"),
        (lambda house: acts.merge(house, ["yz3402-none", "yz3402-nil"], SIGNED), "没有驿站"),
        (lambda house: acts.merge(house, ["yz3402-none"], SIGNED), "至少要两个"),
        (lambda house: acts.split(house, "yz3402-none", ["union:1"], SIGNED), "没有驿站"),
    ],
)
def test_what_names_nothing_is_refused_in_words(morning: Household, call: object, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=sentence):
        call(morning.house)  # type: ignore[operator]
    assert decisions_of(morning.house).log.empty


def test_an_added_station_is_on_a_list_of_its_own_and_taken_back_it_closes(morning: Household, town: Town) -> None:
    values = {"name": "赭山公园东门劳动者驿站", "address": "芜湖市镜湖区赭山东路101号", "lng": "118.3901", "lat": "31.3412"}
    with pytest.raises(RefusedError, match="找不到"):
        acts.add(morning.house, {"name": "赭山公园东门劳动者驿站"}, SIGNED)
    with pytest.raises(RefusedError, match="没有新增"):
        acts.add(morning.house, {**values, "name": "测试"}, SIGNED)
    answer = acts.add(morning.house, values, SIGNED)
    again(morning)
    key = f"operators:{answer.decision_id}"
    assert key in open_keys(morning)
    station = morning.query(f"select station_id from station_listing where valid_to is null and listing_id = '{key}'")["station_id"][0]
    assert morning.query(f"select status from station where station_id = '{station}'")["status"].tolist() == ["open"]
    assert_conserved(morning)
    town.move(1)
    morning.run(iso(1))
    assert key in open_keys(morning)
    undo(morning, answer.decision_id)
    again(morning)
    assert key not in open_keys(morning)
    assert morning.query(f"select close_cause from listing where valid_to is null and listing_id = '{key}'")["close_cause"].tolist() == [
        "closed_by_owner"
    ]
    assert_conserved(morning)


def test_a_closed_station_stays_closed_while_lists_have_it_and_undone_it_is_open_again(morning: Household, town: Town) -> None:
    town.move(1)
    morning.run(iso(1))
    station = str(morning.query("select min(station_id) as s from station where status = 'open'")["s"][0])
    answer = acts.close(morning.house, station, SIGNED)
    again(morning)
    status = f"select status from station where station_id = '{station}'"
    assert morning.query(status)["status"].tolist() == ["closed"]
    told = morning.query(f"select event, cause from station_event where station_id = '{station}' and night = '{iso(1)}'")
    assert ("closed", "closed_by_person") in set(told.itertuples(index=False, name=None))
    joined = f"""
        select l.is_open, s.status, s.close_cause from listing l join station_listing b using (listing_id) join station s on s.station_id = b.station_id
        where b.station_id = '{station}' and l.valid_to is null and b.valid_to is null
    """
    shown = morning.query(joined)
    assert shown["is_open"].all(), "owners still list it, and table listing says what owners list"
    assert set(zip(shown["status"], shown["close_cause"], strict=True)) == {("closed", "closed_by_person")}
    assert_conserved(morning)
    town.move(2)
    morning.run(iso(2))
    assert morning.query(status)["status"].tolist() == ["closed"]
    undo(morning, answer.decision_id)
    again(morning)
    assert morning.query(status)["status"].tolist() == ["open"]
    assert morning.query(joined)["close_cause"].isna().all()


def test_a_row_that_waits_in_quarantine_passes_though_its_list_does_not_come_tonight(morning: Household, town: Town) -> None:
    """On night 1, a Tuesday, the civilization list is not published; a person corrects a row that it brought on Monday."""
    town.move(1)
    morning.run(iso(1))
    _, _, held = held_rows(morning.house)
    row = held[(held["source"] == "civilization") & (held["rule"] == "name_absent")].iloc[0]
    key = f"civilization:{row['row_key']}"
    answer = acts.correct(morning.house, "row", key, "name", "赭山公园劳动者驿站", SIGNED)
    before = morning.query(f"select * from source_night where night = '{iso(1)}' and source = 'civilization'").iloc[0]
    again(morning)
    after = morning.query(f"select * from source_night where night = '{iso(1)}' and source = 'civilization'").iloc[0]
    assert key in open_keys(morning)
    assert key not in held_keys(morning)
    assert (after["rows_read"], after["accepted"], after["opened"]) == (
        before["rows_read"] + 1,
        before["accepted"] + 1,
        before["opened"] + 1,
    )
    assert after["last_good_on"] == before["last_good_on"], "its list did not come"
    assert_conserved(morning)
    undo(morning, answer.decision_id)
    again(morning)
    assert key in held_keys(morning)


def test_two_operators_at_once_decide_once(morning: Household) -> None:
    selector = selector_of(morning.house, *group(morning))
    both = Barrier(2)

    def click(who: str) -> str:
        both.wait()
        try:
            return acts.release(morning.house, selector, None, Signed(who, "问过")).decision_id
        except RefusedError as refused:
            return str(refused)

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(click, ("李敏", "王芳")))
    log = decisions_of(morning.house).log
    assert log["act"].tolist() == ["release"]
    number = str(log["decision_id"].iloc[0])
    assert all(number in each for each in told), "the second is told of the first"


def test_when_the_archive_lost_a_list_its_last_good_listings_stay_and_it_is_told(morning: Household, town: Town) -> None:
    town.move(1)
    morning.run(iso(1))
    retrieval = morning.house.archive.recall(iso(1), "union")
    assert retrieval is not None
    for part in retrieval.parts:
        next((morning.home / "archive").rglob(part.sha256)).unlink()
    before = {key for key in open_keys(morning) if key.startswith("union:")}
    source, rule = group(morning)
    acts.waive(morning.house, "source", source, rule, date.fromisoformat(iso(30)), SIGNED)
    again(morning)
    told = morning.query(f"select outcome, message from retrieval where source = 'union' and night = '{iso(1)}'").iloc[0]
    assert told["outcome"] in ("our_fault", "not_asked"), told["message"]
    assert len(before) - len({key for key in open_keys(morning) if key.startswith("union:")}) <= 3, "carried, but for what opened tonight"


def test_a_value_corrected_and_back_again_is_three_decisions(morning: Household) -> None:
    key = str(
        morning.query("select min(source || ':' || row_key) as k from listing where valid_to is null and is_open and source = 'union'")[
            "k"
        ][0]
    )
    for value in ("芜湖市镜湖区中山路77号", "芜湖市镜湖区中山路79号", "芜湖市镜湖区中山路77号"):
        assert acts.correct(morning.house, "row", key, "address", value, SIGNED).is_new
    assert not acts.correct(morning.house, "row", key, "address", " 芜湖市镜湖区中山路77号 ", SIGNED).is_new
    again(morning)
    now = morning.query(f"select address from listing where valid_to is null and source || ':' || row_key = '{key}'")
    assert "中山路77号" in now["address"][0]


def test_a_list_that_lost_rows_or_a_column_is_taken_once_a_person_accepted_it(morning: Household, town: Town) -> None:
    town.move(1)
    house = morning.house
    header = next(text for text, name in house.sources["union"].columns.items() if name == "hours")
    changed = reading(house, "union", lambda raw: without_header(rows_at(raw, range(len(raw.lines) // 2)), header))
    good = f"select last_good_on from source_night where night = '{iso(1)}' and source = 'union'"
    morning.run(iso(1), house=changed)
    assert str(morning.query(good)["last_good_on"][0])[:10] == iso(0)
    acts.accept(house, "union", [("header", header), *(("rule", rule) for rule in DRIFT)], None, SIGNED)
    morning.run(iso(1), house=changed)
    assert str(morning.query(good)["last_good_on"][0])[:10] == iso(1)


def test_what_was_only_asked_for_is_recorded_too(morning: Household) -> None:
    acts.refetch(morning.house, "union", SIGNED)
    acts.replay(morning.house, date.fromisoformat(iso(0)), SIGNED)
    assert decisions_of(morning.house).log[["act", "who"]].to_numpy().tolist() == [["refetch", "李敏"], ["replay", "李敏"]]


def test_what_cannot_be_written_down_is_not_done(morning: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk, told to whoever acts."""
    station = str(morning.query("select min(station_id) as s from station where status = 'open'")["s"][0])

    def full(_descriptor: int, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("warehouse.journal.os.write", full)
    with pytest.raises(RefusedError, match=r"决定写不进去.*没有做"):
        acts.close(morning.house, station, SIGNED)
    monkeypatch.undo()
    assert decisions_of(morning.house).log.empty


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "测试"),
        ("name", "<script>alert(1)</script>"),
        ("name", "=cmd|' /C calc'!A0"),
        ("name", "13900001234"),
        ("phones", "abc"),
        ("hours", "abc"),
        ("lng_wgs84", "2.35"),
        ("lng_wgs84", "east"),
        ("county_code", "999999"),
        ("credit_code", "91340200000000000X"),
    ],
)
def test_a_value_that_no_station_may_have_is_refused_before_the_night_meets_it(morning: Household, field: str, value: str) -> None:
    with pytest.raises(RefusedError, match="没有采用这个值") as told:
        acts.correct(morning.house, "station", open_station(morning), field, value, SIGNED)
    assert "未发布" not in str(told.value), "nothing was stopped"
    assert decisions_of(morning.house).log.empty


def test_a_value_that_a_person_gave_is_told_as_a_persons_and_not_as_an_owners(morning: Household, town: Town) -> None:
    station = open_station(morning)
    values = {"name": "赭山公园劳动者驿站", "host": "芜湖市总工会", "phones": "0553-3811111"}
    for field, value in values.items():
        acts.correct(morning.house, "station", station, field, value, SIGNED)
    key = morning.query(
        "select l.source || ':' || l.row_key as k from listing l join station_listing m using (listing_id) where l.valid_to is null and m.valid_to is null "
        f"and l.is_open and l.source = 'union' and m.station_id <> '{station}' order by 1"
    )["k"].iloc[0]
    acts.correct(morning.house, "row", key, "address", "芜湖市镜湖区中山路77号", SIGNED)
    town.move(1)
    morning.run(iso(1))
    told = morning.query(f"select * from changes_between('{iso(0)}', '{iso(1)}') where station_id = '{station}'")
    corrected = told[told["field"].isin(values)]
    assert dict(corrected[["field", "new_value"]].to_numpy()) == values
    assert set(corrected["cause"]) == {"corrected"}
    assert corrected["source"].isna().all(), "no owner said so"
    diary = " ".join(morning.query(f"select sentence from station_diary where station_id = '{station}' and night = '{iso(1)}'")["sentence"])
    assert "改为“赭山公园劳动者驿站”（人工更正）" in diary
    assert "更正电话" in diary
    moved = morning.query(
        f"select cause, source from station_event where event = 'readdressed' and detail like '%中山路77号' and night = '{iso(1)}'"
    )
    assert moved.to_numpy().tolist() == [["corrected", None]]


@pytest.mark.parametrize(
    ("field", "value"), [("name", "赭山公园劳动者驿站"), ("host", "芜湖市总工会"), ("address", "芜湖市镜湖区中山路77号")]
)
def test_a_sound_value_for_a_station_holds_from_the_rebuilt_night_on(morning: Household, field: str, value: str) -> None:
    station = open_station(morning)
    acts.correct(morning.house, "station", station, field, value, SIGNED)
    again(morning)
    assert morning.query(f"select {field} as v from station where station_id = '{station}'")["v"].tolist() == [value]
    assert latest_night(morning.house) == iso(0)
    assert morning.query("select state from night")["state"].tolist() != ["rejected"]


def open_station(household: Household) -> str:
    return str(household.query("select min(station_id) as s from station where status = 'open'")["s"][0])


def test_what_has_run_out_is_not_decided_already(morning: Household, town: Town) -> None:
    old = selector_of(morning.house, *group(morning))
    first = acts.release(morning.house, old, None, SIGNED)
    source, rule = group(morning)
    acts.waive(morning.house, "source", source, "name_is_page", date.fromisoformat(iso(0)), SIGNED)
    again(morning)
    town.move(1)
    morning.run(iso(1))
    with pytest.raises(RefusedError, match=f"{iso(0)} 那一夜的"):
        acts.release(morning.house, old, None, SIGNED)
    with pytest.raises(RefusedError, match="已经过去"):
        acts.waive(morning.house, "source", source, "name_is_page", date.fromisoformat(iso(0)), SIGNED)
    anew = acts.release(morning.house, selector_of(morning.house, source, rule), None, SIGNED)
    assert anew.is_new
    assert anew.decision_id != first.decision_id


def test_a_form_of_another_night_is_refused_although_the_rows_are_the_same(morning: Household, town: Town) -> None:
    old = selector_of(morning.house, *group(morning))
    town.move(1)
    morning.run(iso(1))
    now = selector_of(morning.house, *group(morning))
    assert (old.digest, old.count) == (now.digest, now.count)
    with pytest.raises(RefusedError, match="请从最新的夜报重新打开"):
        acts.release(morning.house, old, None, SIGNED)


Submitted = Callable[[House], Callable[[], Answer]]


def two_stations(house: House) -> list[str]:
    station = read_published(house).state.station
    return sorted(station.loc[station["status"] == "open", "station_id"])[:2]


def two_listings(house: House) -> list[str]:
    """The first listings of two stations."""
    published = read_published(house)
    return sorted(sorted(published.members[each])[0] for each in two_stations(house))


def a_pair(house: House) -> tuple[str, list[str]]:
    published = read_published(house)
    is_open = set(published.listings.loc[published.listings["is_open"].astype(bool), "listing_id"])
    return next((one, sorted(each)) for one, each in sorted(published.members.items()) if len(each) == 2 and set(each) <= is_open)


def released(house: House) -> Callable[[], Answer]:
    selector = selector_of(house, "union", "name_is_test")
    return lambda: acts.release(house, selector, None, SIGNED)


def corrected(house: House) -> Callable[[], Answer]:
    station = two_stations(house)[0]
    return lambda: acts.correct(house, "station", station, "name", "赭山公园劳动者驿站", SIGNED)


def merged(house: House) -> Callable[[], Answer]:
    ids = two_stations(house)
    return lambda: acts.merge(house, ids, SIGNED)


def parted(house: House) -> Callable[[], Answer]:
    station, members = a_pair(house)
    return lambda: acts.split(house, station, members[1:], SIGNED)


def judged(house: House) -> Callable[[], Answer]:
    left, right = two_listings(house)
    return lambda: acts.judge(house, left, right, "same", SIGNED)


def closed(house: House) -> Callable[[], Answer]:
    station = two_stations(house)[0]
    return lambda: acts.close(house, station, SIGNED)


ADDED = {"name": "赭山公园东门劳动者驿站", "address": "芜湖市镜湖区赭山东路101号", "lng": "118.3901", "lat": "31.3412"}
SUBMITTED: dict[str, Submitted] = {
    "release": released,
    "correct": corrected,
    "waive": lambda house: lambda: acts.waive(house, "source", "union", "name_is_test", date.fromisoformat(iso(9)), SIGNED),
    "judge": judged,
    "merge": merged,
    "split": parted,
    "add": lambda house: lambda: acts.add(house, ADDED, SIGNED),
    "close": closed,
    "accept": lambda house: lambda: acts.accept(house, "union", [("rule", "source_too_few")], None, SIGNED),
    "refetch": lambda house: lambda: acts.refetch(house, "union", SIGNED),
    "replay": lambda house: lambda: acts.replay(house, date.fromisoformat(iso(0)), SIGNED),
}


@pytest.mark.parametrize(
    ("act", "is_rebuilt"),
    [*((each, False) for each in SUBMITTED), *((each, True) for each in ("release", "judge", "merge", "split", "refetch"))],
)
def test_the_same_submission_twice_is_done_once(morning: Household, act: str, *, is_rebuilt: bool) -> None:
    submit = SUBMITTED[act](morning.house)
    first = submit()
    if is_rebuilt:
        again(morning)
    second = submit()
    assert (second.decision_id, second.is_new) == (first.decision_id, False)
    assert decisions_of(morning.house).log["act"].tolist() == [act]


@pytest.mark.parametrize("act", [*SUBMITTED, "undo"])
def test_two_clicks_at_once_decide_once(morning: Household, act: str) -> None:
    if act == "undo":
        number, published = released(morning.house)().decision_id, read_published(morning.house)
        submit: Callable[[], Answer] = lambda: take_back(published, number, "李敏", "判错了")  # noqa: E731
    else:
        submit = SUBMITTED[act](morning.house)
    both = Barrier(2)

    def click(_: int) -> str:
        both.wait()
        try:
            return submit().decision_id
        except RefusedError as refused:
            return str(refused)

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(click, range(2)))
    log = decisions_of(morning.house).log
    assert log["act"].eq(act).sum() == 1, told


def test_stations_merged_parted_and_merged_again_are_three_decisions(morning: Household) -> None:
    submit = merged(morning.house)
    number = submit().decision_id
    undo(morning, number)
    assert submit().is_new
    left, right = two_listings(morning.house)
    acts.judge(morning.house, left, right, "unsure", SIGNED)
    acts.judge(morning.house, left, right, "not", SIGNED)
    assert acts.judge(morning.house, left, right, "unsure", SIGNED).is_new, "another verdict stood in between"


def test_a_decision_that_cannot_be_written_is_refused_in_words(morning: Household) -> None:
    house = morning.house  # opened while its journal can be read
    submit = released(house)
    house.journal.unlink(missing_ok=True)
    house.journal.mkdir()
    with pytest.raises(RefusedError, match=r"决定写不进去.*没有做"):
        written(house, [{"act": "refetch", "source": "union", "who": "李敏", "why": "问过"}])
    house.journal.rmdir()
    assert submit().is_new


@pytest.mark.parametrize(("low", "high", "rule"), [(0, 5, "source_too_many"), (4000, 5000, "source_too_few")])
def test_accepted_bounds_are_those_that_a_list_is_held_to(morning: Household, town: Town, low: int, high: int, rule: str) -> None:
    """The tighter bounds are met, so they are in force; undone, the list is held to its own again."""
    town.move(1)
    met = f"select rule from issue where night = '{iso(1)}' and source = 'union' and rule in ('source_too_many', 'source_too_few')"
    answer = acts.accept(morning.house, "union", [("rows", f"{low}-{high}")], date.fromisoformat(iso(1)), SIGNED)
    morning.run(iso(1))
    assert morning.query(met)["rule"].tolist() == [rule]
    undo(morning, answer.decision_id)
    again(morning)
    assert morning.query(met).empty


def test_the_operators_own_list_is_a_list_like_others(morning: Household) -> None:
    number = acts.add(morning.house, ADDED, SIGNED).decision_id
    again(morning)
    key = f"operators:{number}"
    fixed = acts.correct(morning.house, "row", key, "name", "赭山公园西门劳动者驿站", SIGNED)
    again(morning)
    name = f"select name from listing where valid_to is null and listing_id = '{key}'"
    assert "西门" in morning.query(name)["name"][0]
    undo(morning, fixed.decision_id)
    again(morning)
    assert "东门" in morning.query(name)["name"][0]
    nights, _ = source_nights(read_published(morning.house), "operators")
    assert len(nights) == 1


@pytest.mark.parametrize("act", ["merge", "split", "judge"])
def test_what_a_person_closed_is_neither_merged_nor_split_nor_judged(morning: Household, act: str) -> None:
    submit = SUBMITTED[act](morning.house)
    station = a_pair(morning.house)[0] if act == "split" else two_stations(morning.house)[0]
    number = acts.close(morning.house, station, SIGNED).decision_id
    with pytest.raises(RefusedError, match=f"停用（{number}），请先撤销"):
        submit()


@pytest.mark.parametrize("act", ["refetch", "replay"])
def test_what_was_only_asked_for_cannot_be_taken_back(morning: Household, act: str) -> None:
    asked = SUBMITTED[act](morning.house)()
    assert not any("撤销" in line for line in asked.lines)
    with pytest.raises(RefusedError, match="只是记录，没有可撤销的"):
        undo(morning, asked.decision_id)


MUCH = "长" * 1_000_000
ASKED = [(action, name) for action, form in FORMS.items() for name in form.model_fields]


@pytest.mark.parametrize(("action", "name"), ASKED)
def test_no_text_of_a_form_may_be_long_and_no_refusal_repeats_it(action: str, name: str) -> None:
    form = FORMS[action]
    for value in (MUCH, [MUCH], dict.fromkeys(GroupForm.model_fields, MUCH), ["a"] * 1000):
        with pytest.raises(RefusedError) as told:
            filled(form, {name: value, MUCH: MUCH})
        assert str(form.model_fields[name].title) in str(told.value)
        assert len(str(told.value)) < 1000


@pytest.mark.parametrize(
    "call",
    [
        lambda house: acts.correct(house, "row", f"union:{MUCH}", "name", "甲", SIGNED),
        lambda house: acts.correct(house, "station", MUCH, "name", "甲", SIGNED),
        lambda house: acts.judge(house, MUCH, "union:1", "same", SIGNED),
        lambda house: acts.close(house, MUCH, SIGNED),
        lambda house: acts.refetch(house, MUCH, SIGNED),
        lambda house: take_back(read_published(house), MUCH, "李敏", "判错了"),
    ],
)
def test_a_refusal_repeats_no_long_id(morning: Household, call: Callable[[House], Answer]) -> None:
    with pytest.raises(RefusedError) as told:
        call(morning.house)
    assert len(str(told.value)) < 2000


def test_what_others_rest_on_is_not_undone_before_them(morning: Household) -> None:
    added = acts.add(morning.house, {"name": "赭山公园北门劳动者驿站", "address": "芜湖市镜湖区赭山路1号"}, SIGNED)
    again(morning)
    other = str(
        morning.query("select min(listing_id) as l from listing where valid_to is null and is_open and source <> 'operators'")["l"][0]
    )
    verdict = acts.judge(morning.house, f"operators:{added.decision_id}", other, "not", SIGNED)
    with pytest.raises(RefusedError, match=f"请先撤销这些|{verdict.decision_id}"):
        take_back(read_published(morning.house), added.decision_id, "李敏", "填错了")
    take_back(read_published(morning.house), verdict.decision_id, "李敏", "填错了")
    assert take_back(read_published(morning.house), added.decision_id, "李敏", "填错了").is_new


def test_an_undo_of_an_undo_brings_back_what_stood(morning: Household) -> None:
    station = str(morning.query("select min(station_id) as s from station where status = 'open'")["s"][0])
    status = f"select status from station where station_id = '{station}'"
    closed = acts.close(morning.house, station, SIGNED)
    undone = take_back(read_published(morning.house), closed.decision_id, "李敏", "看错了")
    take_back(read_published(morning.house), undone.decision_id, "李敏", "没有看错")
    again(morning)
    assert morning.query(status)["status"].tolist() == ["closed"]


def test_a_rule_is_waived_by_the_title_that_the_report_shows(morning: Household) -> None:
    source, rule = group(morning)
    acts.waive(morning.house, "source", source, every_rule()[rule].title, date.fromisoformat(iso(0)), SIGNED)
    assert json.loads(decisions_of(morning.house).log["detail"].iloc[-1])["rule"] == rule
