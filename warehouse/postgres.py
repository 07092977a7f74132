"""A warehouse in PostgreSQL. It follows the publications: each is brought in as one transaction that touches only the rows that differ.

The night itself is computed in DuckDB (ADR 0016). What PostgreSQL holds in force is written beside the rows, in the same transaction, so that it can be looked up after
a connection was lost.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import uuid4

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
from sqlalchemy import Connection, Engine, Table, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from warehouse import readers
from warehouse.bulk import put_rows, rows_of, schema_of
from warehouse.dictionary import EXAMPLES, install_dictionary
from warehouse.difference import beside, difference, differing_since, listed
from warehouse.engine import open_warehouse
from warehouse.functions import functions
from warehouse.migrate import head_revision, migrate, revision_of
from warehouse.roles import OWNER, SCHEMA, SEARCH_PATH, STATE_SCHEMA, RightsError, grant, make_roles, withdraw
from warehouse.scripts import run_script
from warehouse.tables import METADATA
from warehouse.views import drop_views, install_views, views

#: Seconds to connect, to wait for whoever else publishes or holds a table, and after which the server gives up a writer of whom it hears nothing.
_CONNECT_S, _LOCK_S, _IDLE_S = 10, 30, 600

#: Names the lock of the one writer; any number that nobody else uses.
_WRITER: Final = 0x79697A68616E

#: For sorting the keys of a million rows without a file; the server's own 64 MB are not enough.
_SORT_MEMORY: Final = "256MB"

#: Rows of a difference taken at once.
_BATCH: Final = 50_000

_STATE: Final = f"""
create table if not exists {STATE_SCHEMA}.publication (
  number bigint generated always as identity primary key, token text not null unique, name text not null, file text not null, views text not null, published_at timestamptz not null default now()
);
comment on table {STATE_SCHEMA}.publication is 'One row a publication that was put in force here; the greatest number is the one that is.'
"""


class PostgresError(RuntimeError):
    """PostgreSQL did not take the publication; the message (Chinese) says why and what to do. What it held before is still in force there."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What bringing a publication in did: rows removed and added, by table (those without a change left out); `is_whole`: everything was written anew."""

    name: str
    removed: Mapping[str, int]
    added: Mapping[str, int]
    is_whole: bool


def open_postgres(url: str) -> Engine:
    """An engine on the PostgreSQL at `url`. Raises PostgresError for an address that is none."""
    try:
        address = make_url(url)
    except ArgumentError as wrong:
        raise PostgresError("YIZHAN_WAREHOUSE_URL 应为 postgresql://用户:密码@主机:端口/库名") from wrong
    if address.get_backend_name() != "postgresql":
        raise PostgresError(f"YIZHAN_WAREHOUSE_URL 应为 postgresql://…，现在是 {address.drivername}://…")
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": _CONNECT_S,
            "options": f"-c search_path={SEARCH_PATH.replace(' ', '')} -c TimeZone=UTC -c lock_timeout={_LOCK_S}s -c idle_in_transaction_session_timeout={_IDLE_S}s",
            "application_name": "yizhan",
        },
        execution_options={"schema_translate_map": {None: SCHEMA}},
    )


def prepare(connection: Connection) -> None:
    """Bring the tables, views, functions and rights to this version, within the caller's transaction. Raises NewerWarehouseError and RightsError."""
    _wait_for_others(connection)
    try:
        make_roles(connection)
        connection.execute(text(f"set local role {OWNER}"))
        run_script(connection, [_STATE])
        withdraw(connection)
        drop_views(connection)
        migrate(connection)
        install_views(connection)
        install_dictionary(connection)
        grant(connection)
        connection.execute(text("reset role"))
    except DBAPIError as wrong:
        if getattr(wrong.orig, "sqlstate", "") != "42501":
            raise
        raise RightsError(
            f"这个数据库用户的权限不够（{_first_line(wrong)}）：请以 {OWNER} 的成员或管理员的身份运行 yizhan migrate"
        ) from wrong


def in_force(connection: Connection) -> tuple[str | None, str | None]:
    """The publication that PostgreSQL holds and the token under which it came; (None, None) before the first."""
    if connection.execute(text(f"select to_regclass('{STATE_SCHEMA}.publication')")).scalar() is None:
        return None, None
    row = connection.execute(text(f"select name, token from {STATE_SCHEMA}.publication order by number desc limit 1")).one_or_none()
    return (row.name, row.token) if row else (None, None)


