"""A read-only connection to an owner's PostgreSQL; every failure is one outcome and one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from sources.kit.call import FetchCall, FetchError
from sources.kit.named import PREFIX
from sources.kit.retrieval import Outcome

#: What libpq says when a connection is refused by the server's own rules: before a session there is no SQLSTATE to go by.
_REFUSED: Final = re.compile(
    r"authentication failed|no pg_hba\.conf entry|role .* does not exist|no password supplied|not permitted to log in"
)

_STATES: Final = {
    "57014": (Outcome.TOO_SLOW, "查询超过了时限，已取消；请联系对方优化视图，或稍后重跑"),
    "42501": (Outcome.REFUSED, "没有读取这个视图的权限；请联系对方授予只读权限"),
    "42P01": (Outcome.NOT_FOUND, "没有这个视图；请联系对方，确认视图是否改名"),
    "3F000": (Outcome.NOT_FOUND, "没有这个视图；请联系对方，确认视图是否改名"),
    "42703": (Outcome.NOT_DECLARED_FORMAT, "视图里没有约定的更新时间列；请联系对方，确认视图是否变动"),
    "53300": (Outcome.THROTTLED, "数据库连接数已满；请稍后重跑，或与对方商定时段"),
}


@contextmanager
def connected(call: FetchCall, address: str) -> Iterator[sa.Connection]:
    """A connection to the database at the setting `address`: one snapshot, read-only, cut at the deadline. Raises FetchError."""
    url = _url(call, address)
    engine = sa.create_engine(url, poolclass=NullPool, connect_args=_arguments(call))
    sa.event.listen(engine, "connect", lambda raw, _record: call.deadline.watch(raw.fileno()))
    options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True, "stream_results": True}
    try:
        with engine.execution_options(**options).connect() as connection:
            yield connection
    except DBAPIError as error:
        call.deadline.check()
        raise _told(error, url, PREFIX + address) from None
    finally:
        engine.dispose()


def _url(call: FetchCall, address: str) -> URL:
    setting = PREFIX + address
    try:
        url = make_url(call.named.text(address))
    except (ArgumentError, ValueError):
        raise FetchError(
            Outcome.NOT_CONFIGURED, f"{setting} 不是数据库地址；请以 postgresql:// 开头，写全用户、密码、主机、端口与库名"
        ) from None
    if url.get_backend_name() != "postgresql":
        raise FetchError(Outcome.NOT_CONFIGURED, f"{setting} 不是 PostgreSQL 的地址；请以 postgresql:// 开头，别的数据库尚不支持")
    if url.password:
        call.secrecy.keep(str(url.password))
    return url.set(drivername="postgresql+psycopg")


def _arguments(call: FetchCall) -> dict[str, Any]:
    """libpq's own limits. A statement may take what is left of the deadline; a server that went silent is given up on as soon."""
    left = max(1, int(call.deadline.remaining * 1000))
    return {
        "connect_timeout": max(2, int(min(call.network.connect_seconds, call.deadline.remaining))),  # libpq takes no less than 2 s
        "tcp_user_timeout": left,
        "options": f"-c statement_timeout={left} -c lock_timeout={left} -c default_transaction_read_only=on -c timezone=UTC",
        "application_name": "yizhan",
    }


def _told(error: DBAPIError, url: URL, setting: str) -> FetchError:
    state, text = getattr(error.orig, "sqlstate", None), str(error.orig)
    if state in _STATES:
        return FetchError(*_STATES[state])
    host = f"{url.host}:{url.port}" if url.port else f"{url.host}"
    if (state or "").startswith("28") or _REFUSED.search(text):
        return FetchError(Outcome.REFUSED, f"{host} 不认我们的用户或密码；请核对 {setting}")
    if state == "3D000" or re.search(r'database ".*" does not exist', text):
        return FetchError(Outcome.NOT_FOUND, f"{host} 上没有库 {url.database}；请核对 {setting}")
    if state and not state.startswith(("08", "57P")):
        return FetchError(Outcome.OWNER_ERROR, f"{host} 的数据库报错（{state}）；请联系对方，修好后重跑")
    return FetchError(Outcome.UNREACHABLE, f"连不上数据库 {host}，或连接中断；请检查网络与 {setting}，并联系对方")
