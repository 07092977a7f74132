"""Exports with places on a map: GeoParquet 1.1 and GeoJSON (RFC 7946). A row without a position is kept, with no geometry."""

from __future__ import annotations

import json
from typing import IO, Any, Final

import duckdb
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from desk.asking import QuestionError
from desk.export_register import POSITION, Taken

#: A point in well-known binary, little-endian (OGC 06-103r4, 8.2.4): byte order, type 1, x, y.
_POINT: Final = np.dtype([("order", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])
_EDGES: Final = ("xmin", "ymin", "xmax", "ymax")

#: RFC 7946 (section 4) knows only WGS-84, so a file in another datum says so itself.
_NOT_WGS84: Final = "坐标是 GCJ-02（国测局坐标），不是 RFC 7946 所说的 WGS-84；只供使用 GCJ-02 的国内地图"

#: Rows that become text at a time.
_BATCH: Final = 50_000


def write_parquet(taken: Taken, file: IO[bytes]) -> None:
    """Write plain Parquet; each column carries its title and meaning."""
    pq.write_table(described(taken), file, compression="zstd")


def write_geoparquet(taken: Taken, file: IO[bytes]) -> None:
    """Write GeoParquet 1.1: points as WKB, and a column bbox by which readers skip what lies elsewhere. In GCJ-02 its crs is null: no registry names that datum.

    Raises QuestionError where rows have no place.
    """
    lng, lat = _degrees(taken)
    placed = ~(np.isnan(lng) | np.isnan(lat))
    points = np.zeros(len(lng), _POINT)
    points["order"], points["type"], points["x"], points["y"] = 1, 1, lng, lat
    width = _POINT.itemsize
    binary = pa.Array.from_buffers(
        pa.binary(),
        len(points),
        [
            pa.array(placed).buffers()[1],
            pa.py_buffer(np.arange(0, (len(points) + 1) * width, width, dtype=np.int32)),
            pa.py_buffer(points.tobytes()),
        ],
    )
    bbox = pa.StructArray.from_arrays([pa.array(axis) for axis in (lng, lat, lng, lat)], list(_EDGES), mask=pa.array(~placed))
    rows = described(taken).append_column("bbox", bbox).append_column("geometry", binary)
    geo: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": ["Point"],
        "covering": {"bbox": {edge: ["bbox", edge] for edge in _EDGES}},
    }
    if placed.any():
        geo["bbox"] = _bounds(lng, lat)
    if taken.wish.is_gcj02:
        geo["crs"] = None
    meta = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": geo}}
    pq.write_table(
        rows.replace_schema_metadata({**(rows.schema.metadata or {}), b"geo": json.dumps(meta).encode()}), file, compression="zstd"
    )


def write_geojson(taken: Taken, file: IO[bytes]) -> None:
    """Write a FeatureCollection, a feature a line. Raises QuestionError where rows have no place."""
    lng, lat = _degrees(taken)
    axes = taken.position or POSITION
    told = [column.name for column in taken.columns if column.name not in axes]
    members = ", ".join(f'{_text(name)}, "{name}"' for name in told)
    identity = f"'id', \"{told[0]}\", " if taken.columns[0].name == "station_id" else ""
    geometry = f"""case when "{axes[0]}" is null or "{axes[1]}" is null then null
        else json_object('type', 'Point', 'coordinates', json_array("{axes[0]}", "{axes[1]}")) end"""
    query = (
        f"select json_object('type', 'Feature', {identity}'geometry', {geometry}, 'properties', json_object({members}))::varchar from rows"
    )
    collection: dict[str, Any] = {"type": "FeatureCollection"}
    if not np.isnan(lng).all():
        collection["bbox"] = _bounds(lng, lat)
    if taken.wish.is_gcj02:
        collection |= {"datum": "GCJ-02", "note": _NOT_WGS84}
    file.write(json.dumps(collection, ensure_ascii=False).removesuffix("}").encode() + b', "features": [\n')
    before = b""
    with duckdb.connect() as memory:
        memory.register("rows", taken.rows)
        answer = memory.execute(query)
        while lines := answer.fetchmany(_BATCH):
            file.write(before + ",\n".join(line for (line,) in lines).encode())
            before = b",\n"
    file.write(b"\n]}\n")


def described(taken: Taken) -> pa.Table:
    """The rows, each column with its title and meaning as metadata, the table with publication and night."""
    fields = [
        field.with_metadata({"title": column.title, "description": column.meaning})
        for field, column in zip(taken.rows.schema, taken.columns, strict=True)
    ]
    about = {"publication": taken.publication, "night": taken.night.isoformat(), "datum": "GCJ-02" if taken.wish.is_gcj02 else "WGS-84"}
    return taken.rows.cast(pa.schema(fields, about))


def _degrees(taken: Taken) -> tuple[Any, Any]:
    if taken.position is None:
        raise QuestionError(f"{taken.wish.table} 没有坐标，不能写成 GeoParquet 或 GeoJSON；请用 csv、xlsx 或 parquet")
    lng, lat = (taken.rows.column(name).to_numpy().astype("float64") for name in taken.position)
    return lng, lat


def _bounds(lng: Any, lat: Any) -> list[float]:
    return [float(np.nanmin(lng)), float(np.nanmin(lat)), float(np.nanmax(lng)), float(np.nanmax(lat))]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
