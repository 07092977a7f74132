"""What the custom expectations ask, as plain functions over columns: True where a value is as it should be. No Great Expectations here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from stdnum.cn import uscc

from expectations.outline import Ring, metres_outside
from transforms.merge.batches import fits

#: What owners type when a cell may not stay empty.
PLACEHOLDER: Final = re.compile(
    r"[\s　]*(无|暂无|没有|不详|未知|空|待定|待填|/|\\|-+|—+|\.+|\?+|？+|n/?a|null|none|nil|nan|undefined)?[\s　]*", re.I
)

#: How the cells of a row look when they stand in their own column; a cell that looks otherwise has no place there.
_FIGURES: Final = r"[\d\s.,:：;/+()（）\-—−°′″'\"NESW东经北纬]*"
SHAPES: Final[Mapping[str, str]] = {
    "name": r"(?s).*[^\W\d_].*",
    "address": r"(?s).*[\u3400-\u9fff].*",
    "lng": _FIGURES,
    "lat": _FIGURES,
    "phone": r"(?s).*\d.*",
    "credit_code": r"[0-9A-Za-z\s]*",
    "division": r"[\d\s.]*",
    "updated": r"(?s).*\d.*",
}

#: A place that opens for less than this at a time is a typing error: no owner staffs a door for it.
SHORTEST_MIN: Final = 30
#: A span wholly before this hour is an afternoon written on a 12-hour clock (2:00-5:30).
DAWN_MIN: Final = 6 * 60
_SPAN: Final = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")


def says_something(column: pd.Series) -> pd.Series:
    """The cell is neither absent nor blank nor a placeholder."""
    return over_distinct(column.fillna(""), lambda text: PLACEHOLDER.fullmatch(text) is None)


def is_credit_code(column: pd.Series) -> pd.Series:
    """GB 32100-2015: 18 characters with a right check digit."""
    return over_distinct(column, lambda text: bool(uscc.is_valid(text)))


def has_plausible_hours(column: pd.Series) -> pd.Series:
    """Opening hours (OpenStreetMap syntax) whose spans are long enough, by day, and do not overlap."""
    return over_distinct(column, _plausible)


def lies_between(column: pd.Series, earliest: str, latest: str) -> pd.Series:
    """ISO dates, compared as the text that they are, both ends included."""
    return over_distinct(column, lambda day: earliest <= day <= latest)


def stands_in_place(cells: pd.DataFrame, at_most: int) -> pd.Series:
    """At most `at_most` cells of the row look as if they belonged to another column (SHAPES)."""
    misfits = pd.Series(0, index=cells.index)
    for name in cells.columns:
        misfits += ~over_distinct(cells[name].fillna(""), partial(_belongs, re.compile(SHAPES[name])))
    return misfits <= at_most


def _belongs(shape: re.Pattern[str], text: str) -> bool:
    return bool(shape.fullmatch(text) or PLACEHOLDER.fullmatch(text))


def holds_one(cells: pd.DataFrame) -> pd.Series:
    """At least one cell of the row is there."""
    return cells.notna().any(axis=1)


def lies_within(cells: pd.DataFrame, rings: Sequence[Ring], beyond_m: float, up_to_m: float, bounds: Sequence[float]) -> pd.Series:
    """The position (lng_wgs84, lat_wgs84) is not in the band between `beyond_m` and `up_to_m` metres outside the outline.

    Outside the bounds counts as infinitely far. Without rings only the bounds are asked.
    """
    lng, lat = (cells[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("lng_wgs84", "lat_wgs84"))
    west, south, east, north = bounds
    outside = metres_outside(lng, lat, rings)
    outside[~((lng >= west) & (lng <= east) & (lat >= south) & (lat <= north))] = np.inf
    return pd.Series(~((outside > beyond_m) & (outside <= up_to_m)), index=cells.index)


def lies_in_county(cells: pd.DataFrame, rings: Mapping[str, Sequence[Ring]], beyond_m: float) -> pd.Series:
    """The position is at most `beyond_m` metres outside the county that `county_code` says; counties without an outline pass."""
    answer = pd.Series(data=True, index=cells.index)
    for code, rows in cells.groupby("county_code", sort=False):
        if code in rings:
            lng, lat = (rows[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("lng_wgs84", "lat_wgs84"))
            answer.loc[rows.index] = metres_outside(lng, lat, rings[str(code)]) <= beyond_m
    return answer


def lies_in_parent(cells: pd.DataFrame, parents: Mapping[str, str]) -> pd.Series:
    """The division of the first column has the one of the second as its parent; divisions with an unknown parent pass."""
    above = cells.iloc[:, 0].map(parents)
    return above.isna() | (above == cells.iloc[:, 1])


def fits_kind_and_host(cells: pd.DataFrame) -> pd.Series:
    """The batch is one that a place of this kind on this host's premises can have (transforms.merge.batches)."""
    return fits(cells["batch"], cells["kind"], cells["host"])


