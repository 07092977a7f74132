"""Who may see and do what on PostgreSQL: the roles, and a schema for each of those that may not see all.

`yizhan` holds the tables. `yizhan_analyst` and `yizhan_public` hold views of what their readers may read, under the same names, so that one query reads
alike for everybody: a role without right to a schema passes over it in its search_path.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, inspect, text

from warehouse.dictionary import install_dictionary
from warehouse.functions import install_functions
from warehouse.readers import Reader, columns_for, may_read, readers_of_view
from warehouse.scripts import quoted, run_script
from warehouse.tables import METADATA
from warehouse.views import views

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

#: Roles that may not see all → for whom they are.
_READERS: Final[dict[str, Reader]] = {ANALYST: "analyst", PUBLIC: "public"}

#: Functions that rest on nothing that the public may not read.
PUBLIC_FUNCTIONS: Final = ("station_as_of",)

#: Each name is looked up in the first of these that its asker may use.
SEARCH_PATH: Final = f"{SCHEMA}, {ANALYST}, {PUBLIC}"


class RightsError(RuntimeError):
    """The user may not do this on that PostgreSQL; the message (Chinese) says who may."""


def make_roles(connection: Connection) -> None:
    """Make the roles and schemas that are not there yet. Roles belong to the server, not to the database: another one's warehouse may have made them.
    Raises RightsError."""
    user = connection.execute(
        text("select rolsuper as is_super, rolsuper or rolcreaterole as may from pg_roles where rolname = current_user")
    ).one()
    known = set(connection.execute(text("select rolname from pg_roles where rolname like 'yizhan_%'")).scalars())
    missing = [role for role in ROLES if role not in known]
    if missing and not user.may:
        raise RightsError(
            f"这个数据库用户不能建角色：请让管理员先建好 {'、'.join(missing)}（create role … nologin），再运行 yizhan migrate"
        )
    made = [f"create role {role} nologin; comment on role {role} is {quoted(ROLES[role])}" for role in missing]
    if OWNER in missing and not user.is_super:
        made.append(f"grant {OWNER} to current_user")
    there = set(connection.execute(text("select nspname from pg_namespace")).scalars())
    made += [f"create schema {schema} authorization {OWNER}" for schema in (SCHEMA, STATE_SCHEMA, ANALYST, PUBLIC) if schema not in there]
    database = connection.execute(
        text(
            "select quote_ident(datname) as name, pg_has_role(current_user, datdba, 'usage') as is_ours from pg_database where datname = current_database()"
        )
    ).one()
    if database.is_ours:  # so that every name is found by whoever logs in
        made.append(f"alter database {database.name} set search_path = {SEARCH_PATH}")
    if made:
        run_script(connection, made)


def withdraw(connection: Connection) -> None:
    """Drop the views of those that may not see all: others rest on what is dropped and made anew."""
    shown = inspect(connection)
    dropped = [f"drop view if exists {role}.{name} cascade" for role in (ANALYST, PUBLIC) for name in shown.get_view_names(schema=role)]
    if dropped:
        run_script(connection, dropped)


def grant(connection: Connection) -> None:
    """Give each role what it may see: the views of those that may not see all, and every right."""
    statements = [
        f"grant usage on schema {SCHEMA} to {LOADER}, {OPERATOR}",
        f"grant select on all tables in schema {SCHEMA} to {LOADER}, {OPERATOR}",
        f"grant insert, update, delete on all tables in schema {SCHEMA} to {LOADER}",
        f"grant usage on schema {STATE_SCHEMA} to {LOADER}",
        f"grant select, insert on all tables in schema {STATE_SCHEMA} to {LOADER}",
        f"revoke insert, update, delete on {SCHEMA}.alembic_version from {LOADER}",
    ]
    for role, reader in _READERS.items():
        statements += [f"create view {role}.{name} as select {columns} from {SCHEMA}.{name}" for name, columns in _shown(reader).items()]
        statements += [f"grant usage on schema {role} to {role}"]
    run_script(connection, statements)
    for role, reader in _READERS.items():
        run_script(connection, [f"set local search_path = {SCHEMA}"])
        install_dictionary(connection, reader, role)
        run_script(connection, [f"grant select on all tables in schema {role} to {role}"])
    for role, only in ((ANALYST, None), (PUBLIC, PUBLIC_FUNCTIONS)):  # functions find tables by the caller's path: each has its own
        run_script(connection, [f"set local search_path = {role}"])
        install_functions(connection, only)
    run_script(connection, [f"set local search_path = {SEARCH_PATH}"])


def _shown(reader: Reader) -> dict[str, str]:
    """Table or view → the columns that the reader may read. A view reads with its owner's rights, so a mart over operations may be shown."""
    tables = {table.name: ", ".join(f'"{name}"' for name in columns_for(reader, table)) for table in METADATA.sorted_tables}
    seen = {view.name: "*" for view in views() if may_read(reader, readers_of_view(view.name))}
    return {name: columns for name, columns in {**tables, **seen}.items() if columns}
