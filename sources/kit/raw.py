"""What a reader takes and gives: archived payloads in, the owner's cells as text out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np
import pandas as pd

Mode: TypeAlias = Literal["snapshot", "delta"]

#: What a spreadsheet shows of a number with more digits than the 15 it keeps; also met in CSV files saved by one.
_SCIENTIFIC: Final = r"\s*[+-]?\d(?:\.\d+)?E\+(?:1[5-9]|[2-9]\d)\s*"

_CJK: Final = re.compile(r"[\u3400-\u9fff]")


class NotAsDeclaredError(ValueError):
    """A payload is not in the format that its source declares. The message is a Chinese sentence for owner and operator."""


@dataclass(frozen=True, slots=True)
class Payload:
    """One archived part of a retrieval: its label (a page's number, a file's name) and its bytes as they came."""

    label: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Raw:
    """The cells of one retrieval, as text, under the owner's headers.

    `cells`: one column a header, dtype str, NA where the owner wrote nothing. `lines`: where each row stood, as a person would say it
    ("12", "镜湖区!7"). `headers`: the headers met, by block (a sheet, a file; "" where there is one), so that a column missing from one
    sheet is seen. `parts`: in which of the payloads each row lies, counted from 0. `unusable`: cells whose value is known to be wrong: [at (row number), header, rule, value]. `total`: the count of rows
    that the owner states in the payload, None when it states none. `refusal`: the sentence that says why nothing could be read. `unread`: blocks
    left out because they hold no list.
    """

    cells: pd.DataFrame
    lines: pd.Series
    headers: Mapping[str, tuple[str, ...]]
    parts: pd.Series
    unusable: pd.DataFrame = field(default_factory=lambda: _unusable([]))
    total: int | None = None
    mode: Mode = "snapshot"
    refusal: str | None = None
    unread: tuple[str, ...] = ()

    @classmethod
    def refused(cls, sentence: str) -> Raw:
        """Nothing could be read, and why."""
        return cls(pd.DataFrame(), pd.Series(dtype="str"), {}, parts_of([]), refusal=sentence)


def raw_of(
    records: Sequence[Mapping[str, str | None]], headers: Sequence[str], total: int | None = None, sizes: Sequence[int] | None = None
) -> Raw:
    """Raw of one block of records (header → text), numbered from 1 in the order given; `sizes`: how many each payload gave (None: one gave all)."""
    cells = text_frame([[record.get(header) for header in headers] for record in records], headers)
    lines = pd.Series([str(number) for number in range(1, len(records) + 1)], dtype="str")
    return Raw(cells, lines, {"": tuple(headers)} if records else {}, parts_of([len(records)] if sizes is None else sizes), total=total)


def parts_of(sizes: Sequence[int]) -> pd.Series:
    """In which payload each row lies (`Raw.parts`), of payloads that gave so many rows each, one after the other."""
    return pd.Series(np.repeat(np.arange(len(sizes), dtype="int64"), sizes), dtype="int64")


def text_frame(table: Sequence[Sequence[str | None]], headers: Sequence[str]) -> pd.DataFrame:
    """A frame of text, one sequence a row; a cell of nothing but white space is NA."""
    columns = zip(*table, strict=True) if table else ([] for _ in headers)
    return pd.DataFrame(
        {
            header: pd.Series([None if text is None or not text or text.isspace() else text for text in column], dtype="str")
            for header, column in zip(headers, columns, strict=True)
        }
    )


def digits_lost(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells that hold a number which a spreadsheet cut after 15 digits, in the form of `Raw.unusable`."""
    found: list[tuple[int, str, str, str]] = []
    for header in cells.columns:
        hit = cells[header].str.fullmatch(_SCIENTIFIC).fillna(value=False).to_numpy(dtype=bool)
        found += [(int(at), header, "number_precision_lost", cells[header].iloc[at]) for at in hit.nonzero()[0]]
    return _unusable(found)


def cells_misplaced(found: Iterable[tuple[int, str]]) -> pd.DataFrame:
    """Rows with more or fewer cells than the header, in the form of `Raw.unusable`: (row number, the cells as written)."""
    return _unusable([(at, "", "row_cells_misplaced", value) for at, value in found])


def clean_header(text: str) -> str:
    """A header on one line: line breaks and spaces inside Chinese headers are layout, not name."""
    return re.sub(r"\s+", "" if _CJK.search(text) else " ", text.strip())


def distinct_headers(headers: Sequence[str]) -> list[str]:
    """Headers made distinct: the second 电话 becomes 电话(2), so that it shows as a column nobody declared."""
    seen: dict[str, int] = {}
    named = []
    for header in headers:
        seen[header] = seen.get(header, 0) + 1
        named.append(header if seen[header] == 1 else f"{header}({seen[header]})")
    return named


def _unusable(found: Sequence[tuple[int, str, str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(found, columns=["at", "header", "rule", "value"])
    return frame.astype({"at": "int64", "header": "str", "rule": "str", "value": "str"})
