"""A list as files in a folder, on this machine or by SFTP, both through fsspec."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import PurePosixPath
from typing import Any, Final, TypeAlias
from urllib.parse import SplitResult, unquote, urlsplit

import paramiko
from fsspec.implementations.local import LocalFileSystem

from sources.kit.call import FetchCall, Fetched, FetchError
from sources.kit.faults import fault
from sources.kit.named import PREFIX
from sources.kit.retrieval import Outcome, Part
from sources.kit.sftp import KnownHostsSftp

FileSystem: TypeAlias = LocalFileSystem | KnownHostsSftp

_CHUNK: Final = 1024 * 1024

#: Beside a workbook that someone has open, office programs put a lock file of the same ending.
_PASSING: Final = ("~$", ".~", ".")


@dataclass(frozen=True, slots=True)
class Files:
    """All files of a folder whose names match `pattern`, in the order of their names.

    The setting `address` is a folder's path or sftp://user@host:port/folder. By SFTP the setting `password` is the password, or `key_file`
    the path of a private key; the host must be among the known hosts of the network.
    """

    address: str
    pattern: str
    password: str | None = None
    key_file: str | None = None

    def __call__(self, call: FetchCall) -> Fetched:
        """Fetch. See `sources.kit.call.Fetch`."""
        address = call.named.text(self.address)
        parts = urlsplit(address)
        setting = PREFIX + self.address
        if parts.scheme == "sftp":
            with _told(call, parts, setting), self._connected(call, parts) as remote:
                return self._fetched(call, remote, parts.path or "/", setting)
        if "://" in address and parts.scheme != "file":
            raise FetchError(Outcome.NOT_CONFIGURED, f"{setting} 应是目录路径，或 sftp://用户@主机/目录")
        with _told(call, parts, setting):
            return self._fetched(call, LocalFileSystem(), parts.path if parts.scheme == "file" else address, setting)

    @contextmanager
    def _connected(self, call: FetchCall, parts: SplitResult) -> Iterator[KnownHostsSftp]:
        remote = KnownHostsSftp(
            parts.hostname or "",
            port=parts.port or 22,
            network=call.network,
            deadline=call.deadline,
            username=unquote(parts.username or ""),
            **self._credentials(call, parts),
        )
        try:
            yield remote
        finally:
            remote.close()

    def _credentials(self, call: FetchCall, parts: SplitResult) -> dict[str, str]:
        if self.key_file and call.named.has(self.key_file):
            passphrase = {"passphrase": call.secret(self.password)} if self.password and call.named.has(self.password) else {}
            return {"key_filename": call.named.text(self.key_file), **passphrase}
        if parts.password:
            return {"password": call.secrecy.keep(unquote(parts.password))}
        return {"password": call.secret(self.password)} if self.password else {}

    def _fetched(self, call: FetchCall, place: FileSystem, folder: str, setting: str) -> Fetched:
        listed = sorted(
            (entry for entry in place.ls(folder, detail=True) if entry["type"] != "directory" and self._wants(entry["name"])),
            key=lambda entry: str(entry["name"]),
        )
        if not listed:
            raise FetchError(Outcome.NOT_FOUND, f"目录里没有 {self.pattern}；请联系对方放入名单，或检查 {setting}")
        parts = tuple(_kept(call, place, entry) for entry in listed)
        if not any(part.bytes for part in parts):
            raise FetchError(Outcome.EMPTY, f"{parts[0].label} 是空文件（0 字节）；沿用上次的名单，请联系对方重新放入")
        newest = max(place.modified(entry["name"]) for entry in listed)
        return Fetched(parts, last_modified=newest.isoformat(timespec="seconds"))

    def _wants(self, path: str) -> bool:
        name = PurePosixPath(path).name
        return fnmatch(name, self.pattern) and not name.startswith(_PASSING)


def _kept(call: FetchCall, place: FileSystem, entry: dict[str, Any]) -> Part:
    label, content = PurePosixPath(entry["name"]).name, bytearray()
    with place.open(entry["name"], "rb") as file:
        while chunk := file.read(_CHUNK):
            content += chunk
            call.deadline.check()
            if len(content) > call.network.max_bytes:
                raise FetchError(Outcome.NOT_DECLARED_FORMAT, f"{label} 超过单份上限，不像一份名单；请核对文件，或联系运维调整上限")
    part = call.keep(bytes(content), label)
    if len(content) != place.info(entry["name"])["size"] or len(content) != entry["size"]:
        raise FetchError(Outcome.PARTIAL, f"{label} 在读取时还在变化，可能正在上传；请稍后重跑")
    return part


@contextmanager
def _told(call: FetchCall, parts: SplitResult, setting: str) -> Iterator[None]:
    """Faults of the folder or the way to it, as one sentence. What the archive raises is ours and passes through as it is."""
    host = parts.netloc.rpartition("@")[2]
    try:
        yield
    except paramiko.AuthenticationException:
        raise FetchError(Outcome.REFUSED, f"{host} 不认我们的用户或密码；请核对密码、私钥与 {setting}") from None
    except paramiko.BadHostKeyException:
        raise FetchError(Outcome.REFUSED, f"{host} 的主机密钥与登记的不同，已停止连接；请向对方核实后更新 YIZHAN_SFTP_HOST_KEY") from None
    except paramiko.SSHException as error:
        call.deadline.check()
        if "known_hosts" in str(error):
            raise FetchError(Outcome.REFUSED, f"{host} 的主机密钥没有登记，已停止连接；请向对方核实后填入 YIZHAN_SFTP_HOST_KEY") from None
        raise fault(error, host, setting) from None
    except (FileNotFoundError, NotADirectoryError):
        raise FetchError(Outcome.NOT_FOUND, f"没有这个目录或文件；请检查 {setting}，并联系对方") from None
    except PermissionError:
        raise FetchError(Outcome.REFUSED, f"没有读取权限；请检查 {setting} 所指目录的权限") from None
    except (EOFError, socket.gaierror, ConnectionError, TimeoutError) as error:
        call.deadline.check()
        raise fault(error, host or "目录所在主机", setting) from None
