"""The rural bank's workbook, in its folder and by SFTP."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import paramiko
import pytest

from sandbox.city import Town
from tests.sandbox.conftest import Program, fields

NAME = "网点清单.xlsx"


def _connected(served: Program, *, password: str | None = None, host_key: str | None = None) -> paramiko.SSHClient:
    address = urlsplit(served.env["YIZHAN_RURAL_SFTP"])
    entry = paramiko.hostkeys.HostKeyEntry.from_line(host_key or served.env["YIZHAN_SFTP_HOST_KEY"])
    assert entry is not None
    assert entry.key is not None
    assert entry.hostnames is not None
    client = paramiko.SSHClient()
    client.get_host_keys().add(entry.hostnames[0], entry.key.get_name(), entry.key)
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    client.connect(
        address.hostname or "",
        port=address.port or 0,
        username=address.username,
        password=password or served.env["YIZHAN_RURAL_PASSWORD"],
        allow_agent=False,
        look_for_keys=False,
    )
    return client


@pytest.fixture
def remote(served: Program) -> Iterator[paramiko.SFTPClient]:
    with _connected(served) as client, client.open_sftp() as sftp:
        yield sftp


def _content(served: Program) -> bytes:
    return (Path(served.env["YIZHAN_RURAL_PATH"]) / NAME).read_bytes()


def _sheets(content: bytes) -> dict[str, pd.DataFrame]:
    return pd.read_excel(io.BytesIO(content), sheet_name=None, header=None, dtype=str, engine="calamine")


def test_the_workbook_holds_every_row_under_a_header_of_two(served: Program, town: Town) -> None:
    expected = fields(town.rows("bank_rural", 0))
    headers = [header for header in expected[0] if header != "__sheet__"]
    met = []
    for county, sheet in _sheets(_content(served)).items():
        upper, lower = sheet.iloc[2].ffill(), sheet.iloc[3]
        assert [above if pd.isna(below) else f"{above}/{below}" for above, below in zip(upper, lower, strict=True)] == headers
        assert sheet.iloc[1].to_list()[-1] == "填报日期：2026-06-01"
        met += [{"__sheet__": county} | dict(zip(headers, row, strict=True)) for row in sheet.iloc[4:].to_numpy(object)]
    met = [{header: None if pd.isna(text) else text for header, text in row.items()} for row in met]
    assert met == [{header: text or None for header, text in row.items()} for row in expected]


def test_the_workbook_is_as_wps_writes_it(served: Program) -> None:
    with zipfile.ZipFile(io.BytesIO(_content(served))) as parts:
        sheets = [parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) > 1
    assert {tuple(re.findall(rb'<dimension ref="([^"]*)"', sheet)) for sheet in sheets} == {(b"A1",)}


def test_the_workbook_changes_only_with_its_rows(served: Program, town: Town, later: Callable[[int], None]) -> None:
    contents = {}
    for night in range(8):
        later(night)
        contents[night] = _content(served)
    same = {night: town.rows("bank_rural", night) == town.rows("bank_rural", night - 1) for night in range(1, 8)}
    assert {night: contents[night] == contents[night - 1] for night in range(1, 8)} == same
    assert set(same.values()) == {True, False}


def test_sftp_serves_the_folder_to_who_knows_the_password(served: Program, remote: paramiko.SFTPClient) -> None:
    assert remote.listdir("/") == ["outbox"]
    assert remote.listdir("/outbox") == [NAME]
    with remote.open(f"/outbox/{NAME}", "rb") as file:
        content = file.read()
    assert content == _content(served)
    assert remote.stat(f"/outbox/{NAME}").st_size == len(content)


@pytest.mark.parametrize("path", ["/etc/passwd", "/outbox/../../etc/passwd", "/outboxes", f"/{NAME}", "/outbox/no.xlsx"])
def test_sftp_serves_nothing_else(remote: paramiko.SFTPClient, path: str) -> None:
    with pytest.raises(FileNotFoundError):
        remote.stat(path)
    with pytest.raises(FileNotFoundError):
        remote.open(path, "rb")


def test_sftp_writes_nothing(served: Program, remote: paramiko.SFTPClient) -> None:
    before = _content(served)
    with pytest.raises(PermissionError):
        remote.open(f"/outbox/{NAME}", "wb")
    with pytest.raises(OSError, match="unsupported"):
        remote.remove(f"/outbox/{NAME}")
    assert _content(served) == before


def test_sftp_refuses_a_wrong_password(served: Program) -> None:
    with pytest.raises(paramiko.AuthenticationException):
        _connected(served, password="wrong")


def test_the_host_key_is_the_one_that_is_told(served: Program) -> None:
    host = served.env["YIZHAN_SFTP_HOST_KEY"].partition(" ")[0]
    other = paramiko.ECDSAKey.generate()
    told = served.env["YIZHAN_SFTP_HOST_KEY"].split()
    assert told[1] == "ssh-ed25519"
    with pytest.raises(paramiko.SSHException):
        _connected(served, host_key=f"{host} {other.get_name()} {other.get_base64()}")


def test_a_file_being_read_stays_the_one_that_was_opened(
    served: Program, remote: paramiko.SFTPClient, later: Callable[[int], None]
) -> None:
    before = _content(served)
    with remote.open(f"/outbox/{NAME}", "rb") as file:
        later(7)
        assert file.read() == before
    assert _content(served) != before
