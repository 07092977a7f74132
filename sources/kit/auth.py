"""How a request shows who is asking: an API key, a signature, an OAuth2 token. Secrets are named, never written here."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from sources.kit.call import FetchError
from sources.kit.dotted import at_path
from sources.kit.json_body import parsed
from sources.kit.named import PREFIX
from sources.kit.retrieval import Outcome

if TYPE_CHECKING:
    from sources.kit.http import Wire

#: A token is renewed this long before it expires, so that it does not expire on the way (seconds).
_TOKEN_MARGIN: Final = 30


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and the Unix second at which it expires."""

    value: str
    until: float


class Auth(Protocol):
    """A way to authenticate. `settings` are the names an operator checks when the owner answers 401, `needs` all that have to be given."""

    @property
    def settings(self) -> tuple[str, ...]: ...

    @property
    def needs(self) -> tuple[str, ...]: ...

    def headers(self, wire: Wire, method: str, path: str) -> Mapping[str, str]:
        """Headers for one request; `path` is the path with its query, as it is sent."""
        ...


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key in a header: `prefix` stands before it ("Bearer ")."""

    secret: str
    header: str = "X-Api-Key"
    prefix: str = ""

    @property
    def settings(self) -> tuple[str, ...]:
        return (self.secret,)

    @property
    def needs(self) -> tuple[str, ...]:
        return self.settings

    def headers(self, wire: Wire, method: str, path: str) -> Mapping[str, str]:  # noqa: ARG002
        """The key."""
        return {self.header: self.prefix + wire.call.secret(self.secret)}


@dataclass(frozen=True, slots=True)
class Hmac:
    """A signed request: hex HMAC-SHA256 under the secret of method, path with query and Unix seconds, a line each."""

    app_id: str
    secret: str
    id_header: str = "X-App-Id"
    time_header: str = "X-Timestamp"
    signature_header: str = "X-Signature"

    @property
    def settings(self) -> tuple[str, ...]:
        return (self.app_id, self.secret)

    @property
    def needs(self) -> tuple[str, ...]:
        return self.settings

    def headers(self, wire: Wire, method: str, path: str) -> Mapping[str, str]:
        """The app's id, the time by the clock given, and the signature."""
        timestamp = str(int(wire.call.clock().timestamp()))
        key = wire.call.secret(self.secret).encode()
        signature = hmac.new(key, f"{method}\n{path}\n{timestamp}".encode(), hashlib.sha256).hexdigest()
        return {
            self.id_header: wire.call.named.text(self.app_id),
            self.time_header: timestamp,
            self.signature_header: wire.call.secrecy.keep(signature),
        }


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth2 client credentials (RFC 6749, 4.4): id and secret in HTTP Basic, the token as Bearer, renewed shortly before it expires."""

    token_url: str
    client_id: str
    client_secret: str
    scope: str | None = None

    @property
    def settings(self) -> tuple[str, ...]:
        return (self.client_id, self.client_secret)

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.token_url, *self.settings)

    def headers(self, wire: Wire, method: str, path: str) -> Mapping[str, str]:  # noqa: ARG002
        """The token, asked for when there is none or the last one is about to expire."""
        now = wire.call.clock().timestamp()
        if wire.token is None or wire.token.until - _TOKEN_MARGIN <= now:
            wire.token = self._token(wire, now)
        return {"Authorization": f"Bearer {wire.token.value}"}

    def _token(self, wire: Wire, now: float) -> Token:
        call = wire.call
        pair = f"{call.named.text(self.client_id)}:{call.secret(self.client_secret)}"
        basic = call.secrecy.keep(b64encode(pair.encode()).decode())
        form = {"grant_type": "client_credentials"} | ({"scope": self.scope} if self.scope else {})
        answer = wire.post_form(self.token_url, form, {"Authorization": f"Basic {basic}"}, self.settings)
        body = parsed(answer.content, "令牌")
        value, lasts = at_path(body, "access_token"), at_path(body, "expires_in")
        if not isinstance(value, str) or not value:
            raise FetchError(Outcome.REFUSED, f"对方没有发来令牌；请核对 {'、'.join(PREFIX + name for name in self.settings)}")
        return Token(call.secrecy.keep(value), now + (float(lasts) if isinstance(lasts, int | float) else 0.0))
