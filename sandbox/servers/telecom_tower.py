"""The site operator's database: one view that it gives away, and one role that may read it and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from psycopg import sql

from sandbox.lists import HEADERS, Published
from sandbox.servers.keys import Keys
from sandbox.servers.postgres import Postgres

DATABASE: Final = "tower"
READER: Final = "reader"
_COLUMNS: Final = HEADERS["telecom_tower"]
_TYPES: Final = {"updated_at": "timestamptz", "longitude": "numeric", "latitude": "numeric", "built_on": "date"}


class Tower:
    """Database tower with view ops.v_station_site, on a PostgreSQL that runs."""

    def __init__(self, server: Postgres, keys: Keys) -> None:
        self._server = server
        self._password = keys["tower"]
        with server.admin(autocommit=True) as admin:
            admin.execute(sql.SQL("create role {} login password {}").format(sql.Identifier(READER), self._password))
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
            for database in (DATABASE, "postgres", "template1"):
                admin.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))
            admin.execute(sql.SQL("grant connect on database {} to {}").format(sql.Identifier(DATABASE), sql.Identifier(READER)))
        self._found()

    @property
    def url(self) -> str:
        """The address as the operator gives it to a reader."""
        return f"postgresql://{READER}:{self._password}@127.0.0.1:{self._server.port}/{DATABASE}"

    def publish(self, rows: Sequence[Published]) -> None:
        """Make `rows` what the view shows, in one transaction: a reader sees the night before or all of this one."""
        names = sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
        with self._server.admin(DATABASE) as admin, admin.cursor() as cursor:
            cursor.execute("delete from ops.station_site")  # not truncate: it would wait for whoever is reading
            with cursor.copy(sql.SQL("copy ops.station_site ({}) from stdin").format(names)) as copy:
                for row in rows:
                    copy.write_row([row.fields[name] for name in _COLUMNS])

    def _found(self) -> None:
        columns = sql.SQL(", ").join(sql.SQL(f"{name} {_TYPES.get(name, 'text')}") for name in _COLUMNS)
        with self._server.admin(DATABASE) as admin:
            admin.execute("create schema ops")
            admin.execute(sql.SQL("create table ops.station_site ({})").format(columns))
            admin.execute("create view ops.v_station_site as select * from ops.station_site order by site_code")
            admin.execute(sql.SQL("grant usage on schema ops to {}").format(sql.Identifier(READER)))
            admin.execute(sql.SQL("grant select on ops.v_station_site to {}").format(sql.Identifier(READER)))