def follow(engine: Engine, name: str, warehouse: Path, others: Mapping[str, Path] | None = None) -> Followed:
    """Bring the publication `name`, whose file is `warehouse`, in as one transaction: readers see all of it or what was there before. `others`: files of publications by
    name, among which the one that PostgreSQL holds may be, so that only what differs is sent; without them everything is.
    Raises PostgresError, NewerWarehouseError and RightsError."""
    token = uuid4().hex
    for is_last in (False, True):
        try:
            with _of_this_version(warehouse) as new:
                return _follow(engine, name, new, others or {}, token)
        except OperationalError as lost:
            engine.dispose()
            if (came := _came(engine, name, token)) is not None:
                return came
            if is_last or not lost.connection_invalidated:
                raise PostgresError(f"PostgreSQL 没有收下 {name}（{_first_line(lost)}）；那里仍是上一次的内容，下一夜会再送") from lost
        except DBAPIError as wrong:
            raise PostgresError(f"PostgreSQL 没有收下 {name}（{_first_line(wrong)}）；那里仍是上一次的内容") from wrong
    raise AssertionError("unreachable")


def _follow(engine: Engine, name: str, warehouse: Path, others: Mapping[str, Path], token: str) -> Followed:
    with engine.begin() as connection:
        _wait_for_others(connection)
        if not _is_up_to_date(connection):
            prepare(connection)
        is_first = in_force(connection) == (None, None)
        before = _held(connection, others)
        removed: dict[str, int] = {}
        added: dict[str, int] = {}
        with beside(warehouse, before) as both:
            since = differing_since(both) if before else None
            for table in METADATA.sorted_tables:
                gone, come = (
                    _filled(connection, both, table, is_first=is_first) if before is None else _brought(connection, both, table, since)
                )
                removed |= {table.name: gone} if gone else {}
                added |= {table.name: come} if come else {}
        if before is None:
            run_script(connection, [f"analyze {SCHEMA}.{table.name}" for table in METADATA.sorted_tables])
        connection.execute(
            text(f"insert into {STATE_SCHEMA}.publication (token, name, file, views) values (:token, :name, :file, :views)"),
            {"token": token, "name": name, "file": _digest(warehouse), "views": views_digest()},
        )
    return Followed(name, removed, added, before is None)


def _held(connection: Connection, others: Mapping[str, Path]) -> Path | None:
    """The file of the publication that PostgreSQL holds, None where there is none that holds the same: it was pruned, is another version's, or another home
    published another night under that name."""
    row = connection.execute(text(f"select name, file from {STATE_SCHEMA}.publication order by number desc limit 1")).one_or_none()
    if row is None or (path := others.get(row.name)) is None:
        return None
    return path if is_of_this_version(path) and _digest(path) == row.file else None


def _digest(warehouse: Path) -> str:
    """SHA-256 of the file."""
    with warehouse.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _came(engine: Engine, name: str, token: str) -> Followed | None:
    """Whether a transaction whose end nobody told was committed: its token says so. None when it was not, or PostgreSQL cannot be asked."""
    try:
        with engine.connect() as connection:
            return Followed(name, {}, {}, is_whole=False) if in_force(connection)[1] == token else None
    except OperationalError:
        engine.dispose()
        return None


def _wait_for_others(connection: Connection) -> None:
    """One writer: the lock goes with the transaction."""
    connection.execute(text("select pg_advisory_xact_lock(:writer)"), {"writer": _WRITER})


def _is_up_to_date(connection: Connection) -> bool:
    """Whether tables and views are this version's: to put views in anew waits for every reader, and nobody need do it each night."""
    if connection.execute(text(f"select to_regclass('{SCHEMA}.alembic_version')")).scalar() is None or in_force(connection) == (None, None):
        return False
    if revision_of(connection) != head_revision()[0]:
        return False
    latest = connection.execute(text(f"select views from {STATE_SCHEMA}.publication order by number desc limit 1")).scalar()
    return bool(latest == views_digest())


