"""Plaques: the brands shown at a place, in the owner's words or as a flag for the owner's own plaque."""

from __future__ import annotations

from transforms.standardise import words
from transforms.standardise.text import text

_YES = frozenset({"Y", "YES", "TRUE", "T", "1", "是", "有", "已挂", "已挂牌", "√", "✓", "挂牌"})
_NO = frozenset({"N", "NO", "FALSE", "F", "0", "否", "无", "未挂", "未挂牌", "×", "没有"})


def plaques(written: str, own: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """Codes of vocabulary/plaques.csv, sorted; a bare yes stands for the owner's `own`, a bare no is (); None when nothing is known."""
    flag = written.strip().upper()
    if flag in _NO:
        return ()
    clean = text(written)
    if clean is None:
        return None
    if clean.upper() in _YES:
        return tuple(sorted(own))
    return words.codes(clean, "plaques") or None
