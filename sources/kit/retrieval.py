"""A retrieval as a value: what one fetch of one source on one night came to, and what it left for the next."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Literal, Self, TypeAlias

RetrievalMode: TypeAlias = Literal["snapshot", "delta", "unchanged", "none"]


class Outcome(StrEnum):
    """What a fetch came to. `word` is what an operator reads."""

    OK = "ok"
    UNCHANGED = "unchanged"
    NOT_DUE = "not_due"
    NOT_ASKED = "not_asked"
    EMPTY = "empty"
    PARTIAL = "partial"
    NOT_DECLARED_FORMAT = "not_declared_format"
    OWNER_ERROR = "owner_error"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    THROTTLED = "throttled"
    TOO_SLOW = "too_slow"
    UNREACHABLE = "unreachable"
    NOT_CONFIGURED = "not_configured"
    OUR_FAULT = "our_fault"

    @property
    def word(self) -> str:
        """The Chinese word of the outcome."""
        return _WORDS[self]

    @property
    def is_usable(self) -> bool:
        """Whether the retrieval holds the owner's list: such a one is complete, and is reused by every re-run of its night."""
        return self in (Outcome.OK, Outcome.UNCHANGED)

    @property
    def is_failure(self) -> bool:
        """Whether something has to be mended. A list that is not due tonight, or was not asked for, needs nothing."""
        return not self.is_usable and self not in (Outcome.NOT_DUE, Outcome.NOT_ASKED)


_WORDS: Final = {
    Outcome.OK: "已取到",
    Outcome.UNCHANGED: "没有变化",
    Outcome.NOT_DUE: "今晚不发布",
    Outcome.NOT_ASKED: "本次未取",
    Outcome.EMPTY: "名单为空",
    Outcome.PARTIAL: "名单不完整",
    Outcome.NOT_DECLARED_FORMAT: "格式不符",
    Outcome.OWNER_ERROR: "对方系统出错",
    Outcome.NOT_FOUND: "找不到名单",
    Outcome.REFUSED: "被拒绝",
    Outcome.THROTTLED: "被限流",
    Outcome.TOO_SLOW: "超时",
    Outcome.UNREACHABLE: "连不上",
    Outcome.NOT_CONFIGURED: "未配置",
    Outcome.OUR_FAULT: "程序出错",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One archived payload of a retrieval: `label` is a page's number or a file's name; `bytes` its length."""

    label: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the last *published* good retrieval of a source left: never taken from the archive, so that only publication advances it.

    `night` is the ISO date of that retrieval (None: there was none), from which `due` is judged. `watermark` is the owner's as-of date or
    the latest updated time seen. `parts` are its payloads, which an unchanged list counts again. Empty for a source never published.
    """

    night: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    watermark: str | None = None
    parts: tuple[Part, ...] = ()

    def to_json(self) -> str:
        """The checkpoint as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The checkpoint that `to_json` wrote."""
        return cls(**_with_parts(json.loads(text)))


@dataclass(frozen=True, slots=True)
class Retrieval:
    """One fetch of one source on one night.

    `night`, `started_at` are ISO text (a date; a time in UTC). `mode`: snapshot (the whole list), delta (changes since `since`), unchanged
    (the parts are those of the checkpoint), none (nothing usable; parts, if any, are what came before it failed). `total` is the count of
    rows that the owner states, None when it states none. `tries` is 1 when every request went through at the first go, and one more for
    each that had to be repeated. `bytes` came over the line; `elapsed_ms` is wall time. `message` is one Chinese sentence, empty when ok. `erased`: how often something that was erased on request stood in what came, and was left out.
    """

    source: str
    night: str
    outcome: Outcome
    mode: RetrievalMode = "none"
    parts: tuple[Part, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    watermark: str | None = None
    since: str | None = None
    total: int | None = None
    tries: int = 0
    bytes: int = 0
    elapsed_ms: int = 0
    started_at: str = ""
    message: str = ""
    erased: int = 0

    @property
    def checkpoint(self) -> Checkpoint:
        """What this retrieval leaves for the next, once it is published. Only a usable one (`outcome.is_usable`) may be published so."""
        return Checkpoint(self.night, self.etag, self.last_modified, self.watermark, self.parts)

    def serves(self, checkpoint: Checkpoint) -> bool:
        """Whether a re-run from this checkpoint may reuse it: complete, and, if it holds changes only, with no gap after the checkpoint."""
        if not self.outcome.is_usable:
            return False
        return self.mode != "delta" or (self.since is not None and checkpoint.watermark is not None and self.since <= checkpoint.watermark)

    def to_json(self) -> str:
        """The retrieval as JSON, one field a line: a person looks into the archive too."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The retrieval that `to_json` wrote."""
        fields = _with_parts(json.loads(text))
        return cls(**{**fields, "outcome": Outcome(fields["outcome"])})


def _with_parts(fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "parts": tuple(Part(**part) for part in fields["parts"])}
