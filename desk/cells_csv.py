"""CSV that a Chinese spreadsheet opens right: UTF-8 with BOM, CRLF, and no cell of text that it would take for a formula, a figure or a date.

Such a cell gets an apostrophe before it, as one typed into the spreadsheet would; a text that begins with an apostrophe gets another. So it reads back
exactly: in the columns of text, take one leading apostrophe off (`read_back`).
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from typing import IO, Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

BOM: Final = "\ufeff"

#: What starts a formula, in either width and behind blanks, or is an apostrophe.
_FORMULA: Final = r"[\s\x00]*[=+\-@＝＋－＠]|[\t\r\n']"

#: What loses its form in a spreadsheet: a code of digits (0553, 913400007199042708), a sum of money, a fraction, what reads as a date or time of day, a truth.
_FIGURE: Final = r"(?:[¥￥$€]\s*)?[0-9０-９][0-9０-９.,]*(?:[eE][+\-]?[0-9]+)?\s*%?|[0-9]+\s+[0-9]+/[0-9]+"
_MONTH: Final = r"(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DATE: Final = (
    r"[0-9]{1,4}[\-/.][0-9]{1,2}(?:[\-/.][0-9]{1,4})?|(?:[0-9]{2,4}年)?(?:[0-9]{1,2}月)(?:[0-9]{1,2}日)?"
    rf"|[0-9]{{1,4}}[\-/ ]{_MONTH}(?:[\-/ ][0-9]{{1,4}})?|{_MONTH}[\-/ ][0-9]{{1,4}}"
)
_TIME: Final = (
    r"(?:上午|下午)?[0-9]{1,4}(?::[0-9]{1,2}(?::[0-9.]+)?|时(?:[0-9]{1,2}分(?:[0-9]{1,2}秒)?)?)\s*(?i:[ap]m?)?|[0-9]{1,2}\s+(?i:[ap]m?)"
)
_TRUTH: Final = r"(?i:true|false)"

MARKED: Final = rf"^(?:{_FORMULA}|\s*(?:{_FIGURE}|{_DATE}|{_TIME}|{_TRUTH})\s*$)"


def write_csv(rows: pa.Table, file: IO[str]) -> None:
    """Write the table to a file of text that was opened with newline=""."""
    file.write(BOM)
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(marked(pa.array(rows.column_names, pa.string())).to_pylist())
    for batch in rows.to_batches(max_chunksize=50_000):
        writer.writerows(zip(*(_written(column) for column in batch.columns), strict=True))


def marked(texts: Any) -> Any:
    """A column of text with an apostrophe before each cell that a spreadsheet would take for something else."""
    return pc.if_else(
        pc.fill_null(pc.match_substring_regex(texts, MARKED), fill_value=False),
        pc.binary_join_element_wise("'", texts, "", null_handling="emit_null"),
        texts,
    )


def read_back(texts: Any) -> Any:
    """A column of text as it was before `marked`."""
    return pc.replace_substring_regex(texts, r"^'", "")


def _written(column: Any) -> Sequence[object]:
    kind = column.type
    if pa.types.is_boolean(kind):
        return ["" if each is None else str(each).lower() for each in column.to_pylist()]
    if pa.types.is_timestamp(kind):
        return ["" if each is None else each.isoformat() for each in column.to_pylist()]
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_temporal(kind):
        return list(column.to_pylist())
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return list(marked(column).to_pylist())
    told = pa.array([None if each is None else str(each) for each in column.to_pylist()], pa.string())
    return list(marked(told).to_pylist())
