"""PostgreSQL follows the publications: whole nights, the same rows and answers as the files, and nothing twice when the line goes dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from sandbox.servers.postgres import Postgres
from tests.warehouse import server
from tests.warehouse.nights import Claim, night_tables
from tests.warehouse.reading import contents, put_a_row_each, row_of
from warehouse import bulk, postgres
from warehouse.bulk import digest_of
from warehouse.engine import open_warehouse
from warehouse.load import load_night
from warehouse.migrate import FOLDER, NewerWarehouseError, config, drift, revision_of
from warehouse.postgres import PostgresError, follow, in_force, open_postgres, prepare, taken_out
from warehouse.publish import Publication, Publisher
from warehouse.roles import ANALYST, LOADER, OPERATOR, OWNER, PUBLIC, SCHEMA, RightsError, make_roles
from warehouse.tables import METADATA
from warehouse.views import views

REVISIONS = sorted(path.stem[:4] for path in (FOLDER / "versions").glob("0*.py"))


@pytest.fixture
def pg(postgres_url: str) -> Iterator[Engine]:
    engine = open_postgres(postgres_url)
    yield engine
    engine.dispose()


def published(publisher: Publisher, night: str, *claims: Claim) -> Publication:
    with publisher.begin(night, "夜间运行") as draft:
        with draft.engine.begin() as connection:
            load_night(connection, night, night_tables(claims, night, held=["union:held"]))
        return draft.publish()


def brought(pg: Engine, publisher: Publisher, publication: Publication) -> postgres.Followed:
    return follow(pg, publication.name, publication.warehouse, {each.name: each.warehouse for each in publisher.publications()})


def same(pg: Engine, publication: Publication) -> bool:
    """Every row of every table, by digest."""
    duck = open_warehouse(publication.warehouse, read_only=True)
    try:
        with pg.connect() as one, duck.connect() as other:
            return all(digest_of(one, table) == digest_of(other, table) for table in METADATA.sorted_tables)
    finally:
        duck.dispose()


CITY = tuple(
    Claim(
        "union",
        str(number),
        name=f"{number}号“站”, 青阳路\n二楼",
        station=number,
        lng=118.1 + number / 7,
        contact_phone=None if number % 2 else "",
    )
    for number in range(40)
)


def test_up_from_empty_leaves_no_drift_and_every_comment(pg: Engine) -> None:
    with pg.begin() as connection:
        prepare(connection)
    with pg.connect() as connection:
        assert revision_of(connection) == REVISIONS[-1]
        assert drift(connection) == []
        inspected = inspect(connection)
        for table in METADATA.sorted_tables:
            assert inspected.get_table_comment(table.name)["text"] == table.comment
            told = {column["name"]: column["comment"] for column in inspected.get_columns(table.name)}
            assert told == {column.name: column.comment for column in table.columns}


@pytest.mark.parametrize("revision", REVISIONS)
def test_up_from_every_version_every_row_is_there_and_nothing_drifts(pg: Engine, revision: str) -> None:
    with pg.begin() as connection:
        make_roles(connection)
        connection.execute(text(f"set local role {OWNER}"))
        command.upgrade(config(connection), revision)
        put = put_a_row_each(connection, SCHEMA)
    with pg.begin() as connection:
        prepare(connection)
        assert drift(connection) == []
        assert {name: row_of(connection, name, row) for name, row in put.items()} == put


def test_drift_is_seen(pg: Engine) -> None:
    with pg.begin() as connection:
        prepare(connection)
        connection.execute(text(f"alter table {SCHEMA}.owner add column phone varchar"))
        assert drift(connection) != []


def test_it_holds_the_same_rows_and_a_second_time_changes_nothing(pg: Engine, publisher: Publisher) -> None:
    first = published(publisher, "2026-06-01", *CITY)
    assert brought(pg, publisher, first).is_whole
    assert same(pg, first)
    again = brought(pg, publisher, first)
    assert (again.removed, again.added) == ({}, {})
    assert same(pg, first)


def test_each_night_sends_what_differs_and_no_more(pg: Engine, publisher: Publisher) -> None:
    brought(pg, publisher, published(publisher, "2026-06-01", *CITY))
    changed = (Claim("union", "0", name="改了名", station=0), *CITY[1:-1])
    second = published(publisher, "2026-06-02", *changed)
    came = brought(pg, publisher, second)
    assert not came.is_whole
    assert came.removed["listing"] == 2, "the renamed one's row and that of the one that is gone are closed"
    assert came.added["listing"] == 3, "those two, and the renamed one's new row"
    assert same(pg, second)


def test_a_rollback_is_followed_and_so_is_the_way_back(pg: Engine, publisher: Publisher) -> None:
    first = published(publisher, "2026-06-01", *CITY)
    second = published(publisher, "2026-06-02", *CITY[:5])
    for publication in (first, second, publisher.rollback("退回"), publisher.rollback("退回", second.name)):
        brought(pg, publisher, publication)
        assert same(pg, publication)
    with pg.connect() as connection:
        assert in_force(connection)[0] == second.name


def test_where_what_it_holds_was_pruned_everything_is_sent(pg: Engine, publisher: Publisher) -> None:
    brought(pg, publisher, published(publisher, "2026-06-01", *CITY))
    strict = Publisher(publisher.root, keep=1, clock=publisher.clock)
    second = published(strict, "2026-06-02", *CITY[:7])
    came = brought(pg, strict, second)
    assert came.is_whole
    assert same(pg, second)


def test_another_home_that_published_under_the_same_name_is_sent_whole(pg: Engine, publisher: Publisher, tmp_path: Path) -> None:
    brought(pg, publisher, published(publisher, "2026-06-01", *CITY))
    anew = Publisher(tmp_path / "anew", clock=publisher.clock)
    same_name = published(anew, "2026-06-01", *CITY[:3])
    assert brought(pg, anew, same_name).is_whole
    assert same(pg, same_name)


def test_a_publication_of_an_earlier_version_is_migrated_on_the_way(pg: Engine, tmp_path: Path) -> None:
    old = tmp_path / "warehouse.duckdb"
    engine = open_warehouse(old)
    with engine.begin() as connection:
        command.upgrade(config(connection), "0003")
    engine.dispose()
    follow(pg, "2026-05-31-1", old)
    with pg.connect() as connection:
        assert drift(connection) == []
        assert in_force(connection)[0] == "2026-05-31-1"


def test_every_view_answers_alike_on_both(pg: Engine, publisher: Publisher) -> None:
    publication = published(
        publisher, "2026-06-01", *CITY, Claim("tower", "9", station=3, batch=None), Claim("bank", "1", station=3, county="鸠江区")
    )
    brought(pg, publisher, publication)
    duck = open_warehouse(publication.warehouse, read_only=True)
    with pg.connect() as one, duck.connect() as other:
        for view in views():
            asked = text(f"select * from {view.name}")
            answers = [sorted(map(repr, (tuple(row) for row in connection.execute(asked)))) for connection in (one, other)]
            assert answers[0] == answers[1], view.name
            assert answers[0] or view.name not in ("station", "mart_station_by_county_batch")
    duck.dispose()


def test_readers_see_the_whole_night_or_the_whole_one_before(pg: Engine, postgres_url: str, publisher: Publisher) -> None:
    """Each night renames every station, in all tables: a reader that met two names in one answer would have seen half of it."""
    brought(pg, publisher, published(publisher, "2026-06-01", *(Claim("union", str(n), name="第1夜", station=n) for n in range(200))))
    reader, seen, is_over = open_postgres(postgres_url), set(), threading.Event()
    asked = text(
        "select (select string_agg(distinct name, ' ') from listing where valid_to is null), (select string_agg(distinct name, ' ') from station)"
    )

    def read() -> None:
        while not is_over.is_set():
            with reader.connect() as connection:
                seen.add(tuple(connection.execute(asked).one()))

    reading = threading.Thread(target=read)
    reading.start()
    try:
        for night in range(2, 6):
            brought(
                pg,
                publisher,
                published(publisher, f"2026-06-0{night}", *(Claim("union", str(n), name=f"第{night}夜", station=n) for n in range(200))),
            )
    finally:
        is_over.set()
        reading.join()
        reader.dispose()
    assert len(seen) > 1
    assert all(one == other and " " not in one for one, other in seen), seen


def test_a_reader_that_stays_open_holds_nobody_up_and_keeps_its_night(pg: Engine, postgres_url: str, publisher: Publisher) -> None:
    brought(pg, publisher, published(publisher, "2026-06-01", Claim("union", "1", name="甲站")))
    reader = open_postgres(postgres_url)
    with reader.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        assert connection.execute(text("select name from station")).scalars().all() == ["甲站"]
        brought(pg, publisher, published(publisher, "2026-06-02", Claim("union", "1", name="乙站")))
        assert connection.execute(text("select name from station")).scalars().all() == ["甲站"]
        connection.rollback()
        assert connection.execute(text("select name from station")).scalars().all() == ["乙站"]
    reader.dispose()


def test_two_at_once_are_one_after_the_other(postgres_url: str, publisher: Publisher) -> None:
    publication = published(publisher, "2026-06-01", *CITY)
    with open_postgres(postgres_url).begin() as connection:
        prepare(connection)

    def bring() -> None:
        engine = open_postgres(postgres_url)
        brought(engine, publisher, publication)
        engine.dispose()

    both = [threading.Thread(target=bring) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    engine = open_postgres(postgres_url)
    assert same(engine, publication)
    engine.dispose()


@pytest.mark.parametrize("lost", ["request", "answer"])
def test_a_line_that_goes_dead_at_commit_is_looked_up_before_anything_is_done_again(
    postgres_server: Postgres, postgres_url: str, publisher: Publisher, lost: str
) -> None:
    first = published(publisher, "2026-06-01", *CITY)
    direct = open_postgres(postgres_url)
    brought(direct, publisher, first)
    second = published(publisher, "2026-06-02", *CITY[:9])
    wire = server.Wire(postgres_server.port)
    engine = open_postgres(wire.url(postgres_url))
    wire.cut = lost  # type: ignore[assignment]
    brought(engine, publisher, second)
    engine.dispose()
    wire.close()
    assert wire.cuts == 1
    assert same(direct, second)
    with direct.connect() as connection:
        count = connection.execute(text("select count(*) from yizhan_state.publication")).scalar_one()
    direct.dispose()
    assert count == 2, "each publication once"


def test_one_that_refuses_or_goes_away_is_told_in_a_sentence_and_holds_what_it_held(
    postgres_server: Postgres, postgres_url: str, publisher: Publisher
) -> None:
    first = published(publisher, "2026-06-01", *CITY)
    direct = open_postgres(postgres_url)
    brought(direct, publisher, first)
    second = published(publisher, "2026-06-02", *CITY[:9])
    nobody = open_postgres(make_url(postgres_url).set(port=1).render_as_string(hide_password=False))
    with pytest.raises(PostgresError, match=r"没有收下 2026-06-02-2.*下一夜会再送"):
        brought(nobody, publisher, second)
    stranger = open_postgres(make_url(postgres_url).set(password="wrong").render_as_string(hide_password=False))
    with pytest.raises(PostgresError, match="没有收下") as told:
        brought(stranger, publisher, second)
    assert "wrong" not in str(told.value)
    with direct.connect() as killer:
        for _ in range(2):
            killer.execute(
                text(
                    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                )
            )
    assert same(direct, first)
    direct.dispose()
    with pytest.raises(PostgresError, match="应为 postgresql://"):
        open_postgres("mysql://host/yizhan")
    with pytest.raises(PostgresError, match="应为 postgresql://"):
        open_postgres("what")


def test_one_that_is_ended_in_the_middle_is_asked_again(
    pg: Engine, postgres_url: str, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought(pg, publisher, published(publisher, "2026-06-01", *CITY))
    second = published(publisher, "2026-06-02", *CITY[:9])
    put = bulk.put_rows
    ended: list[str] = []

    def ending(connection: object, name: str, *given: object) -> int:
        if name.endswith(".station_history") and not ended:
            ended.append(name)
            killer = open_postgres(postgres_url)
            with killer.connect() as other:
                other.execute(
                    text(
                        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                    )
                )
            killer.dispose()
        return put(connection, name, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(postgres, "put_rows", ending)
    brought(pg, publisher, second)
    assert ended
    assert same(pg, second)


@pytest.mark.parametrize("statement", [3, 40, 150, 260])
def test_a_migration_that_is_killed_between_steps_leaves_nothing_half(postgres_url: str, statement: int) -> None:
    code = f"""
