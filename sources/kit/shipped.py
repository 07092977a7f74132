"""A list that lies in the city's own folder: for a list that nobody serves, and for a new city's first night."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sources.kit.call import FetchCall, Fetched, FetchError
from sources.kit.retrieval import Outcome


@dataclass(frozen=True, slots=True)
class Shipped:
    """All files of `folder` whose names match `pattern`, in the order of their names. It needs no setting."""

    folder: Path
    pattern: str

    def __call__(self, call: FetchCall) -> Fetched:
        """Fetch. See `sources.kit.call.Fetch`."""
        files = sorted(path for path in self.folder.glob(self.pattern) if path.is_file())
        if not files:
            raise FetchError(Outcome.NOT_FOUND, f"{self.folder} 里没有 {self.pattern}；请放入名单")
        return Fetched(tuple(call.keep(path.read_bytes(), path.name) for path in files))
