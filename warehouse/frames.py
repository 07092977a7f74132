"""Frames into the database and back, in bulk. The one place that knows how a database takes a frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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


#: Rows of a piece that one core reads while another reads the next: as many as DuckDB writes together.
_TOGETHER: Final = 122_880

#: Besides its columns a staged frame has the place of each row, from 0.
PLACE: Final = "staged_at"


class FrameError(ValueError):
    """A frame does not fit its table: the message names table and column."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A frame in the database's reach: `name` is what SQL reads, with the place of each row (PLACE) beside its columns; `rows` are the same on our side."""

    name: str
    rows: pa.Table

    def is_in_order(self, key: Sequence[str]) -> bool:
        """Whether each row's key is greater than that of the row before, by its bytes as a file orders texts: then no key is there twice either."""
        is_less = is_equal = None
        for name in key:
            before, after = self.rows[name][:-1], self.rows[name][1:]
            less = pc.less(before, after)
            is_less = less if is_less is None else pc.or_(is_less, pc.and_(is_equal, less))
            equal = pc.equal(before, after)
            is_equal = equal if is_equal is None else pc.and_(is_equal, equal)
        return self.rows.num_rows < 2 or bool(pc.all(pc.fill_null(is_less, fill_value=False)).as_py())


@contextmanager
def staged(connection: Connection, frame: pd.DataFrame, table: Table, columns: Sequence[str]) -> Iterator[Staged]:
    """Make `columns` of `frame` readable in SQL, with the types of `table`, until the block ends.

    Text columns may hold NA; dates are ISO text or dates; times are ISO text with their offset and become UTC. Raises FrameError when a
    column is missing or a value is not of the column's type.
    """
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise FrameError(f"{table.name}: the frame lacks {', '.join(missing)}")
    arrays = [_array(frame[name], table.c[name]) for name in columns]
    rows = pa.Table.from_arrays([*arrays, pa.array(np.arange(len(frame)))], names=[*columns, PLACE])
    with readable(connection, f"staged_{table.name}", rows) as name:
        yield Staged(name, rows)


@contextmanager
def readable(connection: Connection, name: str, rows: pa.Table) -> Iterator[str]:
    """Make the rows readable in SQL as `name` until the block ends."""
    driver: Any = connection.connection.driver_connection
    driver.register(name, pa.Table.from_batches(rows.to_batches(_TOGETHER), rows.schema))
    try:
        yield name
    finally:
        driver.unregister(name)


def refuse_repeats(connection: Connection, table: Table, key: Sequence[str], rows: Staged) -> None:
    """Raise FrameError when two rows have one key: a DuckDB file has no index that would (ADR 0018)."""
    named = ", ".join(f'"{name}"' for name in key)
    query = f"select {named} from {rows.name} group by {named} having count(*) > 1 order by {named} limit 1"
    repeated = connection.execute(text(query)).first()
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
