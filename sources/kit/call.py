"""What a fetch is given and what it answers with. A fetch that fails raises FetchError: one outcome, one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from sources.kit.archive import Archive
from sources.kit.deadline import Deadline
from sources.kit.named import Named
from sources.kit.network import Network
from sources.kit.redact import without
from sources.kit.retrieval import Checkpoint, Outcome, Part, RetrievalMode
from sources.kit.secrecy import Secrecy
from transforms.erasure import Redact

Clock: TypeAlias = Callable[[], datetime]


class FetchError(Exception):
    """A fetch came to nothing usable. `sentence` is Chinese: what happened, and what to do; it does not name the source."""

    def __init__(self, outcome: Outcome, sentence: str) -> None:
        super().__init__(sentence)
        self.outcome = outcome
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch got. `mode` unchanged carries the checkpoint's parts. See Retrieval for the other fields."""

    parts: tuple[Part, ...]
    mode: RetrievalMode = "snapshot"
    etag: str | None = None
    last_modified: str | None = None
    watermark: str | None = None
    since: str | None = None
    total: int | None = None


@dataclass(slots=True)
class FetchCall:
    """One call of a fetch: its surroundings, and a count of what it did. `night` is an ISO date; `clock` gives times with a zone."""

    night: str
    checkpoint: Checkpoint
    archive: Archive
    named: Named
    clock: Clock
    network: Network
    deadline: Deadline
    secrecy: Secrecy = field(default_factory=Secrecy)
    kept: list[Part] = field(default_factory=list)
    repeats: int = 0
    received: int = 0
    redact: Redact | None = None
    erased: int = 0

    def secret(self, name: str) -> str:
        """The secret setting in clear, to be sent; from now on it is blanked out of all that is told."""
        return self.secrecy.keep(self.named.secret(name).get_secret_value())

    def keep(self, content: bytes, label: str) -> Part:
        """Archive a payload, before anything looks inside; what was erased on request does not come back."""
        self.received += len(content)
        if self.redact:
            content = self._cleansed(content, label, self.redact)
        part = self.archive.put(content, label)
        self.kept.append(part)
        return part

    def _cleansed(self, content: bytes, label: str, redact: Redact) -> bytes:
        left, found = without(content, redact)
        if left is None:
            told = f"{label}里有已按要求删去的个人信息，这种文件无法改写，没有收下；请对方从名单中删去，或改用 xlsx、CSV"
            raise FetchError(Outcome.NOT_DECLARED_FORMAT, told)
        self.erased += found
        return left

    def unchanged(self) -> Fetched:
        """The owner says that nothing changed: what the checkpoint holds is valid as it stands."""
        held = self.checkpoint
        return Fetched(held.parts, "unchanged", held.etag, held.last_modified, held.watermark)

    def still_holds(self) -> bool:
        """Whether the checkpoint's payloads are all in the archive: only then is "not modified" an answer of use."""
        return bool(self.checkpoint.parts) and all(self.archive.holds(part.sha256) for part in self.checkpoint.parts)


class Fetch(Protocol):
    """A shape of owner: how a list of this kind is got. Raises FetchError, MissingSettingError or TooSlowError, nothing else of the owner's making."""

    def __call__(self, call: FetchCall, /) -> Fetched: ...
