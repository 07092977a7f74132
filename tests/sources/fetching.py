"""A night of one source, for the tests of fetching: everything around a fetch, with secrets that must never be told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sources.kit.archive import Archive
from sources.kit.call import Fetch
from sources.kit.named import Named
from sources.kit.network import Network
from sources.kit.raw import Payload
from sources.kit.retrieval import Checkpoint, Outcome, Retrieval
from sources.kit.retrieve import retrieve
from sources.kit.source import Due

NIGHT = "2026-06-01"

#: Long enough to be looked for, odd enough to be found nowhere else; one needs quoting in an address.
SECRETS = {"KEY": "s3cr3t-key-9f27", "PASSWORD": "pa/ss wörd%41", "CLIENT_SECRET": "cl13nt-secret-77aa"}

#: Impatient: two tries and no waits.
NETWORK = Network(connect_seconds=5, read_seconds=5, tries=2, backoff_seconds=0)


def clock() -> datetime:
    """Two in the morning of the night, city time."""
    return datetime(2026, 5, 31, 18, tzinfo=UTC)


@dataclass
class Listed:
    """A source as far as fetching goes."""

    fetch: Fetch
    key: str = "halls"
    title: str = "网点清单"
    wall_seconds: float = 20.0
    due: Due = field(default_factory=Due.daily)
    reader: Callable[[Sequence[Payload]], object] = list


@dataclass
class Nightly:
    """An installation: an archive below a folder, settings, a network."""

    root: Path
    values: dict[str, str] = field(default_factory=dict)
    network: Network = NETWORK

    @property
    def archive(self) -> Archive:
        return Archive(self.root / "archive")

    def run(
        self, fetch: Fetch, checkpoint: Checkpoint | None = None, night: str = NIGHT, *, refetch: bool = False, **listed: Any
    ) -> Retrieval:
        """Retrieve, and hold the result to what is true of every retrieval."""
        named = Named({**SECRETS, **self.values})
        source = Listed(fetch, **listed)
        found = retrieve(source, night, checkpoint or Checkpoint(), self.archive, named, clock, self.network, refetch=refetch)
        _told_well(found)
        return found

    def after(self, found: Retrieval, **changed: Any) -> Checkpoint:
        """The checkpoint once `found` is published."""
        return replace(found.checkpoint, **changed)

    def contents(self, found: Retrieval) -> list[bytes]:
        """The payloads of a retrieval."""
        return [self.archive.read(part.sha256) for part in found.parts]


def _told_well(found: Retrieval) -> None:
    """A failure is one Chinese sentence that names the source and says what to do; no secret is told; the record reads back as it was."""
    record = found.to_json()
    assert not [name for name, secret in SECRETS.items() if secret in record]
    assert Retrieval.from_json(record) == found
    if found.outcome.is_failure:
        assert found.message.startswith("网点清单：")
        assert "请" in found.message
        assert "\n" not in found.message
        assert found.mode == "none"
    elif found.outcome is not Outcome.NOT_DUE:
        assert not found.message
