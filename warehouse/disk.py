"""What a disk does to a publication: making files last, and telling that there was no room."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import duckdb
from sqlalchemy.exc import DBAPIError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_TOLD: Final = tuple(os.strerror(number) for number in sorted(_FULL))


class DiskFullError(OSError):
    """There was no room for what was to be written; the message (Chinese) says so. What was there before stays as it was."""


def room_on_disk(night: str) -> AbstractContextManager[None]:
    """Within the block, tell a full disk (or quota, or limit on a file's size) as DiskFullError, whoever met it."""
    return room(f"磁盘空间不足，{night} 这一夜没有发布；上一次发布的内容仍然有效。请清理磁盘后重新运行这一夜。")


@contextmanager
def room(told: str) -> Iterator[None]:
    """The same for what is not a night: `told` is the sentence (Chinese)."""
    try:
        yield
    except (OSError, DBAPIError, duckdb.Error) as wrong:
        if not _is_full(wrong):
            raise
        raise DiskFullError(told) from wrong


def fsync(path: Path) -> None:
    """Make a file or folder last through a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_full(wrong: OSError | DBAPIError | duckdb.Error) -> bool:
    if isinstance(wrong, OSError):
        return wrong.errno in _FULL
    return any(told in str(wrong) for told in _TOLD)
