"""A short name for a set of lines, by which a person's decision says which set it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

#: Letters of a name (48 bits): no two sets of a city ever share one, and it can be read out. Letters alone: a row of digits in a report is taken
#: for a person's number.
_LETTERS: Final = 12
_SPELLED: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


def name_of(lines: Iterable[str]) -> str:
    """The name of the lines in this order."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_LETTERS].translate(_SPELLED)
