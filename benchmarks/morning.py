"""What an operator waits for in the morning: `python -m benchmarks.morning [--rounds N] [--nights N] [--bad-rows N]` rewrites its part of RESULTS.md.

The report of the sample night and of one with hundreds of thousands of bad rows; an action, from the click to its start and to the published warehouse and
new report, through the server that operators have; a rehearsal of the last nights.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from re import findall
from statistics import median
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from sqlalchemy import text

from benchmarks.results import machine, rewrite
from desk.facts import night_facts
from desk.links import Links
from desk.redirect import filled_in
from desk.report import night_report
from flows.house import House
from flows.rehearsal import Asked, rehearse
from flows.rules import every_rule
from flows.settings import prepare_process
from flows.started import started
from tests.browser.city import Served, served
from tests.night.town import Household, iso, served_town
from warehouse.engine import open_warehouse

#: A source whose every row is bad in the large report: it stands in the sample city's first report already.
_SPOILT: Final = "union"

#: Rows of `_SPOILT` that meet a critical rule, as a night would have written them.
_BAD_ISSUES: Final = """
insert into issue (night, number, source, row_key, line, rule, field, value, severity, responsibility, message)
select cast(:night as date), 10000000 + i, :source, 'bad-' || i, cast(i as varchar), 'position_far_outside', 'lng', '0, 0', 'critical', 'owner', '坐标“0, 0”在本市边界以外5公里以上；请核对坐标或从名单中删去。'
from range(:rows) bad(i)
"""
_BAD_ROWS: Final = """
insert into quarantine (source, row_key, row_digest, opened_on, line, verbatim, rules)
select :source, 'bad-' || i, 'bad-' || i, cast(:night as date), cast(i as varchar), '{"名称": "某站"}', 'position_far_outside' from range(:rows) bad(i)
"""


def main() -> None:
    """Measure, print, and rewrite the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="releases, each taken back")
    parser.add_argument("--nights", type=int, default=14, help="nights rehearsed")
    parser.add_argument("--bad-rows", type=int, default=356_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lines = [*actions(root, asked.rounds), *nights(root / "town", asked.nights, asked.bad_rows)]
    table = "\n".join(["| | measured | asked |", "|---|--:|--:|", *(f"| {name} | {found} | {wanted} |" for name, found, wanted in lines)])
    print(table)
    rewrite("morning", f"## The morning\n\n{machine()}. `python -m benchmarks.morning`: the sample city.\n\n{table}")


def actions(root: Path, rounds: int) -> list[tuple[str, str, str]]:
    """Clicks on 放行 for the first group of the report, each taken back, as a browser starts them."""
    starts, ends = [], []
    home = root / "served"
    home.mkdir()
    with served(home) as city:
        for _ in range(rounds):
            for action, form_of in (("release", _release_form), ("undo", _undo_form)):
                form, before = {**form_of(city), "who": "李敏", "why": "打电话问过"}, city.newest_report["id"]
                clicked = time.time()
                run = started(f"{city.ui}/api", action, form)
                state = city.ended(run)
                if state["name"] != "Completed" or city.newest_report["id"] == before:
                    raise SystemExit(f"{action}: {state['name']} {state['message']}")
                starts.append(_seconds(city.ask(f"flow_runs/{run}")["start_time"]) - clicked)
                ends.append(_seconds(state["timestamp"]) - clicked)
    return [
        ("click to start of an action", _told(starts), "4 s"),
        ("click to a published warehouse and a new report", _told(ends), "20 s"),
    ]


def _release_form(city: Served) -> dict[str, Any]:
    """The first group of the newest report that can be released, as its link fills the form in."""
    address = findall(r"\[放行[^\]]*\]\(([^)]+)\)", city.report())[0]
    return filled_in("release", dict(parse_qsl(urlsplit(address).query)))


def _undo_form(city: Served) -> dict[str, Any]:
    return {"decision": city.log["decision_id"].iloc[-1]}


def _seconds(told: str) -> float:
    return datetime.fromisoformat(told).timestamp()


def nights(root: Path, count: int, bad_rows: int) -> list[tuple[str, str, str]]:
    """The reports, and the rehearsal, of a city that ran `count` nights."""
    root.mkdir()
    with served_town(root, scale=1.0) as town:
        household = Household(root / "var", town.env)
        prepare_process(household.settings)
        for number in range(count):
            town.move(number)
            household.run(iso(number))
    house = household.house
    small, page = report(house, iso(count - 1), 0)
    large, long_page = report(house, iso(count - 1), bad_rows)
    began = time.perf_counter()
    found = rehearse(household.settings, Asked(nights=count), lambda _: None)
    rehearsed = time.perf_counter() - began
    if not found.is_same:
        raise SystemExit("the rehearsal of unchanged rules differs")
    return [
        ("report of the sample night", f"{small:.2f} s, {len(page.encode()) / 1000:.0f} kB", "1 s, 100 kB"),
        (f"report with {bad_rows:,} bad rows", f"{large:.1f} s, {len(long_page.encode()) / 1000:.0f} kB", "5 s, 100 kB"),
        (f"rehearsal of {count} nights", f"{rehearsed:.0f} s", "140 s"),
    ]


def report(house: House, night: str, bad_rows: int) -> tuple[float, str]:
    """Seconds from the warehouse to the page, and the page (Markdown), with so many bad rows more."""
    publication = house.publisher.current()
    if publication is None:
        raise SystemExit("nothing is published")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        shutil.copyfile(publication.warehouse, path)
        engine = open_warehouse(path)
        with engine.begin() as connection:
            for statement in (_BAD_ISSUES, _BAD_ROWS):
                connection.execute(text(statement), {"night": night, "source": _SPOILT, "rows": bad_rows})
        with engine.connect() as connection:
            began = time.perf_counter()
            links = Links(house.settings.desk_address, night, publication.name)
            page = night_report(night_facts(connection, night), house.titles, every_rule(), links)
            took = time.perf_counter() - began
        engine.dispose()
    return took, page


def _told(seconds: Sequence[float]) -> str:
    return f"median {median(seconds):.1f} s, worst {max(seconds):.1f} s of {len(seconds)}"


if __name__ == "__main__":
    main()
