"""A row's identity: its text as the owner wrote it, the digest of its content, and its key."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence

import pandas as pd

#: Hex digits of a key made by hashing: 80 bits, so that a million rows meet by chance once in 10^12.
_KEY_DIGITS = 20


def verbatim(cells: pd.DataFrame) -> pd.Series:
    """Every row as a JSON object, owner's header → text, headers in the owner's order; null where the owner wrote nothing."""
    if not len(cells.columns):
        return pd.Series("{}", index=cells.index, dtype="str")
    members = [_members(cells[header], header) for header in cells.columns]
    return pd.Series(["{" + ", ".join(row) + "}" for row in zip(*members, strict=True)], index=cells.index, dtype="str")


def digests(cells: pd.DataFrame, headers: Sequence[str]) -> pd.Series:
    """SHA-256 (hex) of every row's content: the given headers, sorted, with their texts.

    Only what the source reads counts: a running number (序号) or an export time says nothing of the place, and would make each night's
    rows new ones. Equal digest ⇔ equal content.
    """
    content = verbatim(cells[sorted(headers)])
    return pd.Series([hashlib.sha256(text.encode()).hexdigest() for text in content], index=cells.index, dtype="str")


def row_keys(rows: pd.DataFrame, fields: Sequence[str], row_digest: pd.Series) -> pd.Series:
    """The key of every row: its one key field as written, or a hash over several (folded width, no white space).

    A row without any of them gets `~` and its content's digest: it will be held back, and must still be told from others.
    """
    parts = rows[list(fields)]
    if len(fields) == 1:
        keys = parts[fields[0]].str.strip()
    else:
        folded = [_folded(parts[name]) for name in fields]
        keys = pd.Series(["h" + _hash(row) for row in zip(*folded, strict=True)], index=rows.index, dtype="str")
    return keys.where(parts.notna().any(axis=1), "~" + row_digest.str[:_KEY_DIGITS]).astype("str")


def cells_digest(row: str, headers: Sequence[str]) -> str:
    """SHA-256 (hex) of the cells under the given headers of a row as `verbatim` keeps it: by it a row that got another key is known again."""
    cells = json.loads(row)
    told = [[header, cells.get(header)] for header in sorted(headers)]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _members(column: pd.Series, header: str) -> list[str]:
    name = json.dumps(header, ensure_ascii=False)
    written = {text: f"{name}: {json.dumps(text, ensure_ascii=False)}" for text in column.dropna().unique()}
    return [written.get(text, f"{name}: null") for text in column]


def _folded(column: pd.Series) -> list[str]:
    folded = {text: "".join(unicodedata.normalize("NFKC", text).split()) for text in column.dropna().unique()}
    return [folded.get(text, "") for text in column]


def _hash(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:_KEY_DIGITS]
