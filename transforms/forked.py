"""Work beside this process, in a copy of it: what is pure Python holds the interpreter's lock, and a thread would only take turns with it.

A worker is forked, so that it has all that this process knows and nothing has to be sent to it; what it found comes back through shared memory.
Where a process cannot be forked well (anything but Linux), or has one processor (`taskset -c 0`), the work is done here, with the same result.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import pickle
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Final, Generic, NoReturn, TypeVar

T = TypeVar("T")

#: Option of prctl: the signal that a child gets when its parent is gone.
_PARENT_GONE: Final = 1

#: How a child ends that has no room for what it found.
_NO_ROOM: Final = 3

#: Where each buffer begins: as Arrow and numpy like it.
_ALIGNED: Final = 64


def workers() -> int:
    """How many processes may work side by side, this one among them."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


def side_by_side(works: Sequence[Callable[[], T]]) -> list[T]:
    """What each of the works gives, in their order: the first is done here, each other one in a process of its own."""
    with ExitStack() as stack:
        others = [stack.enter_context(Aside(work)) for work in works[1:]]
        return [works[0](), *(other.result() for other in others)]


class Aside(Generic[T]):
    """Work that goes on beside this process while the context is open; left before its result was asked for, it is ended."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._child = 0
        self._file = -1

    def __enter__(self) -> Aside[T]:
        if workers() > 1:
            _give_back()
            parent = os.getpid()
            with suppress(OSError):  # no room for another process: the work is done here
                self._file = os.memfd_create("aside")
                self._child = os.fork()
                if not self._child:
                    _work(self._work, self._file, parent)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            self._ended()
        if self._file >= 0:
            os.close(self._file)

    def result(self) -> T:
        """What the work gave, once it has ended; asked for once. Raises what it raised, and MemoryError where the kernel killed it, for that
        is what it kills for."""
        if not self._child:
            return self._work()
        code = self._ended()
        if code in {-signal.SIGKILL, _NO_ROOM}:
            raise MemoryError
        if code:
            raise RuntimeError(f"a worker ended with {code}")
        is_error, found = _read(self._file)
        if is_error:
            raise found
        return found  # type: ignore[no-any-return]

    def _ended(self) -> int:
        _, status = os.waitpid(self._child, 0)
        self._child = 0
        return os.waitstatus_to_exitcode(status)


def _work(work: Callable[[], Any], file: int, parent: int) -> NoReturn:
    """The child's whole life. It runs nothing of what the parent runs at its end, whatever happens."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_PARENT_GONE, signal.SIGKILL)
        if os.getppid() == parent:
            gc.freeze()  # what was there before is not looked through again: that would copy it, page by page
            _write(file, _told(work))
            os._exit(0)
    except (MemoryError, OSError):
        os._exit(_NO_ROOM)
    finally:
        os._exit(1)


def _told(work: Callable[[], Any]) -> tuple[bool, Any]:
    """Whether it failed, and its result or what it raised."""
    try:
        return False, work()
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent raises it
        error.add_note("".join(traceback.format_exception(error)))  # a traceback itself is not sent
        return True, error


def _write(file: int, told: tuple[bool, Any]) -> None:
    """Arrays go beside the pickle and are not copied when it is read."""
    buffers: list[pickle.PickleBuffer] = []
    parts = [memoryview(pickle.dumps(told, protocol=5, buffer_callback=buffers.append)), *(buffer.raw() for buffer in buffers)]
    with open(file, "wb", closefd=False) as out:
        out.write(struct.pack(f"<{len(parts) + 1}Q", len(parts), *map(len, parts)))
        for part in parts:
            out.seek(-out.tell() % _ALIGNED, os.SEEK_CUR)
            out.write(part)


def _read(file: int) -> tuple[bool, Any]:
    whole = memoryview(mmap.mmap(file, 0))  # lives as long as an array that lies in it
    (count,) = struct.unpack_from("<Q", whole)
    parts, at = [], 8 * (count + 1)
    for size in struct.unpack_from(f"<{count}Q", whole, 8):
        at += -at % _ALIGNED
        parts.append(whole[at : at + size])
        at += size
    is_error, found = pickle.loads(parts[0], buffers=parts[1:])  # noqa: S301 - our own child wrote it
    return bool(is_error), found


def _give_back() -> None:
    """Give the kernel what was freed and kept: each of two processes that write there would be given a copy."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    if trim is not None:
        trim(0)
