"""Lists as files: a folder here, the same folder by SFTP, and what may be wrong with either."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from sources.kit import files
from sources.kit.files import Files
from sources.kit.retrieval import Outcome
from tests.sources.fetching import NETWORK, SECRETS, Nightly
from tests.sources.owner_server import closed_port, saying, speaking
from tests.sources.sftp_server import Outbox, sftp_over

BOOKS = Files("RURAL_PATH", "*.xlsx", password="PASSWORD", key_file="RURAL_KEY_FILE")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two workbooks, and what else lies about in a shared folder."""
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    (outbox / "b 网点清单.xlsx").write_bytes(b"second" * 100_000)
    (outbox / "a.xlsx").write_bytes(b"first")
    for other in ("~$a.xlsx", ".hidden.xlsx", "readme.txt"):
        (outbox / other).write_bytes(b"other")
    (outbox / "old.xlsx").mkdir()
    os.utime(outbox / "a.xlsx", (1_780_000_000, 1_780_000_000))
    os.utime(outbox / "b 网点清单.xlsx", (1_770_000_000, 1_770_000_000))
    return outbox


@pytest.fixture
def nightly(tmp_path: Path) -> Nightly:
    return Nightly(tmp_path)


@pytest.fixture
def outbox(folder: Path, tmp_path: Path) -> Iterator[Outbox]:
    keys = tmp_path / "keys"
    keys.mkdir()
    with sftp_over(folder, SECRETS["PASSWORD"], keys) as server:
        yield server


def _remote(nightly: Nightly, outbox: Outbox, known_host: str | None = None, path: str = "/", **values: str) -> Nightly:
    network = replace(NETWORK, sftp_known_hosts=known_host or outbox.known_host)
    return replace(nightly, values={"RURAL_PATH": outbox.address(path), **values}, network=network)


def _local(nightly: Nightly, folder: object) -> Nightly:
    return replace(nightly, values={"RURAL_PATH": str(folder)})


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_folder_on_this_machine(nightly: Nightly, folder: Path, prefix: str) -> None:
    found = _local(nightly, f"{prefix}{folder}").run(BOOKS)
    assert (found.outcome, found.mode) == (Outcome.OK, "snapshot")
    assert [part.label for part in found.parts] == ["a.xlsx", "b 网点清单.xlsx"]
    assert nightly.contents(found) == [b"first", b"second" * 100_000]
    assert found.last_modified == "2026-05-28T20:26:40+00:00"


def test_the_same_by_sftp(nightly: Nightly, folder: Path, outbox: Outbox) -> None:
    here = _local(nightly, folder).run(BOOKS)
    there = _remote(nightly, outbox).run(BOOKS, here.checkpoint, "2026-06-02")
    assert (there.outcome, there.message) == (Outcome.UNCHANGED, "")
    assert (there.parts, there.last_modified) == (here.parts, here.last_modified)


def test_a_private_key(nightly: Nightly, outbox: Outbox) -> None:
    there = _remote(nightly, outbox, RURAL_KEY_FILE=str(outbox.user_key), PASSWORD="")
    assert there.run(BOOKS).outcome is Outcome.OK


def test_known_hosts_by_the_path_of_a_file(nightly: Nightly, outbox: Outbox, tmp_path: Path) -> None:
    known = tmp_path / "known_hosts"
    known.write_text(f"# ours\n\n{outbox.known_host}\nother.example ssh-rsa {outbox.known_host.split()[-1]}\n")
    assert _remote(nightly, outbox, str(known)).run(BOOKS).outcome is Outcome.OK


def test_an_unknown_host_is_refused_before_the_password_is_sent(nightly: Nightly, outbox: Outbox) -> None:
    stranger = replace(_remote(nightly, outbox), network=NETWORK).run(BOOKS)
    assert stranger.outcome is Outcome.REFUSED
    assert "没有登记" in stranger.message
    assert "YIZHAN_SFTP_HOST_KEY" in stranger.message


def test_a_changed_host_key_is_refused(nightly: Nightly, outbox: Outbox) -> None:
    key = paramiko.RSAKey.generate(2048)
    found = _remote(nightly, outbox, f"[127.0.0.1]:{outbox.port} {key.get_name()} {key.get_base64()}").run(BOOKS)
    assert found.outcome is Outcome.REFUSED
    assert "与登记的不同" in found.message


