"""What gather makes of a list after its suites: rows held back with all that is wrong with them, and lists that the gate stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from flows.gather import Received, _Before, _held, _judged
from flows.house import House, open_house
from flows.settings import Settings
from sources.kit.contract import Contracted
from sources.kit.retrieval import Checkpoint, Outcome, Part, Retrieval
from transforms.ledger import STANDING, Tonight, settle
from transforms.records import RULES, empty_frame, issue_rows, no_issues

FIRST, SECOND = "2026-06-01", "2026-06-02"


def frame(stage: Any, count: int, **fields: Any) -> pd.DataFrame:
    """Rows or listings of the union's list, numbered from 1."""
    empty = empty_frame(stage)
    keys = [str(number) for number in range(1, count + 1)]
    told = pd.DataFrame(
        {
            "source": "union",
            "row_key": keys,
            "line": keys,
            "row_digest": keys,
            "name": [f"第{key}站" for key in keys],
            "verbatim": "{}",
            **fields,
        }
    )
    return told.reindex(columns=empty.columns).astype(empty.dtypes.to_dict())


def contracted(count: int) -> Contracted:
    rows = frame("row", count)
    parts = pd.Series(0, index=rows["line"], dtype="int64")
    return Contracted(rows, empty_frame("row").assign(reason=None), (), no_issues(), stopped=False, rows_read=count, parts=parts)


def retrieval(night: str = SECOND) -> Retrieval:
    return Retrieval("union", night, Outcome.OK, "snapshot", parts=(Part("1", "a" * 64, 2),))


def house(tmp_path: Path) -> House:
    return open_house(Settings(home=tmp_path, city="wuhu"))


def test_a_held_row_names_each_of_its_rules_once_in_the_same_order_however_they_were_met() -> None:
    rows = frame("row", 2)
    met = [issue_rows(RULES[rule], rows.iloc[:1], ["x"]) for rule in ("row_key_repeated", "row_key_missing", "row_key_repeated")]
    critical = [each.assign(severity="critical") for each in met]
    for issues in (critical, critical[::-1], [critical[1], critical[0], critical[2]]):
        held = _held(contracted(2), pd.concat(issues, ignore_index=True), retrieval())
        assert held[["row_key", "rules"]].to_numpy().tolist() == [["1", "row_key_missing;row_key_repeated"]]


def test_a_list_of_which_too_many_vanish_is_stopped_by_the_gate_alone(tmp_path: Path) -> None:
    """Nothing else is wrong with it: no row fails, and it is long enough."""
    was = frame("listing", 120).drop(columns="line")
    standing = {name: pd.Series(dtype="str") for name in ("listing_id", *STANDING)}
    nothing = was.iloc[:0].assign(**standing).astype({"is_open": bool, "missed": "int64"})
    none = empty_frame("row")
    before = settle("union", nothing, none, Tonight("snapshot", 120, was, none, none), FIRST, None)
    for count, is_stopped in ((110, False), (100, True)):
        gathered = _judged(
            house(tmp_path),
            _Before(Checkpoint(night=FIRST), before.listings, before.quarantine, FIRST),
            Received("union", retrieval(), contracted(count)),
            frame("listing", count),
            no_issues(),
        )
        assert gathered.settled.tally.is_stopped == is_stopped
        assert gathered.issues["rule"].tolist() == (["source_vanishing"] if is_stopped else [])
        assert gathered.last_good_on == (FIRST if is_stopped else SECOND)
        assert gathered.settled.tally.held_back == (count if is_stopped else 0)
        assert gathered.settled.listings["carried_since"].notna().sum() == (0 if is_stopped else 120 - count)
