"""Wuhu as the sample city knows it: counties, townships, communities, roads and outlines, carried in this folder (README.md names sources)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from sandbox.datum import Position, moved

HERE: Final = Path(__file__).parent
_PLACE: Final = ("lng_wgs84", "lat_wgs84", "bearing_deg", "length_m")

#: Today's county codes and names, in the ministry's order.
COUNTIES: Final = {
    "340202": "镜湖区",
    "340207": "鸠江区",
    "340209": "弋江区",
    "340210": "湾沚区",
    "340212": "繁昌区",
    "340223": "南陵县",
    "340281": "无为市",
}

#: Metres along the road from one house number to the next; even numbers stand on the right, odd on the left.
NUMBER_STEP_M: Final = 6.0
SIDE_M: Final = 11.0


@dataclass(frozen=True, slots=True)
class Community:
    """A community or village: 12-digit code of the bureau (2023), short name, name as written by the bureau, and where it belongs."""

    code: str
    name: str
    written: str
    county_code: str
    town_code: str
    town: str


@dataclass(frozen=True, slots=True)
class Road:
    """A straight stretch of road: its start in WGS-84, bearing in degrees, length in metres."""

    county_code: str
    town_code: str
    name: str
    lng: float
    lat: float
    bearing: float
    length: float

    @property
    def last_number(self) -> int:
        """The highest house number that still stands on it."""
        return int(self.length / NUMBER_STEP_M)

    def at(self, number: int) -> Position:
        """Where a house number stands, WGS-84."""
        lng, lat = moved(self.lng, self.lat, self.bearing, min(number, self.last_number) * NUMBER_STEP_M)
        return moved(lng, lat, self.bearing + (90 if number % 2 == 0 else -90), SIDE_M)


def _lines(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


@cache
def communities() -> tuple[Community, ...]:
    """Every community and village, in code order."""
    return tuple(
        Community(line["code"], line["name"], line["written"], line["county_code"], line["town_code"], line["town"])
        for line in _lines("communities.csv")
    )


@cache
def roads_of(town_code: str) -> tuple[Road, ...]:
    """The roads of a township, in file order."""
    return tuple(
        Road(line["county_code"], line["town_code"], line["road"], *(float(line[part]) for part in _PLACE))
        for line in _lines("roads.csv")
        if line["town_code"] == town_code
    )


@cache
def communities_of(town_code: str) -> tuple[Community, ...]:
    """The communities of a township, in code order."""
    return tuple(community for community in communities() if community.town_code == town_code)


@cache
def _outlines() -> dict[str, list[list[list[list[float]]]]]:
    features = json.loads((HERE / "outline.geojson").read_text("utf-8"))["features"]
    return {feature["properties"]["code"]: feature["geometry"]["coordinates"] for feature in features}


def within(lng: float, lat: float, county_code: str) -> bool:
    """Whether a WGS-84 position lies inside the county's coarse outline (even-odd rule over all its rings)."""
    inside = False
    for polygon in _outlines()[county_code]:
        for ring in polygon:
            for (x1, y1), (x2, y2) in zip(ring, [*ring[1:], ring[0]], strict=True):
                if (y1 > lat) != (y2 > lat) and lng < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
                    inside = not inside
    return inside
