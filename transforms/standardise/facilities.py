"""Facilities and services in the owner's words → codes of vocabulary/facilities.csv."""

from __future__ import annotations

from transforms.standardise import words
from transforms.standardise.text import text


def facilities(written: str) -> tuple[str, ...] | None:
    """Codes of all the facilities that `written` names, sorted; None when it names none that is known."""
    clean = text(written)
    return (words.codes(clean, "facilities") or None) if clean else None
