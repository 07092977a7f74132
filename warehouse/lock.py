"""One writer at a time: an operating-system lock on a file that says who holds it. It goes when its holder does, however that ends."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    """Who writes: in which words (Chinese), for which night, as which process, and since when (ISO time)."""

    who: str
    night: str
    pid: int
    since: str


class AnotherWriterError(RuntimeError):
    """Someone else is writing; the message (Chinese) names the holder, who is also in `holder` where known."""

    def __init__(self, holder: Holder | None) -> None:
        self.holder = holder
        told = f"{holder.who}（{holder.night} 这一夜，进程 {holder.pid}，自 {holder.since} 起）" if holder else "另一个进程"
        super().__init__(f"仓库正由{told}写入；本次没有做任何改动，请等它结束后再试。")


@contextmanager
def writing(path: Path, holder: Holder, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file `path` for the block. With `wait`, wait for whoever holds it, else raise AnotherWriterError at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherWriterError(_named(path)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(asdict(holder), ensure_ascii=False).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def writer(path: Path) -> Holder | None:
    """Who writes by the lock file `path` now, None when nobody does.

    The lock itself is asked only where a name stands in the file, so that asking turns no night away: a name may be one that a killed
    writer left, and its process id may by now be somebody else's.
    """
    holder = _named(path)
    if holder is None:
        return None
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return holder
    finally:
        os.close(descriptor)
    return None


def _named(path: Path) -> Holder | None:
    """Whom the file names; nobody when the holder has not yet written, or is one of another version."""
    try:
        return Holder(**json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
