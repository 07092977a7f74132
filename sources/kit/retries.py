"""Patience with an owner's server: urllib3's retries, which keep to the wall deadline and do not obey a Retry-After of a year."""

from __future__ import annotations

from typing import Any, Final, Self

from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from sources.kit.call import FetchCall, FetchError
from sources.kit.retrieval import Outcome

#: Answers that may be better a moment later.
PASSING: Final = frozenset({429, 500, 502, 503, 504})


class Patience(Retry):
    """Retries of one request under a call: counts them, and waits no longer than the call allows."""

    call: FetchCall

    @classmethod
    def under(cls, call: FetchCall) -> Self:
        """The patience that the call's network asks for. Every method is retried: a list is only read, and so is a token."""
        patience = cls(
            total=call.network.tries - 1,
            other=0,  # a certificate that is not trusted will not be a moment later
            redirect=0,
            allowed_methods=None,
            status_forcelist=PASSING,
            backoff_factor=call.network.backoff_seconds,
            raise_on_status=False,
            raise_on_redirect=False,
        )
        patience.call = call
        return patience

    def new(self, **changes: Any) -> Self:
        """The same patience after one more try."""
        following = super().new(**changes)
        following.call = self.call
        return following

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next try: as long as the owner asks, else longer every time."""
        asked = self._asked(response)
        if asked is not None and (asked > self.call.network.retry_after_seconds or asked >= self.call.deadline.remaining):
            raise FetchError(Outcome.THROTTLED, f"对方要求等 {_spoken(asked)}再取，今晚不再等；请与对方商定取数频次，或稍后重跑")
        self.call.repeats += 1
        self.call.deadline.sleep(asked if asked is not None else self.get_backoff_time())

    def _asked(self, response: BaseHTTPResponse | None) -> float | None:
        header = response.headers.get("Retry-After") if response is not None else None
        try:
            return self.new(retry_after_max=10**12).parse_retry_after(header) if header else None
        except (HTTPError, ValueError, OverflowError):
            return None


def _spoken(seconds: float) -> str:
    for size, unit in ((86400, "天"), (3600, "小时"), (60, "分钟")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} 秒"