@pytest.mark.parametrize("known", ["/nowhere/known_hosts", "[127.0.0.1]:22 ssh-rsa AAAA-not-base64"], ids=["no file", "no key"])
def test_known_hosts_that_cannot_be_read(nightly: Nightly, outbox: Outbox, known: str) -> None:
    found = _remote(nightly, outbox, known).run(BOOKS)
    assert found.outcome is Outcome.NOT_CONFIGURED
    assert "YIZHAN_SFTP_HOST_KEY" in found.message


def test_a_wrong_password(nightly: Nightly, outbox: Outbox) -> None:
    found = _remote(nightly, outbox, PASSWORD="wrong-pass-word").run(BOOKS)
    assert found.outcome is Outcome.REFUSED
    assert "wrong-pass-word" not in found.message


def test_no_password(nightly: Nightly, outbox: Outbox) -> None:
    found = _remote(nightly, outbox, PASSWORD="").run(BOOKS)
    assert found.outcome is Outcome.NOT_CONFIGURED
    assert "YIZHAN_PASSWORD" in found.message


def test_a_key_file_that_is_none(nightly: Nightly, outbox: Outbox, tmp_path: Path) -> None:
    wrong = tmp_path / "id"
    wrong.write_text("nothing")
    assert _remote(nightly, outbox, RURAL_KEY_FILE=str(wrong)).run(BOOKS).outcome.is_failure


def test_nobody_listens(nightly: Nightly) -> None:
    found = _local(nightly, f"sftp://rural@127.0.0.1:{closed_port()}/").run(BOOKS)
    assert found.outcome is Outcome.UNREACHABLE
    assert "拒绝连接" in found.message


def test_an_sftp_host_that_does_not_exist(nightly: Nightly) -> None:
    found = _local(nightly, "sftp://rural@owner.invalid/").run(BOOKS)
    assert found.outcome is Outcome.UNREACHABLE
    assert "找不到主机 owner.invalid" in found.message


def test_something_else_listens(nightly: Nightly) -> None:
    with speaking(saying(b"")) as owner:
        found = _local(nightly, owner.url.replace("http://", "sftp://rural@")).run(BOOKS, wall_seconds=1)
    assert found.outcome in (Outcome.UNREACHABLE, Outcome.TOO_SLOW)


def test_a_server_that_says_nothing_ends_at_the_deadline(nightly: Nightly, folder: Path, tmp_path: Path) -> None:
    with sftp_over(folder, "", tmp_path, silent=True) as outbox:
        found = _remote(nightly, outbox).run(BOOKS, wall_seconds=0.3)
    assert found.outcome is Outcome.TOO_SLOW


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("/nowhere/at/all", Outcome.NOT_FOUND),
        ("{folder}/a.xlsx/deeper", Outcome.NOT_FOUND),
        ("{folder}/old.xlsx", Outcome.NOT_FOUND),
        ("ftp://host/folder", Outcome.NOT_CONFIGURED),
        ("sftp://rural@127.0.0.1:many/", Outcome.NOT_CONFIGURED),
    ],
    ids=["no folder", "below a file", "nothing that matches", "another protocol", "no port"],
)
def test_an_address_without_a_list(nightly: Nightly, folder: Path, address: str, outcome: Outcome) -> None:
    assert _local(nightly, address.format(folder=folder)).run(BOOKS).outcome is outcome


def test_no_folder_by_sftp(nightly: Nightly, outbox: Outbox) -> None:
    assert _remote(nightly, outbox, path="/nowhere").run(BOOKS).outcome is Outcome.NOT_FOUND


def test_an_empty_file(nightly: Nightly, folder: Path) -> None:
    (folder / "a.xlsx").write_bytes(b"")
    found = _local(nightly, folder).run(BOOKS)
    assert found.outcome is Outcome.EMPTY
    assert "a.xlsx 是空文件" in found.message


def test_a_file_that_is_still_being_written(nightly: Nightly, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The owner appends between our look at the folder and the end of our reading."""
    read_one = files._read_one

    def while_it_grows(*arguments: object) -> files._Found:
        with (folder / "a.xlsx").open("ab") as growing:
            growing.write(b"more")
        return read_one(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "_read_one", while_it_grows)
    found = _local(nightly, folder).run(BOOKS)
    assert found.outcome is Outcome.PARTIAL
    assert "正在上传" in found.message


def test_a_file_beyond_reason(nightly: Nightly, folder: Path) -> None:
    small = replace(_local(nightly, folder), network=replace(NETWORK, max_bytes=1000))
    assert small.run(BOOKS).outcome is Outcome.NOT_DECLARED_FORMAT


def test_a_full_disk_is_not_the_owners_fault(nightly: Nightly, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        _local(nightly, folder).run(BOOKS)
