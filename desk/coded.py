"""Codes as people read them: the Chinese word of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from desk import words
from transforms.standardise.words import lines

#: Field → the vocabulary of its codes.
_VOCABULARY: Final = {"kind": "kinds", "facilities": "facilities", "plaques": "plaques"}


def shown(field: str, value: str) -> str:
    """A field's value, several joined by ;, in words."""
    table = _codes().get(field)
    return "、".join(table.get(code, code) for code in value.split(";") if code) if table else value.replace(";", "；")


@cache
def _codes() -> Mapping[str, Mapping[str, str]]:
    """Field → the Chinese word of each of its codes."""
    tables = {name: {line["code"]: line["title"] for line in lines(table)} for name, table in _VOCABULARY.items()}
    return {**tables, "batch": words.BATCHES}
