"""The transport under a requests session: connections that a wall deadline can cut, certificates of a private authority."""

from __future__ import annotations

import socket
import ssl
from typing import Any

import certifi
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.poolmanager import ProxyManager

from sources.kit.call import FetchCall, FetchError
from sources.kit.deadline import Deadline
from sources.kit.retries import Patience
from sources.kit.retrieval import Outcome


class WatchedAdapter(HTTPAdapter):
    """An adapter for one call: its patience, its deadline on every socket, its certificates."""

    def __init__(self, call: FetchCall) -> None:
        self._pools = _pools(call.deadline)
        self._trust = _trust(call)
        super().__init__(max_retries=Patience.under(call))

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        """As requests, with our pools."""
        super().init_poolmanager(connections, maxsize, block, ssl_context=self._trust, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> ProxyManager:
        """As requests, with our pools."""
        manager: ProxyManager = super().proxy_manager_for(proxy, ssl_context=self._trust, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _trust(call: FetchCall) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certifi.where())
    if call.network.ca_bundle:
        try:
            context.load_verify_locations(cafile=call.network.ca_bundle)
        except OSError:  # not there, or no certificate in it
            raise FetchError(Outcome.NOT_CONFIGURED, "YIZHAN_CA_BUNDLE 所指文件不是证书（PEM）；请换成含根证书的文件") from None
    return context


def _pools(deadline: Deadline) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _seen(super()._new_conn(), deadline)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _seen(super()._new_conn(), deadline)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _seen(connected: socket.socket, deadline: Deadline) -> socket.socket:
    deadline.watch(connected.fileno())
    return connected
