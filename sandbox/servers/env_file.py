"""The file in which a reader finds the city's addresses and keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class EnvFile:
    """NAME="value" a line, for its owner's eyes only. Only what we wrote last is ever replaced anew or removed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = b""

    def write(self, values: Mapping[str, str]) -> None:
        """Write the file, whole or not at all."""
        content = "".join(f'{name}="{value}"\n' for name, value in values.items()).encode()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        arriving = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        with os.fdopen(os.open(arriving, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
        arriving.replace(self._path)
        self._written = content

    def rewrite(self, values: Mapping[str, str]) -> None:
        """Write other values, unless the file has meanwhile gone or become another city's."""
        if self._is_ours():
            self.write(values)

    def remove(self) -> None:
        """Remove the file, unless it has meanwhile become another city's."""
        if self._is_ours():
            self._path.unlink(missing_ok=True)

    def _is_ours(self) -> bool:
        with suppress(OSError):
            return bool(self._written) and self._path.read_bytes() == self._written
        return False
