"""From the archive to the owner's cells: the parts of a retrieval through its source's reader."""

from __future__ import annotations

from dataclasses import replace

from sources.kit.archive import Archive
from sources.kit.raw import Mode, NotAsDeclaredError, Payload, Raw
from sources.kit.retrieval import Retrieval
from sources.kit.source import Source


def read(source: Source, retrieval: Retrieval, archive: Archive) -> Raw:
    """The cells of a usable `retrieval`. A payload that is not in the declared format comes back as a refusal, with its sentence.

    Raises ArchiveDamaged when the archive no longer holds what the retrieval names: a fault of ours, not the owner's.
    """
    payloads = [Payload(part.label, archive.read(part.sha256)) for part in retrieval.parts]
    try:
        raw = source.reader(payloads)
    except NotAsDeclaredError as sentence:
        return Raw.refused(str(sentence))
    mode: Mode = "delta" if retrieval.mode == "delta" else "snapshot"
    return replace(raw, mode=mode)
