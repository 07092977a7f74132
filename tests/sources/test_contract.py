"""Headers, bounds, keys, repeats and tombstones; and no row is ever lost."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources.kit import contract
from sources.kit.raw import Raw
from sources.kit.source import Accepted
from tests.sources.lists import HALLS, HEADERS, hall, halls, listed
from transforms.records import empty_frame


def _rules(found: contract.Contracted) -> dict[str, int]:
    return {str(rule): int(count) for rule, count in found.issues["rule"].value_counts().items()}


def test_a_good_list_comes_through_whole() -> None:
    found = contract.apply(halls(3), HALLS)
    assert not found.stopped
    assert found.issues.empty
    assert list(found.rows.columns) == list(empty_frame("row").columns)
    assert found.rows["row_key"].tolist() == ["H001", "H002", "H003"]
    assert found.rows["line"].tolist() == ["1", "2", "3"]
    assert json.loads(found.rows["verbatim"].iloc[0]) == hall(1)
    assert list(json.loads(found.rows["verbatim"].iloc[0])) == list(HEADERS)
    assert found.rows["contact"].isna().all()
    assert {str(dtype) for dtype in found.rows.dtypes} == {"str"}


def test_a_renamed_column_is_one_missing_and_one_new_and_stops_the_source() -> None:
    renamed = listed(
        [{**hall(1), "站点名称": "甲"}, {**hall(2), "站点名称": "乙"}], ("编号", "站点名称", "地址", "信用代码", "更新", "删除")
    )
    found = contract.apply(renamed, HALLS)
    assert found.stopped
    assert _rules(found) == {"header_missing": 1, "header_unknown": 1}
    assert found.issues.set_index("rule")["value"].to_dict() == {"header_missing": "名称", "header_unknown": "站点名称"}
    assert found.issues["row_key"].isna().all()
    assert found.rows_read == 2


def test_a_missing_column_stops_until_an_operator_accepts_it() -> None:
    missing = listed([hall(1), hall(2)], ("编号", "名称", "地址", "更新", "删除"))
    assert contract.apply(missing, HALLS).stopped
    accepted = contract.apply(missing, HALLS, Accepted(headers=frozenset({"信用代码"})))
    assert not accepted.stopped
    assert accepted.rows["credit_code"].isna().all()


def test_a_new_column_only_warns_and_stays_in_the_verbatim_row() -> None:
    wider = listed([{**hall(number), "星级": "五星"} for number in (1, 2)], (*HEADERS, "星级"))
    found = contract.apply(wider, HALLS)
    assert not found.stopped
    assert _rules(found) == {"header_unknown": 1}
    assert json.loads(found.rows["verbatim"].iloc[0])["星级"] == "五星"
    assert found.rows["row_digest"].tolist() == contract.apply(halls(2), HALLS).rows["row_digest"].tolist()
    assert contract.apply(wider, HALLS, Accepted(headers=frozenset({"星级"}))).issues.empty


def test_a_column_missing_from_one_sheet_is_told_with_the_sheet() -> None:
    raw = replace(halls(4), headers={"镜湖区": HEADERS, "弋江区": ("编号", "名称", "地址", "更新", "删除")})
    found = contract.apply(raw, HALLS)
    assert found.stopped
    assert found.issues["value"].tolist() == ["信用代码（弋江区）"]


def test_a_flag_column_that_vanished_stops_the_source() -> None:
    assert contract.apply(listed([hall(1), hall(2)], HEADERS[:-1]), HALLS).issues["value"].tolist() == ["删除"]


@pytest.mark.parametrize(
    ("count", "rule", "stops"),
    [(0, "source_empty", True), (1, "source_too_few", True), (2, None, False), (50, None, False), (51, "source_too_many", False)],
)
def test_bounds(count: int, rule: str | None, stops: bool) -> None:
    found = contract.apply(halls(count), HALLS)
    assert (found.stopped, list(_rules(found))) == (stops, [rule] if rule else [])


def test_a_short_list_passes_once_an_operator_accepts_it_and_is_still_told() -> None:
    found = contract.apply(halls(1), HALLS, Accepted(rules=frozenset({"source_too_few"})))
    assert not found.stopped
    assert _rules(found) == {"source_too_few": 1}


def test_half_of_a_list_whose_owner_states_the_total_is_partial() -> None:
    found = contract.apply(replace(halls(10), total=20), HALLS)
    assert found.stopped
    assert _rules(found) == {"source_partial": 1}
    assert "20" in found.issues["message"].iloc[0]
    assert "10" in found.issues["message"].iloc[0]


def test_changes_are_not_measured_by_the_bounds_of_the_list() -> None:
    assert contract.apply(replace(halls(1), mode="delta"), HALLS).issues.empty
    assert contract.apply(replace(halls(0), mode="delta"), HALLS).issues.empty
    assert contract.bounds(HALLS, 1).stopped
    assert not contract.bounds(HALLS, 2).stopped


def test_a_refused_payload_stops_with_its_own_sentence() -> None:
    found = contract.apply(Raw.refused("名单.xls：应为 Excel 工作簿，实为网页"), HALLS)
    assert found.stopped
    assert found.rows_read == 0
    assert found.issues["message"].tolist() == ["名单.xls：应为 Excel 工作簿，实为网页"]


def test_an_exact_repeat_is_ignored_with_its_reason_though_the_running_number_differs() -> None:
    found = contract.apply(listed([hall(1), hall(2), hall(1, 更新="3")]), HALLS)
    assert found.ignored.to_dict("records") == [{"row_key": "H001", "line": "3", "reason": "row_repeated"}]
    assert found.rows["line"].tolist() == ["1", "2"]
    assert found.issues[["rule", "line", "severity"]].to_numpy().tolist() == [["row_repeated", "3", "info"]]


def test_two_contents_under_one_key_are_both_held() -> None:
    found = contract.apply(listed([hall(1), hall(2), hall(2, 地址="黄山路9号")]), HALLS)
    assert found.issues[["rule", "line", "value"]].to_numpy().tolist() == [
        ["row_key_repeated", "2", "H002"],
        ["row_key_repeated", "3", "H002"],
    ]
    assert len(found.rows) == 3


def test_a_row_without_its_key_is_held_and_can_be_told_from_others() -> None:
    found = contract.apply(listed([hall(1), hall(2, 编号=None), hall(3, 编号=" ")]), HALLS)
    assert _rules(found) == {"row_key_missing": 2}
    assert found.rows["row_key"].str.startswith("~").tolist() == [False, True, True]
    assert found.rows["row_key"].is_unique


def test_a_tombstone_is_ignored_and_gives_its_key() -> None:
    found = contract.apply(replace(listed([hall(1), hall(2, 名称=None, 地址=None, 删除="true")]), mode="delta"), HALLS)
    assert found.tombstones == ("H002",)
    assert found.ignored["reason"].tolist() == ["tombstone"]
    assert found.issues.empty


def test_a_key_both_alive_and_dead_is_held_and_closes_nothing() -> None:
    found = contract.apply(replace(listed([hall(1), hall(1, 删除="true")]), mode="delta"), HALLS)
    assert found.tombstones == ()
    assert _rules(found) == {"row_key_repeated": 2}


def test_a_number_that_lost_its_digits_is_an_issue_and_no_value() -> None:
    cut = pd.DataFrame({"at": [1], "header": ["信用代码"], "rule": ["number_precision_lost"], "value": ["9.13400007199043E+17"]})
    found = contract.apply(replace(listed([hall(1), hall(2, 信用代码="9.13400007199043E+17")]), unusable=cut), HALLS)
    assert found.rows["credit_code"].isna().all()
    assert found.issues[["rule", "row_key", "field"]].to_numpy().tolist() == [["number_precision_lost", "H002", "credit_code"]]
    assert "9.13400007199043E+17" in found.rows["verbatim"].iloc[1]


def test_ten_kilobytes_in_a_name_pass_unharmed() -> None:
    found = contract.apply(listed([hall(1, 名称="驿" * 10_240), hall(2)]), HALLS)
    assert found.rows["name"].str.len().tolist() == [10_240, 5]
    assert found.issues.empty


def test_a_key_of_several_columns_is_a_hash_that_white_space_and_width_do_not_change() -> None:
    hashed = replace(HALLS, row_key=("name", "address"))
    written = contract.apply(listed([hall(1), hall(2)]), hashed).rows["row_key"]
    again = contract.apply(listed([hall(1, 地址=" 青阳路 １号"), hall(2, 编号="X")]), hashed).rows["row_key"]
    assert written.tolist() == again.tolist()
    assert written.str.fullmatch("h[0-9a-f]{20}").all()
    assert written.is_unique


rows_of_owner = st.lists(
    st.fixed_dictionaries(
        {
            "编号": st.sampled_from(["A", "B", "C", None]),
            "名称": st.sampled_from(["甲", "乙", None]),
            "地址": st.sampled_from(["一号", None]),
            "信用代码": st.none(),
            "更新": st.text(max_size=3),
            "删除": st.sampled_from(["true", "false"]),
        }
    ),
    max_size=30,
)


@settings(deadline=None, max_examples=40)
@given(rows_of_owner, st.sampled_from([("code",), ("name", "address")]))
def test_no_row_is_lost(rows: list[dict[str, str | None]], key: tuple[str, ...]) -> None:
    found = contract.apply(listed(rows), replace(HALLS, row_key=key))
    held = set(found.issues.loc[found.issues["severity"].eq("critical"), "line"].dropna())
    passed = found.rows[~found.rows["line"].isin(held)]
    assert found.rows_read == len(rows) == len(passed) + len(held) + len(found.ignored)
    assert sorted([*found.rows["line"], *found.ignored["line"]], key=int) == [str(number) for number in range(1, len(rows) + 1)]
    assert passed["row_key"].is_unique
    assert not set(found.tombstones) & set(found.rows["row_key"])


@settings(deadline=None, max_examples=40)
@given(rows_of_owner, st.randoms(use_true_random=False))
def test_the_order_in_which_rows_are_handed_over_changes_nothing(rows: list[dict[str, str | None]], chance: random.Random) -> None:
    raw = listed(rows)
    order = list(range(len(rows)))
    chance.shuffle(order)
    shuffled = replace(
        raw,
        cells=raw.cells.iloc[order].reset_index(drop=True),
        lines=raw.lines.iloc[order].reset_index(drop=True),
        parts=raw.parts.iloc[order].reset_index(drop=True),
    )
    one, other = contract.apply(raw, HALLS), contract.apply(shuffled, HALLS)
    pd.testing.assert_frame_equal(one.rows, other.rows)
    pd.testing.assert_frame_equal(one.ignored, other.ignored)
    pd.testing.assert_frame_equal(one.issues, other.issues)
