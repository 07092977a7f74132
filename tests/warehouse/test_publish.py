"""Whole nights or nothing: what readers see while a night is written, published, rolled back and pruned."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.warehouse.nights import Claim, night_tables
from tests.warehouse.reading import rows_of
from warehouse.engine import open_warehouse
from warehouse.load import load_night
from warehouse.publish import NoSuchPublicationError, Publication, Publisher
from warehouse.tables import METADATA

OPS = {"retrieval", "issue", "quarantine", "judgement", "correction", "decision", "decision_end"}


def publish(publisher: Publisher, night: str, name: str = "青阳路社区站") -> Publication:
    """Publish a night of one station."""
    with publisher.begin(night, "夜间运行") as draft:
        with draft.engine.begin() as connection:
            load_night(connection, night, night_tables([Claim("union", "1", name=name)], night, held=["union:2"]))
        return draft.publish()


def names(path: Path) -> list[str]:
    """Names of the stations that a reader of the file sees."""
    with closing(duckdb.connect(str(path), read_only=True)) as reader:
        return [name for (name,) in reader.execute("select name from station order by 1").fetchall()]


def test_a_publication_is_a_folder_of_two_files_and_a_link(publisher: Publisher, tmp_path: Path) -> None:
    assert publisher.current() is None
    published = publish(publisher, "2026-06-01")
    assert published.name == "2026-06-01-1"
    assert publisher.current() == published
    assert (tmp_path / "var" / "current").readlink() == Path("published/2026-06-01-1")
    assert sorted(path.name for path in published.folder.iterdir()) == ["analyst.duckdb", "warehouse.duckdb"]
    assert names(tmp_path / "var" / "current" / "warehouse.duckdb") == ["青阳路社区站"]
    assert not (tmp_path / "var" / "staging").exists()


def test_an_attached_reader_keeps_its_night_and_the_next_one_sees_the_new(publisher: Publisher) -> None:
    first = publish(publisher, "2026-06-01", "甲站")
    strict = Publisher(publisher.root, keep=1, clock=publisher.clock)
    with closing(duckdb.connect(str(first.warehouse), read_only=True)) as reader:
        second = publish(strict, "2026-06-02", "乙站")
        assert reader.execute("select name from station").fetchall() == [("甲站",)]
        assert names(second.warehouse) == ["乙站"]
        assert not first.folder.exists(), "pruned, with the reader still attached"
        assert reader.execute("select name from station").fetchall() == [("甲站",)]


def test_the_link_leads_to_whole_files_at_every_moment(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked at around every rename, by which folders and links change their places."""
    publish(publisher, "2026-06-01", "甲站")
    seen: list[list[str]] = []

    def watched(*given: Any, rename: Callable[..., None] = os.rename) -> None:
        seen.append(names(publisher.root / "current" / "warehouse.duckdb"))
        rename(*given)
        seen.append(names(publisher.root / "current" / "warehouse.duckdb"))

    monkeypatch.setattr(os, "rename", watched)
    publish(publisher, "2026-06-02", "乙站")
    assert seen == [["甲站"], ["甲站"], ["甲站"], ["乙站"]]


def test_nothing_is_seen_of_a_draft_that_is_not_published(publisher: Publisher, tmp_path: Path) -> None:
    publish(publisher, "2026-06-01", "甲站")
    with publisher.begin("2026-06-02", "夜间运行") as draft, draft.engine.begin() as connection:
        load_night(connection, "2026-06-02", night_tables([Claim("union", "1", name="乙站")], "2026-06-02"))
    with pytest.raises(ZeroDivisionError), publisher.begin("2026-06-02", "夜间运行"):
        _ = 1 / 0
    current = publisher.current()
    assert current is not None
    assert (current.name, names(current.warehouse)) == ("2026-06-01-1", ["甲站"])
    assert not (tmp_path / "var" / "staging").exists()


def test_published_files_are_not_to_be_written(publisher: Publisher) -> None:
    published = publish(publisher, "2026-06-01")
    assert published.warehouse.stat().st_mode & 0o777 == 0o440
    assert published.analyst.stat().st_mode & 0o777 == 0o444


def test_a_connection_left_open_is_a_fault_of_ours(publisher: Publisher) -> None:
    with publisher.begin("2026-06-01", "夜间运行") as draft:
        connection = draft.engine.connect()
        with pytest.raises(RuntimeError, match="still open"):
            draft.publish()
        connection.close()
    assert publisher.current() is None


