"""What reviewers said is brought into the register once they rest: the action 重放 of the latest night, started like any other through Prefect."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Final

import requests

from flows.outlook import latest_night
from flows.reviewing import Reviewing
from flows.run import RefusedError
from flows.started import started

_LOG: Final = logging.getLogger(__name__)

#: Seconds without a verdict after which the night is made again: a reviewer who thinks for less is still at it.
REST_SECONDS: Final = 60

#: Seconds that Prefect may take to answer; while its database is busy it says 503 and is asked again a second later.
_PATIENCE: Final = 10

_ENDED: Final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@dataclass(frozen=True, slots=True)
class Standing:
    """How the register stands to the verdicts. `run`: the Prefect run that brings them in, "" when there is none; `sentence` (Chinese): what there is to say of it."""

    run: str
    is_running: bool
    sentence: str


class Settling:
    """Starts the run, and follows it to its end. One for a server; safe for its threads."""

    def __init__(self, reviewing: Reviewing, api: str, rest: float = REST_SECONDS) -> None:
        self._reviewing, self._api, self._rest = reviewing, api, rest
        self._lock = Lock()
        self._last: tuple[float, str] | None = None  # when the last verdict was given here, and by whom
        self._standing = Standing("", is_running=False, sentence="")

    @property
    def standing(self) -> Standing:
        """How it stands now."""
        return self._standing

    def touched(self, who: str) -> None:
        """A verdict was given, or taken back."""
        self._last = (time.monotonic(), who)

    def start(self, who: str) -> None:
        """Make the night again now. Says so in `standing` when it cannot be started."""
        with self._lock:
            if self._standing.is_running:
                return
            self._last = None
            try:
                night = latest_night(self._reviewing.house())
                count = len(self._reviewing.unpublished())
                run = started(self._api, "replay", {"since": night, "who": who, "why": f"判定页：{count} 条判定"})
            except (requests.RequestException, RefusedError, LookupError) as failed:
                self._last = (time.monotonic(), who)
                self._standing = Standing("", is_running=False, sentence=f"重建没有开始，过一会儿再试：{failed}")
            else:
                self._standing = Standing(run, is_running=True, sentence=f"正在重建 {night}，把 {count} 条判定带进名册")

    def tick(self) -> None:
        """Follow the run; start one when the reviewers rest."""
        if self._standing.is_running:
            self._follow()
        elif self._last and time.monotonic() - self._last[0] >= self._rest:
            self.start(self._last[1])

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Ticks once a second while the block runs."""
        stop = Event()

        def watch() -> None:
            while not stop.wait(1):
                try:
                    self.tick()
                except Exception:  # noqa: BLE001 - a fault of ours is told and does not end the watch: the next verdicts are to be brought in too
                    _LOG.exception("the review's verdicts could not be followed")

        watching = Thread(target=watch, daemon=True)
        watching.start()
        try:
            yield
        finally:
            stop.set()
            watching.join(timeout=_PATIENCE)

    def _follow(self) -> None:
        run = self._standing.run
        try:
            answer = requests.get(f"{self._api}/flow_runs/{run}", timeout=_PATIENCE)
            answer.raise_for_status()
        except requests.RequestException:
            return  # asked again a second later
        state = answer.json()["state"]
        if state and state["type"] in _ENDED:
            told = (
                "判定已进名册"
                if state["name"] == "Completed"
                else f"重建没有完成（{state['name']}）：{state.get('message') or '见这次运行的记录'}"
            )
            self._standing = Standing(run, is_running=False, sentence=told)
