"""A household with a PostgreSQL: it holds what is in force after a night, an action and a rollback, and no night fails with it."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from unittest.mock import Mock

import pytest
from rich.console import Console
from sqlalchemy import text

from flows import acts
from flows.acts import Signed
from flows.copied import copy
from flows.doctor import postgres_finding
from flows.erasing import erase
from flows.followed import bring_postgres, held_by_postgres
from flows.house import House, open_house
from flows.rebuild import rebuild
from tests.flows.test_command import yizhan
from tests.flows.test_take_away import no_file_beyond
from tests.night.chronicle import Chronicle
from tests.night.people import close, write_journal
from tests.night.town import Household, iso
from warehouse import difference
from warehouse.bulk import digest_of
from warehouse.disk import DiskFullError
from warehouse.engine import open_warehouse
from warehouse.interval import NIGHTLY
from warehouse.postgres import open_postgres
from warehouse.tables import METADATA


@pytest.fixture
def house(tmp_path: Path, chronicle: Chronicle, postgres_url: str) -> House:
    """The house of a household after two nights, with a PostgreSQL."""
    household = chronicle.household(tmp_path / "var", after=1)
    return open_house(household.settings.model_copy(update={"warehouse_url": postgres_url}))


def is_same(house: House) -> bool:
    publication = house.publisher.current()
    assert publication is not None
    assert house.settings.warehouse_url is not None
    duck, postgres = open_warehouse(publication.warehouse, read_only=True), open_postgres(house.settings.warehouse_url)
    try:
        with duck.connect() as one, postgres.connect() as other:
            return all(digest_of(one, table) == digest_of(other, table) for table in METADATA.sorted_tables)
    finally:
        duck.dispose()
        postgres.dispose()


def test_it_holds_what_is_in_force_after_a_night_an_action_and_a_rollback(house: House) -> None:
    assert bring_postgres(house) == []
    assert is_same(house)
    station = str(next(iter(house_stations(house))))
    acts.close(house, station, Signed("李敏", "去看过，拆了"))
    assert not rebuild(house, "action/1", "测试").faults
    assert is_same(house)
    house.publisher.rollback("退回")
    assert postgres_finding(house).state == "wrong", "it is behind until it is brought up"
    assert bring_postgres(house) == []
    assert is_same(house)
    assert postgres_finding(house).state == "well"


def test_night_after_night_it_is_brought_what_lies_late_and_holds_the_same(
    chronicle: Chronicle, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new night, one with what a person closed, both made again from the first on, and the way back: only tables that no night owns are compared whole."""
    household = chronicle.household(tmp_path / "var", after=0)
    house = open_house(household.settings.model_copy(update={"warehouse_url": postgres_url}))
    assert bring_postgres(house) == []
    whole = Mock(wraps=difference._differs)
    monkeypatch.setattr(difference, "_differs", whole)
    station = house_stations(house)[0]
    for step in (lambda: household.run(iso(1)), lambda: close_and_run(household, station), lambda: household.run(iso(1))):
        step()
        assert bring_postgres(house) == []
        assert is_same(house)
    for back in house.publisher.publications()[-2::-1]:
        house.publisher.rollback("退回", back.name)
        assert bring_postgres(house) == []
        assert is_same(house)
    assert not {each.args[1].name for each in whole.call_args_list} & set(NIGHTLY)


def close_and_run(household: Household, station: str) -> None:
    write_journal(household, close(station))
    household.run(iso(2))


def house_stations(house: House) -> list[str]:
    publication = house.publisher.current()
    assert publication is not None
    engine = open_warehouse(publication.warehouse, read_only=True)
    with engine.connect() as connection:
        found = [row[0] for row in connection.exec_driver_sql("select station_id from station where status = 'open' order by 1 limit 1")]
    engine.dispose()
    return found


