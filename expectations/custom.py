"""The project's own expectations, as Great Expectations classes around `predicates`. Importing this imports Great Expectations (3-6 s).

Each is a metric (what is asked of the values) and an expectation (how a suite names it). Only pandas batches are served: through its SQL
engine Great Expectations returns no complete list of failing rows.

Outlines and lists of divisions are passed as JSON text (`told` writes it): Great Expectations copies an expectation's arguments some hundred
times on the way, which with an outline as nested lists took 1.8 of a suite's 2.3 s.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, Literal, TypeVar

import pandas as pd
from great_expectations.execution_engine.pandas_execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation, MulticolumnMapExpectation
from great_expectations.expectations.metrics.map_metric_provider.column_condition_partial import column_condition_partial
from great_expectations.expectations.metrics.map_metric_provider.column_map_metric_provider import ColumnMapMetricProvider
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_condition_partial import multicolumn_condition_partial
from great_expectations.expectations.metrics.map_metric_provider.multicolumn_map_metric_provider import MulticolumnMapMetricProvider

from expectations import predicates

_ROWS = ("batch_id", "table", "column_list", "row_condition", "condition_parser", "ignore_row_if")
_Ask = TypeVar("_Ask", bound=Callable[..., pd.Series])
_MISSING = Literal["all_values_are_missing", "any_value_is_missing", "never"]


def told(facts: Any) -> str:
    """Facts of a city as an argument of an expectation."""
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@lru_cache(maxsize=16)
def _heard(text: str) -> Any:
    return json.loads(text)


def _of_column(ask: _Ask) -> _Ask:
    asked: _Ask = column_condition_partial(engine=PandasExecutionEngine)(ask)
    return asked


def _of_rows(ask: _Ask) -> _Ask:
    asked: _Ask = multicolumn_condition_partial(engine=PandasExecutionEngine)(ask)
    return asked


class SaysSomething(ColumnMapMetricProvider):
    condition_metric_name = "column_values.say_something"
    filter_column_isnull = False

    @_of_column
    def _pandas(cls, column: pd.Series, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.says_something(column)


class ExpectColumnValuesToSaySomething(ColumnMapExpectation):
    """Every cell is neither absent nor blank nor a placeholder (无, /, null …)."""

    map_metric = "column_values.say_something"


class CreditCode(ColumnMapMetricProvider):
    condition_metric_name = "column_values.credit_code"

    @_of_column
    def _pandas(cls, column: pd.Series, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.is_credit_code(column)


class ExpectColumnValuesToBeCreditCodes(ColumnMapExpectation):
    """Every value is a unified social credit code with a right check digit (GB 32100-2015)."""

    map_metric = "column_values.credit_code"


class PlausibleHours(ColumnMapMetricProvider):
    condition_metric_name = "column_values.plausible_hours"

    @_of_column
    def _pandas(cls, column: pd.Series, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.has_plausible_hours(column)


class ExpectColumnValuesToBePlausibleHours(ColumnMapExpectation):
    """Opening hours whose spans last half an hour or more, do not overlap, and are not wholly before dawn."""

    map_metric = "column_values.plausible_hours"


class DatesBetween(ColumnMapMetricProvider):
    condition_metric_name = "column_values.dates_between"
    condition_value_keys = ("earliest", "latest")

    @_of_column
    def _pandas(cls, column: pd.Series, earliest: str, latest: str, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.lies_between(column, earliest, latest)


class ExpectColumnValuesToBeDatesBetween(ColumnMapExpectation):
    """Every ISO date lies between two others (the stock expectation refuses to compare text)."""

    earliest: str
    latest: str
    map_metric = "column_values.dates_between"
    success_keys: ClassVar[tuple[str, ...]] = ("earliest", "latest", "mostly")


class CellsHold(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.cells_hold"
    condition_domain_keys = _ROWS
    condition_value_keys = ("ask", "facts")

    @_of_rows
    def _pandas(cls, column_list: pd.DataFrame, ask: str, facts: str, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.CELLS[ask](column_list, _heard(facts)).all(axis=1)


class ExpectRowCellsToHold(MulticolumnMapExpectation):
    """Every cell of the columns passes the question `ask` (predicates.CELLS), with its `facts`; absent cells pass.

    One expectation for many columns: each costs Great Expectations about 10 ms, whatever the rows. The cells at fault are told by `Check.at_fault`.
    """

    ask: str
    facts: str
    map_metric = "multicolumn_values.cells_hold"
    success_keys: ClassVar[tuple[str, ...]] = ("ask", "facts", "mostly")


class ExpectRowCellsToBeNoLongerThan(ExpectRowCellsToHold):
    """Every text keeps to its column's limit (facts: column → characters)."""

    ask: str = "short_enough"


