"""`export`, `query` and `changes`: the register taken away in files, asked in SQL, and its changes for other systems."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import IO, Final

import duckdb
import pyarrow as pa  # type: ignore[import-untyped]
from rich.console import Console

from desk.answer import answer_csv, answer_json, answer_rows
from desk.asking import QuestionError, asked, opened
from desk.changed import changes
from desk.export_files import write_export
from desk.export_register import Wish, take
from flows.house import House, open_house
from flows.run import RefusedError
from flows.settings import Settings, tonight
from warehouse.disk import DiskFullError, fsync, room
from warehouse.publish import Publication

#: What an answer or the changes may be written as.
WRITERS: Final[dict[str, Callable[[pa.Table, IO[str]], None]]] = {"csv": answer_csv, "json": answer_json}


def export_register(settings: Settings, say: Console, wish: Wish, *, forms: list[str], out: Path) -> int:
    """Write stations, or another table, as files of these formats with their package; and say what was taken."""
    with _asking(settings) as (house, publication, connection):
        today = tonight(house.city.timezone)
        if wish.as_of is not None and wish.as_of > today:
            raise RefusedError(f"{wish.as_of} 还没有到，不知道那一天的名册；--as-of 请给今天（{today}）或以前的日期")
        with _writing(out):
            taken = take(connection, publication, wish)
            paths = write_export(taken, forms, out)
    for path in paths:
        say.print(str(path), markup=False, soft_wrap=True)
    of = f"{taken.night} 这一夜"
    if wish.as_of is not None and wish.as_of != taken.night:
        of = f"{wish.as_of} 当天没有发布，取的是它之前最近的 {of}"
    say.print(f"{len(taken.rows):,} 行，{of}（{publication.name}）", markup=False, soft_wrap=True)
    return 0


def ask_register(settings: Settings, say: Console, sql: str, *, form: str | None, operator: bool, rows: int) -> int:
    """Print the answer to one statement: as a table of at most `rows` rows, or all of it as CSV or JSON."""
    if rows < 1:
        raise RefusedError(f"--rows {rows}：应不小于 1")
    with _asking(settings, operator=operator) as (_, _, connection):
        answer = asked(connection, sql)
        if form:
            _print_whole(answer.to_arrow_table(), form)
            return 0
        names = [column[0] for column in answer.description or ()]
        shown = answer.fetchmany(rows + 1)
    say.print(answer_rows(names, shown[:rows], say.width))
    if len(shown) > rows:
        say.print(f"只显示前 {rows} 行，后面还有；要更多用 --rows，要全部用 --csv 或 --json", markup=False, soft_wrap=True)
    return 0


def show_changes(settings: Settings, say: Console, *, since: date, until: date | None, form: str, out: Path | None) -> int:
    """Print each change on the nights after `since`, or write them to the file `out`."""
    with _asking(settings) as (house, _, connection):
        today = tonight(house.city.timezone)
        if since > today:
            raise RefusedError(f"{since} 还没有到；--since 请给今天（{today}）或以前的日期")
        found = changes(connection, since, until)
    if out is None:
        _print_whole(found, form)
        return 0
    draft = out.with_name(f".{out.name}.next")
    with _writing(out):
        try:
            with draft.open("w", encoding="utf-8", newline="") as file:
                WRITERS[form](found, file)
            fsync(draft)
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)
    say.print(f"{out}：{len(found):,} 处变化", markup=False, soft_wrap=True)
    return 0


@contextmanager
def _asking(settings: Settings, *, operator: bool = False) -> Iterator[tuple[House, Publication, duckdb.DuckDBPyConnection]]:
    """The publication in force opened for reading alone: the analysts' file, or the operators'. Raises RefusedError before the first, and for a wrong question."""
    house = open_house(settings, with_model=False)
    publication = house.publisher.current()
    if publication is None:
        raise RefusedError("还没有发布过；请先运行 make nightly 或 yizhan nightly")
    try:
        with opened(publication.warehouse if operator else publication.analyst) as connection:
            yield house, publication, connection
    except QuestionError as wrong:
        raise RefusedError(str(wrong)) from wrong
    except duckdb.Error as wrong:  # while the answer was being fetched
        raise RefusedError(f"这条 SQL 答不出来：{' '.join(str(wrong).split())}") from wrong


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Within the block, tell in a sentence why nothing could be written to `out`."""
    try:
        with room(f"磁盘空间不足，没有写成 {out}；原来在那里的文件没有动过。请清理磁盘，或换一个地方再试"):
            yield
    except DiskFullError:
        raise
    except OSError as wrong:
        raise RefusedError(f"写不进 {out}：{wrong.strerror or wrong}；请换一个地方，或先改正权限") from wrong


def _print_whole(rows: pa.Table, form: str) -> None:
    """To standard output as it is: no folding, and line ends as the format has them."""
    with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as file:
        WRITERS[form](rows, file)
