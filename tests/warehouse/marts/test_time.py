"""Asking about time: the register as of a night, what changed between two and why, and the diary."""

from __future__ import annotations

import ast
import csv
import inspect
import random
import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import Connection, Engine

from flows import register
from tests.warehouse.marts.rows import FIRST, SECOND, THIRD, answer, listing, nights, put, put_listings, station
from tests.warehouse.nights import Claim, night_tables, stations_of
from tests.warehouse.reading import rows_of
from transforms import events, ledger
from transforms.records import columns_of
from transforms.records.fields import FIELDS
from warehouse.engine import open_warehouse
from warehouse.functions import functions
from warehouse.interval import apply_interval, revert
from warehouse.load import load_night
from warehouse.publish import Publisher
from warehouse.tables import METADATA, table
from warehouse.views import views

#: Nights that are lived, of which some are rejected, and some made again with all that follow.
NIGHTS = 60


def _lists(chance: random.Random, before: Sequence[Claim]) -> list[Claim]:
    """The night's claims: now and then one comes, goes, closes, reads differently or belongs to another station."""
    changed = []
    for claim in before:
        what = chance.randrange(24)
        if what == 0:
            continue
        if what == 1:
            claim = replace(claim, is_open=not claim.is_open)  # noqa: PLW2901
        if what == 2:
            claim = replace(claim, name=f"{chance.randrange(9)}号站")  # noqa: PLW2901
        if what == 3:
            claim = replace(claim, station=chance.randrange(1, 12))  # noqa: PLW2901
        changed.append(claim)
    keys = {claim.listing_id for claim in changed}
    fresh = Claim(chance.choice(["union", "bank"]), str(chance.randrange(12)), station=chance.randrange(1, 12))
    return changed if fresh.listing_id in keys else [*changed, fresh]


def _live(warehouse: Engine, seed: int) -> dict[date, list[tuple[Any, ...]]]:
    """Live the nights, each loaded as `load_night` loads stations; what each published for itself last. A rejected night shows what stood before."""
    chance = random.Random(seed)
    claims: list[Claim] = [Claim("union", str(key), station=key) for key in range(1, 8)]
    published: dict[date, list[tuple[Any, ...]]] = {}
    lists: dict[date, list[Claim] | None] = {}

    def load(night: date) -> None:
        given = lists[night]
        with warehouse.begin() as connection:
            if given is not None:
                revert(connection, night.isoformat(), ["station_history"])
                apply_interval(connection, table("station_history"), stations_of(given), night.isoformat())
            published[night] = answer(connection, "select * from station")

    for number in range(NIGHTS):
        night = FIRST + timedelta(days=number)
        claims = _lists(chance, claims)
        lists[night] = None if number and chance.random() < 0.1 else claims
        load(night)
        again = night - timedelta(days=chance.randrange(4))
        made = lists.get(again)
        if made is not None and chance.random() < 0.1:  # made again from other lists, and every night since with it
            lists[again] = _lists(chance, made)
            for later in sorted(each for each in lists if again <= each <= night):
                load(later)
    return published


@pytest.fixture(scope="module")
def lived(template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[date, list[tuple[Any, ...]]]]:
    """The file after sixty nights, and what each of them published last."""
    path = tmp_path_factory.mktemp("lived") / "warehouse.duckdb"
    path.write_bytes(template.read_bytes())
    engine = open_warehouse(path)
    published = _live(engine, seed=1)
    engine.dispose()
    return path, published


def test_as_of_each_night_is_what_was_published_for_it_last(
    lived: tuple[Path, dict[date, list[tuple[Any, ...]]]], postgres: Engine
) -> None:
    path, published = lived
    assert len({str(rows) for rows in published.values()}) > NIGHTS / 2, "most nights differ from each other"
    with closing(duckdb.connect(str(path), read_only=True)) as file, postgres.connect() as server:
        columns = [column.name for column in METADATA.tables["station_history"].columns]
        rows = file.execute(f"select {', '.join(columns)} from station_history").fetchall()
        put(server, "station_history", *(dict(zip(columns, row, strict=True)) for row in rows))
        for night, expected in published.items():
            on_duckdb = file.execute(f"select * from station_as_of('{night}')").fetchall()
            assert _sorted(on_duckdb) == expected, night
            assert answer(server, f"select * from station_as_of('{night}')") == expected, night
        server.rollback()


