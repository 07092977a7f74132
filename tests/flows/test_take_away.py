"""`export`, `query`, `changes` and `feed` as a person calls them: files whole or not there, one sentence for a mistake, and the feed behind each publication."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest
from frictionless import Package
from rich.console import Console

from flows import command
from flows.nightly import nightly
from flows.rebuild import rebuild
from tests.night.town import Household, Town, iso

FORMATS = ("csv", "xlsx", "parquet", "geoparquet", "geojson")


class Told(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


Call: TypeAlias = Callable[..., Told]


@pytest.fixture
def call(published: Household, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """The command on a household that has published night 0, in this process: a process for each would take minutes."""
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("YIZHAN_HOME", str(published.home))
    monkeypatch.setenv("YIZHAN_ENV_FILE", str(published.settings.env_file))

    def called(*words: str, room: int | None = None) -> Told:
        capfd.readouterr()
        with no_file_beyond(room):
            code = _code_of(list(words))
        sys.stdout.flush()
        return Told(code, *capfd.readouterr())

    return called


def _code_of(words: list[str]) -> int:
    try:
        return command._run(words)
    except SystemExit as ended:  # as the command line itself ends
        return int(ended.code or 0)


@contextmanager
def no_file_beyond(room: int | None) -> Iterator[None]:
    """Within the block no file may grow beyond `room` bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard if room is None else room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def test_the_stations_are_taken_in_every_format(call: Call, published: Household, tmp_path: Path) -> None:
    words = [word for form in FORMATS for word in ("--format", form)]
    ended = call("export", *words, "--public", "--where", "county = '镜湖区'", "--out", str(tmp_path / "taken"))
    assert ended.returncode == 0, ended.stderr
    count = int(published.query("select count(*) as n from station where county = '镜湖区'")["n"].iloc[0])
    assert f"{count} 行，{iso(0)} 这一夜（{iso(0)}-1）" in ended.stdout
    assert Package(str(tmp_path / "taken" / "datapackage.json")).validate().valid
    assert len(files(tmp_path / "taken")) == len(FORMATS) + 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--as-of", "2026-05-31"], "第一夜是 2026-06-01"),
        (["--as-of", "2999-01-01"], "还没有到"),
        (["--where", "true; select 1"], "只写一个条件"),
        (["--where", "name = "], "写得不对"),
        (["--table", "quarantine"], "没有这样的表：quarantine"),
        (["--table", "listing", "--public"], "不对外公开"),
        (["--datum", "bd09"], "bd09"),
        (["--format", "docx"], "docx"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_sentence_and_writes_nothing(call: Call, tmp_path: Path, words: list[str], sentence: str) -> None:
    ended = call("export", "--format", "csv", "--out", str(tmp_path / "taken"), *words)
    assert ended.returncode == 2
    assert sentence in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr
    assert not (tmp_path / "taken").exists()


def test_a_day_without_a_night_of_its_own_is_told(call: Call, tmp_path: Path) -> None:
    ended = call("export", "--format", "parquet", "--as-of", "2026-06-05", "--out", str(tmp_path / "taken"))
    assert "2026-06-05 当天没有发布，取的是它之前最近的 2026-06-01 这一夜" in ended.stdout


@pytest.mark.parametrize("form", FORMATS)
def test_on_a_full_disk_what_was_there_stays_and_nothing_is_half_written(call: Call, tmp_path: Path, form: str) -> None:
    words = ("export", "--format", form, "--out", str(tmp_path / "taken"))
    _assert_refused(call(*words, room=2_000))
    assert files(tmp_path / "taken") == {}
    assert call(*words, "--where", "county = '无为市'").returncode == 0
    before = files(tmp_path / "taken")
    _assert_refused(call(*words, room=2_000))
    assert files(tmp_path / "taken") == before


def _assert_refused(told: Told) -> None:
    assert (told.returncode, told.stdout, told.stderr.count("\n")) == (1, "", 1), told.stderr
    assert told.stderr.startswith("磁盘空间不足，没有写成")


def test_on_a_full_disk_the_changes_are_not_half_written(call: Call, tmp_path: Path) -> None:
    ended = call("changes", "--since", "2026-05-31", "--out", str(tmp_path / "changes.csv"), room=2_000)
    assert ended.returncode == 1
    assert "磁盘空间不足" in ended.stderr
    assert [path.name for path in tmp_path.iterdir() if "changes" in path.name] == []


def test_a_question_is_answered_and_a_long_answer_is_cut_with_a_word(call: Call, published: Household) -> None:
    count = int(published.query("select count(*) as n from station")["n"].iloc[0])
    short = call("query", "select count(*) as n from station")
    assert str(count) in short.stdout
    assert "后面还有" not in short.stdout
    cut = call("query", "select station_id from station", "--rows", "3")
    assert cut.stdout.count("yz3402-") == 3
    assert "只显示前 3 行，后面还有" in cut.stdout
    whole = call("query", "select station_id, county_code from station", "--csv")
    assert len(list(csv.DictReader(io.StringIO(whole.stdout.removeprefix("\ufeff"), newline="")))) == count
    assert len(json.loads(call("query", "from station", "--json").stdout)) == count
    assert "does not exist" in call("query", "from quarantine").stderr
    assert json.loads(call("query", "select count(*) as n from quarantine", "--operator", "--json").stdout)[0]["n"] > 0
    for sql in (
        "copy station to '/tmp/never.csv'",
        "attach '/tmp/never.db'",
        "from read_csv('/etc/passwd')",
        "select 1; select 2",
        "selec",
    ):
        refused = call("query", sql)
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1), sql


