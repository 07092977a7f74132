"""Memory of `yizhan dedupe`: what one step gives up serves the next."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]

#: Options of mallopt (malloc.h of glibc): from how many free bytes at its end the heap shrinks, how many blocks are asked of the kernel one by one, and
#: how many heaps there are for threads.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8

#: The greatest that it takes: never.
_NEVER: Final = 2**31 - 1


def keep_memory() -> None:
    """Keep what this process frees, for numpy and Arrow alike, instead of giving it back to the kernel, which clears each page before it gives it
    out again: of a million rows that was a sixth of all processor time (8 of 48 s; the peak grew by 8 %). For a process that does one thing and ends.
    """
    if sys.platform != "linux" or not hasattr(libc := ctypes.CDLL(None), "mallopt"):  # musl has none
        return
    for option, value in ((_TRIM_THRESHOLD, _NEVER), (_MMAP_MAX, 0), (_ARENA_MAX, 1)):
        libc.mallopt(option, value)
    pa.set_memory_pool(pa.system_memory_pool())
