"""What the API says of itself: landing page, conformance, collections, and the document of OpenAPI 3.0."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from desk.api.asked import CHANGES, STATIONS, Parameter
from desk.api.feature import LISTS
from desk.api.register import Register
from transforms.records import FIELDS

JSON: Final = "application/json"
GEOJSON: Final = "application/geo+json"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.0"
HTML: Final = "text/html"

#: Paths below the prefix, which has no slash at its end.
ROOT, CONFORMANCE, COLLECTIONS, STATIONS_PATH = "/", "/conformance", "/collections", "/collections/stations"
ITEMS, CHANGES_PATH, DOCUMENT, DOCS = "/collections/stations/items", "/changes", "/openapi.json", "/docs"

_CORE: Final = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
_CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_TYPES: Final = {"text": "string", "integer": "integer", "number": "number", "boolean": "boolean", "date": "string"}

CONFORMS: Final = {"conformsTo": [f"{_CORE}{each}" for each in ("core", "oas30", "geojson")]}


def link(href: str, rel: str, media: str = JSON, title: str = "") -> dict[str, str]:
    """A link as the standard writes it."""
    return {"href": href, "rel": rel, "type": media} | ({"title": title} if title else {})


def landing(base: str, title: str) -> dict[str, Any]:
    """The landing page. `base`: address of the API without a slash at its end."""
    return {
        "title": title,
        "description": "每夜由各业主名单合成的驿站登记册；只读，照 OGC API - Features 第一部分",
        "links": [
            link(f"{base}{ROOT}", "self", JSON, "本页"),
            link(f"{base}{DOCUMENT}", "service-desc", OPENAPI, "接口描述（OpenAPI 3.0）"),
            link(f"{base}{DOCS}", "service-doc", HTML, "接口说明"),
            link(f"{base}{CONFORMANCE}", "conformance", JSON, "符合的标准"),
            link(f"{base}{COLLECTIONS}", "data", JSON, "数据"),
            link(f"{base}{CHANGES_PATH}", "related", JSON, "变化"),
        ],
    }


def stations(base: str, timezone: str, register: Register) -> dict[str, Any]:
    """The collection of stations. `timezone`: the city's, in which a night begins."""
    begins = datetime.combine(register.first_night, time(), ZoneInfo(timezone))
    space = {"spatial": {"bbox": [register.bounds], "crs": _CRS84}} if register.bounds else {}
    return {
        "id": "stations",
        "title": "驿站",
        "description": "登记册里的驿站，开着的和停用的；datetime 问哪一夜都行",
        "itemType": "feature",
        "crs": [_CRS84],
        "extent": {**space, "temporal": {"interval": [[begins.isoformat(), None]]}},
        "publication": register.name,
        "latest_night": register.latest_night.isoformat(),
        "links": [
            link(f"{base}{STATIONS_PATH}", "self"),
            link(f"{base}{ITEMS}", "items", GEOJSON, "驿站"),
            link(f"{base}{CHANGES_PATH}", "related", JSON, "变化"),
        ],
    }


def collections(base: str, timezone: str, register: Register) -> dict[str, Any]:
    """The list of the one collection."""
    return {"links": [link(f"{base}{COLLECTIONS}", "self")], "collections": [stations(base, timezone, register)]}


def openapi(base: str, title: str, version: str) -> dict[str, Any]:
    """The document of OpenAPI 3.0.3; the properties of a station are those of the field dictionary."""
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": version, "description": str(landing(base, title)["description"])},
        "servers": [{"url": base}],
        "paths": {
            ROOT: _get("入口：指向其余各处的链接", JSON),
            CONFORMANCE: _get("符合的标准", JSON),
            COLLECTIONS: _get("有哪些数据", JSON),
            STATIONS_PATH: _get("驿站：范围、起止时间", JSON),
            ITEMS: _get("驿站，一页一页地取", GEOJSON, "stations", STATIONS, gone="这一页所在的发布已经清理"),
            ITEMS + "/{id}": _get(
                "一个驿站", GEOJSON, "station", path=True, gone="不再是一个驿站", moved="并入了别的驿站：Location 是它的编号"
            ),
            ITEMS + "/{id}/changes": _get("一个驿站的经过：大事、每个值的变化、谁说的", JSON, path=True, gone="出自已退回的发布"),
            CHANGES_PATH: _get("某一夜之后的变化", JSON, None, CHANGES, gone="这一页所在的发布已经清理"),
        },
        "components": {"schemas": {"station": _station(), "stations": _stations(), "refusal": _REFUSAL}},
    }


_REFUSAL: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["code", "description"],
    "properties": {"code": {"type": "string"}, "description": {"type": "string", "description": "一句话：哪里不对，怎么办"}},
}


def _get(
    summary: str,
    media: str,
    schema: str | None = None,
    asked: Sequence[Parameter] = (),
    *,
    path: bool = False,
    gone: str = "",
    moved: str = "",
) -> dict[str, Any]:
    shape = {"$ref": f"#/components/schemas/{schema}"} if schema else {"type": "object"}
    told = {"200": {"description": "答案", "content": {media: {"schema": shape}}}, "304": {"description": "没有新的发布（If-None-Match）"}}
    told |= {"301": {"description": moved}} if moved else {}
    told |= {"400": _refused("参数不对")} | ({"404": _refused("从来没有发布过这个编号")} if path else {})
    told |= {"410": _refused(gone)} if gone else {}
    parameters = [{"name": "id", "in": "path", "required": True, "description": "驿站编号", "schema": {"type": "string"}}] if path else []
    return {
        "get": {
            "summary": summary,
            "parameters": [*parameters, *map(_parameter, asked)],
            "responses": told | {"503": _refused("还没有发布过")},
        }
    }


def _refused(description: str) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": {"$ref": "#/components/schemas/refusal"}}}}


def _parameter(each: Parameter) -> dict[str, Any]:
    flat = {"style": "form", "explode": False}
    return {"name": each.name, "in": "query", "required": False, "description": each.meaning, "schema": dict(each.schema), **flat}


def _station() -> dict[str, Any]:
    fields = [each for each in FIELDS if "station" in each.on and not each.personal]
    apart = ("station_id", "lng_wgs84", "lat_wgs84")
    properties: dict[str, Any] = {"valid_from": {"type": "string", "format": "date", "description": "从哪一夜起是这个样子"}}
    for each in fields:
        if each.name not in apart:
            told = {"type": "array", "items": {"type": "string"}} if each.name in LISTS else {"type": _TYPES[each.type], "nullable": True}
            meaning = each.meaning.replace(", joined by ;", "") if each.name in LISTS else each.meaning
            properties[each.name] = {**told, "description": f"{each.title}: {meaning}"}
    return {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"type": "object", "nullable": True, "description": "Point，WGS-84 经度、纬度；没有坐标的为 null"},
            "properties": {"type": "object", "properties": properties},
        },
    }


def _stations() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["type", "features", "numberMatched", "numberReturned", "links"],
        "properties": {
            "type": {"type": "string", "enum": ["FeatureCollection"]},
            "numberMatched": {"type": "integer"},
            "numberReturned": {"type": "integer"},
            "publication": {"type": "string"},
            "features": {"type": "array", "items": {"$ref": "#/components/schemas/station"}},
            "links": {"type": "array", "items": {"type": "object"}},
        },
    }
