"""Whether a person's value for a station can stand: the cleaners and the station suite see a copy that has it before the register does."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from expectations.run import run_suite
from expectations.stations import STATIONS
from flows.operators import COLUMNS, operators_source
from flows.outlook import Published
from flows.run import shown
from sources.kit.contract import rows_again
from sources.kit.source import Source
from transforms.allowed import is_holding
from transforms.merge.corrections import corrected, read_value

#: Station field → the row field whose cleaners know what it may read. The others have a form, which the suite asks.
_CLEANED: Final = {
    "name": "name",
    "host": "host",
    "plaques": "plaque",
    "address": "address",
    "town": "town",
    "community": "community",
    "hours": "hours",
    "hours_text": "hours",
    "facilities": "facilities",
    "opened_on": "opened",
}

_OTHER: Final = {"lng_wgs84": "lat_wgs84", "lat_wgs84": "lng_wgs84"}

#: What an owner's list may give and the operators' list does not.
_MORE: Final = {"挂牌": "plaque", "建成日期": "opened"}


def wrong_with(
    published: Published, station_id: str, field: str, value: str, night: str, issues_of: Callable[[pd.DataFrame, Source], pd.DataFrame]
) -> list[str]:
    """What is wrong with the value (sentences), none where it can stand. `issues_of`: what the cleaners and suites find in rows of a source."""
    if value and read_value("station", field, value) is None:
        return [f"“{shown(value)}”不是这一栏的值：请照现有的写法填写"]
    stations = published.state.station
    before = stations[stations["station_id"] == station_id].reset_index(drop=True)
    if (other := _OTHER.get(field)) and before[other].isna().all():
        before[other] = stations[other].median()  # half a position is nowhere: it is judged beside the middle of the city
    asked = pd.DataFrame({"key": [station_id], "field": [field], "value": [value or None]})
    after, _, _ = corrected(before, "station_id", asked, published.listings)
    met = [
        run_suite(STATIONS, frame, ("station_id",), published.house.city, night, mapped=published.house.mapped).issues
        for frame in (before, after)
    ]
    known = set(zip(met[0]["rule"], met[0]["message"], strict=True))
    is_new = [pair not in known for pair in zip(met[1]["rule"], met[1]["message"], strict=True)]
    new = met[1].loc[np.array(is_new, dtype=bool)]  # an empty list would pick columns
    new = new[new["station_id"].notna() & new["severity"].isin(["critical", "warning"])]
    return [*_cleaned(published, before, field, value, issues_of), *new["message"].astype(str)]


def _cleaned(
    published: Published, station: pd.DataFrame, field: str, value: str, issues_of: Callable[[pd.DataFrame, Source], pd.DataFrame]
) -> list[str]:
    """What the cleaners say of the value, were an owner to write it on a list."""
    if field not in _CLEANED or not value:
        return []
    if field == "hours" and published.state.station["hours"].eq(value).any():
        return []  # written as the register writes hours, which owners do not
    declared = operators_source(published.house.city.name)
    source = replace(declared, columns={**declared.columns, **_MORE})
    headers = {name: header for header, name in {**COLUMNS, **_MORE}.items()}
    row = {name: station[name].iloc[0] for name in ("name", "address", "county")}
    row = {name: str(text) for name, text in row.items() if pd.notna(text)} | {_CLEANED[field]: value, "code": "new"}
    written = json.dumps({headers[name]: text for name, text in row.items()}, ensure_ascii=False)
    issues = issues_of(rows_again(pd.Series([written], dtype="str"), source), source)
    wrong = issues[issues["field"].eq(_CLEANED[field]) & (is_holding(issues) | issues["severity"].eq("warning"))]
    return wrong["message"].astype(str).tolist()
