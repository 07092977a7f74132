"""The batch of 三个一批: what the owner states, what the kind of place and its host say, and whether the two contradict."""

from __future__ import annotations

from typing import Final

from transforms.standardise import words
from transforms.standardise.text import text
from transforms.standardise.unreadable import Unreadable

#: Group of hosts (kinds.csv, brands.csv) → its batch by rule. A public place may be renovated or have been there before: no rule for it.
BY_HOST: Final = {"bank": "co_branded", "telecom": "co_branded", "merchant": "co_branded", "street": "new_build", "built": "new_build"}

#: Group of hosts → batches that cannot be true of it. A private door is opened, not built by the city; nobody hangs a plaque on the city's own door.
IMPOSSIBLE: Final = {
    "bank": frozenset({"renovated", "new_build"}),
    "telecom": frozenset({"renovated", "new_build"}),
    "merchant": frozenset({"renovated", "new_build"}),
    "street": frozenset({"renovated", "co_branded"}),
    "public": frozenset({"co_branded"}),
}


def batch(written: str) -> str | None:
    """The batch that the owner's words state. Raises Unreadable('batch_unreadable')."""
    if written.strip() in {"无", "否"}:
        return "none"
    clean = text(written)
    if clean is None:
        return None
    known = words.by_word("batches")
    if clean.lower() in set(known.values()):
        return clean.lower()
    found = words.pattern("batches").search(clean)
    if found is None:
        raise Unreadable("batch_unreadable")
    return known[found[0].upper()]


def by_host(host: str | None) -> str | None:
    """The batch that a group of hosts implies."""
    return BY_HOST.get(host or "")


def contradicts(stated: str | None, host: str | None) -> bool:
    """Whether a stated batch cannot be true of this group of hosts."""
    return stated in IMPOSSIBLE.get(host or "", frozenset())
