"""A real SFTP server for one folder: one user, a password, read only."""

from __future__ import annotations

import hmac
import io
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import paramiko
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED, OPEN_SUCCEEDED
from paramiko.sftp import SFTP_NO_SUCH_FILE, SFTP_PERMISSION_DENIED

from sandbox.servers.keys import Keys

USER: Final = "rural"
#: The folder as the user sees it.
MOUNT: Final = "/outbox"


@contextmanager
def sftp(folder: Path, keys: Keys) -> Iterator[tuple[str, str]]:
    """Serve `folder` as /outbox on a free port of 127.0.0.1 while the block runs; gives the address and the line of known_hosts."""
    # paramiko logs each client that hangs up as an error of ours
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)
    key = _host_key(keys["rural host"])
    listening = socket.create_server(("127.0.0.1", 0))
    port: int = listening.getsockname()[1]
    server = _Server(listening, key, folder, keys["rural"])
    thread = threading.Thread(target=server.accept, name="sftp", daemon=True)
    thread.start()
    try:
        yield f"sftp://{USER}@127.0.0.1:{port}{MOUNT}", f"[127.0.0.1]:{port} {key.get_name()} {key.get_base64()}"
    finally:
        server.stop()
        thread.join()


class _Server:
    def __init__(self, listening: socket.socket, key: paramiko.PKey, folder: Path, password: str) -> None:
        self._listening, self._key, self._folder, self._password = listening, key, folder, password
        self._lock = threading.Lock()
        self._transports: list[paramiko.Transport] = []

    def accept(self) -> None:
        """Serve every connection, each in a thread of its own, until `stop`."""
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:  # the socket was shut: the server stops
                return
            transport = paramiko.Transport(line)
            transport.daemon = True
            transport.add_server_key(self._key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Folder, self._folder)
            with self._lock:
                self._transports = [each for each in self._transports if each.is_active()] + [transport]
            # with an event it returns at once: a slow client's greeting holds up nobody else
            transport.start_server(threading.Event(), _Door(self._password))

    def stop(self) -> None:
        """Shut the port and every connection."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept; closing alone does not
        self._listening.close()
        with self._lock:
            for transport in self._transports:
                transport.close()


def _host_key(seed: str) -> paramiko.Ed25519Key:
    private = Ed25519PrivateKey.from_private_bytes(seed.encode())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    return paramiko.Ed25519Key.from_private_key(io.StringIO(pem))


class _Door(paramiko.ServerInterface):
    def __init__(self, password: str) -> None:
        self._password = password

    def check_auth_password(self, username: str, password: str) -> int:
        known = hmac.compare_digest(password.encode(), self._password.encode()) and username == USER
        return AUTH_SUCCESSFUL if known else AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - paramiko's signature
        return "password"

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        return OPEN_SUCCEEDED if kind == "session" else OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED


class _Folder(paramiko.SFTPServerInterface):
    """One folder under /outbox: nothing outside it can be named, nothing in it written."""

    def __init__(self, server: paramiko.ServerInterface, folder: Path) -> None:
        super().__init__(server)
        self._folder = folder

    def _real(self, path: str) -> Path | None:
        """The file that a path names; None for what is not served. Dots and links do not lead out: canonicalize resolves the one, a check the other."""
        parts = self.canonicalize(path).strip("/").split("/")
        if parts[0] != MOUNT.strip("/") or len(parts) > 2:
            return None
        real = self._folder.joinpath(*parts[1:])
        return None if real.is_symlink() or not real.exists() else real

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        if self.canonicalize(path) == "/":
            return [_attributes(self._folder, MOUNT.strip("/"))]
        if self._real(path) != self._folder:
            return SFTP_NO_SUCH_FILE
        return [_attributes(each, each.name) for each in sorted(self._folder.iterdir()) if not each.is_symlink()]

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        real = self._folder if self.canonicalize(path) == "/" else self._real(path)
        return SFTP_NO_SUCH_FILE if real is None else _attributes(real, real.name)

    lstat = stat

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:  # noqa: ARG002
        if flags & (os.O_WRONLY | os.O_RDWR):
            return SFTP_PERMISSION_DENIED
        real = self._real(path)
        return SFTP_NO_SUCH_FILE if real is None or not real.is_file() else _Reading(real)


class _Reading(paramiko.SFTPHandle):
    """A file open for reading. It stays the one that was opened, also when the next night's takes its name."""

    def __init__(self, path: Path) -> None:
        super().__init__(os.O_RDONLY)
        self.readfile = path.open("rb")

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


def _attributes(path: Path, name: str) -> paramiko.SFTPAttributes:
    return paramiko.SFTPAttributes.from_stat(path.stat(), name)
