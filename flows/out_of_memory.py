"""Whether a failure is that memory ran out, whoever says so."""

from __future__ import annotations

from typing import Final

#: What the C library, the loader, numpy, Arrow and DuckDB say; each raises a class of its own.
_SAID: Final = (
    "cannot allocate",
    "failed to map",
    "bad_alloc",
    "start new thread",
    "launch worker thread",
    "out of memory",
    "malloc of size",
    "unable to allocate",
)


def is_out_of_memory(error: BaseException) -> bool:
    """By its class, or by the words of whoever could not have more: a library, or the loader of one."""
    if isinstance(error, MemoryError):
        return True
    return any(words in str(error).casefold() for words in _SAID) or (error.__cause__ is not None and is_out_of_memory(error.__cause__))