def views_digest() -> str:
    """Names the text of all views and functions, and who may read what."""
    read = [repr(sorted(readers.PUBLIC)), repr(sorted(readers.ANALYST)), EXAMPLES.read_text("utf-8")]
    told = [*read, *(f"{view.name} {view.query} {view.columns}" for view in views()), *map(str, functions("postgresql"))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def is_of_this_version(warehouse: Path) -> bool:
    """Whether the file has this version's tables."""
    engine = open_warehouse(warehouse, read_only=True)
    try:
        with engine.connect() as connection:
            return revision_of(connection) == head_revision()[0]
    finally:
        engine.dispose()


@contextmanager
def _of_this_version(warehouse: Path) -> Iterator[Path]:
    """The file, or a migrated copy of one that an earlier version published (a rollback may lead to it). Raises NewerWarehouseError."""
    if is_of_this_version(warehouse):
        yield warehouse
        return
    with TemporaryDirectory(prefix="yizhan-migrated-") as folder:
        copied = Path(shutil.copyfile(warehouse, Path(folder) / warehouse.name))
        engine = open_warehouse(copied)
        with engine.begin() as connection:
            drop_views(connection)
            migrate(connection)
        engine.dispose()
        yield copied


def taken_out(connection: Connection, path: Path) -> str:
    """Write what PostgreSQL holds to the new DuckDB file `path`, views and all; the publication that it is. Raises PostgresError when it holds none."""
    name, _ = in_force(connection)
    if name is None or revision_of(connection) != head_revision()[0]:
        raise PostgresError("那里还没有发布过，或表是另一个版本的：请先运行 yizhan migrate 和一夜")
    engine = open_warehouse(path)
    try:
        with engine.begin() as target:
            migrate(target)
            for table in METADATA.sorted_tables:
                put_rows(target, table.name, table.columns.keys(), rows_of(connection, table))
            install_views(target)
            install_dictionary(target)
        with engine.connect() as target:
            target.exec_driver_sql("checkpoint")  # closing would do it too, and tell nobody when there is no room
    finally:
        engine.dispose()
    return name


def _filled(connection: Connection, both: duckdb.DuckDBPyConnection, table: Table, *, is_first: bool) -> tuple[int, int]:
    """Write the table of the new publication anew, in key order, so that rows asked for together lie together: rows removed and added."""
    columns, key = table.columns.keys(), table.primary_key.columns.keys()
    target = f"{SCHEMA}.{table.name}"
    gone = connection.execute(text(f"delete from {target}")).rowcount
    rows = _batches(both, f"select {listed(columns)} from new.{table.name} order by {listed(key)}", table, columns)
    with _keyed_afterwards(connection, target) if is_first else nullcontext():
        return gone, put_rows(connection, target, columns, rows)


def _brought(connection: Connection, both: duckdb.DuckDBPyConnection, table: Table, since: date | None) -> tuple[int, int]:
    """Make the table, which has the rows of the old publication, what the new one has: rows removed and added."""
    columns, key = table.columns.keys(), table.primary_key.columns.keys()
    target = f"{SCHEMA}.{table.name}"
    went, came = difference(both, table, since)
    gone = _removed(connection, target, key, _batches(both, went, table, key))
    return gone, put_rows(connection, target, columns, _batches(both, came, table, columns))


@contextmanager
def _keyed_afterwards(connection: Connection, target: str) -> Iterator[None]:
    """Leave the key of an empty table out while it is filled, where the user may: an index made of what is there is made sooner than one that grows row by row.
    Only before the first publication: this locks the table, and must not wait for who reads it."""
    known = text(
        "select conname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_class t on t.oid = k.conrelid "
        "where t.oid = cast(:target as regclass) and k.contype = 'p' and pg_has_role(t.relowner, 'usage')"
    )
    key = connection.execute(known, {"target": target}).one_or_none()
    if key is None:
        yield
        return
    name, columns = key
    connection.execute(text(f"set local maintenance_work_mem = '{_SORT_MEMORY}'"))
    connection.execute(text(f"alter table {target} drop constraint {name}"))
    yield
    connection.execute(text(f"alter table {target} add constraint {name} {columns}"))


def _removed(connection: Connection, target: str, key: Sequence[str], batches: Iterator[pa.RecordBatch]) -> int:
    connection.execute(text(f"create temporary table stale on commit drop as select {listed(key)} from {target} with no data"))
    gone = put_rows(connection, "stale", key, batches)
    if gone:
        connection.execute(text("analyze stale"))
        matched = " and ".join(f'{target}."{name}" = stale."{name}"' for name in key)
        gone = connection.execute(text(f"delete from {target} using stale where {matched}")).rowcount
    connection.execute(text("drop table stale"))
    return gone


def _batches(both: duckdb.DuckDBPyConnection, query: str, table: Table, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    yield from both.execute(query).to_arrow_reader(_BATCH).cast(schema_of(table, columns))


def _first_line(wrong: DBAPIError) -> str:
    if getattr(wrong.orig, "sqlstate", "") == "55P03":
        return f"等了 {_LOCK_S} 秒，别的进程还在写"
    return str(wrong.orig).strip().split("\n", maxsplit=1)[0]