class ExpectRowCellsToHaveForms(ExpectRowCellsToHold):
    """Every text has its column's form (facts: column → regular expression)."""

    ask: str = "well_formed"


class ExpectRowCellsToBeFreeOf(ExpectRowCellsToHold):
    """No text contains a pattern (facts: the regular expression)."""

    ask: str = "free_of"


class ExpectDivisionsToExistOnDate(ExpectRowCellsToHold):
    """Every division code is one that exists on the night (facts: the codes that do)."""

    ask: str = "is_division"


class CellsInPlace(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.in_place"
    condition_domain_keys = _ROWS
    condition_value_keys = ("at_most",)

    @_of_rows
    def _pandas(cls, column_list: pd.DataFrame, at_most: int, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.stands_in_place(column_list, at_most)


class ExpectRowCellsToStandInTheirColumns(MulticolumnMapExpectation):
    """At most `at_most` cells of a row look as if they belonged to another column."""

    at_most: int
    map_metric = "multicolumn_values.in_place"
    success_keys: ClassVar[tuple[str, ...]] = ("at_most", "mostly")


class HoldsOne(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.hold_one"
    condition_domain_keys = _ROWS

    @_of_rows
    def _pandas(cls, column_list: pd.DataFrame, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.holds_one(column_list)


class ExpectRowToHoldOneOf(MulticolumnMapExpectation):
    """At least one of the columns has a value."""

    ignore_row_if: _MISSING = "never"
    map_metric = "multicolumn_values.hold_one"


class PositionWithin(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.position_within"
    condition_domain_keys = _ROWS
    condition_value_keys = ("rings", "beyond_m", "up_to_m", "bounds")

    @_of_rows
    def _pandas(cls, column_list: pd.DataFrame, **asked: Any) -> pd.Series:  # noqa: N805
        return predicates.lies_within(column_list, _heard(asked["rings"]), asked["beyond_m"], asked["up_to_m"], asked["bounds"])


class ExpectPositionNotInBandOutsideCity(MulticolumnMapExpectation):
    """No position lies between `beyond_m` and `up_to_m` metres outside the city's outline (or, for an endless band, its bounds)."""

    rings: str
    beyond_m: float
    up_to_m: float
    bounds: list[float]
    ignore_row_if: _MISSING = "any_value_is_missing"
    map_metric = "multicolumn_values.position_within"
    success_keys: ClassVar[tuple[str, ...]] = ("rings", "beyond_m", "up_to_m", "bounds", "mostly")


class PositionInCounty(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.position_in_county"
    condition_domain_keys = _ROWS
    condition_value_keys = ("rings", "beyond_m")

    @_of_rows
    def _pandas(cls, column_list: pd.DataFrame, **asked: Any) -> pd.Series:  # noqa: N805
        return predicates.lies_in_county(column_list, _heard(asked["rings"]), asked["beyond_m"])


class ExpectPositionToLieInItsCounty(MulticolumnMapExpectation):
    """Every position lies at most `beyond_m` metres outside the county that its row names."""

    rings: str
    beyond_m: float
    ignore_row_if: _MISSING = "any_value_is_missing"
    map_metric = "multicolumn_values.position_in_county"
    success_keys: ClassVar[tuple[str, ...]] = ("rings", "beyond_m", "mostly")


class DivisionInParent(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.division_in_parent"
    condition_domain_keys = _ROWS
    condition_value_keys = ("parents",)

    @_of_rows
    def _pandas(cls, column_list: pd.DataFrame, parents: str, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.lies_in_parent(column_list, _heard(parents))


class ExpectDivisionToLieInItsParent(MulticolumnMapExpectation):
    """The division of the first column belongs to the one of the second."""

    parents: str
    ignore_row_if: _MISSING = "any_value_is_missing"
    map_metric = "multicolumn_values.division_in_parent"
    success_keys: ClassVar[tuple[str, ...]] = ("parents", "mostly")


class BatchFits(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.batch_fits"
    condition_domain_keys = _ROWS

    @_of_rows
    def _pandas(cls, column_list: pd.DataFrame, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.fits_kind_and_host(column_list)


class ExpectBatchToFitKindAndHost(MulticolumnMapExpectation):
    """The batch is one that the kind of place or its host allows."""

    map_metric = "multicolumn_values.batch_fits"


class CountsAgree(MulticolumnMapMetricProvider):
    condition_metric_name = "multicolumn_values.counts_agree"
    condition_domain_keys = _ROWS

    @_of_rows
    def _pandas(cls, column_list: pd.DataFrame, **_: Any) -> pd.Series:  # noqa: N805
        return predicates.counts_agree(column_list)


class ExpectStatusToAgreeWithListings(MulticolumnMapExpectation):
    """An open station has open listings, a closed one none."""

    ignore_row_if: _MISSING = "any_value_is_missing"
    map_metric = "multicolumn_values.counts_agree"
