"""HTTP towards an owner: one session a retrieval; every failure is one outcome and one sentence."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError as TransportError

from sources.kit.auth import Auth, Token
from sources.kit.call import FetchCall, FetchError
from sources.kit.faults import fault
from sources.kit.named import PREFIX
from sources.kit.retrieval import Outcome
from sources.kit.secrecy import without_queries
from sources.kit.watched import WatchedAdapter

_CHUNK: Final = 64 * 1024

#: A body cut short is asked for once more: a second cut is no accident.
_BODY_TRIES: Final = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """An owner's answer: status 200, or 304 to a conditional request. `is_cut`: the body ended before its declared end, twice."""

    status: int
    headers: Mapping[str, str]
    url: str
    content: bytes
    is_cut: bool
    following: str | None

    @property
    def etag(self) -> str | None:
        """The list's ETag as the owner wrote it."""
        return self.headers.get("ETag")

    @property
    def last_modified(self) -> str | None:
        """The list's Last-Modified as the owner wrote it."""
        return self.headers.get("Last-Modified")


class Wire:
    """The session of one call: the proxy and certificates given, nothing taken from the environment, no redirect followed.

    A redirect is not followed because keys in headers would go along to whatever host it names; it is told instead.
    """

    def __init__(self, call: FetchCall, address: str) -> None:
        self.call = call
        self.token: Token | None = None
        self._setting = PREFIX + address
        self.url = call.named.text(address)
        self._session = requests.Session()
        self._session.trust_env = False
        # A gzip stream that is cut short raises nothing, so none is asked for.
        self._session.headers.update({"Accept-Encoding": "identity", "User-Agent": "yizhan"})
        adapter = WatchedAdapter(call)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, adapter)
        if call.network.proxy:
            self._session.proxies = {"http": call.network.proxy, "https": call.network.proxy}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._session.close()

    def get(
        self, parameters: Mapping[str, str], auth: Auth | None, headers: Mapping[str, str] | None = None, url: str | None = None
    ) -> Answer:
        """GET the list's address, or `url`, with a query. Raises FetchError for all but 200 and, to a conditional request, 304."""
        request = requests.Request("GET", url or self.url, params=dict(parameters), headers=dict(headers or {}))
        answer = self._patiently(request, auth)
        if answer.status == 401 and self.token is not None:  # revoked before its time: a new one is asked for, once
            self.token = None
            self.call.repeats += 1
            answer = self._patiently(request, auth)
        if answer.status == 200 or (answer.status == 304 and headers):
            return answer
        raise self._refusal(answer, self._setting, auth.settings if auth else ())

    def knock(self, parameters: Mapping[str, str], auth: Auth | None) -> datetime | None:
        """Ask as `get` does, and hang up at the answer: the list itself is not read. The owner's clock, where it tells its time. Raises FetchError for all but 200."""
        answer = self._once(requests.Request("GET", self.url, params=dict(parameters)), auth, reads=False)
        if answer.status != 200:
            raise self._refusal(answer, self._setting, auth.settings if auth else ())
        try:
            told = parsedate_to_datetime(answer.headers.get("Date", ""))
        except ValueError:
            return None
        return told if told.tzinfo else None

    def post_form(self, address: str, form: Mapping[str, str], headers: Mapping[str, str], settings: tuple[str, ...]) -> Answer:
        """POST a form to a second address of the owner (a token's). Raises FetchError for all but 200."""
        request = requests.Request("POST", self.call.named.text(address), data=dict(form), headers=dict(headers))
        answer = self._patiently(request, None)
        if answer.status != 200:
            raise self._refusal(answer, PREFIX + address, settings)
        return answer

    def _patiently(self, request: requests.Request, auth: Auth | None) -> Answer:
        for attempt in range(_BODY_TRIES):
            answer = self._once(request, auth)
            if not answer.is_cut:
                break
            self.call.repeats += attempt < _BODY_TRIES - 1
        return answer

    def _once(self, request: requests.Request, auth: Auth | None, *, reads: bool = True) -> Answer:
        try:
            prepared = self._session.prepare_request(request)
        except ValueError:  # requests' own kinds of an address that is none are ValueErrors too
            raise FetchError(Outcome.NOT_CONFIGURED, f"{self._setting} 不是有效的网址；请写成 https://主机/路径") from None
        if auth:
            prepared.headers.update(auth.headers(self, request.method or "GET", prepared.path_url))
        left = self.call.deadline.remaining
        self.call.deadline.check()
        network = self.call.network
        timeout = (min(network.connect_seconds, left), min(network.read_seconds, left))
        try:
            response = self._session.send(prepared, stream=True, timeout=timeout, allow_redirects=False)
        except (requests.exceptions.InvalidHeader, UnicodeEncodeError):
            raise FetchError(Outcome.NOT_CONFIGURED, "密钥里有不能发送的字符（换行、汉字或空格）；请重新填写") from None
        except ValueError:
            raise FetchError(Outcome.NOT_CONFIGURED, f"{self._setting} 不是有效的网址；请写成 https://主机/路径") from None
        except requests.RequestException as error:
            self.call.deadline.check()
            raise fault(error, _host(prepared.url), self._setting) from None
        with response:
            return self._answer(response, reads=reads)

    def _answer(self, response: requests.Response, *, reads: bool) -> Answer:
        content, is_cut = bytearray(), False
        try:
            while reads and (
                chunk := response.raw.read1(_CHUNK, decode_content=True)
            ):  # as it comes, so that what came before a cut is kept
                content += chunk
                if len(content) > self.call.network.max_bytes:
                    raise FetchError(Outcome.NOT_DECLARED_FORMAT, "内容超过单份上限，不像一份名单；请核对地址，或联系运维调整上限")
        except TransportError:
            is_cut = True
        self.call.deadline.check()
        following = response.links.get("next", {}).get("url")
        return Answer(response.status_code, CaseInsensitiveDict(response.headers), response.url, bytes(content), is_cut, following)

    def _refusal(self, answer: Answer, setting: str, settings: tuple[str, ...]) -> FetchError:
        host, status = _host(answer.url), answer.status
        if status in (401, 403):
            keys = "、".join(PREFIX + name for name in settings)
            check = f"请核对 {keys} 与系统时间，或请对方开通" if keys else "请联系对方开通"
            return FetchError(Outcome.REFUSED, f"{host} 不认我们的身份（{status}）；{check}")
        if 300 <= status < 400:
            target = _host(answer.headers.get("Location", "")) or host
            return FetchError(Outcome.REFUSED, f"{host} 把请求转到了 {target}（{status}），多半是登录页或换了地址；请核对 {setting}")
        if status in (404, 410):
            return FetchError(Outcome.NOT_FOUND, f"{host} 上没有这个地址（{status}）；请核对 {setting}")
        if status == 429:
            return FetchError(Outcome.THROTTLED, f"{host} 一直限流（429），多次重试无果；请与对方商定取数频次，或稍后重跑")
        if status >= 500:
            return FetchError(Outcome.OWNER_ERROR, f"{host} 系统出错（{status}）；请联系对方，修好后重跑")
        return FetchError(Outcome.OWNER_ERROR, f"{host} 不接受这个请求（{status}）；请与对方核对接口，并检查 {setting}")


def _host(url: str | None) -> str:
    """Host and port of an address, without credentials, path and query."""
    parts = urlsplit(url or "")
    return parts.netloc.rpartition("@")[2]


# urllib3 writes whole addresses, keys in their queries included, into its log.
for _chatty in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_chatty).addFilter(without_queries)
