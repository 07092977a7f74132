"""How the suites ask for expectations: each function returns a factory, which imports Great Expectations when it is called, not before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from expectations.check import Check, Factory, Scene
from expectations.outline import rings_of
from expectations.predicates import CELLS
from transforms.records import Rule

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

#: The outlines that cities publish are coarse (Wuhu's vertices stand about 2 km apart, so an edge may stray about 1 km from the border).
#: Up to NEAR_M outside says nothing; from there to FAR_M is worth a look; beyond FAR_M no coarseness explains it.
NEAR_M: Final = 1_000.0
FAR_M: Final = 5_000.0
#: A county's border is as coarse on both sides, and stations of one county do stand on the other side of a border street.
COUNTY_M: Final = 3_000.0


def stock(kind: str, **arguments: Any) -> Factory:
    """An expectation that Great Expectations brings, by class name."""

    def build(_: Scene) -> Expectation:
        import great_expectations.expectations as gxe

        made: Expectation = getattr(gxe, kind)(**arguments)
        return made

    return build


def own(kind: str, facts: Mapping[str, Any] | None = None, **arguments: Any) -> Factory:
    """An expectation of `expectations.custom`, by class name; `facts` are arguments too big to be copied about."""

    def build(_: Scene) -> Expectation:
        from expectations import custom

        made: Expectation = getattr(custom, kind)(**arguments, **{name: custom.told(fact) for name, fact in (facts or {}).items()})
        return made

    return build


def never_matches(column: str, regex: str) -> Factory:
    """No value of the column contains `regex`."""
    return stock("ExpectColumnValuesToNotMatchRegex", column=column, regex=regex)


def matches(column: str, regex: str) -> Factory:
    """Every value of the column contains `regex`."""
    return stock("ExpectColumnValuesToMatchRegex", column=column, regex=regex)


def at_most_long(column: str, limit: int) -> Factory:
    """No value of the column has more than `limit` characters."""
    return stock("ExpectColumnValueLengthsToBeBetween", column=column, max_value=limit)


def short_cells(rule: Rule, limits: Mapping[str, int]) -> Check:
    """No text is longer than its column's limit."""
    return _cellwise(rule, tuple(limits), "ExpectRowCellsToBeNoLongerThan", "short_enough", lambda _: dict(limits))


def formed_cells(rule: Rule, forms: Mapping[str, str]) -> Check:
    """Every text has its column's form."""
    return _cellwise(rule, tuple(forms), "ExpectRowCellsToHaveForms", "well_formed", lambda _: dict(forms))


def clean_cells(rule: Rule, columns: tuple[str, ...], pattern: str) -> Check:
    """No text of the columns contains the pattern."""
    return _cellwise(rule, columns, "ExpectRowCellsToBeFreeOf", "free_of", lambda _: pattern)


def division_cells(rule: Rule, columns: tuple[str, ...]) -> Check:
    """Every code of the columns is a division of the city on the night."""
    return replace(_cellwise(rule, columns, "ExpectDivisionsToExistOnDate", "is_division", divisions_on), is_dated=True)


def _cellwise(rule: Rule, columns: tuple[str, ...], kind: str, ask: str, facts: Callable[[Scene], Any]) -> Check:
    return Check(
        rule,
        columns,
        lambda scene: own(kind, facts={"facts": facts(scene)}, column_list=list(columns))(scene),
        cells=lambda scene, rows: CELLS[ask](rows[list(columns)], facts(scene)),
    )


def dates(column: str, earliest: str = "0001-01-01", latest: str = "9999-12-31") -> Factory:
    """Every ISO date of the column lies between the two."""
    return own("ExpectColumnValuesToBeDatesBetween", column=column, earliest=earliest, latest=latest)


def not_after_night(column: str) -> Factory:
    """No ISO date of the column lies after the night."""
    return lambda scene: dates(column, latest=scene.on)(scene)


def not_older_than(column: str, days: int) -> Factory:
    """No ISO date of the column lies more than `days` before the night."""
    return lambda scene: dates(column, earliest=(date.fromisoformat(scene.on) - timedelta(days=days)).isoformat())(scene)


def position_band(beyond_m: float, up_to_m: float = float("inf")) -> Factory:
    """No position stands between the two distances outside the city's outline; an endless band takes in what is outside the bounds."""
    return lambda scene: own(
        "ExpectPositionNotInBandOutsideCity",
        column_list=["lng_wgs84", "lat_wgs84"],
        facts={"rings": rings_of(scene.city.outline.values())},
        beyond_m=beyond_m,
        up_to_m=up_to_m,
        bounds=list(scene.city.bounds),
    )(scene)


def position_in_county() -> Factory:
    """Every position stands in its county, give or take COUNTY_M."""
    return lambda scene: own(
        "ExpectPositionToLieInItsCounty",
        column_list=["lng_wgs84", "lat_wgs84", "county_code"],
        facts={"rings": {code: rings_of([geometry]) for code, geometry in scene.city.outline.items()}},
        beyond_m=COUNTY_M,
    )(scene)


def divisions_on(scene: Scene) -> list[str]:
    """The codes that exist on the night: those of the city's list, with every change of a later year undone, latest first."""
    known = {division.code for division in scene.city.divisions}
    for _, old, new in sorted((change for change in scene.city.changes if change[0] > int(scene.on[:4])), reverse=True):
        known.discard(new)
        known.add(old)
    return sorted(known - {""})


def division_in_parent(column: str, parent: str) -> Factory:
    """The division of `column` belongs to that of `parent`, where the city's list says to which it belongs."""

    def build(scene: Scene) -> Expectation:
        known = {division.code for division in scene.city.divisions}
        parents = {division.code: division.parent for division in scene.city.divisions if division.parent in known}
        return own("ExpectDivisionToLieInItsParent", facts={"parents": parents}, column_list=[column, parent])(scene)

    return build
