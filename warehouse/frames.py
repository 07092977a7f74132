"""Frames into the database and back, in bulk. The one place that knows how a database takes a frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, DateTime, Double, Select, String, Table, TextualSelect, text
from sqlalchemy.types import TypeEngine

_ARROW: Final[dict[type[TypeEngine[Any]], pa.DataType]] = {
    String: pa.string(),
    BigInteger: pa.int64(),
    Double: pa.float64(),
    Boolean: pa.bool_(),
    Date: pa.date32(),
    DateTime: pa.timestamp("us"),
}
_PANDAS: Final[dict[str, str]] = {
    String.__name__: "str",
    BigInteger.__name__: "Int64",
    Double.__name__: "float64",
    Boolean.__name__: "boolean",
    Date.__name__: "str",
    DateTime.__name__: "datetime64[us]",
}
#: Read through these so that whole numbers and truth values keep their NA.
_NULLABLE: Final = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


#: Besides its columns a staged frame has the place of each row, from 0.
PLACE: Final = "staged_at"


class FrameError(ValueError):
    """A frame does not fit its table: the message names table and column."""


@contextmanager
def staged(connection: Connection, frame: pd.DataFrame, table: Table, columns: Sequence[str]) -> Iterator[str]:
    """Make `columns` of `frame` readable in SQL under the name that this yields, with the types of `table`, until the block ends.

    Text columns may hold NA; dates are ISO text or dates; times are ISO text with their offset and become UTC. Raises FrameError when a
    column is missing or a value is not of the column's type.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise FrameError(f"{table.name}: the frame lacks {', '.join(missing)}")
    arrays = [_array(frame[name], table.c[name]) for name in columns]
    name = f"staged_{table.name}"
    driver: Any = connection.connection.driver_connection
    driver.register(name, pa.Table.from_arrays([*arrays, pa.array(range(len(frame)), pa.int64())], names=[*columns, PLACE]))
    try:
        yield name
    finally:
        driver.unregister(name)


def refuse_repeats(connection: Connection, table: Table, key: Iterable[str], rows: str) -> None:
    """Raise FrameError when two rows of the staged frame `rows` have one key: a DuckDB file has no index that would (ADR 0018)."""
    named = ", ".join(f'"{name}"' for name in key)
    repeated = connection.execute(text(f"select {named} from {rows} group by {named} having count(*) > 1 order by {named} limit 1")).first()
    if repeated:
        raise FrameError(f"{table.name}: more than one row for {' / '.join(map(str, repeated))}")


def read_frame(connection: Connection, query: Select[Any] | TextualSelect) -> pd.DataFrame:
    """The query's rows as a frame: text "str" with NA, whole numbers Int64, truth values boolean, dates ISO text."""
    result = connection.execute(query)
    cursor: Any = result.cursor
    rows: pa.Table = cursor.to_arrow_table()
    result.close()
    for at, field in enumerate(rows.schema):
        if pa.types.is_date(field.type):
            rows = rows.set_column(at, field.name, rows.column(at).cast(pa.string()))
    frame: pd.DataFrame = rows.to_pandas(types_mapper=_NULLABLE.get)
    return frame.astype({column.name: _PANDAS[_known(column.type).__name__] for column in query.selected_columns})


def empty_of(table: Table) -> pd.DataFrame:
    """A frame with the table's columns and no rows."""
    return pd.DataFrame({column.name: pd.Series(dtype=_PANDAS[_known(column.type).__name__]) for column in table.columns})


def _array(series: pd.Series, column: Column[Any]) -> pa.Array | pa.ChunkedArray:
    wanted = arrow_type(column)
    try:
        if pa.types.is_timestamp(wanted):
            series = pd.to_datetime(series, utc=True, format="ISO8601").dt.tz_localize(None)
        values = pa.array(series, from_pandas=True).cast(wanted)
        # PostgreSQL's text holds no NUL, and nothing that an owner meant is one
        return pc.replace_substring(values, "\x00", "\ufffd") if pa.types.is_string(wanted) and _has_nul(values) else values
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, ValueError) as wrong:
        raise FrameError(f"{column.table.name}.{column.name}: {wrong}") from wrong


def _has_nul(values: pa.Array | pa.ChunkedArray) -> bool:
    """Whether a NUL may be in the texts: a look at their bytes takes a tenth of the time that going through the texts does."""
    chunks = values.chunks if isinstance(values, pa.ChunkedArray) else [values]
    held = (chunk.buffers()[2] for chunk in chunks)
    return any(not np.frombuffer(characters, dtype=np.uint8).all() for characters in held if characters)


def arrow_type(column: Column[Any]) -> pa.DataType:
    """The Arrow type in which a column's values travel."""
    return _ARROW[_known(column.type)]


def _known(type_: TypeEngine[Any]) -> type[TypeEngine[Any]]:
    return next(known for known in _ARROW if isinstance(type_, known))
