"""The command line. Exit codes: 0 published, 1 not published (rejected, or the disk is full), 2 wrong use or setting, 3 another writer holds the lock, 70 our own fault."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console

from flows.out_of_memory import is_out_of_memory

if TYPE_CHECKING:  # settings take a tenth of a second to import, and `dedupe` has none
    from flows.settings import Settings


PUBLISHED, UNWRITTEN, WRONG_USE, LOCKED, OUR_FAULT = 0, 1, 2, 3, 70

app = App(
    name="yizhan",
    help="One register of every service station in a city, rebuilt each night from its owners' lists.\n\n"
    "Exit codes: 0 published, 1 not published (rejected, or the disk is full), 2 wrong use or setting, 3 another writer holds the lock, 70 a fault of our own.",
    version=lambda: version("yizhan"),
    version_flags=["--version"],
    default_parameter=Parameter(negative=()),
)
city = App(name="city", help="Cities of your own.")
app.command(city)
model = App(name="model", help="The dedupe model: show, train, compare, accept.")
app.command(model)
decisions = App(name="decisions", help="The journal of decisions: list, verify, restore.")
app.command(decisions)
receipt = App(name="receipt", help="A receipt that an owner filled in.")
app.command(receipt)
accept = App(name="accept", help="Let through what a gate stopped.")
app.command(accept)


def _console(*, stderr: bool) -> Console:
    """A terminal folds by its own width; what is piped is folded by nobody, for a folded id can be neither copied nor searched."""
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, width=None if is_terminal else get_terminal_size((200, 50)).columns)


say, warn = _console(stderr=False), _console(stderr=True)


def _settings() -> Settings:
    """The settings of this process. Raises SettingError."""
    from flows.settings import load_settings

    return load_settings()


@app.command
def nightly(
    *,
    on: date | None = None,
    full: bool = False,
    refetch: bool = False,
    source: list[str] | None = None,
    sample: bool = False,
) -> int:
    """Run one night through Prefect and print its summary.

    Examples: `yizhan nightly`; `yizhan nightly --on 2026-06-01 --full`; `yizhan nightly --source union --refetch`.

    Parameters
    ----------
    on
        business date of the night (default: today in the city's time zone); later nights are rebuilt after it.
    full
        recompute every derived row instead of what changed.
    refetch
        fetch again although this night's retrievals are complete.
    source
        fetch only this source (repeatable); the others keep what they have.
    sample
        start the sample city for the run, and stop it after.
    """
    from flows.run import run_night

    return run_night(_settings(), on=on, full=full, refetch=refetch, only=source or [], sample=sample, say=say)


@app.command
def serve(*, sample: bool = False) -> int:
    """Serve the Prefect UI and the nightly deployment until Ctrl-C. With --sample, the sample city too.

    Examples: `yizhan serve`; `yizhan serve --sample`.
    """
    from flows.house import open_house
    from flows.serve import serve as serve_all
    from flows.settings import prepare_process

    settings = _settings()
    prepare_process(settings)
    serve_all(open_house(settings), sample=sample)
    return PUBLISHED


@app.command
def api(*, host: str = "127.0.0.1", port: int = 4202, url: str | None = None) -> int:
    """Serve the read-only API on the published register alone, for the public, until Ctrl-C. `yizhan serve` has it at /api on its own pages too.

    Examples: `yizhan api`; `yizhan api --port 8080 --url https://data.example.cn/api`.

    Parameters
    ----------
    host
        address to listen on; what stands outside is better reached through a proxy.
    port
        port to listen on.
    url
        address at which readers reach the API, for its links (default: http://HOST:PORT/api).
    """
    from flows.api import serve_api

    return serve_api(_settings(), say, host=host, port=port, url=url)


@app.command
def watch(*, grace: float = 3.0) -> int:
    """Say nothing and exit 0 when last night was run by its time; else exit 1, say which was not, and tell it outside once. For a timer of the OS.

    Examples: `yizhan watch`; `yizhan watch --grace 5`.

    Parameters
    ----------
    grace
        hours after 02:00 city time by which a night must have ended.
    """
    from flows.watch import watch as look_out

    return look_out(_settings(), say, grace=grace)


@app.command
def doctor() -> int:
    """Check this machine, a line each: well, or what is wrong and what to do. Exit code 1 when anything is wrong.

    Example: `yizhan doctor`.
    """
    from flows.doctor import check_machine

    return check_machine(_settings(), say)


@app.command
def status() -> int:
    """Last night, the age of each source, and the open quarantine.

    Example: `yizhan status`.
    """
    from flows.look import show_status

    return show_status(_settings(), say)


@app.command
def sources() -> int:
    """The sources of the city: owner, how it publishes, when, and under which licence.

    Example: `yizhan sources`.
    """
    from flows.look import show_sources

    return show_sources(_settings(), say)


@app.command
def quarantine(*, source: str | None = None, rule: str | None = None) -> int:
    """Rows held back now: where they stood, what is wrong, who must mend it.

    Examples: `yizhan quarantine`; `yizhan quarantine --source union --rule name_absent`.
    """
    from flows.look import show_quarantine

    return show_quarantine(_settings(), say, source=source, rule=rule)


@app.command
def receipts(*, source: str | None = None, on: date | None = None) -> int:
    """Write the receipts of a night again, below var/receipts: for each owner its lines that failed, and a page that sums up.

    Examples: `yizhan receipts`; `yizhan receipts --source union --on 2026-06-01`.

    Parameters
    ----------
    source
        of this source alone (default: of all whose list came).
    on
        the night (default: the latest).
    """
    from flows.receipts import write_again

    return write_again(_settings(), say, source=source, on=on)


@receipt.command(name="apply")
def receipt_apply(file: Path, *, who: str, why: str) -> int:
    """Take the right values out of a receipt that an owner filled in and sent back: all of them or, with every bad line told, none. The night is made again once.

    Example: `yizhan receipt apply union.xlsx --who 李敏 --why 工会交回的回执`.
    """
    from flows.returned import apply_receipt

    return apply_receipt(_settings(), say, file, who=who, why=why)


@app.command
def migrate() -> int:
    """Bring the PostgreSQL of YIZHAN_WAREHOUSE_URL to the tables, views and roles of this version. DuckDB's files are migrated by each night.

    Run it as a member of yizhan_owner, or the first time as one who may create roles.

    Example: `YIZHAN_WAREHOUSE_URL=postgresql://admin@db/yizhan yizhan migrate`.
    """
    from flows.copied import migrate as bring

    return bring(_settings(), say)


@app.command
def copy(source: str, target: str, /) -> int:
    """Copy a whole warehouse, every row of it, and compare both by digest.

    Examples: `yizhan copy var/current/warehouse.duckdb postgresql://loader@db/yizhan`; `yizhan copy postgresql://operator@db/yizhan warehouse.duckdb`.

    Parameters
    ----------
    source
        a warehouse.duckdb, or the address of a PostgreSQL.
    target
        a PostgreSQL, whose rows are replaced; or a file that is not there yet.
    """
    from flows.copied import copy as copy_whole

    return copy_whole(say, source, target)


@app.command
def rollback(*, to: str | None = None) -> int:
    """Return to an earlier publication (default: the one before the current).

    Examples: `yizhan rollback`; `yizhan rollback --to 2026-06-01-1`.
    """
    from flows.look import roll_back

    return roll_back(_settings(), say, to=to)


@app.command
def prune() -> int:
    """Remove payloads, receipts and Prefect's runs older than YIZHAN_KEEP_NIGHTS and publications beyond YIZHAN_KEEP_PUBLICATIONS.

    Example: `yizhan prune`.
    """
    from flows.look import prune_old

    return prune_old(_settings(), say)


@app.command
def erase(
    *, phone: str | None = None, name: str | None = None, source: str | None = None, who: str, why: str, dry_run: bool = False
) -> int:
    """Take a person's phone or name out of everything that is kept: archive, warehouse, decisions, receipts, messages. Rows and counts stay.

    Examples: `yizhan erase --phone 13900001234 --who 李敏 --why 本人申请 --dry-run`; `yizhan erase --name 王芳 --source union --who 李敏 --why 本人申请`.

    Parameters
    ----------
    phone
        a mobile, or a landline with its area code; found however it is written.
    name
        a name in Chinese; found where it stands apart, not within another word.
    source
        in the rows of this source alone.
    who
        who decides it.
    why
        the reason, without the value.
    dry_run
        only tell where the value stands, and how often.
    """
    from flows.erasing import erase as take_out

    return take_out(_settings(), say, phone=phone, name=name, source=source, who=who, why=why, dry_run=dry_run)


@app.command
def backup(*, out: Path) -> int:
    """Write everything that cannot be had again into one file: archive, publications, decisions, receipts, accepted models. Nights may run meanwhile.

    Examples: `yizhan backup --out /backup`; `yizhan backup --out /backup/before-upgrade.tar`.

    Parameters
    ----------
    out
        a folder that is there, or the name of a file that is not.
    """
    from flows.backup import back_up

    return back_up(_settings(), say, out)


@app.command
def restore(file: Path, /, *, replace: bool = False) -> int:
    """Put a backup in place, after every file of it was compared with its digest. No decision is lost; what was erased since stays erased.

    Examples: `YIZHAN_HOME=/srv/yizhan yizhan restore /backup/yizhan-3402-20260601T030000.tar`; `yizhan restore last.tar --replace`.

    Parameters
    ----------
    file
        a file that `yizhan backup` wrote.
    replace
        in the place of what the home holds.
    """
    from flows.restore import restore as put_back

    return put_back(_settings(), say, file, replace=replace)


@app.command
def rehearse(
    *,
    nights: int | None = None,
    model: Path | None = None,
    out: Path = Path("rehearsal"),
    decisions: Literal["then", "now"] = "then",
    fail_on_change: bool = False,
) -> int:
    """Run the last nights again with the rules of the working tree, beside what was published. Nothing published is touched, nothing is fetched.

    Examples: `yizhan rehearse --nights 14`; `yizhan rehearse --nights 7 --model var/models/new.json --out found --fail-on-change`.

    Parameters
    ----------
    nights
        how many of the last nights (default: 14, or all where there are fewer).
    model
        a dedupe model other than the one in force.
    out
        folder for rehearsal.html and rehearsal.md.
    decisions
        those that each night was made with (then), or all that stand now.
    fail_on_change
        exit code 1 when anything differs.
    """
    from flows.loading import loaded

    def load() -> Callable[[], int]:
        from flows.rehearsal import Asked
        from flows.rehearse_command import run_rehearsal
        from transforms.standardise.words import lines, names

        for name in names():
            lines(name)
        asked = Asked(nights, model, decisions)
        return lambda: run_rehearsal(_settings(), asked, out, fail_on_change=fail_on_change, say=say, warn=warn)

    return loaded(load)()


@app.command
def dedupe(
    *files: Path,
    out: Path,
    truth: Path | None = None,
    one_to_one: bool = False,
    city: str | None = None,
    datum: str | None = None,
    model: Path | None = None,
    distinct: list[str] | None = None,
    columns: str = "",
) -> int:
    """Find which rows of any lists are one station. Needs neither a warehouse nor Prefect.

    Examples: `yizhan dedupe union.csv banks.xlsx --out found`; `yizhan dedupe a.csv b.csv --out found --one-to-one --datum gcj02 --truth truth.csv`.

    Parameters
    ----------
    files
        CSV (UTF-8 or GB18030), Excel or Parquet; columns are recognised by their headers, in Chinese or English.
    out
        folder for clusters.csv, pairs.parquet, review.csv and report.html.
    truth
        CSV of listing_id,station or left_id,right_id: prints precision, recall and F1.
    one_to_one
        two clean lists: each row has at most one partner, in the other list.
    city
        the city of rows that name none.
    datum
        datum of positions that name none: wgs84 (default), gcj02, bd09 or cgcs2000.
    model
        a model file; without it the weights are learnt from the lists themselves.
    distinct
        a list (source) of which each row is a station of its own (repeatable): no two of its rows are joined.
    columns
        field=header,...: name=title,address=addr; an empty header leaves a field out.
    """
    from flows.dedupe_command import run_dedupe
    from flows.dedupe_memory import keep_memory

    keep_memory()
    return run_dedupe(
        files,
        out,
        columns=columns,
        truth=truth,
        one_to_one=one_to_one,
        city=city,
        datum=datum,
        model=model,
        distinct=distinct or (),
        say=say,
        warn=warn,
    )


# the register taken away


@app.command
def export(
    *,
    out: Path,
    format: list[Literal["csv", "xlsx", "parquet", "geoparquet", "geojson"]],
    table: str = "station",
    as_of: date | None = None,
    where: str | None = None,
    public: bool = False,
    datum: Literal["wgs84", "gcj02"] = "wgs84",
) -> int:
    """Write the stations, or another table of the analysts, as files that others open, with a datapackage.json that says what they are.

    Examples: `yizhan export --format csv --out taken`; `yizhan export --format xlsx --format geojson --where "county = '镜湖区'" --public --out taken`.

    Parameters
    ----------
    out
        folder for the files; an earlier export in it is replaced.
    format
        csv, xlsx, parquet, geoparquet or geojson (repeatable).
    table
        a table or mart that analysts may read (default: station).
    as_of
        the stations as they stood on this day (default: as they stand).
    where
        a condition on the columns, in SQL.
    public
        only what the public may see.
    datum
        of the positions: wgs84, or gcj02 for maps of China.
    """
    from desk.export_register import Wish
    from flows.take_away import export_register

    wish = Wish(table, as_of, where, is_public=public, is_gcj02=datum == "gcj02")
    return export_register(_settings(), say, wish, forms=list(format), out=out)


@app.command
def query(
    sql: Annotated[str, Parameter(allow_leading_hyphen=True)],
    *,
    csv: bool = False,
    json: bool = False,
    operator: bool = False,
    rows: int = 200,
) -> int:
    """Ask the register one question in SQL, which can only read, and print the answer as a table, or whole as CSV or JSON.

    Examples: `yizhan query "select county, count(*) from station group by 1"`; `yizhan query "from mart_freshness_by_source" --csv > ages.csv`.

    Parameters
    ----------
    sql
        one statement: SELECT, FROM, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN.
    csv
        all rows as CSV.
    json
        all rows as JSON.
    operator
        ask the operators' file, which has what is held back, decisions and contacts.
    rows
        rows of the table that are shown.
    """
    from flows.run import RefusedError
    from flows.take_away import ask_register

    if csv and json:
        raise RefusedError("--csv 和 --json 只能给一个")
    return ask_register(_settings(), say, sql, form="csv" if csv else "json" if json else None, operator=operator, rows=rows)


@app.command
def changes(*, since: date, until: date | None = None, format: Literal["csv", "json"] = "csv", out: Path | None = None) -> int:
    """Each change of a station after a night: opened, closed, merged and where to, each field old and new, with night and cause. For other systems.

    Examples: `yizhan changes --since 2026-06-01`; `yizhan changes --since 2026-06-01 --until 2026-06-30 --format json --out june.json`.

    Parameters
    ----------
    since
        the last night that the reader knows; what changed after it is told.
    until
        the last night that is told (default: the latest).
    format
        csv or json.
    out
        a file (default: the terminal).
    """
    from flows.take_away import show_changes

    return show_changes(_settings(), say, since=since, until=until, form=format, out=out)


@app.command
def feed(*, after: str | None = None) -> int:
    """Print the feed of changes (JSON lines) behind a cursor, for a system that keeps a copy of the register. The same lines lie in var/feed.

    Examples: `yizhan feed`; `yizhan feed --after 3fa9c01b-2604`.

    Parameters
    ----------
    after
        cursor of the last line that was read (default: from the beginning).
    """
    from flows.feeding import show_feed

    return show_feed(_settings(), say, after=after)


@city.command
def new(folder: Path) -> int:
    """Make a city's folder that runs, to start from.

    Example: `yizhan city new cities/hefei && YIZHAN_CITY=cities/hefei YIZHAN_HOME=var-hefei yizhan nightly`.
    """
    from flows.look import make_city

    return make_city(folder, say)


# what people say, and what decided


@app.command
def judge(*words: str, who: str | None = None, why: str | None = None, closed: bool = False) -> int:
    """Say whether two listings are one station, or hand in a file of verdicts (left_id, right_id, verdict, why, who).

    Examples: `yizhan judge union:12 bank_icbc:0355 same --who 李敏 --why 去看过`; `yizhan judge verdicts.csv`.

    Parameters
    ----------
    words
        two listing ids and same, not or unsure; or the path of a CSV file, of which all verdicts are taken or none.
    who
        who says so; stands in where a file's cell is empty.
    why
        the reason; likewise.
    closed
        also take verdicts on listings that are closed.
    """
    from flows.judge import judge as take

    return take(_settings(), say, words, who=who, why=why, closed=closed)


@app.command
def undo(decision_id: str, *, who: str, why: str) -> int:
    """Take a decision back; undo the undo to have it again.

    Example: `yizhan undo 2026-06-03-7 --who 李敏 --why 判错了`.
    """
    from flows.judge import undo as take_back

    return take_back(_settings(), say, decision_id, who=who, why=why)


@app.command
def review(*, limit: int = 20) -> int:
    """Doubtful pairs that wait for an answer, those first whose answer would settle most.

    Example: `yizhan review --limit 50`.
    """
    from flows.explain import show_review

    return show_review(_settings(), say, limit=limit)


@app.command
def explain(left_id: str, right_id: str) -> int:
    """Why two listings are, or are not, one station: a line a piece of evidence, and what decided.

    Example: `yizhan explain union:12 bank_icbc:0355`.
    """
    from flows.explain import show_pair

    return show_pair(_settings(), say, left_id, right_id)


@app.command
def station(station_id: str) -> int:
    """A station: its listings, the values chosen and why, its history and events, and what it nearly merged with.

    Example: `yizhan station yz3402-0032cf0e51`.
    """
    from flows.explain import show_station

    return show_station(_settings(), say, station_id)


@model.command(name="show")
def model_show() -> int:
    """The dedupe model in force: fingerprint, thresholds with their reasons, strongest weights, what it was trained on.

    Example: `yizhan model show`.
    """
    from flows.models import show_model

    return show_model(_settings(), say)


@model.command(name="train")
def model_train() -> int:
    """Train a model on the register's listings and people's verdicts; it is written below var/models and not put in force.

    Example: `yizhan model train`.
    """
    from flows.models import train_model

    return train_model(_settings(), say)


@model.command(name="compare")
def model_compare(file: Path) -> int:
    """What another model would change in the register: stations merged, split, kept, with examples.

    Example: `yizhan model compare var/models/new.json`.
    """
    from flows.models import compare_model

    return compare_model(_settings(), say, file)


@model.command(name="accept")
def model_accept(file: Path, *, who: str, why: str) -> int:
    """Put a model in force from the next night on; a decision, which `yizhan undo` takes back.

    Example: `yizhan model accept var/models/new.json --who 李敏 --why 比过，少并错`.
    """
    from flows.models import accept_model

    return accept_model(_settings(), say, file, who=who, why=why)


@decisions.command(name="list")
def decisions_list(*, limit: int = 50) -> int:
    """What people decided, the newest first.

    Example: `yizhan decisions list --limit 20`.
    """
    from flows.decisions import show_decisions

    return show_decisions(_settings(), say, limit=limit)


@decisions.command(name="verify")
def decisions_verify() -> int:
    """Whether the journal is whole: every line can be read and follows on from the one before.

    Example: `yizhan decisions verify`.
    """
    from flows.decisions import verify_decisions

    return verify_decisions(_settings(), say)


@decisions.command(name="restore")
def decisions_restore(backup: Path) -> int:
    """Put a backup of the journal in its place. Refused when that would lose a decision; what stood there is kept beside it.

    Example: `yizhan decisions restore /backup/decisions.jsonl`.
    """
    from flows.decisions import restore_decisions

    return restore_decisions(_settings(), say, backup)


@accept.command(name="churn")
def accept_churn(night: date, digest: str, *, who: str, why: str) -> int:
    """Let one night's set of changes through that the churn gate stopped; the night's report gives the whole line. Then run the night again.

    Example: `yizhan accept churn 2026-06-02 kdfpmaocbhjl --who 李敏 --why 逐站核对过`.

    Parameters
    ----------
    night
        business date of the night that was stopped.
    digest
        names the set of changes, as the report gives it; another set is stopped again.
    """
    from flows.accept import accept_churn as take

    return take(_settings(), say, night.isoformat(), digest, who=who, why=why)


def main() -> None:
    """Run the command line and exit with its code; an operator's mistake is a sentence, never a traceback."""
    sys.exit(_run(sys.argv[1:]))


def _run(arguments: list[str]) -> int:
    try:
        code = app(arguments, exit_on_error=False, print_error=True)
    except CycloptsError:
        return WRONG_USE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # who read it, as `head` does, has seen enough; what is still held back goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as error:  # noqa: BLE001 - told whole, under an exit code of its own
        return _told(error)
    return code if isinstance(code, int) else PUBLISHED


def _told(error: Exception) -> int:
    """Say what went wrong, and its exit code. The classes are imported only now: a command that needs no Prefect starts without it."""
    if is_out_of_memory(error):  # then nothing more can be imported either
        warn.print("内存不足，已停下：请放宽内存限制，或换一台内存更大的机器；没有写完的文件都不算数", markup=False)
        return WRONG_USE
    from flows.settings import SettingError

    if isinstance(error, SettingError):
        warn.print(str(error), markup=False, soft_wrap=True)
        return WRONG_USE
    from flows.run import LockedError, RefusedError
    from warehouse.disk import DiskFullError

    if isinstance(error, DiskFullError):
        warn.print(str(error), markup=False, soft_wrap=True)
        return UNWRITTEN
    from flows.sample import SampleError
    from flows.server import ServerError

    if isinstance(error, RefusedError | LockedError):
        warn.print(str(error), markup=False, soft_wrap=True)
        return LOCKED if isinstance(error, LockedError) else WRONG_USE
    if isinstance(error, ServerError | SampleError | PermissionError):
        warn.print(f"无法运行：{error}", markup=False)
        return WRONG_USE
    warn.print("程序出错（不是名单或设置的问题），请把下面的内容报给开发者：")
    warn.print("".join(traceback.format_exception(error)), markup=False)
    return OUR_FAULT
