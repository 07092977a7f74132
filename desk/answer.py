"""The answer to a question in SQL, as a table on the terminal, CSV or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
from rich import box
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from desk.cells_csv import write_csv

#: Rows written at a time.
_BATCH: Final = 50_000

#: Characters of a cell on the terminal: a map or a list in one would push everything else away.
_CELL: Final = 120

#: Characters below which a column of a table is cut into pieces that cannot be read: an id of a station has 19.
_LEAST: Final = 19


def answer_rows(names: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> Table:
    """The rows as a table of `width` characters; where that leaves a column too little to be read, each row as a list of its columns."""
    widest = (max(cell_len(told) for told in (name, *(_cell(row[at]).plain for row in rows))) for at, name in enumerate(names))
    needed = sum(min(each, _LEAST) + 2 for each in widest)
    return _table(names, rows) if needed <= width else _lists_of(names, rows)


def _lists_of(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, row in enumerate(rows, start=1):
        table.add_row(Text(f"── {number} ──"), Text())
        for name, value in zip(names, row, strict=True):
            table.add_row(Text(name), _cell(value))
    return table


def _table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """The rows as a table; figures stand to the right."""
    table = Table(box=box.SIMPLE_HEAD)
    figures = [bool(rows) and all(isinstance(row[at], int | float) or row[at] is None for row in rows) for at in range(len(names))]
    for name, is_figure in zip(names, figures, strict=True):
        table.add_column(Text(name), justify="right" if is_figure else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row))
    return table


def answer_csv(rows: pa.Table, file: IO[str]) -> None:
    """The rows as the CSV of exports."""
    write_csv(rows, file)


def answer_json(rows: pa.Table, file: IO[str]) -> None:
    """The rows as a JSON list of objects, one a line; a name that occurs twice gets its number."""
    names = _distinct(rows.column_names)
    file.write("[")
    before = "\n"
    for batch in rows.to_batches(max_chunksize=_BATCH):
        objects = (
            json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, default=_plain) for row in zip(*_lists(batch), strict=True)
        )
        file.write(before + ",\n".join(objects))
        before = ",\n"
    file.write("\n]\n")


def _lists(batch: Any) -> list[list[object]]:
    return [column.to_pylist() for column in batch.columns]


def _plain(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _distinct(names: Sequence[str]) -> list[str]:
    return [name if name not in names[:at] else f"{name}_{at + 1}" for at, name in enumerate(names)]


def _cell(value: object) -> Text:
    told = "" if value is None else _plain(value)
    return Text(told if len(told) <= _CELL else told[: _CELL - 1] + "…")
