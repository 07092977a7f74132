"""Texts by their shape: what no rule mentions is treated by all rules alike, so texts that differ in nothing else are read alike.

A Chinese character is mentioned where a literal of the rules or a word of their vocabulary holds it: by itself, or beside the same
neighbour as there. All others become placeholders, the first of a text this one, the second that one …; what a rule then gives back of a
shape holds placeholders too, and is filled in again for each text. So a reader sees each shape once: of a million names there are some thousands.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from transforms.standardise.cells import Cells, Ints, Marks, Points, cells_from, points_of

#: Characters that stand for others: forty rare ones in a row, met in no vocabulary. A text with more of its own, or with one of these, has no shape.
_PLACES: Final = 40
FIRST_PLACE: Final = 0x9F5F
_LAST_HAN, _FIRST_HAN = 0x9FFF, 0x4E00

#: A class of characters (or the part of one that stands in this literal), or a run of Chinese ones and whether the last of it may be left out.
_TOKEN: Final = re.compile(r"\[[^\]]*\]|\[?[\u4e00-\u9fff]+[?*+{\]]?")
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """`alone`: whether a character is mentioned by itself, by code point; `pair`: by two numbers, whether one is mentioned beside the other."""

    alone: Marks
    number: NDArray[np.int16]
    pair: Marks


def mentioned(modules: Iterable[ModuleType], vocabulary: Iterable[str]) -> Mentioned:
    """What the literals of the modules and the words of a vocabulary mention."""
    alone: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for literal in (*(text for module in modules for text in _literals(module)), *vocabulary):
        for token in _TOKEN.findall(literal):
            han = _HAN.findall(token)
            if len(han) == 1 or len(han) < len(token):
                alone.update(han)
            pairs.update(pairwise(han))
    marks = np.zeros(_LAST_HAN + 1, dtype=bool)
    marks[:_FIRST_HAN] = True
    marks[[ord(sign) for sign in alone]] = True
    signs = sorted({sign for pair in pairs for sign in pair})
    number = np.zeros(_LAST_HAN + 1, dtype=np.int16)
    number[[ord(sign) for sign in signs]] = np.arange(1, len(signs) + 1)
    beside = np.zeros((len(signs) + 1, len(signs) + 1), dtype=bool)
    for left, right in pairs:
        beside[number[ord(left)], number[ord(right)]] = True
    return Mentioned(marks, number, beside)


@cache
def _literals(module: ModuleType) -> tuple[str, ...]:
    """All text in a module's code; what its docstrings mention besides does no harm."""
    nodes = ast.walk(ast.parse(inspect.getsource(module)))
    return tuple(node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))


@dataclass(frozen=True, slots=True)
class Shapes:
    """`has`: which texts have a shape; `codes`: for those, in order, the place of it in `shapes`."""

    has: Marks
    codes: Ints
    shapes: list[str]
    _left_out: Points
    _from: Ints

    def filled(self, readings: list[str | None]) -> Cells:
        """For each text with a shape, what was read of it, its own characters filled in; `readings` has one a shape."""
        lengths = np.array([-1 if reading is None else len(reading) for reading in readings], dtype=np.int64)[self.codes]
        patterns = np.frombuffer("".join(reading or "" for reading in readings).encode("utf-32-le"), dtype=np.uint32)
        starts = np.concatenate([[0], np.cumsum([len(reading or "") for reading in readings])])[:-1].astype(np.int64)[self.codes]
        sizes = np.maximum(lengths, 0)
        points = patterns[np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(int(sizes.sum()))]
        place = points - np.uint32(FIRST_PLACE)
        open_places = np.flatnonzero(place < _PLACES)
        points = points.copy()
        points[open_places] = self._left_out[np.repeat(self._from, sizes)[open_places] + place[open_places]]
        return pc.if_else(pa.array(lengths >= 0), cells_from(sizes, points), pa.scalar(None, pa.large_string()))


def shapes_of(texts: Cells, known: Mentioned) -> Shapes:
    """The shapes of texts without gaps."""
    lengths, points = points_of(texts)
    starts = np.cumsum(lengths) - lengths
    text = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    strange = (points > _LAST_HAN) | ((points >= FIRST_PLACE) & (points < FIRST_PLACE + _PLACES))
    points = np.where(strange, 0, points)
    kept = known.alone[points]
    number = known.number[points]
    if len(points):
        beside = known.pair[number[:-1], number[1:]] & (text[:-1] == text[1:])
        kept[:-1] |= beside
        kept[1:] |= beside
    before = np.concatenate([[0], np.cumsum(~kept)])
    first = before[starts]
    rank = before[:-1] - np.repeat(first, lengths)
    has = np.ones(len(lengths), dtype=bool)
    has[text[strange]] = False
    has[text[(rank >= _PLACES) & ~kept]] = False
    shaped = np.where(kept, points, FIRST_PLACE + rank).astype(np.uint32)
    inside = has[text]
    encoded = pc.dictionary_encode(cells_from(lengths[has], shaped[inside]))
    return Shapes(has, encoded.indices.to_numpy(), encoded.dictionary.to_pylist(), points[~kept], first[has])
