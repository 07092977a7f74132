"""What docs/connecting.md tells to type works: its Python is run where a night was published and an export was taken, its commands by the command line."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import Engine, make_url

from tests.docs.generate import DOCS
from tests.docs.reading import blocks
from tests.night.town import Household, iso, served_town
from tests.yizhan import YIZHAN
from warehouse.postgres import follow, open_postgres, prepare

PAGE = DOCS / "connecting.md"
PYTHON = blocks(PAGE, "python")
HERE = [block for block in PYTHON if "postgresql" not in block]
POSTGRES = [block for block in PYTHON if "postgresql" in block]
COMMANDS = [line for block in blocks(PAGE, "sh") for line in block.splitlines() if line.startswith("yizhan")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with var/ of a published night, and what the page's commands took away."""
    place = tmp_path_factory.mktemp("connecting")
    with served_town(place) as town:
        household = Household(place / "var", town.env)
        household.run(iso(0))
    exports = [each for each in COMMANDS if " export " in each]
    for command in (*exports, "yizhan export --format csv --format geoparquet --out taken"):
        told = run(command, place)
        assert told.returncode == 0, told.stderr
    return place


def run(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    """The command as a shell would run it at `place`."""
    line = command.replace("yizhan", shlex.quote(YIZHAN), 1)
    env = {"PATH": os.defpath, "HOME": str(place), "COLUMNS": "200", "YIZHAN_ENV_FILE": str(place / "var" / "settings.env")}
    return subprocess.run(["sh", "-c", line], cwd=place, env=env, capture_output=True, text=True, check=False)


def test_the_page_has_what_is_run() -> None:
    assert len(HERE) >= 5
    assert len(POSTGRES) >= 1
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("block", HERE)
def test_the_python_of_the_page_gives_rows(place: Path, monkeypatch: pytest.MonkeyPatch, block: str) -> None:
    monkeypatch.chdir(place)
    names: dict[str, Any] = {}
    try:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page
        found = list(names.values())[-1]
        assert len(found) > 0
    finally:
        for value in names.values():
            if isinstance(value, duckdb.DuckDBPyConnection):
                value.close()
            if isinstance(value, Engine):
                value.dispose()


def test_the_csv_reads_back_by_the_line_of_the_page(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    names: dict[str, Any] = {}
    exec(compile(next(block for block in HERE if "read_csv" in block), str(PAGE), "exec"), names)  # noqa: S102 - our own page
    with closing(duckdb.connect(str((place / "var" / "current" / "analyst.duckdb").resolve()), read_only=True)) as register:
        told = register.execute(
            "select coalesce(county_code, ''), coalesce(name, ''), coalesce(hours, '') from station order by station_id"
        ).fetchall()
    assert list(names["stations"][["county_code", "name", "hours"]].itertuples(index=False, name=None)) == told


@pytest.mark.parametrize("command", [each for each in COMMANDS if " query " in each])
def test_the_questions_of_the_page_are_answered(place: Path, command: str) -> None:
    told = run(command, place)
    assert told.returncode == 0, told.stderr


@pytest.mark.parametrize("block", POSTGRES)
def test_the_python_for_postgresql_gives_rows(place: Path, postgres_url: str, block: str) -> None:
    engine = open_postgres(postgres_url)
    with engine.begin() as connection:
        prepare(connection)
    follow(engine, "2026-06-01-1", place / "var" / "current" / "warehouse.duckdb")
    engine.dispose()
    address = make_url(postgres_url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    put, count = re.subn(r'create_engine\("postgresql[^"]*"', f"create_engine({address!r}", block)
    assert count == 1
    names: dict[str, Any] = {}
    exec(put, names)  # noqa: S102 - the page is ours
    assert names["by_batch"]["stations"].sum() > 50
    names["engine"].dispose()
