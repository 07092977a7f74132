"""Rows cleaned in several processes are what they are in one: listings, rows held back, issues, and the order of these."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from transforms.standardise import parts
from transforms.standardise.anywhere import listings_of

_CLEAN = {
    "source": "甲", "line": "2", "datum": "WGS-84", "city": "芜湖市", "name": "青松面馆", "address": "青阳路2号",
    "lng": "118.36001", "lat": "31.30001", "phone": "0553-3812345",
}  # fmt: skip

#: What is wrong in one row each; a rule is met in one field first and in another part in another.
_WRONG = (
    {"name": "青松面馆Ａ"}, {"address": "青阳路２号"}, {"phone": "many"}, {"phone": "３８１２３４５"}, {"lat": "north"}, {"lng": "east"},
    {"lng": "0", "lat": "0"}, {"lng": "31.30001", "lat": "118.36001"}, {"name": None}, {"name": "()"}, {"name": "\ue000松面馆"},
    {"address": "\ue001阳路2号"}, {"datum": None, "lng": None, "lat": None}, {"opened": "2999年"}, {"updated": "soon"}, {"credit_code": "1"},
    {"hours": "总是"}, {"kind": "银行网点"}, {"community": "绿影社区"}, {"community": None, "name": "绿影社区"}, {"plaque": "工会驿站"},
    {"host": "青松银行"}, {"batch": "改建一批", "host": "青松银行"}, {"city": "合肥市"}, {"status": "已关闭"}, {"name": "Fourth Avenue Cafe"},
)  # fmt: skip


def _rows() -> pd.DataFrame:
    wrong = [{**_CLEAN, **each} for each in _WRONG]
    rows = pd.DataFrame([*wrong, *[_CLEAN] * 30, *reversed(wrong), *[_CLEAN] * 30]).astype("str")
    return rows.assign(listing_id=[f"{at:03d}" for at in range(len(rows))])


@pytest.mark.parametrize("count", [2, 3, 7])
def test_in_parts_as_in_one(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    listings, issues = listings_of(_rows())
    monkeypatch.setattr(parts, "_WORTH", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(count)))
    asked: list[int] = []

    def in_turn(works: Sequence[Callable[[], object]]) -> list[object]:
        asked.append(len(works))
        return [work() for work in works]

    monkeypatch.setattr(parts, "side_by_side", in_turn)
    in_parts, met = listings_of(_rows())
    assert asked == [count]
    assert_frame_equal(in_parts, listings)
    for rule, whole in issues.groupby("rule"):
        # of one rule in one order; which rule comes first means nothing
        assert_frame_equal(met[met["rule"] == rule].reset_index(drop=True), whole.reset_index(drop=True))
    assert len(met) == len(issues)
