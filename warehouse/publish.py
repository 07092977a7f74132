"""Publishing whole nights: a folder a publication and one link, switched by rename. Readers see the whole night or the whole one before.

`var/published/<night>-<number>/` holds warehouse.duckdb and analyst.duckdb, `var/current` leads to the one in force, `var/staging` to
what is being written. A reader that is attached to an older publication keeps reading it, also after it was pruned.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.pool import QueuePool

from warehouse.analyst import write_analyst
from warehouse.dictionary import install_dictionary
from warehouse.disk import fsync, room_on_disk
from warehouse.engine import open_warehouse
from warehouse.erase import write_anew
from warehouse.lock import Holder, writer, writing
from warehouse.migrate import migrate
from warehouse.views import drop_views, install_views

WAREHOUSE: Final = "warehouse.duckdb"
ANALYST: Final = "analyst.duckdb"

#: Published files are never written again. The warehouse holds personal fields: its group may read it, others may not.
_MODES: Final = {WAREHOUSE: 0o440, ANALYST: 0o444}

_NAME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})-(\d+)")


class NoSuchPublicationError(LookupError):
    """There is no such publication; the message (Chinese) names those that there are."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A published folder. `number` counts publications over all nights, so the greatest is the latest; a number is never used again."""

    night: str
    number: int
    folder: Path

    @property
    def name(self) -> str:
        """<night>-<number>, the folder's name."""
        return self.folder.name

    @property
    def warehouse(self) -> Path:
        """The whole warehouse, for operators."""
        return self.folder / WAREHOUSE

    @property
    def analyst(self) -> Path:
        """What analysts may read."""
        return self.folder / ANALYST


class Draft:
    """A warehouse being written: `engine` on a copy of the current one (or a new one), migrated, with its views; seen by nobody else.

    `name` is the publication that it will be. Close every connection before `publish`; a draft that is not published is thrown away.
    """

    def __init__(self, engine: Engine, name: str, folder: Path, publisher: Publisher) -> None:
        self.engine = engine
        self.name = name
        self._folder = folder
        self._publisher = publisher

    def write_anew(self) -> None:
        """Write the draft's file anew, so that nothing of what was changed or deleted in it is left in its bytes. Close every connection before."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("checkpoint")
        self.engine.dispose()
        path, anew = self._folder / WAREHOUSE, self._folder / f"{WAREHOUSE}.anew"
        write_anew(path, anew)
        anew.replace(path)
        self.engine = open_warehouse(path)

    def publish(self) -> Publication:
        """Write the analysts' file, make both files last, and put them in force. Either all of it happens or nothing is seen of it."""
        pool = self.engine.pool
        if isinstance(pool, QueuePool) and pool.checkedout():
            raise RuntimeError("a connection to the draft is still open: what it has not committed would be lost")
        with self.engine.connect() as connection:
            connection.exec_driver_sql("checkpoint")
        write_analyst(self.engine, self._folder / ANALYST)
        self.engine.dispose()
        return self._publisher.put_in_force(self._folder, self.name)


