"""PostgreSQL beside the files: it is brought to each publication after it is in force, and a night does not fail with it."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from flows.house import House
from flows.run import RefusedError
from warehouse.migrate import NewerWarehouseError
from warehouse.postgres import PostgresError, follow, in_force, open_postgres, prepare
from warehouse.roles import RightsError


def bring_postgres(house: House, *, whole: bool = False) -> list[str]:
    """Bring the PostgreSQL of the settings, where they name one, to the publication in force: only what differs, or with `whole` every row. What went wrong,
    a sentence: it holds what it held, and the next night tries again."""
    publication = house.publisher.current()
    if not house.settings.warehouse_url or publication is None:
        return []
    try:
        engine = open_postgres(house.settings.warehouse_url)
        try:
            others = {} if whole else {each.name: each.warehouse for each in house.publisher.publications()}
            follow(engine, publication.name, publication.warehouse, others)
        finally:
            engine.dispose()
    except (PostgresError, RightsError, NewerWarehouseError) as told:
        return [str(told)]
    return []


def migrate_postgres(house: House) -> str | None:
    """Bring its tables, views and rights to this version; the publication that it holds, None before the first. Raises RefusedError."""
    if not house.settings.warehouse_url:
        raise RefusedError("没有设置 YIZHAN_WAREHOUSE_URL：DuckDB 的结构由每一夜自己升级，不必另外迁移")
    try:
        engine = open_postgres(house.settings.warehouse_url)
        try:
            with engine.begin() as connection:
                prepare(connection)
                return in_force(connection)[0]
        finally:
            engine.dispose()
    except (PostgresError, RightsError, NewerWarehouseError) as told:
        raise RefusedError(str(told)) from told
    except DBAPIError as wrong:
        raise RefusedError(f"PostgreSQL 没有应答或不接受：{str(wrong.orig).strip().splitlines()[0]}") from wrong


def held_by_postgres(house: House) -> str | None:
    """The publication that the PostgreSQL of the settings holds, None before the first. Raises RefusedError when it cannot be asked."""
    try:
        engine = open_postgres(house.settings.warehouse_url or "")
        try:
            with engine.connect() as connection:
                return in_force(connection)[0]
        finally:
            engine.dispose()
    except PostgresError as told:
        raise RefusedError(str(told)) from told
    except DBAPIError as wrong:
        raise RefusedError(f"PostgreSQL 没有应答：{str(wrong.orig).strip().splitlines()[0]}") from wrong
