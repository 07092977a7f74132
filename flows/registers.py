"""Publications opened for the API: that in force, at once when another is put in force, and those whose pages somebody still turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from importlib.metadata import version
from threading import Event, RLock, Thread
from time import monotonic
from typing import Final

import duckdb
import numpy as np

from desk.api.refusal import ApiRefusal
from desk.api.register import Register
from warehouse.engine import open_for_reading
from warehouse.publish import Publication, Publisher

#: Seconds for which a publication that is no longer in force stays open after a page of it was read.
PATIENCE: Final = 60

#: Seconds between looks for a new publication by the watch: so that seldom a reader waits for the opening.
_LOOK: Final = 1


@dataclass
class _Open:
    """An open publication, who reads it now, and when it was read last (monotonic seconds)."""

    register: Register
    readers: int = 0
    read_at: float = field(default_factory=monotonic)


class Registers:
    """The registers of a publisher's publications. Safe for threads; `close` lets every file go."""

    def __init__(self, publisher: Publisher, *, patience: float = PATIENCE) -> None:
        self._publisher, self._patience = publisher, patience
        self._lock = RLock()
        self._open: dict[str, _Open] = {}
        self._elsewhere: tuple[tuple[str, ...], dict[str, str]] = ((), {})

    def ready(self) -> Register | None:
        """The register in force when it is open already; does not block."""
        held = self._open.get(self._publisher.in_force or "")
        return held.register if held else None

    @contextmanager
    def reading(self, publication: str | None = None) -> Iterator[Register]:
        """The register in force, or that of another publication that is kept, open for the block. Raises ApiRefusal (503, 410)."""
        held = self._begin(publication)
        try:
            yield held.register
        finally:
            with self._lock:
                held.readers -= 1
                held.read_at = monotonic()

    def withdrawn(self, register: Register, station_id: str) -> str | None:
        """Which other publication knew an id that `register` does not: the register went back behind it."""
        with self._lock:
            there = (register.name, *(each.name for each in self._publisher.publications()))
            if self._elsewhere[0] != there:
                self._elsewhere = (there, self._known_elsewhere(register))
            return self._elsewhere[1].get(station_id)

    def let_go(self) -> None:
        """Close what is not in force and was not read for a while."""
        with self._lock:
            for name in [each for each, held in self._open.items() if self._is_over(each, held)]:
                self._open.pop(name).register.close()

    def close(self) -> None:
        """Close everything."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].register.close()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """While the block runs, a new publication is opened and an old one let go without anybody asking; then everything is closed."""
        is_over = Event()
        watch = Thread(target=self._watch, args=(is_over,), daemon=True)
        watch.start()
        try:
            yield
        finally:
            is_over.set()
            watch.join(timeout=10)
            self.close()

    def _watch(self, is_over: Event) -> None:
        while not is_over.wait(_LOOK):
            if self._publisher.in_force and self.ready() is None:
                self._look()
            self.let_go()

    def _look(self) -> None:
        try:
            with self.reading():
                return
        except ApiRefusal:
            return  # whoever asks is told

    def _begin(self, name: str | None) -> _Open:
        with self._lock:
            in_force = self._publisher.in_force
            wanted = name or in_force
            if wanted is None:
                raise ApiRefusal(503, "nothing-published", "还没有发布过；请稍后再来", headers={"Retry-After": "60"})
            held = self._open.get(wanted)
            if held is None or wanted != in_force:  # one that was pruned is gone, be its file open still
                kept = next((each for each in self._publisher.publications() if each.name == wanted), None)
                if kept is None:
                    raise ApiRefusal(410, "publication-gone", f"这一页所在的发布 {wanted} 已经清理：请从第一页重新取", publication=wanted)
                held = held or self._opened(kept)
            held.readers += 1
            self.let_go()
            return held

    def _opened(self, publication: Publication) -> _Open:
        with ExitStack() as undone:
            try:
                connection = undone.enter_context(closing(open_for_reading(publication.analyst)))
                # many questions at a time, each small: threads of one question would wait for those of another
                connection.execute("set threads = 1")
                modified = int(publication.analyst.stat().st_mtime)
                tag = f'W/"{publication.name}-{modified:x}-{version("yizhan")}"'
                register = Register(publication.name, tag, formatdate(modified, usegmt=True), connection)
            except (OSError, duckdb.Error) as wrong:
                sentence = f"发布 {publication.name} 的文件打不开，请告诉维护者"
                raise ApiRefusal(503, "unreadable", sentence, headers={"Retry-After": "60"}) from wrong
            undone.pop_all()
        self._open[publication.name] = _Open(register)
        return self._open[publication.name]

    def _is_over(self, name: str, held: _Open) -> bool:
        return name != self._publisher.in_force and not held.readers and monotonic() - held.read_at >= self._patience

    def _known_elsewhere(self, register: Register) -> dict[str, str]:
        """Id → the latest publication that knows it, of the ids that `register` does not know."""
        mine = register.ids()
        found: dict[str, str] = {}
        for each in self._publisher.publications():
            if each.name != register.name:
                with suppress(ApiRefusal), self.reading(each.name) as other:  # pruned just now, or damaged: it knows nothing
                    found |= dict.fromkeys(map(str, np.setdiff1d(other.ids(), mine)), each.name)
        return found
