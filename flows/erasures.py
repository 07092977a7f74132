"""What was erased on request, kept so that nobody can read it and the night can still tell it: keyed hashes, and their key beside them.

A plain hash would give a phone away: eleven digits are tried through in seconds. The key is made once, here, and the file is for the night's user alone.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from transforms.erasure import Kind, Personal, Redact, redacted
from warehouse.disk import fsync


@dataclass(frozen=True, slots=True)
class Erasures:
    """The erasures kept in the file `path` ({key, erased: [[kind, source or empty, sign]]}, mode 0600), which need not be there."""

    path: Path

    def redact(self, source: str | None) -> Redact | None:
        """Takes out of a text whatever was erased everywhere or (`source`) of that source; None when nothing was."""
        kept = self._kept()
        return partial(redacted, is_gone=self.is_gone(source)) if any(not of or of == source for _, of, _ in kept["erased"]) else None

    def is_gone(self, source: str | None) -> Callable[[Kind, str], bool]:
        """Whether a candidate was erased everywhere, or of that source."""
        kept = self._kept()
        signs = {sign for _, of, sign in kept["erased"] if not of or of == source}
        key = bytes.fromhex(kept["key"])
        return lambda kind, form: _sign(key, kind, form) in signs

    @property
    def sources(self) -> frozenset[str]:
        """Sources of which alone something was erased; empty text for what was erased everywhere."""
        return frozenset(of for _, of, _ in self._kept()["erased"])

    def remember(self, values: Collection[Personal], source: str | None) -> None:
        """Keep the values' keyed hashes, once they will outlast a power cut."""
        kept = self._kept()
        key = bytes.fromhex(kept["key"])
        known = [tuple(each) for each in kept["erased"]]
        new = [(value.kind, source or "", _sign(key, value.kind, form)) for value in values for form in value.forms]
        self._write({"key": kept["key"], "erased": list(dict.fromkeys([*known, *new]))})

    def _kept(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.path.read_text("utf-8")))
        except FileNotFoundError:
            return {"key": secrets.token_hex(32), "erased": []}

    def _write(self, kept: dict[str, Any]) -> None:
        draft = self.path.with_name(f".{self.path.name}.next")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(kept), "utf-8")
        fsync(draft)
        draft.replace(self.path)
        fsync(self.path.parent)


def _sign(key: bytes, kind: Kind, form: str) -> str:
    return hmac.new(key, f"{kind}:{form}".encode(), hashlib.sha256).hexdigest()
