"""One source, one night: reuse what is complete, else fetch, and say what it came to. Never raises for an owner's or the network's fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Protocol

from sources.kit.archive import Archive
from sources.kit.call import Clock, Fetch, FetchCall, Fetched, FetchError
from sources.kit.deadline import Deadline, TooSlowError
from sources.kit.named import MissingSettingError, Named
from sources.kit.network import Network
from sources.kit.raw import NotAsDeclaredError, Payload
from sources.kit.retrieval import Checkpoint, Outcome, Retrieval
from transforms.erasure import Redact


class Nights(Protocol):
    """When an owner publishes."""

    def is_due(self, night: str, last_good: str | None) -> bool:
        """Whether to fetch on the night, given the night of the last good retrieval."""
        ...


class Fetchable(Protocol):
    """What of a source a retrieval needs: see `sources.kit.source.Source`."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def fetch(self) -> Fetch: ...
    @property
    def reader(self) -> Callable[[Sequence[Payload]], object]: ...
    @property
    def wall_seconds(self) -> float: ...
    @property
    def due(self) -> Nights: ...


def retrieve(
    source: Fetchable,
    night: str,
    checkpoint: Checkpoint,
    archive: Archive,
    named: Named,
    clock: Clock,
    network: Network,
    *,
    refetch: bool = False,
    redact: Redact | None = None,
) -> Retrieval:
    """The source's list on the night (ISO date), from what the last publication left, with a record in the archive.

    A retrieval of the night that is complete is given back as it is, unless `refetch`. Payloads equal to the checkpoint's are unchanged,
    whatever the owner's server says. Payloads that the source's reader cannot read are not complete: the owner mends them, a re-run fetches
    them. `redact` takes out what was erased on request before anything is kept. Raises OSError when the archive cannot be written: a full disk is no fault of the owner's.
    """
    if not refetch:
        known = archive.recall(night, source.key)
        if known and known.serves(checkpoint):
            return known
        if not source.due.is_due(night, checkpoint.night):
            skipped = Retrieval(
                source.key, night, Outcome.NOT_DUE, started_at=_iso(clock), message=f"{source.title}：今晚不发布，沿用上次的名单"
            )
            archive.record(skipped)
            return skipped
    retrieval = _attempt(source, night, checkpoint, archive, named, clock, network, redact)
    archive.record(retrieval)
    return retrieval


def _attempt(
    source: Fetchable,
    night: str,
    checkpoint: Checkpoint,
    archive: Archive,
    named: Named,
    clock: Clock,
    network: Network,
    redact: Redact | None,
) -> Retrieval:
    started_at = _iso(clock)
    with Deadline(source.wall_seconds) as deadline:
        call = FetchCall(night, checkpoint, archive, named, clock, network, deadline, redact=redact)
        fetched, outcome, sentence = _fetched(source, call)
    return Retrieval(
        source=source.key,
        night=night,
        outcome=outcome,
        mode=fetched.mode,
        parts=fetched.parts,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        watermark=fetched.watermark,
        since=fetched.since,
        total=fetched.total,
        tries=1 + call.repeats,
        bytes=call.received,
        elapsed_ms=int(deadline.elapsed * 1000),
        started_at=started_at,
        erased=call.erased,
        message=call.secrecy.hide(f"{source.title}：{sentence}") if sentence else "",
    )


def _fetched(source: Fetchable, call: FetchCall) -> tuple[Fetched, Outcome, str]:
    try:
        fetched = _compared(source.fetch(call), call.checkpoint)
        if fetched.mode != "unchanged":
            source.reader([Payload(part.label, call.archive.read(part.sha256)) for part in fetched.parts])
    except FetchError as failed:
        return _nothing(call), failed.outcome, failed.sentence
    except NotAsDeclaredError as refusal:
        return _nothing(call), Outcome.NOT_DECLARED_FORMAT, str(refusal)
    except MissingSettingError as missing:
        return _nothing(call), Outcome.NOT_CONFIGURED, str(missing)
    except TooSlowError:
        sentence = f"{source.wall_seconds:g} 秒内没有取完，已停止；请稍后重跑，如反复出现请联系对方或放宽时限"
        return _nothing(call), Outcome.TOO_SLOW, sentence
    return fetched, Outcome.UNCHANGED if fetched.mode == "unchanged" else Outcome.OK, ""


def _nothing(call: FetchCall) -> Fetched:
    return Fetched(tuple(call.kept), mode="none")


def _compared(fetched: Fetched, checkpoint: Checkpoint) -> Fetched:
    """Unchanged when the payloads are those of the checkpoint, byte for byte. Where changes are asked for, the checkpoint may hold changes only."""
    is_same = [part.sha256 for part in fetched.parts] == [part.sha256 for part in checkpoint.parts]
    if fetched.mode != "snapshot" or fetched.watermark is not None or not is_same:
        return fetched
    return Fetched(fetched.parts, "unchanged", fetched.etag, fetched.last_modified, total=fetched.total)


def _iso(clock: Clock) -> str:
    return clock().astimezone(UTC).isoformat(timespec="seconds")