class Publisher:
    """The publications under `root` (var), of which the last `keep` are kept. `clock` tells when a writer began, for the lock's sentence."""

    def __init__(self, root: Path, *, keep: int = 7, clock: Callable[[], datetime]) -> None:
        self.root = root
        self._keep = keep
        self.clock = clock
        self._published = root / "published"
        self._link = root / "current"
        self._lock = root / "lock"

    @contextmanager
    def begin(self, night: str, who: str, *, wait: bool = False) -> Iterator[Draft]:
        """Hold the writer's lock and write the night (ISO date) in a draft.

        `who` (Chinese) is told to others meanwhile. Raises AnotherWriterError when someone else writes, unless `wait`; DiskFullError when
        there is no room, with the publication before still in force.
        """
        with self.writing(night, who, wait=wait), room_on_disk(night):
            staging = self.root / "staging"
            shutil.rmtree(staging, ignore_errors=True)  # what a killed writer left
            name = f"{night}-{max((each.number for each in self.publications()), default=0) + 1}"
            folder = staging / name
            folder.mkdir(parents=True)
            engine = open_warehouse(folder / WAREHOUSE)
            try:
                if current := self.current():
                    shutil.copyfile(current.warehouse, folder / WAREHOUSE)
                with engine.begin() as connection:
                    drop_views(connection)
                    was_earlier = migrate(connection)
                    install_views(connection)
                    install_dictionary(connection)
                draft = Draft(engine, name, folder, self)
                try:
                    if was_earlier:  # what the tables before took lies empty in the file
                        draft.write_anew()
                    yield draft
                finally:
                    draft.engine.dispose()
            finally:
                engine.dispose()
                shutil.rmtree(staging, ignore_errors=True)

    @property
    def in_force(self) -> str | None:
        """Name of the publication in force; None before the first. One look at the link: cheap enough for every request."""
        try:
            return self._link.readlink().name
        except FileNotFoundError:
            return None

    def current(self) -> Publication | None:
        """The publication in force, by its real path (see `open_warehouse`); None before the first."""
        name = self.in_force
        return next((each for each in self.publications() if each.name == name), None)

    def publications(self) -> tuple[Publication, ...]:
        """All that are there, oldest first."""
        if not self._published.is_dir():
            return ()
        found = ((_NAME.fullmatch(folder.name), folder) for folder in self._published.iterdir())
        known = (Publication(match[1], int(match[2]), folder.resolve()) for match, folder in found if match)
        return tuple(sorted(known, key=lambda each: each.number))

    def writer(self) -> Holder | None:
        """Who writes now."""
        return writer(self._lock)

    def rollback(self, who: str, to: str | None = None, *, wait: bool = False) -> Publication:
        """Put an earlier publication in force again, by name or else the one before the current. Nothing is removed: it can be undone.

        Raises NoSuchPublicationError, and AnotherWriterError as `begin` does.
        """
        current = self.current()
        with self.writing(current.night if current else "—", who, wait=wait):
            current = self.current()
            there = self.publications()
            earlier = (
                [each for each in there if each.name == to] if to else [each for each in there if current and each.number < current.number]
            )
            if not earlier:
                names = "、".join(each.name for each in there) or "（无）"
                raise NoSuchPublicationError(f"没有可以退回的发布{f'“{to}”' if to else ''}；现有：{names}")
            self._switch(earlier[-1].name)
            return earlier[-1]

    def prune(self) -> tuple[str, ...]:
        """Remove all but the last `keep` publications and the one in force; the names removed."""
        current = self.current()
        old = [each for each in self.publications()[: -self._keep] if current is None or each.number != current.number]
        for each in old:
            shutil.rmtree(each.folder)
        return tuple(each.name for each in old)

    def correct(self, publication: Publication, change: Callable[[Connection], None]) -> None:
        """Change what stands in a publication that is kept, and leave nothing of what stood there in its bytes. Its readers keep what they have until they open it
        again. Called by who holds the lock; the files are put in place one after the other, each whole."""
        folder = self.root / "staging" / f"{publication.name}.anew"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        engine = open_warehouse(Path(shutil.copyfile(publication.warehouse, folder / WAREHOUSE)))
        draft = Draft(engine, publication.name, folder, self)
        try:
            with engine.begin() as connection:
                drop_views(connection)
                migrate(connection)
                install_views(connection)
                install_dictionary(connection)
                change(connection)
            draft.write_anew()
            write_analyst(draft.engine, folder / ANALYST)
        finally:
            draft.engine.dispose()
        self._made_last(folder)
        for file in _MODES:
            (folder / file).replace(publication.folder / file)
        fsync(publication.folder)
        shutil.rmtree(folder)

    def put_in_force(self, folder: Path, name: str) -> Publication:
        """Make the written `folder` the publication `name` and lead `current` to it. Called by a draft, which holds the lock."""
        self._made_last(folder)
        self._published.mkdir(exist_ok=True)
        folder.rename(self._published / name)
        fsync(self._published)
        self._switch(name)
        self.prune()
        return next(each for each in self.publications() if each.name == name)

    def _made_last(self, folder: Path) -> None:
        for file, mode in _MODES.items():
            (folder / file).chmod(mode)
            fsync(folder / file)
        fsync(folder)

    def _switch(self, name: str) -> None:
        link = self.root / "current.next"
        link.unlink(missing_ok=True)
        link.symlink_to(Path(self._published.name) / name)
        link.rename(self._link)
        fsync(self.root)

    def writing(self, night: str, who: str, *, wait: bool = False) -> AbstractContextManager[None]:
        """Hold the writer's lock for the block. Raises AnotherWriterError as `begin` does."""
        return writing(self._lock, Holder(who, night, os.getpid(), self.clock().isoformat(timespec="seconds")), wait=wait)
