"""Bringing a warehouse to the tables of this version, by Alembic's revisions in `warehouse/migrations`.

A new revision: change the models, then `write_revision(connection, "what changed", folder)` on a warehouse at the latest revision, and
read what it wrote. Views are no part of revisions: they are put in anew at each publication.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.ddl.impl import DefaultImpl
from alembic.operations.ops import CreateTableOp, MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, PrimaryKeyConstraint
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import DDLCompiler

from warehouse.tables import METADATA

FOLDER: Final = Path(__file__).parent / "migrations"


class DuckDBImpl(DefaultImpl):
    """Alembic asks for an implementation by the dialect's name; DuckDB needs nothing beyond the default one."""

    __dialect__ = "duckdb"
    transactional_ddl = True


@compiles(PrimaryKeyConstraint, "duckdb")
def _no_index(_constraint: PrimaryKeyConstraint, _compiler: DDLCompiler, **_options: object) -> None:
    """A key is held by who loads, not by an index (ADR 0018); PostgreSQL, which others may write to, has its own."""


#: How models are compared and revisions run; what `env.py` and `drift` share.
OPTIONS: Final[dict[str, Any]] = {"target_metadata": METADATA, "compare_type": True, "compare_server_default": True}


class NewerWarehouseError(RuntimeError):
    """The warehouse was written by a later version of the project than this one."""


def migrate(connection: Connection) -> bool:
    """Bring the warehouse behind `connection` to the latest revision, within the caller's transaction; whether it was of an earlier one.

    Raises NewerWarehouseError when its revision is not known here.
    """
    head, known = head_revision()
    now = revision_of(connection)
    if now == head:
        return False
    if now is not None and now not in known:
        raise NewerWarehouseError(f"仓库的版本（{now}）比本程序新；请升级程序，或回退到由本版本发布的仓库")
    command.upgrade(config(connection), "head")
    return now is not None


def revision_of(connection: Connection) -> str | None:
    """The warehouse's revision, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def head_revision() -> tuple[str | None, frozenset[str]]:
    """The latest revision of this version, and every one that it knows."""
    script = ScriptDirectory(str(FOLDER))
    return script.get_current_head(), frozenset(revision.revision for revision in script.walk_revisions())


def drift(connection: Connection) -> list[Any]:
    """What differs between the models and the tables that are there; empty when nothing does."""
    return list(compare_metadata(MigrationContext.configure(connection, opts=OPTIONS), METADATA))


def write_revision(connection: Connection, message: str, folder: Path = FOLDER) -> None:
    """Write the revision that brings the tables behind `connection` to the models, into `folder`/versions."""
    number = len(list((folder / "versions").glob("0*.py"))) + 1
    command.revision(
        config(connection, folder), message, autogenerate=True, rev_id=f"{number:04d}", process_revision_directives=_without_marks
    )


def _without_marks(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    """Leave out what models note for the code alone (`info`): a database knows nothing of it."""
    for operation in directives[0].upgrade_ops_list[0].ops:
        if isinstance(operation, CreateTableOp):
            operation.info = {}


def config(connection: Connection, folder: Path = FOLDER) -> Config:
    config = Config(stdout=StringIO())
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
