"""One or several files as the rows of lists: columns recognised, ids, sources and datums settled. Whatever is wrong is told in one Chinese sentence."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from sources.kit.any_file import read_file
from sources.kit.raw import NotAsDeclaredError, Raw
from sources.kit.recognise import PLAIN, ColumnsError, datum_in, datum_of, recognise
from transforms.records.layout import Datum
from transforms.standardise.cells import TEXT, cells_of, series_of
from transforms.standardise.latin import is_latin

#: Fields of a row that are not the cleaners' but the list's own.
_OWN: Final = ("listing_id", "source", "datum", "city")

#: Our names for divisions → the plain header's, for messages.
_SAID: Final[Mapping[str, str]] = {field: plain for plain, field in PLAIN.items()}


class ListError(ValueError):
    """A file cannot be used; the message (Chinese) says which and what to do."""


@dataclass(frozen=True, slots=True)
class Lists:
    """`rows`: listing_id (distinct), source, line, datum (NA: no position), city and the fields met, as text, in the order of the files.

    `columns`: file → header → field, as recognised; `unused`: file → headers that mean nothing to us. `renamed`: whether ids were given
    their file's name, since two files use the same. `unread`: sheets (file：sheet) that hold no list.
    """

    rows: pd.DataFrame
    columns: Mapping[str, Mapping[str, str]]
    unused: Mapping[str, tuple[str, ...]]
    renamed: bool
    unread: tuple[str, ...] = ()


def read_lists(files: Sequence[Path], asked: Mapping[str, str] | None = None, datum: str | None = None) -> Lists:
    """The rows of all files. `asked`: field → header, before what is recognised; `datum`: that of rows which name none. Raises ListError."""
    if datum is not None and datum_of(datum) is None:
        raise ListError(f"--datum {datum} 不是坐标系：请写 wgs84、gcj02、bd09 或 cgcs2000")
    labels = _labels(files)
    parts, columns, unused, unread = [], {}, {}, []
    asked = asked or {}
    for path, label in zip(files, labels, strict=True):
        raw = _read(path, asked.get("name"))
        unread += [f"{label}：{sheet}" for sheet in raw.unread]
        known = _columns(raw, asked)
        columns[label], unused[label] = known, tuple(header for header in raw.cells.columns if header not in known)
        parts.append(_rows(raw, known, label, datum_of(datum) if datum else None))
    _all_found(asked, columns, unused)
    rows = pd.concat(parts, ignore_index=True)
    for label, part in zip(labels, parts, strict=True):
        _once(part, label)
    renamed = len(parts) > 1 and bool(rows["listing_id"].duplicated().any())
    if renamed:
        placed = rows["file"] + ":" + rows["line"]
        rows["listing_id"] = rows["listing_id"].where(rows["listing_id"] == placed, rows["file"] + ":" + rows["listing_id"])
    return Lists(rows, columns, unused, renamed, tuple(unread))


def _read(path: Path, name: str | None) -> Raw:
    if not path.is_file():
        raise ListError(f"{path}：没有这个文件")
    try:
        return read_file(path, lambda headers: name in headers if name else "name" in recognise(headers).values())
    except NotAsDeclaredError as refused:
        raise ListError(str(refused)) from None
    except PermissionError:
        raise ListError(f"{path}：没有读取权限") from None


def _labels(files: Sequence[Path]) -> list[str]:
    """Names of the files, with as much of their folders as tells them apart."""
    whole = [path.resolve() for path in files]
    if len(set(whole)) < len(whole):
        raise ListError("同一个文件给了两次：请各给一次")
    labels = []
    for path in whole:
        shown = 1
        while sum(other.parts[-shown:] == path.parts[-shown:] for other in whole) > 1:
            shown += 1
        labels.append("/".join(path.parts[-shown:]))
    return labels


def _columns(raw: Raw, asked: Mapping[str, str]) -> dict[str, str]:
    """Header → field of one file: as asked where the file has such a header, the rest as recognised."""
    headers = [str(header) for header in raw.cells.columns]
    wanted = {header: field for field, header in asked.items() if header in headers}
    left_out = {field for field, header in asked.items() if not header}
    guessed = recognise([header for header in headers if header not in wanted])
    known = wanted | {header: field for header, field in guessed.items() if field not in wanted.values() and field not in left_out}
    street = next((header for header, field in known.items() if field == "town"), None)
    if "address" not in known.values() and street and _is_latin_column(raw.cells[street]):
        known[street] = "address"  # in English a street is where a house stands, not a division
    return known


def _is_latin_column(cells: pd.Series) -> bool:
    shown = cells.dropna().head(200)
    return len(shown) > 0 and bool(shown.map(is_latin).mean() > 0.5)


def _rows(raw: Raw, known: Mapping[str, str], label: str, datum: Datum | None) -> pd.DataFrame:
    headers = {field: header for header, field in known.items()}
    if "name" not in headers:
        seen = "、".join(str(header) for header in raw.cells.columns)
        guessed = "、".join(f"{header}＝{_SAID.get(field, field)}" for header, field in known.items()) or "没有认出任何一列"
        raise ListError(
            f"{label}：找不到名称列。表头是：{seen}；认出的是：{guessed}。请把名称列改名为“名称”（或 name），或写明 --columns name=列名"
        )
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Arrow works without Python's lock
        cells = dict(zip(headers, pool.map(_stripped, [raw.cells[header] for header in headers.values()]), strict=True))
    frame = pd.DataFrame({field: column for field, column in cells.items() if field not in _OWN})
    count = len(frame)
    lines = raw.lines.reset_index(drop=True)
    absent = series_of(pa.nulls(count, TEXT))
    ids = cells.get("listing_id", absent)
    frame.insert(0, "listing_id", ids.fillna(f"{label}:" + lines) if ids.isna().any() else ids)
    frame.insert(1, "source", cells.get("source", absent).fillna(label.removesuffix(Path(label).suffix)))
    frame.insert(2, "file", series_of(pa.repeat(pa.scalar(label, TEXT), count)))
    frame.insert(3, "line", lines)
    frame.insert(4, "datum", _datums(cells.get("datum"), headers, label, datum, count))
    frame.insert(5, "city", cells.get("city", absent))
    return frame


def _stripped(written: pd.Series) -> pd.Series:
    """Cells without white space at their ends; absent where nothing is left."""
    cells = pc.utf8_trim_whitespace(cells_of(written.astype("str")))
    return series_of(pc.if_else(pc.equal(cells, ""), pa.scalar(None, TEXT), cells))


def _datums(cells: pd.Series | None, headers: Mapping[str, str], label: str, asked: Datum | None, count: int) -> pd.Series:
    """The datum of each row: the row's own, else that asked for, else that in the header of the longitude, else WGS-84. None without positions."""
    if "lng" not in headers:
        return pd.Series([None] * count, dtype="str")
    default = asked or datum_in(headers["lng"]) or "WGS-84"
    if cells is None:
        return pd.Series(default, index=range(count), dtype="str")
    encoded = pc.dictionary_encode(cells_of(cells))
    known = {text: datum_of(text) for text in encoded.dictionary.to_pylist()}
    odd = sorted(text for text, datum in known.items() if datum is None)
    if odd:
        raise ListError(f"{label}：坐标系一列有不认识的写法：{'、'.join(odd[:5])}；请写 wgs84、gcj02、bd09 或 cgcs2000，不知道的留空")
    return series_of(pa.array(known.values(), TEXT).take(encoded.indices).fill_null(default))


