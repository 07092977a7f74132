"""`yizhan migrate` and `yizhan copy`: PostgreSQL brought to this version, and a warehouse copied whole from one database to the other."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from flows.followed import migrate_postgres
from flows.house import open_house
from flows.run import RefusedError
from flows.settings import Settings
from warehouse.bulk import digest_of
from warehouse.disk import fsync, room
from warehouse.engine import open_warehouse
from warehouse.migrate import NewerWarehouseError
from warehouse.postgres import PostgresError, follow, open_postgres, taken_out
from warehouse.publish import WAREHOUSE
from warehouse.roles import RightsError
from warehouse.tables import METADATA

_ADDRESS = re.compile(r"^postgres(ql)?(\+\w+)?://")


def migrate(settings: Settings, say: Console) -> int:
    """Bring the PostgreSQL of the settings to this version."""
    held = migrate_postgres(open_house(settings, with_model=False))
    say.print(f"PostgreSQL 的表、视图和权限已是本版本；现有内容：{held or '还没有发布过，下一夜送到'}", markup=False)
    return 0


def copy(say: Console, source: str, target: str) -> int:
    """Copy every row and tell the digest of each table; 1 when one differs."""
    try:
        if _ADDRESS.match(target) and not _ADDRESS.match(source):
            name = _to_postgres(Path(source), target)
        elif _ADDRESS.match(source) and not _ADDRESS.match(target):
            name = _to_file(source, Path(target))
        else:
            raise RefusedError("一边应是 warehouse.duckdb 文件，另一边是 postgresql://… 地址")
        with _opened(source) as one, _opened(target) as other:
            told, copied = _digests(one), _digests(other)
    except (PostgresError, RightsError, NewerWarehouseError) as refused:
        raise RefusedError(str(refused)) from refused
    except DBAPIError as wrong:
        raise RefusedError(f"没有抄成：{str(wrong.orig).strip().splitlines()[0]}") from wrong
    differing = [table for table in told if told[table] != copied[table]]
    for table, (rows, digest) in told.items():
        say.print(f"{table:20} {rows:>10,} 行  {digest[:16]}  {'不一致' if table in differing else '一致'}", markup=False)
    say.print(f"已抄 {name}：{len(told)} 张表，{f'{len(differing)} 张不一致' if differing else '张张一致'}", markup=False)
    return 1 if differing else 0


def _to_postgres(path: Path, url: str) -> str:
    if not path.is_file():
        raise RefusedError(f"没有文件 {path}")
    path = path.resolve()
    engine = open_postgres(url)
    try:
        # a published file is what it was published as; any other goes by its own name
        return follow(engine, path.parent.name if path.name == WAREHOUSE else path.stem, path).name
    finally:
        engine.dispose()


def _to_file(url: str, path: Path) -> str:
    """Written beside its place and put there when it is whole."""
    if path.exists():
        raise RefusedError(f"{path} 已经有了：请另起一个名字")
    beside = path.with_name(f".{path.name}.part")  # a folder: the database keeps a log beside its file
    shutil.rmtree(beside, ignore_errors=True)
    engine = open_postgres(url)
    try:
        with room(f"磁盘空间不足，没有抄成 {path}；请清理磁盘，或换一个地方再试"):
            beside.mkdir()
            with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
                name = taken_out(connection, beside / path.name)
            fsync(beside / path.name)
            (beside / path.name).replace(path)
    finally:
        engine.dispose()
        shutil.rmtree(beside, ignore_errors=True)
    return name


@contextmanager
def _opened(place: str) -> Iterator[Connection]:
    engine = open_postgres(place) if _ADDRESS.match(place) else open_warehouse(Path(place).resolve(), read_only=True)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _digests(connection: Connection) -> Mapping[str, tuple[int, str]]:
    return {table.name: digest_of(connection, table) for table in METADATA.sorted_tables}
