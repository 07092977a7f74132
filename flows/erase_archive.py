"""Erasing from the archive: payloads written anew under new names, and their records with them; what cannot be written anew with certainty is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from flows.house import House
from sources.kit.archive import Archive
from sources.kit.raw import Payload
from sources.kit.redact import reads_the_same, without
from sources.kit.retrieval import Outcome, Part, Retrieval
from transforms.erasure import Redact

#: What the record of a night says whose payload was dropped.
DROPPED = "这一夜的归档原件含已按要求删去的个人信息，无法改写，已删去；重建时沿用上次的名单"


@dataclass(slots=True)
class InArchive:
    """What the archive holds of it. `found`: payload → times; `anew`: payload → what it is to become, None where it is to be dropped;
    `still_sent`: sources whose latest list has it; `dropped`: (night, source) of the records that lose their payload."""

    found: dict[str, int] = field(default_factory=dict)
    anew: dict[str, bytes | None] = field(default_factory=dict)
    still_sent: tuple[str, ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()

    @property
    def times(self) -> int:
        """How often the values stand in the archive."""
        return sum(self.found.values())


def find(house: House, redact: Redact, source: str | None) -> InArchive:
    """Look through every payload, or those of the records of one source. Writes nothing."""
    archive, there = house.archive, InArchive()
    records = [each for each in archive.records() if source is None or each.source == source]
    wanted = archive.payloads() if source is None else sorted({part.sha256 for each in records for part in each.parts})
    for sha256 in wanted:
        if archive.holds(sha256):
            left, times = without(archive.read(sha256), redact)
            if times:
                there.found[sha256], there.anew[sha256] = times, left
    touched = [each for each in records if any(part.sha256 in there.found for part in each.parts)]
    for each in touched:
        if not _is_proven(house, each, there, redact):
            there.anew |= {part.sha256: None for part in each.parts if part.sha256 in there.found}
    latest = {each.source: each for each in records if each.parts}
    there.still_sent = tuple(sorted(each.source for each in touched if latest.get(each.source) is each))
    there.dropped = tuple((each.night, each.source) for each in touched if _is_dropped(each, there))
    return there


def put_anew(archive: Archive, there: InArchive) -> dict[str, Part]:
    """Put the payloads without the values beside the old ones; old digest → the part that takes its place."""
    return {sha256: archive.put(content, "") for sha256, content in there.anew.items() if content is not None}


def correct_records(archive: Archive, there: InArchive, parts: Mapping[str, Part], source: str | None) -> None:
    """Lead the records to the new payloads, and remove the old ones. `parts`: as `put_anew` gave them, in this run or one that was killed."""
    for each in list(archive.records()):
        if source is not None and each.source != source:
            continue
        if _is_dropped(each, there):
            archive.correct(replace(each, outcome=Outcome.NOT_ASKED, mode="none", parts=(), etag=None, last_modified=None, message=DROPPED))
        elif any(part.sha256 in parts for part in each.parts):
            archive.correct(replace(each, parts=tuple(_led(part, parts) for part in each.parts)))
    used = {part.sha256 for each in archive.records() for part in each.parts}
    archive.discard({*there.found, *parts} - used)


def _led(part: Part, parts: Mapping[str, Part]) -> Part:
    new = parts.get(part.sha256)
    return replace(new, label=part.label) if new else part


def _is_dropped(record: Retrieval, there: InArchive) -> bool:
    return any(part.sha256 in there.anew and there.anew[part.sha256] is None for part in record.parts)


def _is_proven(house: House, record: Retrieval, there: InArchive, redact: Redact) -> bool:
    """Whether the source's own reader finds the same rows as before, less the values. A source that the city no longer has is believed where all is text."""
    contents = {part.sha256: there.anew.get(part.sha256, b"") if part.sha256 in there.anew else None for part in record.parts}
    if any(sha256 in there.anew and content is None for sha256, content in contents.items()):
        return False
    source, archive = house.sources.get(record.source), house.archive
    if source is None or not all(archive.holds(part.sha256) for part in record.parts):
        return True
    before = [Payload(part.label, archive.read(part.sha256)) for part in record.parts]
    after = [Payload(part.label, contents[part.sha256] or payload.content) for part, payload in zip(record.parts, before, strict=True)]
    return reads_the_same(source.reader, before, after, redact)
