"""The archive: whole payloads or none, kept once, seen by nobody else, pruned without losing what is still referred to."""

from __future__ import annotations

import io
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from sources.kit.archive import Archive, ArchiveDamagedError, ArchiveLayer, recorded
from sources.kit.retrieval import Outcome, Retrieval

RECORD = Retrieval("halls", "2026-06-01", Outcome.OK, mode="snapshot")


def _files(archive: Archive, folder: str) -> list[Path]:
    return [path for path in (archive.root / folder).rglob("*") if path.is_file()]


def test_a_payload_comes_back_as_it_was(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    part = archive.put(b"\xff\x00 not text", "page-0001.json")
    assert (part.label, part.bytes) == ("page-0001.json", 11)
    assert archive.read(part.sha256) == archive.open(part.sha256).read() == b"\xff\x00 not text"


def test_a_stream_is_kept_like_bytes(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    content = bytes(range(256)) * 10_000
    assert archive.put(io.BytesIO(content), "a") == archive.put(content, "a")


def test_equal_payloads_are_kept_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, second = archive.put(b"same", "monday"), archive.put(b"same", "tuesday")
    assert first.sha256 == second.sha256
    assert len(_files(archive, "blobs")) == 1
    assert not _files(archive, "arriving")


@pytest.mark.parametrize("umask", [0o000, 0o077], ids=oct)
def test_nobody_else_may_look_inside(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        archive = Archive(tmp_path / "archive")
        archive.put(b"phones", "page")
        archive.record(RECORD)
    finally:
        os.umask(before)
    folders = [path for path in (archive.root, *archive.root.rglob("*")) if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    files = [path for path in archive.root.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Archive(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


class _Killed(BaseException):
    """Stands for kill -9: nothing after it runs but what the machine itself leaves."""


@pytest.mark.parametrize("blow", ["pathlib.Path.replace", "os.fsync"], ids=["before the rename", "before it is on disk"])
def test_a_kill_leaves_no_half_payload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blow: str) -> None:
    archive = Archive(tmp_path)

    def killed(*_: object) -> None:
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_, **__: None)  # the dead clean nothing up
        patch.setattr(blow, killed)
        with pytest.raises(_Killed):
            archive.put(b"x" * 100_000, "page")
    assert not _files(archive, "blobs")
    assert len(_files(archive, "arriving")) == 1
    assert archive.read(archive.put(b"x" * 100_000, "page").sha256) == b"x" * 100_000
    archive.prune("2026-01-01")
    assert not _files(archive, "arriving")


def test_a_kill_leaves_the_record_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = Archive(tmp_path)
    archive.record(RECORD)

    def killed(*_: object) -> None:
        raise _Killed

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(_Killed):
            archive.record(replace(RECORD, total=7))
    assert archive.recall("2026-06-01", "halls") == RECORD


def test_an_altered_payload_is_not_given_out(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    part = archive.put(b"original", "page")
    (path,) = _files(archive, "blobs")
    path.write_bytes(b"altered!")
    with pytest.raises(ArchiveDamagedError, match="已损坏"):
        archive.read(part.sha256)
    path.unlink()
    with pytest.raises(ArchiveDamagedError, match="缺少"):
        archive.read(part.sha256)


def test_a_later_record_replaces_but_a_failure_does_not_replace_a_complete_one(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    assert archive.recall("2026-06-01", "halls") is None
    failed = replace(RECORD, outcome=Outcome.UNREACHABLE, mode="none", message="网点清单：连不上")
    archive.record(failed)
    assert archive.recall("2026-06-01", "halls") == failed
    archive.record(RECORD)
    archive.record(failed)
    assert archive.recall("2026-06-01", "halls") == RECORD
    assert archive.recall("2026-06-02", "halls") is None


def test_prune_keeps_what_is_still_referred_to(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    old, shared, published, new = (archive.put(name, "page") for name in (b"old", b"shared", b"published", b"new"))
    archive.record(replace(RECORD, night="2026-06-01", parts=(old, shared, published)))
    archive.record(replace(RECORD, night="2026-06-02", parts=(shared, new), outcome=Outcome.UNCHANGED))
    pruned = archive.prune("2026-06-02", keep={published.sha256})
    assert (pruned.records, pruned.payloads, pruned.bytes) == (1, 1, 3)
    assert [archive.holds(part.sha256) for part in (old, shared, published, new)] == [False, True, True, True]
    assert archive.recall("2026-06-01", "halls") is None
    assert archive.recall("2026-06-02", "halls") is not None
    assert not (tmp_path / "retrievals" / "2026-06-01").exists()


def test_a_layer_reads_the_archive_below_and_never_writes_it(tmp_path: Path) -> None:
    below = Archive(tmp_path / "below")
    part = below.put(b"theirs", "a")
    below.record(RECORD)
    before = {path: path.stat().st_mtime_ns for path in below.root.rglob("*")}
    layer = ArchiveLayer(tmp_path / "layer", below.root, {("2026-06-02", "halls"): replace(RECORD, night="2026-06-02")})
    assert layer.read(part.sha256) == b"theirs"
    own = layer.put(b"ours", "b")
    assert layer.read(own.sha256) == b"ours"
    assert not below.holds(own.sha256)
    assert layer.recall("2026-06-01", "halls") is None, "what is known of the nights is what was given"
    assert layer.recall("2026-06-02", "halls") == replace(RECORD, night="2026-06-02")
    layer.record(replace(RECORD, night="2026-06-02", etag="ours"))
    assert layer.recall("2026-06-02", "halls") == replace(RECORD, night="2026-06-02", etag="ours")
    assert recorded(below.root, "2026-06-01", "halls") == RECORD
    assert recorded(below.root, "2026-06-02", "halls") is None
    assert {path: path.stat().st_mtime_ns for path in below.root.rglob("*")} == before
