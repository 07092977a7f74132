"""The files of an export, put into their folder whole: each is written under another name, and takes its own when all of them are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from desk.asking import QuestionError
from desk.cells_csv import write_csv
from desk.export_package import NAME, files_of, package_of
from desk.export_places import write_geojson, write_geoparquet, write_parquet
from desk.export_register import Taken
from desk.export_workbook import write_workbook
from warehouse.disk import fsync


def _csv(taken: Taken, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        write_csv(taken.rows, file)


def _binary(write: Callable[..., None]) -> Callable[[Taken, Path], None]:
    def put(taken: Taken, path: Path) -> None:
        with path.open("wb") as file:
            write(taken, file)

    return put


#: Format → the end of its files' names, and what writes it.
FORMATS: Final[dict[str, tuple[str, Callable[[Taken, Path], None]]]] = {
    "csv": ("csv", _csv),
    "xlsx": ("xlsx", _binary(write_workbook)),
    "parquet": ("parquet", _binary(write_parquet)),
    "geoparquet": ("geo.parquet", _binary(write_geoparquet)),
    "geojson": ("geojson", _binary(write_geojson)),
}


def write_export(taken: Taken, forms: Sequence[str], folder: Path) -> list[Path]:
    """Write the formats and their package into the folder (made where missing); the paths, the package last. An earlier export there is replaced.

    Raises QuestionError where another's package or file of that name lies in the folder, OSError where there is no room; then the folder is as it was.
    """
    before = files_of(folder)
    if before is None:
        raise QuestionError(f"{folder} 里的 {NAME} 不是导出写的，不敢改动；请换一个目录")
    names = {form: f"{taken.name}.{FORMATS[form][0]}" for form in dict.fromkeys(forms)}
    if strange := [name for name in names.values() if name not in before and (folder / name).exists()]:
        raise QuestionError(f"{folder} 里的 {'、'.join(strange)} 不是导出写的，不敢覆盖；请换一个目录，或先把它移走")
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {form: folder / f".{name}.next" for form, name in names.items()}
    package = folder / f".{NAME}.next"
    try:
        for form, draft in drafts.items():
            FORMATS[form][1](taken, draft)
            fsync(draft)
        package.write_bytes(package_of(taken, drafts, names))
        fsync(package)
        for form, draft in drafts.items():
            draft.replace(folder / names[form])
        package.replace(folder / NAME)
    finally:
        for draft in (*drafts.values(), package):
            draft.unlink(missing_ok=True)
    for gone in {*before} - {*names.values()}:
        (folder / gone).unlink(missing_ok=True)
    fsync(folder)
    return [*(folder / name for name in names.values()), folder / NAME]