def test_what_is_erased_is_gone_there_too_and_at_the_next_try_when_it_was_down(house: House) -> None:
    assert bring_postgres(house) == []
    phones = texts(
        house, "select distinct contact_phone from listing where contact_phone is not null and contact_phone not like '%;%' order by 1"
    )
    settings = house.settings
    for phone, url in ((phones[0], settings.warehouse_url), (phones[1], "postgresql://nobody:secret@127.0.0.1:1/none")):
        assert holds(house, phone)
        told = StringIO()
        here, say = settings.model_copy(update={"warehouse_url": url}), Console(file=told, width=400)
        erase(here, say, phone=phone, name=None, source=None, who="李敏", why="本人申请", dry_run=False)
        assert ("PostgreSQL 没有收下" in told.getvalue()) == (url != settings.warehouse_url)
    assert not holds(house, phones[0])
    assert holds(house, phones[1]), "it was down, and said so"
    assert bring_postgres(house) == []
    assert not holds(house, phones[1])
    assert is_same(house)


def texts(house: House, query: str) -> list[str]:
    """The first column of an answer of PostgreSQL."""
    engine = open_postgres(str(house.settings.warehouse_url))
    with engine.connect() as connection:
        found = [str(row[0]) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def holds(house: House, value: str) -> bool:
    """Whether some row of some table of PostgreSQL holds the value."""
    every = " union all ".join(f"select 1 from {name} t where cast(t.* as text) like '%{value}%'" for name in METADATA.tables)
    return bool(texts(house, f"select * from ({every}) held limit 1"))


def test_one_that_is_down_is_told_and_the_action_stands(house: House) -> None:
    dead = open_house(house.settings.model_copy(update={"warehouse_url": "postgresql://nobody:secret@127.0.0.1:1/none"}))
    acts.close(dead, house_stations(dead)[0], Signed("李敏", "去看过，拆了"))
    rebuilt = rebuild(dead, "action/1", "测试")
    assert rebuilt.ended.state != "rejected"
    (told,) = rebuilt.faults
    assert "PostgreSQL 没有收下" in told
    assert "secret" not in told
    assert "PostgreSQL" in postgres_finding(dead).about
    assert bring_postgres(house) == [], "the next publication, or the next try, brings it up"
    assert is_same(house)


def test_a_warehouse_is_copied_there_and_back_with_every_row(house: House, postgres_url: str, tmp_path: Path) -> None:
    current = house.publisher.current()
    assert current is not None
    there = yizhan("copy", str(current.warehouse), postgres_url, home=house.settings.home)
    assert there.returncode == 0, there.stderr
    assert f"已抄 {current.name}：{len(METADATA.tables)} 张表，张张一致" in there.stdout
    assert held_by_postgres(house) == current.name
    back = yizhan("copy", postgres_url, str(tmp_path / "back.duckdb"), home=house.settings.home)
    assert back.returncode == 0, back.stderr
    assert "张张一致" in back.stdout
    again = yizhan("copy", postgres_url, str(tmp_path / "back.duckdb"), home=house.settings.home)
    assert again.returncode == 2
    assert "已经有了" in again.stderr


@pytest.mark.parametrize("room", [100_000, 1_000_000, 3_000_000])
def test_on_a_full_disk_nothing_of_a_copy_is_left(house: House, tmp_path: Path, room: int) -> None:
    """At the tables, among the rows, and when all is written down."""
    assert bring_postgres(house) == []
    folder = tmp_path / "taken"
    folder.mkdir()
    with no_file_beyond(room), pytest.raises(DiskFullError, match="磁盘空间不足，没有抄成"):
        copy(Console(file=StringIO()), str(house.settings.warehouse_url), str(folder / "copied.duckdb"))
    assert list(folder.iterdir()) == []
    # under another name: this process remembers the database that broke
    assert copy(Console(file=StringIO()), str(house.settings.warehouse_url), str(folder / "again.duckdb")) == 0
    assert [each.name for each in folder.iterdir()] == ["again.duckdb"]