def test_the_changes_between_nights_are_those_of_the_history(published: Household, served: Town, call: Call, tmp_path: Path) -> None:
    try:
        served.move(1)
        published.run(iso(1))
    finally:
        served.move(0)
    assert json.loads(call("changes", "--since", iso(1), "--format", "json").stdout) == []
    told = json.loads(call("changes", "--since", iso(0), "--format", "json").stdout)
    history = published.query(
        "select h.station_id, b.name as old, h.name as new from station_history h join station_history b "
        f"on b.station_id = h.station_id and b.valid_to = h.valid_from where h.valid_from = date '{iso(1)}' and h.name <> b.name"
    )
    renamed = {(row["station_id"], row["old"], row["new"]) for row in told if row["field"] == "name"}
    assert renamed == set(history.itertuples(index=False, name=None))
    assert renamed
    in_sql = published.query(f"select station_id, cause, source from changes_between('{iso(0)}', '{iso(1)}') where field = 'name'")
    why = {(row["station_id"], row["cause"], row["source"]) for row in told if row["field"] == "name"}
    assert why == set(in_sql.itertuples(index=False, name=None)), "one answer, whoever asks"
    events = published.query(f"select station_id, event from station_event where night = date '{iso(1)}' and event in ('opened', 'closed')")
    assert {(row["station_id"], row["change"]) for row in told if row["change"] in ("opened", "closed")} == set(
        events.itertuples(index=False, name=None)
    )
    assert len(json.loads(call("changes", "--since", "2020-01-01", "--until", iso(0), "--format", "json").stdout)) == len(
        published.query(f"select 1 from station_history where valid_from = date '{iso(0)}'")
    )
    for words, sentence in ((("2999-01-01",), "还没有到"), ((iso(1), "--until", iso(0)), "没有一夜")):
        assert sentence in call("changes", "--since", *words).stderr
    written = call("changes", "--since", iso(0), "--out", str(tmp_path / "changes.csv"))
    assert f"{len(told)} 处变化" in written.stdout


def test_the_feed_follows_rebuilding_and_rollback_and_is_pruned(call: Call, published: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    house = published.house
    assert call("feed").stdout == ""
    rebuild(house, "test", "测试")
    lines = call("feed").stdout.splitlines()
    assert len(lines) == len(published.query("select 1 from station"))
    cursor = json.loads(lines[-1])["cursor"]
    assert call("feed", "--after", cursor).stdout == ""
    assert call("rollback").returncode == 0
    index = json.loads((published.home / "feed" / "index.json").read_text("utf-8"))
    assert [(entry["publication"], entry["reason"]) for entry in index["publications"]] == [
        (f"{iso(0)}-2", "first"),
        (f"{iso(0)}-1", "returned"),
    ]
    assert "不是这个变动流的" in call("feed", "--after", "00000000-1").stderr
    monkeypatch.setenv("YIZHAN_KEEP_NIGHTS", "1")
    pruned = call("prune")
    assert "1 次发布的变动" in pruned.stdout


def test_a_feed_that_cannot_be_written_is_told_and_caught_up_later(published: Household) -> None:
    (published.home / "feed").write_text("在路上")
    rebuilt = rebuild(published.house, "test", "测试")
    assert rebuilt.ended.state != "rejected"
    assert any(fault.startswith("变动流没有写成") for fault in rebuilt.faults)
    (published.home / "feed").unlink()
    assert rebuild(published.house, "again", "测试").faults == ()
    assert (published.home / "feed" / "index.json").exists()


@pytest.mark.usefixtures("prefect")
def test_the_night_writes_the_feed(household: Household) -> None:
    ended = nightly(on=date(2026, 6, 1), return_state=True)
    assert ended.type.value == "COMPLETED"
    publication = household.house.publisher.current()
    assert publication is not None
    assert (household.home / "feed" / f"{publication.name}.jsonl").read_text("utf-8").count("\n") == len(
        household.query("select 1 from station")
    )


def test_what_is_too_wide_for_the_terminal_is_told_a_column_a_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "say", Console(width=80))
    wide = call("query", "from station limit 2").stdout.splitlines()
    ids = [line.split() for line in wide if line.startswith("station_id")]
    assert len(ids) == 2
    assert all(re.fullmatch(r"yz3402-[0-9a-f]{10}", station) for _, station in ids), "an id in pieces can be neither copied nor searched"
    assert any(
        line.split() == ["batch", "county", "n"] for line in call("query", "select batch, county, 1 as n from station").stdout.splitlines()
    )


def test_a_reader_that_has_seen_enough_is_no_fault_of_ours(published: Household) -> None:
    env = {**os.environ, "YIZHAN_HOME": str(published.home), "YIZHAN_ENV_FILE": str(published.settings.env_file)}
    words = [
        sys.executable,
        "-c",
        "from flows.command import main; main()",
        "query",
        "--json",
        "select repeat('甲', 1000) from range(100000)",
    ]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as asked:
        assert asked.stdout
        assert asked.stdout.read(10)
        asked.stdout.close()
        assert asked.stderr
        assert asked.stderr.read() == b""
    assert asked.returncode == 141


def test_a_question_may_begin_with_a_remark_as_in_the_cookbook(call: Call) -> None:
    ended = call("query", "-- how many\nselect count(*) as stations from station", "--csv")
    assert (ended.returncode, ended.stdout.splitlines()[0].lstrip("\ufeff")) == (0, "stations")
