"""What the custom expectations ask, value by value."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from expectations.predicates import has_plausible_hours, is_credit_code, says_something, stands_in_place, well_formed


@pytest.mark.parametrize(
    ("hours", "plausible"),
    [
        ("Mo-Fr 08:30-12:00,14:00-17:30", True),
        ("24/7", True),
        ("Mo-Su 00:00-24:00", True),
        ("Mo-Fr 22:00-06:00", True),
        ("Mo-Fr 08:30-17:30; Sa,Su 09:00-16:00", True),
        ("May-Sep Mo-Su 08:00-18:00; Oct-Apr Mo-Su 08:30-17:30", True),
        ("Mo-Fr 08:30-17:30; PH off", True),
        ("Mo-Fr 02:00-05:30", False),
        ("Mo-Fr 08:30-08:45", False),
        ("Mo-Fr 08:30-12:00,11:30-17:30", False),
        ("Mo-Fr 08:30-17:30; Sa 09:00-09:10", False),
    ],
)
def test_hours(hours: str, *, plausible: bool) -> None:
    assert has_plausible_hours(pd.Series([hours], dtype="str")).tolist() == [plausible]


@pytest.mark.parametrize(
    ("code", "valid"),
    [("913400007199042708", True), ("91340207MA2MWRK069", True), ("91350100M000100Y4Z", False), ("913400007199042709", False), ("", False)],
)
def test_credit_codes(code: str, *, valid: bool) -> None:
    assert is_credit_code(pd.Series([code], dtype="str")).tolist() == [valid]


@pytest.mark.parametrize("text", ["", " ", "　", "无", "暂无", "/", "---", "N/A", "null", "？"])
def test_a_placeholder_says_nothing(text: str) -> None:
    assert says_something(pd.Series([text, None, "无为站"], dtype="str")).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("cells", "stands"),
    [
        pytest.param({"phone": "0553-3812345", "lng": "118.38"}, True, id="all in place"),
        pytest.param({"phone": "王芳", "lng": "118.38"}, True, id="one odd cell is a typing error"),
        pytest.param({"phone": "王芳", "lng": "镜湖区"}, False, id="two are a shift"),
        pytest.param({"phone": "无", "lng": "暂无"}, True, id="placeholders belong everywhere"),
        pytest.param({"phone": None, "lng": "东经118°22′48″"}, True, id="degrees and minutes"),
    ],
)
def test_a_shifted_row(cells: dict[str, str | None], *, stands: bool) -> None:
    assert stands_in_place(pd.DataFrame([cells], dtype="str"), at_most=1).tolist() == [stands]


@given(st.lists(st.one_of(st.none(), st.text()), min_size=1))
def test_forms_ask_each_cell_alone(texts: list[str | None]) -> None:
    cells = pd.DataFrame({"code": pd.Series(texts, dtype="str")})
    expected = [text is None or (len(text) == 6 and text.isascii() and text.isdigit()) for text in texts]
    assert well_formed(cells, {"code": "[0-9]{6}"})["code"].tolist() == expected