def counts_agree(cells: pd.DataFrame) -> pd.Series:
    """An open station has listings, a closed one none."""
    return (cells["status"] == "open") == (cells["listing_count"].fillna(0).astype(int) > 0)


def over_distinct(column: pd.Series, ask: Callable[[str], bool]) -> pd.Series:
    """`ask` of each distinct text of the column, once; False where it is absent."""
    codes, texts = pd.factorize(column)
    answers = np.array([*(ask(text) for text in texts), False], dtype=bool)
    return pd.Series(answers[codes], index=column.index)


def _plausible(hours: str) -> bool:
    return all(_apart(rule) for rule in hours.split(";"))


def _apart(rule: str) -> bool:
    spans = sorted((int(a) * 60 + int(b), int(c) * 60 + int(d)) for a, b, c, d in _SPAN.findall(rule))
    ends = [end if end > start else end + 24 * 60 for start, end in spans]
    long_enough = all(end - start >= SHORTEST_MIN for (start, _), end in zip(spans, ends, strict=True))
    by_day = all(not (start > 0 and end <= DAWN_MIN) for (start, _), end in zip(spans, ends, strict=True))
    disjoint = all(end <= start for end, (start, _) in zip(ends, spans[1:], strict=False))
    return long_enough and by_day and disjoint


def short_enough(cells: pd.DataFrame, limits: Mapping[str, int]) -> pd.DataFrame:
    """Each cell has no more characters than its column's limit."""
    return _cellwise(cells, lambda name: lambda text: len(text) <= limits[name])


def well_formed(cells: pd.DataFrame, forms: Mapping[str, str]) -> pd.DataFrame:
    """Each cell has, from end to end, the form (regular expression) of its column."""
    return _cellwise(cells, lambda name: lambda text: re.fullmatch(forms[name], text) is not None)


def free_of(cells: pd.DataFrame, pattern: str) -> pd.DataFrame:
    """No cell contains the pattern."""
    found = re.compile(pattern)
    return _cellwise(cells, lambda _: lambda text: found.search(text) is None)


def is_division(cells: pd.DataFrame, known: Sequence[str]) -> pd.DataFrame:
    """Each cell is one of the known division codes."""
    codes = frozenset(known)
    return _cellwise(cells, lambda _: lambda text: text in codes)


#: Questions asked of each cell by itself; absent cells pass.
CELLS: Final[Mapping[str, Callable[[pd.DataFrame, Any], pd.DataFrame]]] = {
    "short_enough": short_enough,
    "well_formed": well_formed,
    "free_of": free_of,
    "is_division": is_division,
}


def _cellwise(cells: pd.DataFrame, ask: Callable[[str], Callable[[str], bool]]) -> pd.DataFrame:
    return pd.DataFrame({name: cells[name].isna() | over_distinct(cells[name], ask(name)) for name in cells.columns}, index=cells.index)
