"""Rows of a table out of either database and into it, in bulk and with the same types: Arrow on our side, COPY on PostgreSQL's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as pc  # type: ignore[import-untyped]
from sqlalchemy import Connection, String, Table, text

from warehouse.frames import arrow_type

#: Rows that are held at once: a million listings take a gigabyte as text.
_BATCH: Final = 50_000

#: Values in quotes and missing ones without: PostgreSQL and Arrow then both tell an empty text from none.
_WRITTEN: Final = pc.WriteOptions(include_header=False, quoting_style="all_valid")


def schema_of(table: Table, columns: Sequence[str]) -> pa.Schema:
    """The Arrow types of the table's columns."""
    return pa.schema([(name, arrow_type(table.c[name])) for name in columns])


def rows_of(connection: Connection, table: Table, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The table's rows in key order (texts by their bytes, on both databases the same), some at a time."""
    names = list(columns or table.columns.keys())
    told, schema = ", ".join(f'"{name}"' for name in names), schema_of(table, names)
    query = f"select {told} from {table.name} order by {', '.join(_ordered(connection, table))}"
    if connection.dialect.name == "postgresql":
        yield from _copied_out(connection, query, schema)
        return
    result = connection.execute(text(query))
    cursor: Any = result.cursor
    yield from cursor.to_arrow_reader(_BATCH).cast(schema)
    result.close()


def put_rows(connection: Connection, name: str, columns: Sequence[str], batches: Iterable[pa.RecordBatch]) -> int:
    """Add the rows (of `columns`) to the table `name`; how many."""
    driver: Any = connection.connection.driver_connection
    told, count = ", ".join(f'"{each}"' for each in columns), 0
    if connection.dialect.name == "postgresql":
        with driver.cursor() as cursor, cursor.copy(f"copy {name} ({told}) from stdin with (format csv)") as copy:
            for batch in batches:
                copy.write(_as_csv(batch).to_pybytes())
                count += batch.num_rows
        return count
    for batch in batches:
        driver.register("brought", pa.Table.from_batches([batch]))
        connection.execute(text(f"insert into {name} ({told}) select {told} from brought"))
        driver.unregister("brought")
        count += batch.num_rows
    return count


def digest_of(connection: Connection, table: Table) -> tuple[int, str]:
    """How many rows the table has, and the SHA-256 over all of them in key order: equal on both databases when, and only when, the rows are."""
    digest, count = hashlib.sha256(), 0
    for batch in rows_of(connection, table):
        digest.update(_as_csv(batch))
        count += batch.num_rows
    return count, digest.hexdigest()


def _as_csv(batch: pa.RecordBatch) -> pa.Buffer:
    sink = pa.BufferOutputStream()
    pc.write_csv(batch, sink, _WRITTEN)
    return sink.getvalue()


def _ordered(connection: Connection, table: Table) -> list[str]:
    """The key as it is ordered by: PostgreSQL would go by the language of the database."""
    by_bytes = ' collate "C"' if connection.dialect.name == "postgresql" else ""
    return [f'"{column.name}"{by_bytes if isinstance(column.type, String) else ""}' for column in table.primary_key]


def _copied_out(connection: Connection, query: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout with (format csv)") as copy:
        held: list[bytes] = []
        for line in copy:  # a row each
            held.append(bytes(line))
            if len(held) == _BATCH:
                yield _parsed(held, schema)
                held = []
        if held:
            yield _parsed(held, schema)


def _parsed(lines: Sequence[bytes], schema: pa.Schema) -> pa.RecordBatch:
    # PostgreSQL writes t and f; a moment without zone as any other
    table = pc.read_csv(
        pa.BufferReader(b"".join(lines)),
        read_options=pc.ReadOptions(column_names=schema.names, use_threads=False, block_size=1 << 30),
        parse_options=pc.ParseOptions(newlines_in_values=True),
        convert_options=pc.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    return table.combine_chunks().to_batches()[0]
