"""A question from outside reads the register and nothing else of the machine."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from desk.answer import answer_csv, answer_json
from desk.asking import QuestionError, asked, opened
from tests.desk.register import named, publish, publisher
from warehouse.publish import Publication


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    return publish(publisher(tmp_path_factory.mktemp("asking")), "2026-06-01", named(["=1", "乙站"]))


@pytest.mark.parametrize(
    "sql",
    [
        "select count(*) from station",
        "from station",
        "show tables",
        "describe station",
        "with a as (select 1) from a",
        "select ';' -- ;",
        "explain from station",
    ],
)
def test_what_reads_is_answered(publication: Publication, sql: str) -> None:
    with opened(publication.analyst) as connection:
        assert asked(connection, sql).fetchall()


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("select 1; select 2", "只能有一条语句"),
        ("", "只能有一条语句"),
        ("selec 1", "syntax error"),
        ("select nothing from station", '"nothing" not found'),
        ("from quarantine", "quarantine does not exist"),
        ("copy station to 'stolen.csv'", "不能执行 COPY"),
        ("attach 'other.duckdb'", "不能执行 ATTACH"),
        ("set enable_external_access = true", "不能执行 SET"),
        ("install httpfs", "不能执行 LOAD"),
        ("delete from station_history", "不能执行 DELETE"),
        ("create temp table mine as select 1", "不能执行 CREATE"),
        ("call pragma_version()", "不能执行 CALL"),
        ("from read_csv('/etc/passwd')", "只能读名册这一个库"),
        ("from '/etc/passwd'", "只能读名册这一个库|does not exist"),
        ("select * from read_text('/etc/passwd')", "只能读名册这一个库"),
        ("from glob('/etc/*')", "只能读名册这一个库"),
        ("from read_parquet('https://example.org/a.parquet')", "只能读名册这一个库|答不出来"),
    ],
)
def test_anything_else_is_one_sentence(
    publication: Publication, sql: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(publication.analyst) as connection, pytest.raises(QuestionError, match=sentence) as refused:
        asked(connection, sql)
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_may_not_be_read_is_told_as_such(tmp_path: Path, publication: Publication, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    def shut(*_: object, **__: object) -> None:
        raise duckdb.IOException('IO Error: Cannot open file "warehouse.duckdb": Permission denied')

    monkeypatch.setattr(duckdb, "connect", shut)
    with pytest.raises(QuestionError, match="没有权限读"), opened(publication.warehouse):
        pass


def test_answers_as_csv_and_json(publication: Publication) -> None:
    csv, objects = io.StringIO(newline=""), io.StringIO()
    with opened(publication.analyst) as connection:
        rows = asked(
            connection, "select name, 1 as n, 2 as n, date '2026-06-01' as day, true as yes, [1, 2] as both from station order by name"
        ).to_arrow_table()
    answer_csv(rows, csv)
    assert csv.getvalue() == '\ufeffname,n,n,day,yes,both\r\n\'=1,1,2,2026-06-01,true,"[1, 2]"\r\n乙站,1,2,2026-06-01,true,"[1, 2]"\r\n'
    answer_json(rows, objects)
    assert json.loads(objects.getvalue())[0] == {"name": "=1", "n": 1, "n_3": 2, "day": "2026-06-01", "yes": True, "both": [1, 2]}
    none = io.StringIO()
    answer_json(rows.slice(0, 0), none)
    assert json.loads(none.getvalue()) == []
