"""A wall deadline: the moment after which a retrieval is over, however its bytes trickle in."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self


class TooSlowError(Exception):
    """The wall deadline has passed."""


class Deadline:
    """`seconds` of wall time from entering the context to the cut.

    Timeouts of libraries bound one wait, not the whole: one byte a second outlasts them all. So every socket opened under a deadline is
    watched, and shut down from another thread when it passes; what was blocked in a read comes back at once.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._start = time.monotonic()
        self._lock = threading.Lock()
        self._watched: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._start = time.monotonic()
        self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._timer.cancel()
        with self._lock:
            for watched in self._watched:
                watched.close()
            self._watched.clear()

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    @property
    def remaining(self) -> float:
        """Seconds left, 0 when none."""
        return max(0.0, self._seconds - self.elapsed)

    def check(self) -> None:
        """Raise TooSlowError when the deadline has passed."""
        if not self.remaining:
            raise TooSlowError

    def sleep(self, seconds: float) -> None:
        """Wait, or raise TooSlowError at once when the deadline would pass meanwhile."""
        if seconds >= self.remaining:
            raise TooSlowError
        time.sleep(seconds)

    def watch(self, descriptor: int) -> None:
        """Shut this socket down when the deadline passes.

        A duplicate is kept, not the socket: wrapping it in TLS empties the original object, and a closed number may be another file's.
        """
        self.check()
        with self._lock:
            self._watched.append(socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM))

    def _cut(self) -> None:
        with self._lock:
            for watched in self._watched:
                with suppress(OSError):  # already closed by the other side
                    watched.shutdown(socket.SHUT_RDWR)