import os, signal
from sqlalchemy import event
from warehouse.postgres import open_postgres, prepare
engine, made = open_postgres({postgres_url!r}), 0
@event.listens_for(engine, "before_cursor_execute")
def counted(*_):
    global made
    made += 1
    if made == {statement}:
        os.kill(os.getpid(), signal.SIGKILL)
with engine.begin() as connection:
    prepare(connection)
"""
    ended = subprocess.run([sys.executable, "-c", code], check=False, env={**os.environ})
    assert ended.returncode == -signal.SIGKILL
    engine = open_postgres(postgres_url)
    with engine.begin() as connection:
        assert connection.execute(text("select count(*) from pg_namespace where nspname like 'yizhan%'")).scalar_one() == 0
        prepare(connection)
        assert drift(connection) == []
    engine.dispose()


def test_a_newer_one_is_refused_and_left_alone(pg: Engine, publisher: Publisher) -> None:
    first = published(publisher, "2026-06-01", *CITY)
    brought(pg, publisher, first)
    with pg.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(NewerWarehouseError, match="请升级程序"):
        brought(pg, publisher, published(publisher, "2026-06-02", *CITY[:3]))
    assert same(pg, first)


def test_it_goes_back_into_a_file_with_every_row(pg: Engine, publisher: Publisher, tmp_path: Path) -> None:
    publication = published(publisher, "2026-06-01", *CITY)
    brought(pg, publisher, publication)
    with pg.connect() as connection:
        assert taken_out(connection, tmp_path / "back.duckdb") == publication.name
    ours, theirs = open_warehouse(tmp_path / "back.duckdb", read_only=True), open_warehouse(publication.warehouse, read_only=True)
    with ours.connect() as one, theirs.connect() as other:
        assert contents(one) == contents(other)
        assert one.execute(text("select count(*) from station")).scalar_one() == len(CITY)
    ours.dispose()
    theirs.dispose()


@pytest.fixture
def as_role(postgres_url: str, pg: Engine, publisher: Publisher) -> Iterator[dict[str, Engine]]:
    """The database after a night, as a member of each role sees it who logged in as anybody would."""
    brought(pg, publisher, published(publisher, "2026-06-01", *CITY))
    engines = {}
    with pg.begin() as connection:
        database = connection.execute(text("select current_database()")).scalar_one()
        for role in (OWNER, LOADER, OPERATOR, ANALYST, PUBLIC):
            user = f"{role}_{database[:6]}"
            connection.execute(text(f"create role {user} login password '{server.PASSWORD}' in role {role}"))
            engines[role] = create_engine(make_url(postgres_url).set(drivername="postgresql+psycopg", username=user))
    yield engines
    for engine in engines.values():
        engine.dispose()


def told(engine: Engine, query: str) -> object:
    with engine.connect() as connection:
        return connection.execute(text(query)).scalar()


#: What neither an analyst nor anybody may do.
FORBIDDEN = [
    "select contact_phone from listing",
    "select verbatim from listing",
    "select count(*) from quarantine",
    "select count(*) from issue",
    "select count(*) from decision",
    f"select count(*) from {SCHEMA}.listing",
    f"select contact_phone from {SCHEMA}.listing",
    "select count(*) from yizhan_state.publication",
    "update station_history set name = 'x'",
    "update listing set name = 'x'",
    "delete from statement",
    "create table here (a int)",
    f"create table {SCHEMA}.here (a int)",
    "copy (select 1) to program 'true'",
]


def test_analysts_and_the_public_can_neither_read_what_is_personal_nor_write(as_role: dict[str, Engine]) -> None:
    refused = r"permission denied|does not exist|must be superuser|cannot update view|cannot delete from view|no schema has been selected"
    for role in (ANALYST, PUBLIC):
        for query in FORBIDDEN:
            with pytest.raises(ProgrammingError, match=refused):
                told(as_role[role], query)


def test_each_role_reads_and_writes_what_is_its_own(as_role: dict[str, Engine], publisher: Publisher) -> None:
    for role in (OPERATOR, ANALYST, LOADER, OWNER):
        assert told(as_role[role], "select count(*) from listing where is_open") == len(CITY)
        assert told(as_role[role], "select count(*) from station") == len(CITY)
        assert told(as_role[role], "select sum(station_count) from mart_station_by_county_batch") == len(CITY)
        assert told(as_role[role], "select count(*) from station_as_of('2026-06-01')") == len(CITY)
        assert told(as_role[role], "select count(*) from changes_between('2026-05-31', '2026-06-01')") == len(CITY)
    assert told(as_role[PUBLIC], "select count(*) from station") == len(CITY)
    assert told(as_role[PUBLIC], "select count(*) from station_as_of('2026-06-01')") == len(CITY)
    with pytest.raises(ProgrammingError, match="does not exist"):
        told(as_role[PUBLIC], "select count(*) from changes_between('2026-05-31', '2026-06-01')")
    assert told(as_role[PUBLIC], "select count(*) from dictionary where readable_by <> 'public'") == 0
    assert told(as_role[ANALYST], "select count(*) from dictionary where readable_by = 'operator'") == 0
    with pytest.raises(ProgrammingError, match="does not exist"):
        told(as_role[PUBLIC], "select count(*) from listing")
    assert told(as_role[ANALYST], "select count(*) from mart_quarantine_by_source_rule_night") is not None, (
        "a mart over operations may be read, its tables not"
    )
    assert told(as_role[OPERATOR], "select count(*) from quarantine") == 1
    with pytest.raises(ProgrammingError, match="permission denied"):
        told(as_role[OPERATOR], "update listing set name = 'x'")
    with pytest.raises(ProgrammingError, match="must be owner"):
        told(as_role[LOADER], "alter table listing add column x int")


def test_a_loader_publishes_and_an_owner_migrates(as_role: dict[str, Engine], pg: Engine, publisher: Publisher) -> None:
    loader = open_postgres(as_role[LOADER].url.render_as_string(hide_password=False))
    second = published(publisher, "2026-06-02", *CITY[:4])
    brought(loader, publisher, second)
    assert same(pg, second)
    with pytest.raises(RightsError, match="权限不够"), loader.begin() as connection:
        prepare(connection)
    loader.dispose()
    with pg.begin() as connection:
        prepare(connection)
    assert same(pg, second)
