"""A real SFTP server for one folder: one user, a password, read only."""

from __future__ import annotations

import io
import os
import socket
import threading
from pathlib import Path
from typing import Final

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_SUCCEEDED
from paramiko.sftp import SFTP_NO_SUCH_FILE, SFTP_PERMISSION_DENIED

USER: Final = "rural"
#: The folder as the user sees it.
MOUNT: Final = "/outbox"


class SftpServer:
    """Serves `folder` as /outbox on a free port of 127.0.0.1 until `stop`."""

    def __init__(self, folder: Path, password: str, seed: bytes) -> None:
        self._folder, self._password = folder, password
        self._key = _host_key(seed)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._transports: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._accept, name="sftp", daemon=True)
        self._thread.start()

    @property
    def known_hosts(self) -> str:
        """The line by which a client knows this server."""
        return f"[127.0.0.1]:{self.port} {self._key.get_name()} {self._key.get_base64()}"

    def stop(self) -> None:
        """Close every connection and the port."""
        self._socket.close()
        for transport in self._transports:
            transport.close()
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:  # the socket was closed: the server stops
                return
            self._transports = [each for each in self._transports if each.is_active()]
            transport = paramiko.Transport(connection)
            transport.add_server_key(self._key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _files(self._folder))
            try:
                transport.start_server(server=_Door(self._password))
            except (paramiko.SSHException, EOFError):  # a client that left in the middle of its greeting
                transport.close()
                continue
            self._transports.append(transport)


def _host_key(seed: bytes) -> paramiko.Ed25519Key:
    private = Ed25519PrivateKey.from_private_bytes(seed.ljust(32, b"\0")[:32])
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return paramiko.Ed25519Key.from_private_key(io.StringIO(pem))


class _Door(paramiko.ServerInterface):
    def __init__(self, password: str) -> None:
        self._password = password

    def check_auth_password(self, username: str, password: str) -> int:
        known = username == USER and password == self._password
        return AUTH_SUCCESSFUL if known else AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's signature
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


def _files(folder: Path) -> type[paramiko.SFTPServerInterface]:
    """The folder as an SFTP file system: nothing outside it can be named, nothing in it written."""

    class Files(paramiko.SFTPServerInterface):
        def _real(self, path: str) -> Path | None:
            name = self.canonicalize(path).removeprefix(MOUNT).strip("/")
            return folder / name if "/" not in name and name != ".." else None

        def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
            if self.canonicalize(path) == "/":
                return [_attributes(folder, MOUNT.strip("/"))]
            if self._real(path) != folder / "":
                return SFTP_NO_SUCH_FILE
            return [_attributes(each, each.name) for each in sorted(folder.iterdir())]

        def stat(self, path: str) -> paramiko.SFTPAttributes | int:
            real = folder if self.canonicalize(path) == "/" else self._real(path)
            return _attributes(real, real.name) if real is not None and real.exists() else SFTP_NO_SUCH_FILE

        lstat = stat

        def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:  # noqa: ARG002
            real = self._real(path)
            if flags & (os.O_WRONLY | os.O_RDWR):
                return SFTP_PERMISSION_DENIED
            if real is None or not real.is_file():
                return SFTP_NO_SUCH_FILE
            handle = paramiko.SFTPHandle(flags)
            handle.readfile = real.open("rb")  # type: ignore[attr-defined]
            return handle

    return Files


def _attributes(path: Path, name: str) -> paramiko.SFTPAttributes:
    return paramiko.SFTPAttributes.from_stat(path.stat(), name)