def _sorted(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return sorted(rows, key=lambda row: [(each is not None, str(each)) for each in row])


def test_before_the_first_night_there_was_nothing_and_the_future_is_as_the_last(empty: Connection) -> None:
    put(empty, "station_history", station(1, valid_to=SECOND), station(1, valid_from=SECOND, name="新名"))
    assert answer(empty, "select * from station_as_of('2026-05-31')") == []
    assert answer(empty, "select name from station_as_of('2026-06-01')") == [("1号站",)]
    assert answer(empty, "select * from station_as_of('2099-01-01')") == answer(empty, "select * from station")


def test_changes_put_upon_a_night_make_the_next_one(lived: tuple[Path, dict[date, list[tuple[Any, ...]]]]) -> None:
    """Names and status of every station on the last night follow from the first night and the changes since."""
    path, published = lived
    first, last = min(published), max(published)
    with closing(duckdb.connect(str(path), read_only=True)) as file:
        was = {row[0]: row[1:] for row in file.execute(f"select station_id, name, status from station_as_of('{first}')").fetchall()}
        query = f"select station_id, field, new_value from changes_between('{first}', '{last}') where field in ('name', 'status') order by night, field desc"
        told = file.execute(query).fetchall()
        now = dict(file.execute(f"select station_id, status from station_as_of('{last}')").fetchall())
        for station_id, field, value in told:
            name, status = was.get(station_id, (None, None))
            was[station_id] = (value, status) if field == "name" else (name, value)
        assert {station_id: status for station_id, (_, status) in was.items() if status is not None} == now


class TestChanges:
    """Station 1 is renamed by a list that says so; 2 takes another list's hours; 3 loses a phone; 4 is corrected; 5 comes; 6 goes into 1."""

    @pytest.fixture
    def changed(self, empty: Connection) -> Connection:
        nights(empty, FIRST, SECOND, THIRD)
        until, since = {"valid_to": SECOND}, {"valid_from": SECOND}
        put(empty, "station_history", station(1, **until), station(1, name="新名", **since))
        put(empty, "station_history", station(2, hours="24/7", **until), station(2, hours="08:00-20:00", **since))
        put(empty, "station_history", station(3, phones="12351", **until), station(3, phones=None, **since))
        put(empty, "station_history", station(4, host=None, **until), station(4, host="某单位", lng_wgs84=118.5, **since))
        put(empty, "station_history", station(5, **since), station(6, **until))
        put(empty, "station_history", station(7, facilities=None, valid_to=THIRD), station(7, facilities="aed", valid_from=THIRD))
        said = [
            ("s1", "name", "union", "1号站", FIRST, SECOND),
            ("s1", "name", "union", "新名", SECOND, None),
            ("s2", "hours", "bank", "08:00-20:00", FIRST, None),
            ("s2", "hours", "union", "24/7", FIRST, None),
            ("s3", "phones", "union", "12351", FIRST, SECOND),
        ]
        columns = ("station_id", "field", "source", "value", "first_seen_on", "gone_on")
        put(empty, "statement", *(dict(zip(columns, row, strict=True)) | {"listing_id": f"{row[2]}:1"} for row in said))
        put_listings(empty, listing("union", "7", 7, valid_to=THIRD))
        put(empty, "listing", listing("union", "7", 7, valid_from=THIRD)[0])
        happened = [
            (SECOND, "s1", "renamed", "listed", "union"),
            (SECOND, "s2", "rescheduled", "listed", "bank;union"),
            (SECOND, "s5", "opened", "listed", "union"),
            (SECOND, "s6", "merged", "same_station", None),
        ]
        for number, (night, station_id, event, cause, source) in enumerate(happened, 1):
            row = {"night": night, "number": number, "station_id": station_id, "event": event, "cause": cause, "source": source}
            put(empty, "station_event", row)
        return empty

    def test_tell_field_values_and_cause(self, changed: Connection) -> None:
        assert answer(changed, "select * from changes_between('2026-06-01', '2026-06-02')") == [
            ("s1", SECOND, "name", "1号站", "新名", "renamed", "listed", "union"),
            ("s2", SECOND, "hours", "24/7", "08:00-20:00", "rescheduled", "preferred", "bank"),
            ("s3", SECOND, "phones", "12351", None, None, "unlisted", "union"),
            ("s4", SECOND, "host", None, "某单位", None, None, None),
            ("s4", SECOND, "lng_wgs84", None, "118.5000000", None, None, None),
            ("s5", SECOND, "status", None, "open", "opened", "listed", "union"),
            ("s6", SECOND, "status", "open", None, "merged", "same_station", None),
        ]

    def test_are_those_after_the_first_night_up_to_the_second(self, changed: Connection) -> None:
        assert answer(changed, "select * from changes_between('2026-06-02', '2026-06-03')") == [
            ("s7", THIRD, "facilities", None, "aed", None, "relisted", "union")
        ]
        assert len(answer(changed, "select * from changes_between('2026-06-01', '2026-06-03')")) == 8
        assert answer(changed, "select * from changes_between('2026-06-03', '2026-06-01')") == []

    def test_of_listings_that_went_to_another_station_are_regrouped(self, changed: Connection) -> None:
        put(changed, "listing", listing("bank", "6", 6)[0])
        put(changed, "station_listing", {"listing_id": "bank:6", "station_id": "s6", "valid_to": SECOND})
        put(changed, "station_listing", {"listing_id": "bank:6", "station_id": "s1", "valid_from": SECOND})
        told = "select field, cause, source from changes_between('2026-06-01', '2026-06-02') where station_id in ('s1', 's6')"
        assert answer(changed, told) == [("name", "regrouped", "bank"), ("status", "same_station", None)]


class TestDiary:
    @pytest.mark.parametrize(
        ("row", "sentence"),
        [
            (("opened", "listed", "bank;union", None), "驿站“1号站”新增（据名单：网点清单、工会名单）。"),
            (("reopened", "listed", "stranger", None), "驿站“1号站”重新开放（据名单：stranger）。"),
            (("closed", "absent_twice", "union", None), "驿站“1号站”停用（连续两次名单里都没有：工会名单）。"),
            (("closed", "closed_by_person", None, None), "驿站“1号站”停用（人工停用，名单上可能还有）。"),
            (("merged", "same_station", None, "s9"), "驿站“1号站”并入s9（判为同一个站）。"),
            (("split", "not_same_station", None, "s1;s9"), "驿站“1号站”拆分，名单上的登记现在分属s1、s9（判为不同的站）。"),
            (("split_off", "not_same_station", "union", "s9"), "驿站“1号站”从s9拆出，单独成站（判为不同的站：工会名单）。"),
            (("moved", "listed", "union", "135 m"), "驿站“1号站”迁址，移动了135 米（据名单：工会名单）。"),
            (("renamed", "listed", "union", "甲 → 乙"), "驿站“1号站”改名，由“甲”改为“乙”（据名单：工会名单）。"),
            (("rebatched", "listed", "union", "（空） → new_build"), "驿站“1号站”改批次，由“（空）”改为“新建一批”（据名单：工会名单）。"),
            (("renamed", "corrected", None, "甲 → 乙"), "驿站“1号站”改名，由“甲”改为“乙”（人工更正）。"),
            (("corrected", "corrected", None, "phones: （空） → 0553-1"), "驿站“1号站”更正电话，由“（空）”改为“0553-1”（人工更正）。"),
            (("reclassified", None, None, "park → mall"), "驿站“1号站”改类型，由“公园”改为“商场”。"),
        ],
        ids=lambda value: value[0] if isinstance(value, tuple) else "",
    )
    def test_reads_as_a_sentence(self, empty: Connection, row: tuple[str | None, ...], sentence: str) -> None:
        event, cause, source, detail = row
        put(empty, "owner", {"source": "union", "title": "工会名单"}, {"source": "bank", "title": "网点清单"})
        put(empty, "station_history", station(1))
        put(
            empty,
            "station_event",
            {"night": FIRST, "number": 1, "station_id": "s1", "event": event, "cause": cause, "source": source, "detail": detail},
        )
        assert answer(empty, "select sentence from station_diary") == [(sentence,)]

    def test_names_a_station_that_was_merged_away_as_it_was_called(self, empty: Connection) -> None:
        put(empty, "station_history", station(2, valid_to=SECOND))
        put(empty, "station_event", {"night": SECOND, "number": 1, "station_id": "s2", "event": "merged", "detail": "s1"})
        assert answer(empty, "select sentence from station_diary") == [("驿站“2号站”并入s1。",)]

    def test_has_words_for_every_event_and_cause_that_the_code_can_write(self) -> None:
        assert _written("event") | set(events._CHANGES.values()) | {events.CORRECTED} == _words("event_words")
        assert _written("cause") | {*ledger._CLOSING, ledger.CARRIED_TOO_LONG, register.CLOSED_BY_PERSON, events.CORRECTED} == _words(
            "cause_word"
        )

    def test_has_a_word_for_every_field_that_a_correction_is_told_of(self) -> None:
        counted = {"batch_basis", "station_id", "status", "close_cause", "first_seen_on", "sources", "listing_count"}
        apart = {*events._CHANGES, *events._POSITION, *counted}
        titles = {field.name: field.title for field in FIELDS}
        assert {name: titles[name] for name in set(columns_of("station")) - apart} == {pair[0]: pair[1] for pair in _pairs("field_word")}

    def test_has_the_words_of_the_vocabulary_for_batches_and_kinds(self) -> None:
        for name, cte in (("batches", "batch_word"), ("kinds", "kind_word")):
            with (Path(events.__file__).parent / "vocabulary" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as lines:
                known = {(line["code"], line["title"]) for line in csv.DictReader(lines)}
            assert set(_pairs(cte)) - {("（空）", "（空）")} == known


def _pairs(cte: str) -> list[tuple[str, ...]]:
    """The rows of a list of words in the diary's query."""
    query = next(view.query for view in views() if view.name == "station_diary")
    (body,) = re.findall(rf"{cte} \(.*?\) as \(\s*values(.*?)\n\)", query, re.S)
    return [tuple(re.findall(r"'([^']*)'", row)) for row in re.findall(r"\(('[^()]*?)\)(?=,|\s|$)", body)]


def _words(cte: str) -> set[str]:
    return {pair[0] for pair in _pairs(cte)}


def _written(column: str) -> set[str]:
    """Every text that transforms.events can put into the column, read from its source."""
    tables = [node for node in ast.walk(ast.parse(inspect.getsource(events))) if isinstance(node, ast.Dict)]
    values = [
        value
        for table in tables
        for key, value in zip(table.keys, table.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == column
    ]
    # a column taken from listings (their close_cause) is the ledger's to tell
    texts = [node for value in values if "told" not in ast.dump(value) for node in ast.walk(value) if isinstance(node, ast.Constant)]
    return {str(node.value) for node in texts if isinstance(node.value, str)}


def test_both_databases_have_the_same_functions_with_the_same_contracts() -> None:
    assert [replace(each, statement="") for each in functions("duckdb")] == [
        replace(each, statement="") for each in functions("postgresql")
    ]
    assert [each.name for each in functions()] == ["changes_between", "station_as_of"]
    assert set(functions()[0].arguments) == {"after_night", "until_night"}


@pytest.mark.parametrize(
    ("name", "call"), [("station_as_of", "station_as_of('2026-06-01')"), ("changes_between", "changes_between('2026-06-01', '2026-06-02')")]
)
def test_a_function_gives_the_columns_that_its_contract_tells(empty: Connection, name: str, call: str) -> None:
    told = next(each for each in functions() if each.name == name)
    assert list(empty.exec_driver_sql(f"select * from {call}").keys()) == list(told.columns)


def test_the_published_files_have_the_functions_with_their_comments(publisher: Publisher) -> None:
    with publisher.begin("2026-06-01", "夜间运行") as draft:
        with draft.engine.begin() as connection:
            load_night(connection, "2026-06-01", night_tables([Claim("union", "1")]))
        publication = draft.publish()
    for path in (publication.warehouse, publication.analyst):
        with closing(duckdb.connect(str(path), read_only=True)) as reader:
            assert reader.execute("select count(*) from station_as_of('2026-06-01')").fetchall() == [(1,)]
            assert len(reader.execute("select * from changes_between('2026-05-31', '2026-06-01')").fetchall()) == 1
            told = dict(
                reader.execute("select function_name, comment from duckdb_functions() where function_type = 'table_macro'").fetchall()
            )
            assert {name: told[name] for name in ("station_as_of", "changes_between")} == {
                each.name: f"{each.comment} {each.grain}" for each in functions()
            }


def test_comments_on_postgresql_tell_the_contract(postgres: Engine) -> None:
    with postgres.connect() as connection:
        query = "select proname, obj_description(oid, 'pg_proc') from pg_proc where proname in ('station_as_of', 'changes_between')"
        assert dict(rows_of(connection, query)) == {each.name: f"{each.comment} {each.grain}" for each in functions("postgresql")}
