"""A station as a GeoJSON feature (RFC 7946)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

#: Columns that hold several values joined by ; and are arrays in JSON.
LISTS: Final = frozenset({"plaques", "phones", "facilities", "sources"})

#: Columns that make the geometry and the id, and are not told again among the properties.
_APART: Final = ("station_id", "lng_wgs84", "lat_wgs84")


def feature(columns: Sequence[str], row: Sequence[Any]) -> bytes:
    """The feature as JSON, without links; a station without a position has no geometry."""
    told = dict(zip(columns, row, strict=True))
    lng, lat = told["lng_wgs84"], told["lat_wgs84"]
    place = None if lng is None or lat is None else {"type": "Point", "coordinates": [lng, lat]}
    properties = {name: value_of(name, value) for name, value in told.items() if name not in _APART}
    return as_json({"type": "Feature", "id": told["station_id"], "geometry": place, "properties": properties})


def value_of(name: str, value: Any) -> Any:
    """A column's value as JSON has it: a list of its own for joined values, a date as ISO text."""
    if name in LISTS:
        return [] if value is None else str(value).split(";")
    return value.isoformat() if isinstance(value, date) else value


def with_links(feature_json: bytes, links: Sequence[Mapping[str, str]]) -> bytes:
    """The feature with links of its own."""
    return b"%s,%s}" % (feature_json[:-1], as_json({"links": list(links)})[1:-1])


def collection(features: Sequence[bytes], told: Mapping[str, Any]) -> bytes:
    """A FeatureCollection of ready features, with further members `told`."""
    return b'{"type":"FeatureCollection",%s,"features":[%s]}' % (as_json(told)[1:-1], b",".join(features))


def as_json(value: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
