"""Opening a warehouse file."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, Engine, create_engine


def open_warehouse(path: Path, *, read_only: bool = False) -> Engine:
    """An engine on the DuckDB file `path`; dispose of it to let the file go. Nothing is ever downloaded: closed networks are the rule.

    DuckDB shares one instance a path within a process, so a published file is opened by its real path (`Publisher.current`), never
    through the link `current`: the link may lead elsewhere by now while the instance still holds the old file.
    """
    config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return create_engine(
        URL.create("duckdb", database=str(path)),
        connect_args={"read_only": read_only, "config": config},
        # closing rolls back what is open; a second rollback by the pool only logs a traceback when the disk was full
        pool_reset_on_return=None,
    )
