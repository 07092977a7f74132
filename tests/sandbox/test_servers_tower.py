"""The site operator's PostgreSQL, as its reader sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import LiteralString

import psycopg
import pytest
from psycopg.rows import dict_row

from sandbox.city import Town
from tests.sandbox.conftest import Program, fields

WHOLE = "select * from ops.v_station_site"
NEWEST = "select max(updated_at) from ops.v_station_site"


@pytest.fixture
def reader(served: Program) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(served.env["YIZHAN_TOWER_URL"], autocommit=True) as connection:
        yield connection


def test_the_view_holds_every_row(served: Program, town: Town) -> None:
    with psycopg.connect(served.env["YIZHAN_TOWER_URL"], row_factory=dict_row) as connection:
        met = connection.execute("select * from ops.v_station_site").fetchall()
    texts = [{header: None if value is None else str(value) for header, value in row.items()} for row in met]
    for row, text in zip(met, texts, strict=True):
        text["updated_at"] = row["updated_at"].isoformat()
    assert texts == fields(town.rows("telecom_tower", 0))


@pytest.mark.parametrize(
    "statement",
    [
        "update ops.v_station_site set status = '停用'",
        "insert into ops.v_station_site (site_code) values ('1')",
        "delete from ops.station_site",
        "select * from ops.station_site",
        "create table ops.mine (n int)",
        "create table public.mine (n int)",
        "create temporary table mine (n int)",
        "create role friend",
        "copy ops.v_station_site to program 'cat'",
    ],
)
def test_the_reader_may_read_the_view_and_nothing_else(reader: psycopg.Connection[tuple[object, ...]], statement: LiteralString) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)):
        reader.execute(statement)


def test_a_wrong_password_is_refused(served: Program) -> None:
    url = served.env["YIZHAN_TOWER_URL"]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(url.split(":")[2].partition("@")[0], "wrong"))


def test_the_reader_may_not_look_into_the_servers_own_database(served: Program) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(served.env["YIZHAN_TOWER_URL"].removesuffix("tower") + "postgres")


def test_some_rows_are_committed_late(served: Program, town: Town, later: Callable[[int], None]) -> None:
    """A row that changed since the last night may be dated before the newest one of that night, by two hours at most."""
    late: list[timedelta] = []
    for night in range(1, 21):
        later(night - 1)
        with psycopg.connect(served.env["YIZHAN_TOWER_URL"]) as connection:
            newest = connection.execute(NEWEST).fetchone()
        assert newest is not None
        assert isinstance(newest[0], datetime)
        changed = [row for row in town.rows("telecom_tower", night) if row.changed_night == night]
        gaps = [newest[0] - datetime.fromisoformat(row.fields["updated_at"] or "") for row in changed]
        late += [gap for gap in gaps if gap > timedelta()]
    assert late
    assert max(late) <= timedelta(hours=2)


def test_a_reader_in_a_transaction_keeps_the_night_that_it_began_with(served: Program, later: Callable[[int], None]) -> None:
    with psycopg.connect(served.env["YIZHAN_TOWER_URL"]) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        before = connection.execute(WHOLE).fetchall()
        later(20)
        assert connection.execute(WHOLE).fetchall() == before
    with psycopg.connect(served.env["YIZHAN_TOWER_URL"]) as connection:
        assert connection.execute(WHOLE).fetchall() != before
