"""The archive: every payload as it came, under its SHA-256, and one record a night and source. Any night can be replayed from it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from sources.kit.retrieval import Part, Retrieval

#: Payloads hold names and phones of persons: nobody but the night's user reads them.
_FOLDER_MODE: Final = 0o700

_CHUNK: Final = 1024 * 1024

_BLOBS: Final = "blobs"
_RECORDS: Final = "retrievals"


class ArchiveDamagedError(RuntimeError):
    """A payload is not in the archive, or no longer has the content that its name states. The message is Chinese."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What `Archive.prune` removed."""

    records: int
    payloads: int
    bytes: int


class Archive:
    """Content-addressed payloads and retrieval records below `root`, which is made with mode 0700 if it is not there.

    blobs/ab/abcd… are payloads, retrievals/<night>/<source>.json records; arriving/ holds what is being written. A payload is written
    there, forced to disk and renamed, so that under blobs/ there are only whole ones, whenever the machine stops.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._blobs = root / _BLOBS
        self._records = root / _RECORDS
        self._arriving = root / "arriving"
        for folder in (root, self._blobs, self._records, self._arriving):
            _folder(folder)

    def put(self, content: bytes | BinaryIO, label: str) -> Part:
        """Keep a payload, unread. Equal content is kept once. Raises OSError when the disk refuses: a fault of ours, not the owner's."""
        digest, length = hashlib.sha256(), 0
        descriptor, name = tempfile.mkstemp(dir=self._arriving)
        arriving = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for chunk in _chunks(content):
                    digest.update(chunk)
                    length += len(chunk)
                    file.write(chunk)
                _force(file)
            self._settle(arriving, self._path(digest.hexdigest()))
        finally:
            arriving.unlink(missing_ok=True)
        return Part(label, digest.hexdigest(), length)

    def holds(self, sha256: str) -> bool:
        """Whether the payload is kept."""
        return self._kept_at(sha256).is_file()

    def open(self, sha256: str) -> BinaryIO:
        """The payload as a file to read. Raises ArchiveDamagedError when it is not kept."""
        try:
            return self._kept_at(sha256).open("rb")
        except FileNotFoundError as missing:
            raise ArchiveDamagedError(f"归档中缺少 {sha256[:12]}…；请从备份恢复归档目录，或用 --refetch 重取") from missing

    def read(self, sha256: str) -> bytes:
        """The payload's bytes, checked against their name. Raises ArchiveDamagedError when it is not kept, or was altered."""
        with self.open(sha256) as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ArchiveDamagedError(f"归档中的 {sha256[:12]}… 已损坏；请从备份恢复归档目录，或用 --refetch 重取")
        return content

    def record(self, retrieval: Retrieval) -> None:
        """Keep the night's record of a source. A fetch that failed does not replace one of the same night that is complete."""
        path = self._record_path(retrieval.night, retrieval.source)
        known = self.recall(retrieval.night, retrieval.source)
        if known and known.outcome.is_usable and not retrieval.outcome.is_usable:
            return
        _folder(path.parent)
        descriptor, name = tempfile.mkstemp(dir=self._arriving)
        with os.fdopen(descriptor, "wb") as file:
            file.write(retrieval.to_json().encode())
            _force(file)
        Path(name).replace(path)
        _force_folder(path.parent)

    def recall(self, night: str, source: str) -> Retrieval | None:
        """The record of the night and source, None when there is none."""
        return recorded(self.root, night, source)

    def records(self) -> Iterator[Retrieval]:
        """Every record, night by night."""
        for path in sorted(self._records.glob("*/*.json")):
            yield Retrieval.from_json(path.read_text("utf-8"))

    def payloads(self) -> list[str]:
        """The digests of every payload that is kept."""
        return sorted(path.name for path in self._blobs.glob("*/*"))

    def correct(self, retrieval: Retrieval) -> None:
        """Put the record in the place of that of its night and source, whatever that was."""
        self._record_path(retrieval.night, retrieval.source).unlink(missing_ok=True)
        self.record(retrieval)

    def discard(self, payloads: Collection[str]) -> None:
        """Remove these payloads, and what a killed fetch left half-written. Call it under the writer's lock."""
        for sha256 in payloads:
            self._path(sha256).unlink(missing_ok=True)
        for path in self._arriving.iterdir():
            path.unlink()

    def prune(self, before: str, keep: Collection[str] = ()) -> Pruned:
        """Remove records of nights before the ISO date, and payloads that no remaining record refers to; `keep` are digests to keep too.

        Call it under the writer's lock: a payload that has arrived but whose record has not would be taken for an orphan.
        """
        old = [path for path in self._records.glob("*/*.json") if path.parent.name < before]
        for path in old:
            path.unlink()
        for folder in {path.parent for path in old}:
            folder.rmdir()
        wanted = set(keep)
        for path in self._records.glob("*/*.json"):
            wanted |= {part.sha256 for part in Retrieval.from_json(path.read_text("utf-8")).parts}
        orphans = [path for path in self._blobs.glob("*/*") if path.name not in wanted]
        freed = sum(path.stat().st_size for path in orphans)
        for path in (*orphans, *self._arriving.iterdir()):
            path.unlink()
        return Pruned(len(old), len(orphans), freed)

    def _settle(self, arriving: Path, path: Path) -> None:
        if path.is_file():
            return
        _folder(path.parent)
        arriving.replace(path)
        _force_folder(path.parent)

    def _kept_at(self, sha256: str) -> Path:
        """Where the payload is read."""
        return self._path(sha256)

    def _path(self, sha256: str) -> Path:
        return _blob(self._blobs, sha256)

    def _record_path(self, night: str, source: str) -> Path:
        return _record(self.root, night, source)


class ArchiveLayer(Archive):
    """An archive laid over the one at `below`, which is read and never written: what is put or recorded here stays below `root`.

    Of records it knows its own and, in place of those of the archive below, `records`: (night, source) → retrieval.
    """

    def __init__(self, root: Path, below: Path, records: Mapping[tuple[str, str], Retrieval]) -> None:
        super().__init__(root)
        self._below = below / _BLOBS
        self._known = records

    def recall(self, night: str, source: str) -> Retrieval | None:
        """The record of the night and source, None when there is none."""
        return super().recall(night, source) or self._known.get((night, source))

    def _kept_at(self, sha256: str) -> Path:
        own = super()._kept_at(sha256)
        return own if own.is_file() else _blob(self._below, sha256)


def recorded(root: Path, night: str, source: str) -> Retrieval | None:
    """What the archive at `root` recorded of the night and source, None when nothing; nothing is made there."""
    try:
        return Retrieval.from_json(_record(root, night, source).read_text("utf-8"))
    except FileNotFoundError:
        return None


def _record(root: Path, night: str, source: str) -> Path:
    return root / _RECORDS / night / f"{source}.json"


def _blob(blobs: Path, sha256: str) -> Path:
    return blobs / sha256[:2] / sha256


def _chunks(content: bytes | BinaryIO) -> Iterator[bytes]:
    if isinstance(content, bytes):
        return iter((content,))
    return iter(lambda: content.read(_CHUNK), b"")


def _folder(path: Path) -> None:
    path.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    path.chmod(_FOLDER_MODE)  # mkdir's mode is subject to the process's umask, and leaves a folder that exists as it is


def _force(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _force_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
