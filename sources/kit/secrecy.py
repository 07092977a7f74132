"""Keeping secrets out of everything that is told: messages, records, labels."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from typing import Final
from urllib.parse import quote, quote_plus

HIDDEN: Final = "***"

#: Credentials inside an address (postgresql://reader:word@host), whoever wrote them.
_USER_PART: Final = re.compile(r"(?<=://)[^/@\s]+@")

#: Query strings of addresses: keys are passed there too.
_QUERY: Final = re.compile(r"(?<=\?)[^\s，。；、）)”’\"']+")

#: A secret shorter than this would blank out ordinary words; it is refused nowhere, but neither is it looked for.
_SHORTEST: Final = 4


class Secrecy:
    """The secrets met during one retrieval. `hide` blanks them out, in the forms in which they travel."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def keep(self, secret: str) -> str:
        """Remember a secret, and give it back."""
        if len(secret) >= _SHORTEST:
            self._secrets |= {secret, quote(secret, safe=""), quote_plus(secret), b64encode(secret.encode()).decode()}
        return secret

    def hide(self, text: str) -> str:
        """The text without any remembered secret, without credentials in addresses and without query strings."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return _plain(text)


def without_queries(record: logging.LogRecord) -> bool:
    """A logging filter that lets every record pass, without query strings and credentials."""
    record.msg, record.args = _plain(record.getMessage()), ()
    return True


def _plain(text: str) -> str:
    return _QUERY.sub(HIDDEN, _USER_PART.sub(HIDDEN + "@", text))
