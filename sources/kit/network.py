"""What an installation says of its network, and how patient a retrieval is with an owner's server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Network:
    """The way out, and the limits on the way.

    `ca_bundle`: certificates (PEM) of a private authority, trusted besides the public ones. `proxy`: http://host:port for every HTTP
    source. `sftp_known_hosts`: known_hosts lines, or the path of a known_hosts file; a host that is not in it is refused.

    `connect_seconds` and `read_seconds` bound one wait on the network (an owner's report query was seen to think for 20 s before its
    first byte); the source's own wall deadline bounds the whole. `tries`: a request is sent this often at most, waiting
    `backoff_seconds` × 2, 4, 8 … in between. `retry_after_seconds`: an owner that asks for a longer wait is not waited for, tonight.
    `max_bytes`: one payload may not be larger (the largest list met has 12 MB; a server that never stops must not fill the disk).
    """

    ca_bundle: Path | None = None
    proxy: str | None = None
    sftp_known_hosts: str | None = None
    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    tries: int = 5
    backoff_seconds: float = 0.5
    retry_after_seconds: float = 60.0
    max_bytes: int = 256 * 1024 * 1024
