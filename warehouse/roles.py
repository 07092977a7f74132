"""Who may see and do what on PostgreSQL: the roles, and a schema for each of those that may not see all.

`yizhan` holds the tables. `yizhan_analyst` and `yizhan_public` hold views of what their readers may read, under the same names, so that one query reads
alike for everybody: a role without right to a schema passes over it in its search_path.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, text

from warehouse.tables import METADATA, public_columns
from warehouse.views import quoted, run_script, views

#: Where the tables are, and where the record of what was published here is: no reader's business.
SCHEMA, STATE_SCHEMA = "yizhan", "yizhan_state"

OWNER, LOADER, OPERATOR, ANALYST, PUBLIC = "yizhan_owner", "yizhan_loader", "yizhan_operator", "yizhan_analyst", "yizhan_public"

ROLES: Final = {
    OWNER: "owns the tables, and migrates",
    LOADER: "publishes: writes rows, alters nothing",
    OPERATOR: "reads everything, what is personal too",
    ANALYST: "reads what is neither personal nor of operations",
    PUBLIC: "reads what may be given to anyone",
}

#: Each name is looked up in the first of these that its asker may use.
SEARCH_PATH: Final = f"{SCHEMA}, {ANALYST}, {PUBLIC}"


class RightsError(RuntimeError):
    """The user may not do this on that PostgreSQL; the message (Chinese) says who may."""


def make_roles(connection: Connection) -> None:
    """Make the roles that are not there yet. They belong to the server, not to the database: another one's warehouse may have made them."""
    known = set(connection.execute(text("select rolname from pg_roles where rolname like 'yizhan_%'")).scalars())
    missing = [role for role in ROLES if role not in known]
    if missing and not connection.execute(text("select rolsuper or rolcreaterole from pg_roles where rolname = current_user")).scalar_one():
        raise RightsError(
            f"这个数据库用户不能建角色：请让管理员先建好 {'、'.join(missing)}（create role … nologin），再运行 yizhan migrate"
        )
    run_script(
        connection, [f"create role {role} nologin; comment on role {role} is {quoted(ROLES[role])}" for role in missing] or ["select"]
    )


def grant(connection: Connection) -> None:
    """Give each role what it may see, where it has no schema yet: the views of those that may not see all, and every right."""
    statements = [
        f"grant usage on schema {SCHEMA} to {LOADER}, {OPERATOR}",
        f"grant select on all tables in schema {SCHEMA} to {LOADER}, {OPERATOR}",
        f"grant insert, update, delete on all tables in schema {SCHEMA} to {LOADER}",
        f"grant usage on schema {STATE_SCHEMA} to {LOADER}",
        f"grant select, insert on all tables in schema {STATE_SCHEMA} to {LOADER}",
        f"revoke insert, update, delete on {SCHEMA}.alembic_version from {LOADER}",
    ]
    for role, shown in ((ANALYST, _for_analysts()), (PUBLIC, _for_all())):
        statements += [f"create schema {role}"]
        statements += [f"create view {role}.{name} as select {columns} from {SCHEMA}.{name}" for name, columns in shown.items()]
        statements += [f"grant usage on schema {role} to {role}", f"grant select on all tables in schema {role} to {role}"]
    run_script(connection, statements)


def _for_analysts() -> dict[str, str]:
    """Table or view → its columns, as analyst.duckdb has them. A view reads with its owner's rights, so a mart over operations may be shown."""
    tables = {
        table.name: ", ".join(f'"{name}"' for name in public_columns(table)) for table in METADATA.sorted_tables if public_columns(table)
    }
    return {**tables, **{view.name: "*" for view in views()}}


def _for_all() -> dict[str, str]:
    """What may be given to anyone."""
    return {}
