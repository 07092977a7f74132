"""A city's sources are found by scanning its folder, and what does not hold together is told with its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.kit.registry import RegistryError, discover
from sources.kit.source import Due

GOOD = """
from sources.kit.csv_rows import CsvRows
from sources.kit.files import Files
from sources.kit.source import Due, Source

SOURCE = Source(
    key="halls", owner="某单位", title="清单", kind="other", fetch=Files("HALLS_PATH", "*.csv"), reader=CsvRows(),
    columns={"编号": "code", "名称": "name"}, rows=(1, 9), row_key=("code",), trust=50, due=Due.daily(), licence="测试",
)
"""


def test_sources_are_found_wherever_the_city_lies(tmp_path: Path) -> None:
    (tmp_path / "halls.py").write_text(GOOD, "utf-8")
    (tmp_path / "_draft.py").write_text("raise SystemExit", "utf-8")
    (tmp_path / "__init__.py").write_text("", "utf-8")
    found = discover(tmp_path)
    assert list(found) == ["halls"]
    assert found["halls"].layout.columns == {"编号": "code", "名称": "name"}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('key="halls"', 'key="other"', "文件名"),
        ('"名称": "name"', '"名称": "title"', "不认识的字段：title"),
        ('"名称": "name"', '"名称": "code"', "同一个字段"),
        ("rows=(1, 9)", 'rows=(1, 9), ignored=("名称",)', "又在 ignored"),
        ('row_key=("code",)', 'row_key=("phone",)', "row_key"),
        ('row_key=("code",)', "row_key=()", "row_key"),
        ("rows=(1, 9)", "rows=(9, 1)", "rows"),
        ("rows=(1, 9)", 'rows=(1, 9), required=("phone",)', "required"),
        ("trust=50", "trust=101", "trust"),
        ("trust=50", 'trust=50, datum="WGS-84"', "datum"),
        ('licence="测试"', 'licence=""', "licence"),
        ("SOURCE =", "LIST =", "SOURCE"),
        ("from sources.kit.files", "from sources.kit.nowhere", "ModuleNotFoundError"),
    ],
)
def test_a_source_that_does_not_hold_together_is_told_with_its_file(old: str, new: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "halls.py").write_text(GOOD.replace(old, new), "utf-8")
    with pytest.raises(RegistryError, match=says) as told:
        discover(tmp_path)
    assert "halls.py" in str(told.value)


@pytest.mark.parametrize(
    ("due", "night", "last_good", "is_due"),
    [
        (Due.daily(), "2026-06-03", "2026-06-02", True),
        (Due.daily(), "2026-06-03", "2026-06-03", False),
        (Due.weekly("Mon"), "2026-06-01", "2026-05-25", True),
        (Due.weekly("Mon"), "2026-06-02", "2026-06-01", False),
        (Due.weekly("Mon"), "2026-06-02", "2026-05-25", True),
        (Due.weekly("Mon"), "2026-06-04", None, True),
        (Due.weekly("Mon", "Thu"), "2026-06-04", "2026-06-01", True),
        (Due.weekly("Mon", "Thu"), "2026-06-03", "2026-06-01", False),
    ],
    ids=["daily", "again", "on-its-day", "off-day", "missed", "never", "second-day", "between"],
)
def test_a_source_is_due_on_its_nights_and_a_missed_one_stays_due(due: Due, night: str, last_good: str | None, is_due: bool) -> None:
    assert due.is_due(night, last_good) is is_due
