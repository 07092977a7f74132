"""Opening a warehouse file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
from sqlalchemy import URL, Engine, create_engine

#: Nothing is ever downloaded: closed networks are the rule.
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def open_warehouse(path: Path, *, read_only: bool = False) -> Engine:
    """An engine on the DuckDB file `path`; dispose of it to let the file go.

    DuckDB shares one instance a path within a process, so a published file is opened by its real path (`Publisher.current`), never
    through the link `current`: the link may lead elsewhere by now while the instance still holds the old file.
    """
    return create_engine(
        URL.create("duckdb", database=str(path)),
        connect_args={"read_only": read_only, "config": _CONFIG},
        # closing rolls back what is open; a second rollback by the pool only logs a traceback when the disk was full
        pool_reset_on_return=None,
    )


def open_for_reading(path: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB's own connection on the published file `path`, for threads: each takes a cursor, while those of an engine's connection share one.

    Close it to let the file go. As for the path, see `open_warehouse`. Raises duckdb.Error.
    """
    return duckdb.connect(str(path), read_only=True, config=_CONFIG)
