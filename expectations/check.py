"""A check: a rule, the columns it reads, and how its expectation is built. Importing this imports no Great Expectations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from transforms.records import City, Rule

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation


@dataclass(frozen=True, slots=True)
class Scene:
    """What an expectation may depend on besides the frame: the city, and the night as ISO date."""

    city: City
    on: str


#: Builds the expectation when it is to run: Great Expectations is imported inside, never before.
Factory: TypeAlias = "Callable[[Scene], Expectation]"


#: For the rows that failed: a frame of the columns read, True where a cell is right. Tells which cells of a row are at fault.
Cells: TypeAlias = "Callable[[Scene, pd.DataFrame], pd.DataFrame]"


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation of a suite. `rule` gives severity, responsibility, the Chinese sentence and the English reason.

    `reads` are the columns that the expectation reads; their values are what an issue shows, and the first is the one without which it
    has nothing to look at. `is_dated`: the same row may pass on one night and fail on another. With `cells` it asks each column by itself, and an issue names the cell at fault. `sees_absence`: an all-null
    column is something this check judges, not a reason to leave it out.
    """

    rule: Rule
    reads: tuple[str, ...]
    expectation: Factory
    sees_absence: bool = False
    cells: Cells | None = None
    is_dated: bool = False

    @property
    def needs(self) -> tuple[str, ...]:
        """Columns that must have values if the check is to look at all that it should."""
        return () if self.sees_absence else self.reads if self.cells else self.reads[:1]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a check: positions of the failing rows, or their count when broad, or why it did not run (Chinese)."""

    check: Check
    rows: tuple[int, ...] = ()
    broad_count: int = 0
    did_not_run: str = ""


Suite: TypeAlias = tuple[Check, ...]


def rules_of(suites: Sequence[Suite]) -> dict[str, Rule]:
    """Every rule of the suites by id, in their order."""
    return {check.rule.id: check.rule for suite in suites for check in suite}
