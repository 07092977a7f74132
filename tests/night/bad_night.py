"""Nights on which some owners misbehave: one published night before, and the next one with stand-ins in place of owners."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from flows.house import House
from flows.night import Order, conclude, receive_all, run_nights
from flows.register import Verdict
from flows.settings import now
from sources.kit.network import Network
from tests.night.bad_owners import StandIn
from tests.night.town import Household, Town, iso

#: Night 7 is a Monday as night 0 is: every source is due on it.
BEFORE, NIGHT = 0, 7


@dataclass(frozen=True)
class Bad:
    """One owner's misbehaviour. `wall_seconds` shortens the source's deadline."""

    id: str
    source: str
    owner: StandIn
    wall_seconds: float | None = None


class Impatient(House):
    """A house that tries twice and does not wait in between."""

    @cached_property
    def network(self) -> Network:
        """How sources are reached."""
        return replace(super().network, tries=2, backoff_seconds=0.0)


@dataclass(frozen=True)
class Ended:
    """A night with its bad owners: what it came to, and everything that was told of it."""

    household: Household
    bad: Mapping[str, Bad]
    verdict: Verdict
    report: str
    log: str
    before: pd.DataFrame
    secrets: Mapping[str, str] = field(repr=False)

    @cached_property
    def sources(self) -> pd.DataFrame:
        """A row a source: its figures and its retrieval of this night."""
        return self.household.query(
            f"select * from source_night join retrieval using (night, source) where night = '{iso(NIGHT)}'"
        ).set_index("source")

    def source(self, key: str) -> dict[str, Any]:
        """One source's row."""
        return {str(name): value for name, value in self.sources.loc[key].items()}

    @cached_property
    def issues(self) -> pd.DataFrame:
        """The night's issues."""
        return self.household.query(f"select * from issue where night = '{iso(NIGHT)}'")

    def issue(self, source: str, rule: str) -> pd.DataFrame:
        """Issues of one source under one rule."""
        return self.issues[(self.issues["source"] == source) & (self.issues["rule"] == rule)]

    def told(self) -> Iterator[tuple[str, str]]:
        """Every place where something was told or kept: what it is called, and its text."""
        yield "report", self.report
        yield "log", self.log
        for name, table in self.household.tables().items():
            yield name, table.to_csv()
        for name in ("run", "retrieval"):
            yield name, self.household.query(f"select * from {name}").to_csv()
        for path in self.household.home.rglob("*"):
            yield "file names", str(path.relative_to(self.household.home))
            if path.is_file() and path != self.household.settings.env_file:
                yield str(path), path.read_bytes().decode("utf-8", "replace")


def published(home: Path, town: Town) -> Household:
    """A household that has published night 0 of the town."""
    household = Household(home, town.env)
    household.run(iso(BEFORE))
    return household


def bad_night(root: Path, town: Town, known: Household, owners: Sequence[Bad]) -> Ended:
    """The night after `known`, with these owners; the town must be at that night."""
    bad = {each.source: each for each in owners}
    assert len(bad) == len(owners)
    shutil.copytree(known.home, root / "var", symlinks=True)
    with ExitStack() as misbehaving:
        changed: dict[str, str] = {}
        for each in owners:
            folder = root / each.source
            folder.mkdir()
            changed |= misbehaving.enter_context(each.owner(town.env, folder))
        household = Household(root / "var", {**town.env, **changed})
        with _listening() as noted:
            verdict, report = _run(household, bad)
    return Ended(
        household,
        bad,
        verdict,
        report,
        log="\n".join(noted.lines),
        before=known.query(f"select * from source_night where night = '{iso(BEFORE)}'").set_index("source"),
        secrets=secrets({**town.env, **changed}),
    )


def _run(household: Household, bad: Mapping[str, Bad]) -> tuple[Verdict, str]:
    house = household.house
    sources = {
        key: replace(source, wall_seconds=bad[key].wall_seconds or source.wall_seconds) if key in bad else source
        for key, source in house.sources.items()
    }
    house = Impatient(house.settings, house.city, sources)
    night = iso(NIGHT)
    with house.publisher.begin(night, "测试") as draft:
        ended = run_nights(house, Order(night, "bad night", now()), draft, receive_all, conclude)
        draft.publish()
    return ended


class _Noted(logging.Handler):
    """Keeps every line that anybody logs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """As logging.Handler, with the traceback if there is one."""
        self.lines.append(self.format(record))


@contextmanager
def _listening() -> Iterator[_Noted]:
    root, noted = logging.getLogger(), _Noted()
    level = root.level
    root.addHandler(noted)
    root.setLevel(logging.DEBUG)
    try:
        yield noted
    finally:
        root.removeHandler(noted)
        root.setLevel(level)


def secrets(settings: Mapping[str, str]) -> dict[str, str]:
    """The secrets among the settings, by the setting's name."""
    named = {name: value for name, value in settings.items() if name.endswith(("_KEY", "_SECRET", "_PASSWORD")) and "HOST" not in name}
    credentials = {name: urlsplit(value).password for name, value in settings.items() if name.endswith("_URL")}
    return {name: value for name, value in {**named, **credentials}.items() if value}
