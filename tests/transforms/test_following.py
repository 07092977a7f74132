"""A decision finds its row again by content, and is applied to no row where that is not clear."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from transforms.following import CONTENT, Followed, Subject, content_of, follow, read_content

WAS = ("赭山公园驿站", "镜湖区赭山东路101号", "118.3901", "31.3412")
OTHER = ("长江路驿站", "镜湖区长江路3号", "118.4", "31.3")
SAME_MALL = ("邻居驿站", "镜湖区赭山东路101号", "118.3901", "31.3412")
RENAMED = ("赭山公园东门驿站", *WAS[1:])
MOVED = (WAS[0], "镜湖区长江路3号", "118.4", "31.3")
NOTHING = ("", "", "", "")


def rows(*told: tuple[str, tuple[str, ...]]) -> pd.DataFrame:
    lines = [
        {"source": "union", "row_key": key, "verbatim": f"cells of {key[0]}", **dict(zip(CONTENT, content, strict=True))}
        for key, content in told
    ]
    frame = pd.DataFrame(lines, columns=["source", "row_key", "verbatim", *CONTENT]).astype("str")
    return frame.replace("", None).astype("str")


def where(subject: Subject, *told: tuple[str, tuple[str, ...]]) -> Followed:
    return follow([subject], rows(*told), lambda frame: frame["verbatim"].tolist())[subject]


@pytest.mark.parametrize(
    ("told", "key", "trouble"),
    [
        ([("12", WAS)], "12", None),
        ([("12", WAS), ("40", WAS)], "12", None),
        ([("13", WAS), ("14", OTHER)], "13", None),
        ([("12", OTHER), ("13", WAS)], "13", None),
        ([("12", SAME_MALL), ("13", WAS)], "13", None),
        ([("12", RENAMED)], "12", None),
        ([("12", MOVED)], "12", None),
        ([("12", MOVED), ("13", WAS)], None, "several"),
        ([("12", OTHER), ("13", WAS), ("14", WAS)], None, "several"),
        ([("13", WAS), ("14", WAS)], None, "several"),
        ([("12", OTHER)], None, "another"),
        ([("14", OTHER)], None, "gone"),
        ([], None, "gone"),
    ],
    ids=[
        "as it was",
        "as it was, and another like it",
        "new number",
        "number given away",
        "number given to the neighbour under one roof",
        "renamed",
        "moved",
        "its number still has the name, another row the rest",
        "number given away, two like it",
        "new number, two like it",
        "another row under its number",
        "gone",
        "an empty list",
    ],
)
def test_where_the_row_is_now(told: list[tuple[str, tuple[str, ...]]], key: str | None, trouble: str | None) -> None:
    found = where(Subject("union", "12", WAS), *told)
    assert (found.key, found.trouble) == (key, trouble)


def test_an_owner_who_follows_the_correction_still_has_the_row() -> None:
    subject = Subject("union", "12", WAS, told=("更正后的名称", "", "", ""))
    assert where(subject, ("13", ("更正后的名称", *WAS[1:]))).key == "13"
    assert where(subject, ("12", ("更正后的名称", "", "", ""))).key == "12"


def test_a_row_without_a_name_is_known_by_its_place() -> None:
    nameless = ("", *WAS[1:])
    assert where(Subject("union", "12", nameless), ("12", WAS)).key == "12"
    assert where(Subject("union", "12", nameless), ("12", OTHER), ("13", nameless)).key == "13"


def test_of_a_row_that_said_nothing_nothing_is_known_again() -> None:
    assert where(Subject("union", "12", NOTHING), ("13", NOTHING)).trouble == "gone"


def test_where_all_cells_count_others_that_only_look_alike_are_passed_over() -> None:
    subject = Subject("union", "12", WAS, cells="cells of 3")
    assert where(subject, ("2", WAS), ("3", WAS)).key == "3"
    assert where(subject, ("2", WAS)).trouble == "gone"


def test_rows_of_another_list_are_not_meant() -> None:
    assert where(Subject("bank_icbc", "12", WAS), ("13", WAS)).trouble == "gone"


def test_what_is_kept_of_a_row_is_read_back() -> None:
    row = dict(zip(CONTENT, (*WAS[:3], None), strict=True))
    assert read_content(json.dumps(content_of(row, "abc"))) == ((*WAS[:3], ""), "abc")
    assert read_content(None) is None
