"""What went wrong on the way to an owner's server, as one outcome and one sentence. Exceptions' own texts are never told: they hold addresses."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Final

from urllib3 import exceptions as transport

from sources.kit.call import FetchError
from sources.kit.retrieval import Outcome

#: Looked through in this order: a proxy's refusal wraps a refused connection, a failed look-up a failed connection.
_FAULTS: Final[tuple[tuple[tuple[type[BaseException], ...], Outcome, str], ...]] = (
    ((transport.ProxyError,), Outcome.UNREACHABLE, "经代理连不上 {host}；请检查 YIZHAN_PROXY 与代理服务"),
    (
        (socket.gaierror, transport.NameResolutionError),
        Outcome.UNREACHABLE,
        "找不到主机 {host}；请检查 {setting} 与域名解析",
    ),
    (
        (ssl.SSLError, transport.SSLError),
        Outcome.UNREACHABLE,
        "{host} 的证书不受信任；如用自建证书请设置 YIZHAN_CA_BUNDLE，否则请联系对方",
    ),
    ((ConnectionRefusedError,), Outcome.UNREACHABLE, "{host} 拒绝连接，服务可能没有启动；请联系对方，并检查 {setting}"),
    ((transport.ReadTimeoutError,), Outcome.TOO_SLOW, "{host} 连上后迟迟不答复；请稍后重跑，如反复出现请联系对方"),
    ((transport.ConnectTimeoutError, TimeoutError), Outcome.UNREACHABLE, "连接 {host} 超时；请检查网络、防火墙与 {setting}"),
    ((BaseException,), Outcome.UNREACHABLE, "与 {host} 的连接中断；请检查网络后重跑，如反复出现请联系对方"),
)


def fault(error: BaseException, host: str, setting: str) -> FetchError:
    """The failure behind an exception of requests, urllib3, ssl or socket; `host` is the host asked, `setting` where its address is set."""
    causes = tuple(_chain(error))
    outcome, sentence = next(
        (outcome, sentence) for kinds, outcome, sentence in _FAULTS if any(isinstance(cause, kinds) for cause in causes)
    )
    return FetchError(outcome, sentence.format(host=host, setting=setting))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and everything it wraps, by whichever of the three ways libraries wrap."""
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = (getattr(cause, "reason", None), getattr(cause, "original_error", None), cause.__cause__, cause.__context__, *cause.args)
        waiting += [each for each in inner if isinstance(each, BaseException)]
