"""Old runs of Prefect's own database: removed by Prefect's own vacuum, which its server runs every hour, and `yizhan prune` also where no server stands."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from prefect.server.database import PrefectDBInterface, provide_database_interface
from prefect.server.services import db_vacuum


def prune_runs() -> int:
    """Remove runs that ended before the retention set in `prepare_process`, with their logs, artifacts and events; how many runs. Also beside a running server."""
    return asyncio.run(_prune(provide_database_interface()))


async def _prune(db: PrefectDBInterface) -> int:
    await db.create_db()  # migrates a database that an earlier version of Prefect left
    before = await _count(db)
    await db_vacuum.vacuum_old_flow_runs(db=db)
    await db_vacuum.vacuum_orphaned_logs(db=db)
    await db_vacuum.vacuum_orphaned_artifacts(db=db)
    await db_vacuum.vacuum_stale_artifact_collections(db=db)
    await db_vacuum.vacuum_events_with_retention_overrides(db=db)
    await db_vacuum.vacuum_old_events(db=db)
    return before - await _count(db)


async def _count(db: PrefectDBInterface) -> int:
    async with db.session_context() as session:
        return int((await session.execute(sa.select(sa.func.count()).select_from(db.FlowRun))).scalar_one())
