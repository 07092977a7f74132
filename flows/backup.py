"""`yizhan backup`: everything of a home that cannot be had again, in one tar file that says what is in it.

The publications, payloads and receipts are never written in place, so links to them, made while the writer's lock is held for a moment, are a state that holds
together; the file is written from those afterwards, while nights go on.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO, Final, Self

from rich.console import Console

from flows.house import House, open_house
from flows.run import LockedError, RefusedError
from flows.settings import Settings
from warehouse.disk import fsync
from warehouse.journal import JournalError, verify_journal
from warehouse.lock import AnotherWriterError
from warehouse.migrate import head_revision

#: What is taken along; all else of a home is made again (Prefect's notes, found.bin), or belongs to a moment (lock, staging).
KEPT: Final = (
    "archive/blobs",
    "archive/retrievals",
    "published",
    "receipts",
    "models",
    "outbox",
    "owners",
    "feed",
    "told.json",
    "decisions.jsonl",
    "erased.json",
)

#: Form of the file. A later one is refused by an earlier program.
FORMAT: Final = 1

MANIFEST: Final = "manifest.json"

#: Settings that are written down: none that is a secret, or may hold one.
_SETTINGS: Final = ("city", "port", "desk_port", "notify_on", "keep_nights", "keep_publications", "workers")

_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `files`: path below the home → SHA-256, bytes and mode; `program` and `revision` (of the warehouse's tables) made it; `city` is its division
    code; `current`: name of the publication in force; `made_at`: ISO time; `decisions`: lines of the journal."""

    format: int
    program: str
    revision: str
    city: str
    made_at: str
    current: str
    decisions: int
    settings: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """As it stands in the backup."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Self:
        """The manifest that `to_json` wrote. Raises ValueError, TypeError or KeyError for what is none."""
        told = json.loads(text)
        return cls(**{**told, "files": {name: (str(sha), int(size), int(mode)) for name, (sha, size, mode) in told["files"].items()}})


def back_up(settings: Settings, say: Console, out: Path) -> int:
    """Write the backup to `out`, a file that is not there yet, or a folder in which it gets a name."""
    house, began = open_house(settings, with_model=False), monotonic()
    path = out / f"yizhan-{house.city.code}-{house.moment():%Y%m%dT%H%M%S}.tar" if out.is_dir() else out
    if path.exists():
        raise RefusedError(f"{path} 已经有了：请另起一个名字")
    if not path.parent.is_dir():
        raise RefusedError(f"没有目录 {path.parent}")
    try:
        with _snapshot(house) as (folder, manifest):
            written = _write(folder, manifest, path)
    except AnotherWriterError as held:
        raise LockedError(str(held)) from held
    except JournalError as broken:
        raise RefusedError(str(broken)) from broken
    except OSError as wrong:
        raise RefusedError(f"没有备份成：{wrong.strerror or wrong}；{path} 没有写下") from wrong
    size = path.stat().st_size / 1e6
    say.print(
        f"已备份到 {path}：{len(written.files)} 个文件，{size:.1f} MB，{written.decisions} 条决定，生效的发布 {written.current}，用时 {monotonic() - began:.1f} 秒",
        markup=False,
    )
    say.print("里面有个人信息，只有本用户可读：请放到只有授权的人能进的地方。名单地址与密钥等设置不在里面，请另存", markup=False)
    return 0


@contextmanager
def _snapshot(house: House) -> Iterator[tuple[Path, Manifest]]:
    """A folder of links to everything as it stands at one moment, and what of the manifest is known then."""
    home = house.settings.home
    folder = home / f".backup-{os.getpid()}"
    try:
        with house.publisher.writing("—", "备份（登记文件）", wait=True):
            for left in home.glob(".backup-*"):
                shutil.rmtree(left)  # of one that was killed
            current = house.publisher.current()
            if current is None:
                raise RefusedError("还没有发布过，没有可备份的；请先运行 make nightly 或 yizhan nightly")
            found = verify_journal(house.journal)
            for name in KEPT:
                _linked(home / name, folder / name)
            manifest = Manifest(
                format=FORMAT,
                program=version("yizhan"),
                revision=head_revision()[0] or "",
                city=house.city.code,
                made_at=house.moment().isoformat(timespec="seconds"),
                current=current.name,
                decisions=found.lines,
                settings={name: getattr(house.settings, name) for name in _SETTINGS},
            )
        yield folder, manifest
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _linked(there: Path, here: Path) -> None:
    """A link for each file; the journal alone is written in place (at its end), so it is copied."""
    if there.is_dir():
        shutil.copytree(there, here, copy_function=os.link, symlinks=True)
    elif there.is_file():
        here.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(there, here)


def _write(folder: Path, manifest: Manifest, path: Path) -> Manifest:
    """The tar file, whole under its name or not at all. Digests are taken of what is written."""
    draft = path.with_name(f".{path.name}.part")
    draft.unlink(missing_ok=True)
    try:
        draft.touch(mode=0o600)
        with draft.open("wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
            for each in sorted(each for each in folder.rglob("*") if each.is_file()):
                name = each.relative_to(folder).as_posix()
                manifest.files[name] = _added(tar, each, name)
            content = manifest.to_json()
            entry = tarfile.TarInfo(MANIFEST)
            entry.size, entry.mode = len(content), 0o600
            tar.addfile(entry, io.BytesIO(content))
        fsync(draft)
        draft.replace(path)
        fsync(path.parent)
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _added(tar: tarfile.TarFile, path: Path, name: str) -> tuple[str, int, int]:
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = status.st_size, status.st_mode & 0o777, int(status.st_mtime)
        read = Digesting(file)
        tar.addfile(entry, read)
    return read.sha256, entry.size, entry.mode


class Digesting(io.RawIOBase):
    """A file that is read once, and the SHA-256 (hex) of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """As of any file."""
        content = self._file.read(size if size >= 0 else _CHUNK)
        self._digest.update(content)
        return content

    @property
    def sha256(self) -> str:
        """Of all that was read."""
        return self._digest.hexdigest()