def _all_found(asked: Mapping[str, str], columns: Mapping[str, Mapping[str, str]], unused: Mapping[str, tuple[str, ...]]) -> None:
    for field, header in asked.items():
        seen = {name for label in columns for name in (*columns[label], *unused[label])}
        if header and header not in seen:
            raise ListError(f"--columns {_SAID.get(field, field)}={header}：没有“{header}”这一列。表头是：{'、'.join(sorted(seen))}")


def _once(part: pd.DataFrame, label: str) -> None:
    ids = cells_of(part["listing_id"])
    if pc.all(pc.less(ids[:-1], ids[1:])).as_py():  # in order, as most lists come
        return
    twice = part["listing_id"][part["listing_id"].duplicated()]
    if len(twice):
        first = twice.iloc[0]
        lines = part["line"][part["listing_id"] == first].head(5)
        raise ListError(
            f"{label}：编号“{first}”出现了 {int((part['listing_id'] == first).sum())} 次（第 {'、'.join(lines)} 行），"
            f"共有 {twice.nunique()} 个编号重复；请改正，或用 --columns listing_id= 不用编号列，改以“文件:行号”为编号"
        )


__all__ = ["ColumnsError", "ListError", "Lists", "read_lists"]


def positions_given(rows: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which rows wrote both a longitude and a latitude, or one cell with both."""
    lng = rows["lng"].notna() if "lng" in rows.columns else pd.Series(data=False, index=rows.index)
    lat = rows["lat"].notna() if "lat" in rows.columns else lng
    return np.asarray((lng & lat).to_numpy(dtype=np.bool_))
