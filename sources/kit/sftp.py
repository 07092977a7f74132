"""SFTP as an fsspec file system that knows its hosts: an unknown or changed host key is refused, never learnt."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem
from paramiko.hostkeys import HostKeyEntry, InvalidHostKey

from sources.kit.call import FetchError
from sources.kit.deadline import Deadline
from sources.kit.network import Network
from sources.kit.retrieval import Outcome


class KnownHostsSftp(SFTPFileSystem):  # type: ignore[misc]
    """fsspec's SFTP, connecting by our rules: known hosts only, no keys or agents of the user who runs it, one deadline for all of it.

    Raises what paramiko and socket raise, and FetchError when the known hosts cannot be read.
    """

    protocol = ("sftp",)
    cachable = False  # a connection is one call's

    def __init__(self, host: str, *, port: int, network: Network, deadline: Deadline, **credentials: Any) -> None:
        self._port = port
        self._network = network
        self._deadline = deadline
        super().__init__(host, **credentials)

    def _connect(self) -> None:
        wait = min(self._network.connect_seconds, self._deadline.remaining)
        self.client = paramiko.SSHClient()
        self.client.set_missing_host_key_policy(paramiko.RejectPolicy())
        _learn(self.client.get_host_keys(), self._network.sftp_known_hosts)
        line = socket.create_connection((self.host, self._port), timeout=wait)
        try:
            self._deadline.watch(line.fileno())
            self.client.connect(
                self.host,
                port=self._port,
                sock=line,
                timeout=wait,
                banner_timeout=wait,
                auth_timeout=wait,
                allow_agent=False,
                look_for_keys=False,
                **self.ssh_kwargs,
            )
            self.ftp = self.client.open_sftp()
            self._bound_waits()
        except BaseException:
            self.close()
            line.close()
            raise

    def close(self) -> None:
        """End the connection."""
        self.client.close()

    def _bound_waits(self) -> None:
        channel = self.ftp.get_channel()
        if channel is not None:
            channel.settimeout(self._network.read_seconds)


def _learn(keys: paramiko.HostKeys, known_hosts: str | None) -> None:
    """Put into `keys` the hosts of a known_hosts file, or of known_hosts lines themselves."""
    try:
        for line in _lines(known_hosts or ""):
            entry = HostKeyEntry.from_line(line)
            if entry is not None and entry.key is not None:
                for name in entry.hostnames or ():
                    keys.add(name, entry.key.get_name(), entry.key)
    except (OSError, UnicodeDecodeError, paramiko.SSHException, InvalidHostKey):
        raise FetchError(
            Outcome.NOT_CONFIGURED, "YIZHAN_SFTP_HOST_KEY 读不出来；请填 known_hosts 的一行，或一个 known_hosts 文件的路径"
        ) from None


def _lines(known_hosts: str) -> list[str]:
    is_path = bool(known_hosts) and " " not in known_hosts.strip()
    text = Path(known_hosts.strip()).read_text("utf-8") if is_path else known_hosts
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
