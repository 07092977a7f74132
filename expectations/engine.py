"""Great Expectations itself: expectations in, verdicts out. Imported only when a suite runs (its import takes 3-6 s and 270 MB)."""

from __future__ import annotations

import gc
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Final

import great_expectations as gx
import pandas as pd
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults, ProgressBarsConfig
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from expectations.check import Check, Scene, Verdict

# The 300,000 objects that its import makes stay as long as the process: looking through them for garbage took 0.2 s, once or twice a night.
gc.freeze()

#: Great Expectations keeps the current context in a module global: two threads must not run suites at once.
_ONE_AT_A_TIME: Final = Lock()
_COUNTS: Final[dict[str, Any]] = {"result_format": "BASIC", "partial_unexpected_count": 0}


def judge(
    checks: Sequence[Check], frame: pd.DataFrame, key_columns: tuple[str, ...], scene: Scene, broad_rows: int, broad_share: float
) -> list[Verdict]:
    """A verdict a check, in their order. In frames over `broad_rows` rows, failures of more than `broad_share` are only counted."""
    built, verdicts = _build(checks, scene)
    if built:
        read = dict.fromkeys(name for place in built for name in checks[place].reads)
        with _ONE_AT_A_TIME, _quiet():
            batch = _Batch(frame[[*dict.fromkeys((*key_columns, *read))]], key_columns)
            broad = batch.broad(built, broad_share) if len(frame) > broad_rows else {}
            failed = batch.failing({place: one for place, one in built.items() if place not in broad})
        verdicts |= {place: Verdict(checks[place], broad_count=count) for place, count in broad.items()}
        verdicts |= {place: _verdict(checks[place], rows) for place, rows in failed.items()}
    return [verdicts[place] for place in range(len(checks))]


def _verdict(check: Check, found: tuple[int, ...] | str) -> Verdict:
    return Verdict(check, did_not_run=found) if isinstance(found, str) else Verdict(check, rows=found)


def _build(checks: Sequence[Check], scene: Scene) -> tuple[dict[int, Expectation], dict[int, Verdict]]:
    """Expectations by the place of their check (also written into their meta: results come back in another order)."""
    built: dict[int, Expectation] = {}
    refused: dict[int, Verdict] = {}
    for place, check in enumerate(checks):
        try:
            expectation = check.expectation(scene)
        except Exception as fault:  # noqa: BLE001 whatever is wrong with one check must not stop the others
            refused[place] = Verdict(check, did_not_run=_failed(fault))
            continue
        expectation.severity = FailureSeverity(check.rule.severity)
        expectation.meta = {"place": place}
        built[place] = expectation
    return built, refused


class _Batch:
    """A frame as Great Expectations sees it, and the way back from keys to positions."""

    def __init__(self, frame: pd.DataFrame, key_columns: tuple[str, ...]) -> None:
        # one block of objects instead of an arrow array a column: taking rows, which every metric does, is then twice as fast
        plain = frame.astype(dict.fromkeys(frame.columns[frame.dtypes == "str"], object)).reset_index(drop=True)
        config = DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
            analytics_enabled=False,
        )
        context = gx.get_context(mode="ephemeral", project_config=config)
        asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
        self._batch = asset.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": plain})
        self._keys = list(key_columns)
        self._positions: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for position, key in enumerate(_tuples(plain[self._keys])):
            self._positions[key].append(position)

    def broad(self, expectations: Mapping[int, Expectation], share: float) -> dict[int, int]:
        """Count of failing rows of the expectations that more than `share` of the rows fail."""
        counts = ((place, result.result) for place, result in self._validate(expectations, _COUNTS))
        failing = ((place, int(told.get("unexpected_count") or 0), int(told.get("element_count") or 0)) for place, told in counts)
        return {place: count for place, count, rows in failing if count > share * rows}

    def failing(self, expectations: Mapping[int, Expectation]) -> dict[int, tuple[int, ...] | str]:
        """Positions of the failing rows of each expectation, or the reason why it did not run."""
        complete = {
            "result_format": "COMPLETE",
            "unexpected_index_column_names": self._keys,
            "exclude_unexpected_values": True,
            "return_unexpected_index_query": False,
        }
        return {place: self._found(result) for place, result in self._validate(expectations, complete)}

    def _validate(
        self, expectations: Mapping[int, Expectation], result_format: dict[str, Any]
    ) -> Iterator[tuple[int, ExpectationValidationResult]]:
        suite = gx.ExpectationSuite(name="suite", expectations=list(expectations.values()))
        for result in self._batch.validate(suite, result_format=result_format).results:
            told = result.expectation_config
            if told is not None:
                yield told.meta["place"], result

    def _found(self, result: ExpectationValidationResult) -> tuple[int, ...] | str:
        raised = _raised(result.exception_info or {})
        if raised:
            return f"执行出错：{raised}"
        told = result.result
        rows = sorted({place for named in told.get("unexpected_index_list") or [] for place in self._named(named)})
        if not rows and told.get("element_count") == told.get("missing_count"):
            return "没有值可查：要比较的几列没有一行齐全"
        return tuple(rows)

    def _named(self, named: Mapping[str, list[Any]]) -> Iterator[int]:
        for key in _tuples(pd.DataFrame({name: pd.Series(named[name], dtype=object) for name in self._keys})):
            yield from self._positions[key]


def _tuples(keys: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    return keys.astype(object).where(keys.notna(), None).itertuples(index=False, name=None)


def _raised(info: Mapping[str, Any]) -> str:
    """The message of an expectation that raised: it comes back as a failure, and its info is keyed by metric, or flat."""
    told = [info] if "raised_exception" in info else list(info.values())
    return next((str(one["exception_message"]).splitlines()[0][:200] for one in told if one["raised_exception"]), "")


def _failed(fault: Exception) -> str:
    return f"执行出错：{type(fault).__name__}: {str(fault).splitlines()[0][:200] if str(fault) else ''}"


@contextmanager
def _quiet() -> Iterator[None]:
    """What Great Expectations would log of a raised expectation is in its result; nothing of it belongs in the night's log."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)
