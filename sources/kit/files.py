"""A list as files in a folder, on this machine or by SFTP, both through fsspec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import SplitResult, unquote, urlsplit

import paramiko
from fsspec import AbstractFileSystem
from fsspec.implementations.local import LocalFileSystem

from sources.kit.call import FetchCall, Fetched, FetchError
from sources.kit.faults import fault
from sources.kit.named import PREFIX
from sources.kit.retrieval import Outcome
from sources.kit.sftp import KnownHostsSftp

_CHUNK: Final = 1024 * 1024

#: Beside a workbook that someone has open, office programs put a lock file of the same ending.
_PASSING: Final = ("~$", ".")


@dataclass(frozen=True, slots=True)
class _Found:
    """A file as read. `is_settled`: its size was the same before and after."""

    label: str
    content: bytes
    is_settled: bool
    modified: datetime


@dataclass(frozen=True, slots=True)
class Files:
    """All files of a folder whose names match `pattern`, in the order of their names.

    The setting `address` is a folder's path or sftp://user@host:port/folder. By SFTP the setting `password` is the password, or `key_file`
    the path of a private key (then `password`, if given, is its passphrase); the host must be among the known hosts of the network.
    """

    address: str
    pattern: str
    password: str | None = None
    key_file: str | None = None

    def __call__(self, call: FetchCall) -> Fetched:
        """Fetch. See `sources.kit.call.Fetch`."""
        with self._opened(call) as (place, folder):
            found = [_read_one(call, place, entry) for entry in self._listed(place, folder)]
        return _kept(call, found)

    @property
    def settings(self) -> tuple[str, ...]:
        """See `sources.kit.knock.Knockable`. A password or key is needed by some addresses alone: knocking tells."""
        return (self.address,)

    def knock(self, call: FetchCall) -> None:
        """See `sources.kit.knock.Knockable`: the folder is looked into, no file is."""
        with self._opened(call) as (place, folder):
            self._listed(place, folder)

    @contextmanager
    def _opened(self, call: FetchCall) -> Iterator[tuple[AbstractFileSystem, str]]:
        """The file system and the folder in it; faults of either are told as FetchError."""
        address, setting = call.named.text(self.address), PREFIX + self.address
        parts = urlsplit(address)
        if "://" in address and parts.scheme not in ("file", "sftp"):
            raise FetchError(Outcome.NOT_CONFIGURED, f"{setting} 不能用；请填目录的路径，或以 sftp:// 开头的地址")
        with _told(call, parts, setting), self._place(call, parts) as place:
            yield place, parts.path if parts.scheme else address

    @contextmanager
    def _place(self, call: FetchCall, parts: SplitResult) -> Iterator[AbstractFileSystem]:
        if parts.scheme != "sftp":
            yield LocalFileSystem()
            return
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

    def _listed(self, place: AbstractFileSystem, folder: str) -> list[dict[str, Any]]:
        entries = [entry for entry in place.ls(folder or "/", detail=True) if entry["type"] != "directory" and self._wants(entry["name"])]
        if not entries:
            raise FetchError(Outcome.NOT_FOUND, f"目录里没有 {self.pattern}；请联系对方放入名单，或检查 {PREFIX + self.address}")
        return sorted(entries, key=lambda entry: str(entry["name"]))

    def _wants(self, path: str) -> bool:
        name = PurePosixPath(path).name
        return fnmatchcase(name, self.pattern) and not name.startswith(_PASSING)


def _read_one(call: FetchCall, place: AbstractFileSystem, entry: dict[str, Any]) -> _Found:
    path, content = str(entry["name"]), bytearray()
    label = PurePosixPath(path).name
    with place.open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            content += chunk
            call.deadline.check()
            if len(content) > call.network.max_bytes:
                raise FetchError(Outcome.NOT_DECLARED_FORMAT, f"{label} 超过单份上限，不像一份名单；请核对文件，或联系运维调整上限")
    is_settled = len(content) == entry["size"] == place.info(path)["size"]
    return _Found(label, bytes(content), is_settled, place.modified(path))


def _kept(call: FetchCall, found: list[_Found]) -> Fetched:
    parts = tuple(call.keep(file.content, file.label) for file in found)
    for file in found:
        if not file.is_settled:
            raise FetchError(Outcome.PARTIAL, f"{file.label} 在读取时还在变化，可能正在上传；请稍后重跑")
        if not file.content:
            raise FetchError(Outcome.EMPTY, f"{file.label} 是空文件（0 字节）；沿用上次的名单，请联系对方重新放入")
    return Fetched(parts, last_modified=max(file.modified for file in found).isoformat(timespec="seconds"))


@contextmanager
def _told(call: FetchCall, parts: SplitResult, setting: str) -> Iterator[None]:
    """Faults of the folder, or of the way to it, as one sentence."""
    host = parts.netloc.rpartition("@")[2] or "目录所在的主机"
    try:
        yield
    except paramiko.AuthenticationException:
        raise FetchError(Outcome.REFUSED, f"{host} 不认我们的用户或密码；请核对密码、私钥与 {setting}") from None
    except paramiko.BadHostKeyException:
        raise FetchError(Outcome.REFUSED, f"{host} 的主机密钥与登记的不同，已停止连接；请向对方核实后更新 YIZHAN_SFTP_HOST_KEY") from None
    except (FileNotFoundError, NotADirectoryError):
        raise FetchError(Outcome.NOT_FOUND, f"没有这个目录或文件；请检查 {setting}，并联系对方") from None
    except PermissionError:
        raise FetchError(Outcome.REFUSED, f"没有读取权限；请检查 {setting} 所指目录的权限") from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        call.deadline.check()
        if "known_hosts" in str(error):
            raise FetchError(Outcome.REFUSED, f"{host} 的主机密钥没有登记，已停止连接；请向对方核实后填入 YIZHAN_SFTP_HOST_KEY") from None
        raise fault(error, host, setting) from None
    except ValueError:  # a port that is no number, a private key that is none
        raise FetchError(Outcome.NOT_CONFIGURED, f"{setting} 或私钥不能用；请核对地址里的端口，私钥请填文件的路径") from None