def test_a_rerun_of_a_night_is_a_publication_of_its_own(publisher: Publisher) -> None:
    assert [publish(publisher, night).name for night in ("2026-06-01", "2026-06-02", "2026-06-01")] == [
        "2026-06-01-1",
        "2026-06-02-2",
        "2026-06-01-3",
    ]


class TestRollback:
    def test_goes_back_and_forth_and_the_next_night_builds_on_it(self, publisher: Publisher) -> None:
        for number, name in enumerate(["甲站", "乙站", "丙站"], start=1):
            publish(publisher, f"2026-06-0{number}", name)
        assert publisher.rollback("值班员").name == "2026-06-02-2"
        assert publisher.rollback("值班员").name == "2026-06-01-1"
        assert publisher.rollback("值班员", "2026-06-02-2").name == "2026-06-02-2"
        current = publisher.current()
        assert current is not None
        assert names(current.warehouse) == ["乙站"]
        assert publish(publisher, "2026-06-03", "丁站").name == "2026-06-03-4", "a number is never used again"

    def test_names_what_there_is(self, publisher: Publisher) -> None:
        with pytest.raises(NoSuchPublicationError, match="现有：（无）"):
            publisher.rollback("值班员")
        publish(publisher, "2026-06-01")
        with pytest.raises(NoSuchPublicationError, match="“2026-05-31-1”；现有：2026-06-01-1"):
            publisher.rollback("值班员", "2026-05-31-1")


def test_the_last_ones_are_kept_and_the_one_in_force(publisher: Publisher) -> None:
    three = Publisher(publisher.root, keep=3, clock=publisher.clock)
    for night in range(1, 5):
        publish(three, f"2026-06-0{night}")
    assert [each.number for each in three.publications()] == [2, 3, 4]
    three.rollback("值班员", "2026-06-02-2")
    one = Publisher(publisher.root, keep=1, clock=publisher.clock)
    assert one.prune() == ("2026-06-03-3",)
    assert [each.number for each in one.publications()] == [2, 4]


class TestAnalyst:
    def test_has_no_ops_tables_nor_columns_and_no_personal_value(self, publisher: Publisher) -> None:
        published = publish(publisher, "2026-06-01")
        with closing(duckdb.connect(str(published.analyst), read_only=True)) as reader:
            tables = {name for (name,) in reader.execute("select table_name from information_schema.tables").fetchall()}
            assert not tables & OPS
            assert {each.name for each in METADATA.sorted_tables} - OPS <= tables
            columns = {
                name for (name,) in reader.execute("select column_name from duckdb_columns() where table_name = 'listing'").fetchall()
            }
            assert not columns & {"verbatim", "row_digest", "contact_name", "contact_phone"}
            for name in tables:
                told = str(reader.execute(f"select * from {name}").fetchall())
                assert "13900001234" not in told
                assert "王芳" not in told
        assert b"13900001234" not in published.analyst.read_bytes()

    def test_marts_answer_there_also_those_over_ops_tables(self, publisher: Publisher) -> None:
        published = publish(publisher, "2026-06-01")
        engine = open_warehouse(published.analyst, read_only=True)
        with engine.connect() as connection:
            assert rows_of(connection, "select source, rule, held_rows from mart_quarantine_by_source_rule_night") == [
                ("union", "name_unreadable", 1)
            ]
            assert rows_of(connection, "select county, batch, station_count from mart_station_by_county_batch") == [
                ("镜湖区", "renovated", 1)
            ]
        engine.dispose()

    def test_opens_under_any_name_and_tells_what_everything_is(self, publisher: Publisher) -> None:
        published = publish(publisher, "2026-06-01")
        with closing(duckdb.connect()) as reader:
            reader.execute(f"attach '{published.analyst}' as elsewhere (read_only)")
            assert reader.execute("select station_count from elsewhere.mart_station_by_county_batch").fetchall() == [(1,)]
            mine = "database_name = 'elsewhere' and comment is null and not internal"
            assert reader.execute(f"select table_name, column_name from duckdb_columns() where {mine}").fetchall() == []
            assert reader.execute(f"select table_name from duckdb_tables() where {mine}").fetchall() == []
            assert reader.execute(f"select view_name from duckdb_views() where {mine}").fetchall() == []
