"""A check: a rule, the columns it reads, and how its expectation is built. Importing this imports no Great Expectations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from transforms.records import City, Rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation


@dataclass(frozen=True, slots=True)
class Scene:
    """What an expectation may depend on besides the frame: the city, and the night as ISO date."""

    city: City
    on: str


#: Builds the expectation when it is to run: Great Expectations is imported inside, never before.
Factory: TypeAlias = "Callable[[Scene], Expectation]"


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation of a suite. `rule` gives severity, responsibility, the Chinese sentence and the English reason.

    `reads` are the columns that the expectation reads, the one to blame first; their values are what an issue shows. `field` is the
    field that an issue names (default: the rule's). `sees_absence`: an all-null column is something this check judges, not a reason
    to leave it out.
    """

    rule: Rule
    reads: tuple[str, ...]
    expectation: Factory
    field: str = ""
    sees_absence: bool = False

    @property
    def blamed(self) -> str:
        """The field that an issue of this check names."""
        return self.field or self.rule.field


Suite: TypeAlias = tuple[Check, ...]


def each(rule: Rule, columns: Iterable[str], make: Callable[[str], Factory]) -> Suite:
    """The same rule on several columns, each a check of its own, so that an issue names the column."""
    return tuple(Check(rule, (column,), make(column), field=column) for column in columns)


def rules_of(suites: Sequence[Suite]) -> dict[str, Rule]:
    """Every rule of the suites by id, in their order."""
    return {check.rule.id: check.rule for suite in suites for check in suite}
