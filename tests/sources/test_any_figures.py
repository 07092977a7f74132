"""Numbers of a Parquet file are read as Python writes them, however many of them Arrow writes otherwise."""

import math

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from sources.kit.any_file import _told

_PLACES = st.floats(-180, 180).map(lambda figure: round(figure, 6))
_ANY = st.floats(allow_infinity=False, allow_nan=False)


@given(
    st.lists(
        st.one_of(_PLACES, _PLACES, _PLACES, _PLACES, _ANY, st.integers(-200, 200).map(float), st.none(), st.just(math.nan)), min_size=1
    )
)
def test_numbers_are_texts_as_python_writes_them(figures: list[float | None]) -> None:
    there = [None if figure is None or math.isnan(figure) else figure for figure in figures]
    whole = all(figure is None or (figure % 1 == 0 and abs(figure) < 2**53) for figure in there)
    told = _told(pa.chunked_array([pa.array(figures, type=pa.float64())]))
    expected = [None if figure is None else str(int(figure)) if whole else str(figure) for figure in there]
    assert [None if pd.isna(text) else text for text in told] == expected
