"""`datapackage.json` beside the files of an export (Frictionless Data Package v1): what they are of, what their columns mean, and their digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from desk.export_columns import Column
from desk.export_register import Taken

NAME: Final = "datapackage.json"

#: By this member a package is known as one of ours, whose files may be replaced.
MARK: Final = "yizhan"

_CSV_NOTE: Final = (
    "UTF-8 with BOM, CRLF. A cell of text that a spreadsheet would take for a formula, a figure or a date begins with an apostrophe; to read back, take one leading "
    "apostrophe off in the columns of type string."
)
_NOTES: Final = {
    "csv": _CSV_NOTE,
    "xlsx": "The first sheet holds the rows, the others explain columns and codes.",
    "geoparquet": "GeoParquet 1.1.",
    "geojson": "RFC 7946.",
}
_MEDIA: Final = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "geoparquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
}

#: What Frictionless reads as a table by itself; the others it checks by size and digest.
_TABLES: Final = ("csv", "xlsx")


def package_of(taken: Taken, files: Mapping[str, Path], names: Mapping[str, str]) -> bytes:
    """The package of these files: `files` format → where it was written, `names` format → what it will be called."""
    wish, night = taken.wish, taken.night.isoformat()
    package = {
        "profile": "data-package",
        "name": taken.name.replace("_", "-"),
        "title": f"{taken.name}，{night} 这一夜",
        "version": taken.publication,
        MARK: {
            "publication": taken.publication,
            "night": night,
            "asOf": wish.as_of.isoformat() if wish.as_of else None,
            "where": wish.where,
            "isPublic": wish.is_public,
            "datum": "GCJ-02" if wish.is_gcj02 else "WGS-84",
            "rows": len(taken.rows),
        },
        "sources": [{"title": owner} for owner in taken.told_owners],
        "licenses": [
            {"name": f"terms-{at}", "title": terms}
            for at, terms in enumerate(sorted({owner.licence for owner in taken.owners if not wish.is_public}), 1)
        ],
        "resources": [_resource(taken, form, path, names[form]) for form, path in files.items()],
    }
    return (json.dumps({name: part for name, part in package.items() if part != []}, ensure_ascii=False, indent=2) + "\n").encode()


def files_of(folder: Path) -> list[str] | None:
    """Names of the files of the export that lies in the folder; none where there is no package, None where the package is not one of ours."""
    try:
        package = json.loads((folder / NAME).read_text("utf-8"))
    except FileNotFoundError:
        return []
    except ValueError:
        return None
    if not isinstance(package, dict) or MARK not in package:
        return None
    return [Path(str(resource["path"])).name for resource in package["resources"]]


def _resource(taken: Taken, form: str, path: Path, name: str) -> dict[str, Any]:
    content = path.read_bytes()
    resource: dict[str, Any] = {
        "name": f"{taken.name}-{form}".replace("_", "-").lower(),
        "path": name,
        "type": "table" if form in _TABLES else "file",
        "format": "parquet" if form == "geoparquet" else form,
        "mediatype": _MEDIA[form],
        "description": _NOTES.get(form, "Parquet."),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "bytes": len(content),
        "schema": _schema(taken),
    }
    if form in _TABLES:
        resource |= {"profile": "tabular-data-resource", "encoding": "utf-8", "rows": len(taken.rows)}
    if form == "csv":
        resource["dialect"] = {"delimiter": ",", "lineTerminator": "\r\n", "header": True}
    return resource


def _schema(taken: Taken) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": list(map(_field, taken.columns)), "missingValues": [""]}
    if taken.columns[0].name == "station_id" and taken.wish.table == "station":
        schema["primaryKey"] = ["station_id"]
    return schema


def _field(column: Column) -> dict[str, str]:
    told = {"name": column.name, "type": column.kind, "title": column.title, "description": column.meaning}
    return {name: part for name, part in told.items() if part}
