"""Texts that look the same to a set of patterns, so that the patterns are run over one of them."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from transforms.dedupe.coded import Ints, Marks, points_of
from transforms.dedupe.spellings import Hashes, mixed

#: Texts looked at at a time: bounds memory, changes nothing.
_AT_ONCE: Final = 1 << 16

#: Where letters lie that re.IGNORECASE may take for one of another block (ſ for s, the Kelvin sign for k).
_CASED: Final = 0x2200


def alphabet_of(*patterns: str) -> frozenset[str]:
    """Every character that patterns of words can tell from others: those they are written with, in either case."""
    written = {character for pattern in patterns for character in pattern}
    folded = {form for character in written for form in (character.lower(), character.upper())}
    cased = (chr(point) for point in range(0x80, _CASED))
    return frozenset(written | folded | {character for character in cased if {character.lower(), character.upper()} & folded})


def seen_alike(texts: pd.Series, alphabet: frozenset[str]) -> tuple[Ints, Ints]:
    """Texts that differ by no more than runs of characters outside the `alphabet`: the place of the first of each group, and each text's group.

    A run of Chinese characters is told from one of others, for patterns ask for either. How long a run is, no pattern of words asks.
    """
    known = np.zeros(0x110000, dtype=np.bool_)
    known[[ord(character) for character in alphabet if len(character) == 1]] = True
    written = pa.array(texts, type=pa.large_string())
    parts = [_outlines(written[at : at + _AT_ONCE], known) for at in range(0, len(written), _AT_ONCE)]
    _, first, which = np.unique(np.concatenate([np.zeros(0, dtype=np.uint64), *parts]), return_index=True, return_inverse=True)
    return first, which


def _outlines(texts: pa.Array, known: Marks) -> Hashes:
    """A number for each text as the alphabet sees it."""
    lengths, points = points_of(texts)
    shown = np.where(known[points], points, np.where((points >= 0x4E00) & (points <= 0x9FFF), 0x110000, 0x110001)).astype(np.uint32)
    rows = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
    changes = np.append(True, (rows[1:] != rows[:-1]) | (shown[1:] != shown[:-1]))[: len(rows)]
    kept = changes | (shown < 0x110000)
    counts = np.bincount(rows[kept], minlength=len(texts))
    ends = np.cumsum(counts)
    places = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
    marks = mixed(shown[kept].astype(np.uint64) << np.uint64(32) | places.astype(np.uint64))
    sums = np.append(np.zeros(1, dtype=np.uint64), np.cumsum(marks, dtype=np.uint64))
    return mixed(sums[ends] - sums[ends - counts] + counts.astype(np.uint64))
