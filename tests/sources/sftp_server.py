"""An SFTP server on 127.0.0.1 over a folder, for the tests of fetching."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

USER = "rural"


@dataclass(frozen=True)
class Outbox:
    """A running server: the port, its known_hosts line, and the key of the user who may come without a password."""

    port: int
    known_host: str
    user_key: Path

    def address(self, path: str = "/") -> str:
        return f"sftp://{USER}@127.0.0.1:{self.port}{path}"


class _Door(paramiko.ServerInterface):
    """Lets USER in by the password or the key given."""

    def __init__(self, password: str, key: paramiko.PKey) -> None:
        self._password, self._key = password, key

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if (username, password) == (USER, self._password) else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_SUCCESSFUL if username == USER and key == self._key else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002
        return OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002
        return "password,publickey"


def _shelf(folder: Path) -> type[paramiko.SFTPServerInterface]:
    class Shelf(paramiko.SFTPServerInterface):
        """Reads below the folder, and nothing else."""

        def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
            try:
                return [_attributes(each) for each in sorted(_below(path).iterdir())]
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno or 0)

        def stat(self, path: str) -> paramiko.SFTPAttributes | int:
            try:
                return _attributes(_below(path))
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno or 0)

        lstat = stat

        def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:  # noqa: ARG002
            try:
                handle = paramiko.SFTPHandle(flags)
                handle.readfile = _below(path).open("rb")  # type: ignore[attr-defined]
            except OSError as error:
                return paramiko.SFTPServer.convert_errno(error.errno or 0)
            return handle

    def _below(path: str) -> Path:
        return folder / path.lstrip("/")

    def _attributes(path: Path) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(path.stat(), path.name)

    return Shelf


@contextmanager
def sftp_over(folder: Path, password: str, keys: Path, *, silent: bool = False) -> Iterator[Outbox]:
    """Serve the folder; `keys` is a folder for the user's private key. `silent`: take connections, and never say a word."""
    host_key = paramiko.RSAKey.generate(2048)
    user_key = paramiko.RSAKey.generate(2048)
    user_key.write_private_key_file(str(keys / "id_rsa"))
    listener = socket.create_server(("127.0.0.1", 0))
    port: int = listener.getsockname()[1]
    lines: list[socket.socket] = []
    transports: list[paramiko.Transport] = []

    def listen() -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                lines.append(line)
                if silent:
                    continue
                transport = paramiko.Transport(line)
                transport.add_server_key(host_key)
                transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _shelf(folder))
                transports.append(transport)
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=_Door(password, user_key))

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield Outbox(port, f"[127.0.0.1]:{port} {host_key.get_name()} {host_key.get_base64()}", keys / "id_rsa")
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for transport in transports:
            transport.close()
        for line in lines:
            line.close()
