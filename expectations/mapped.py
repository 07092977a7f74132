"""Which fields of a row feed a column of a listing: a column that is empty because its source never gives it is no reason for alarm."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

#: Column of a listing or station → the row fields that give it directly. A column not named here is fed by the row field of its name.
FED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "lng_wgs84": ("lng",),
    "lat_wgs84": ("lng",),
    "county_code": ("county", "division"),
    "town_code": ("town", "division"),
    "community_code": ("community", "division"),
    "phones": ("phone",),
    "hours_text": ("hours",),
    "plaques": ("plaque",),
    "opened_on": ("opened",),
    "updated_on": ("updated",),
    "batch_basis": ("batch",),
    "name_core": ("name",),
    "verbatim": (),
}


def is_expected(column: str, mapped: Collection[str] | None) -> bool:
    """Whether a source that maps these row fields should have values in `column`. None: every column is expected."""
    return mapped is None or any(field in mapped for field in FED_BY.get(column, (column,)))
