"""Names in bulk, by their shapes: what no rule and no word of the vocabulary mentions is all alike to the cleaner of names.

A city's own divisions are asked for in three places alone: behind a brand, before a house number, and at the head of a core. A name that
might hold either of the first two is left to `name`; the last is done here as there, on cores instead of names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.records.city import City
from transforms.standardise import embedded, kind, name, organisation, phone, text, words
from transforms.standardise.cells import TEXT, Cells, Marks, marks_of, matching, plain, points_of
from transforms.standardise.latin import is_latin
from transforms.standardise.places import Places
from transforms.standardise.shapes import Mentioned, mentioned, shapes_of
from transforms.standardise.spread import Bulk, joined

#: Modules whose rules read a name, and the vocabularies that they use.
_MODULES: Final = (name, organisation, kind, embedded, phone, text)
_VOCABULARIES: Final = ("kinds", "plaques", "brands")

#: A house number: the divisions before it count.
_NUMBERED: Final = re.compile(r"\d号")
_TOWN: Final = "(?:街道|镇|乡).*(?:社区|村)$"

#: A city that has no places.
_NOWHERE: Final = City("", "〓", "〓", "", "Asia/Shanghai", (-180, -90, 180, 90), None, (), (), {}, {}, Path())


def bulk_name(values: Cells, places: Places, brand: tuple[str, ...]) -> Bulk:
    """The bulk reader of `name`, with the name's `group` of hosts beside its parts."""
    known = plain(values) & marks_of(pc.less_equal(pc.utf8_length(values), name.LONGEST))
    if places.variants.pattern:
        known &= ~matching(values, places.variants.pattern, any_case=True)
    found = shapes_of(values.filter(pa.array(known)), _mentioned(brand))
    told = [_told(shape, brand) for shape in found.shapes]
    sure = np.array([reading is not None for reading in told], dtype=bool)[found.codes]
    codes, kept = pa.array(found.codes), pa.array(sure)
    parts = {
        part: pa.array([getattr(reading, part) if reading else None for reading in told], TEXT).take(codes).filter(kept)
        for part in ("organisation", "kind", "plaques", "group")
    }
    cores = found.filled([reading.core if reading else None for reading in told]).filter(kept)
    known[known] = found.has
    known[known] = sure
    return Bulk(known, {**parts, "text": values.filter(pa.array(known)), "core": _without_prefixes(cores, places)})


class _Told:
    __slots__ = ("core", "group", "kind", "organisation", "plaques")

    def __init__(self, shape: str, told: name.Told) -> None:
        self.core, self.kind, self.organisation = told.core, told.kind, told.bare.organisation
        self.plaques, self.group = joined(words.codes(shape, "plaques")), kind.host_group(shape)


def _told(shape: str, brand: tuple[str, ...]) -> _Told | None:
    """What `name` reads of a shape, None where the divisions of a city might count or more than a name is in it."""
    nowhere = _nowhere()
    if not name.is_name(shape) or is_latin(shape) or _NUMBERED.search(shape) or organisation.may_name_region(shape, brand):
        return None
    if embedded.without_phones(shape)[1] or embedded.without_address(shape, nowhere)[1]:
        return None
    told = name.told_by(shape, nowhere, brand)
    return _Told(shape, told) if told.core else None


@cache
def _nowhere() -> Places:
    return Places(_NOWHERE)


@cache
def _mentioned(brand: tuple[str, ...]) -> Mentioned:
    return mentioned(_MODULES, (*_vocabulary(), *brand))


def _vocabulary() -> Iterator[str]:
    for vocabulary in _VOCABULARIES:
        for term in words.terms(vocabulary):
            yield from (*term.words, *term.hints)


def _without_prefixes(cores: Cells, places: Places) -> Cells:
    """`without_prefix` of each core: asked only of those that begin like a region's name."""
    asked = _may_begin(cores, places.heads) | matching(cores, _TOWN)
    encoded = pc.dictionary_encode(cores.filter(pa.array(asked)))
    bare = [name.without_prefix(core, places) for core in encoded.dictionary.to_pylist()]
    return pc.replace_with_mask(cores, pa.array(asked), pa.array(bare, TEXT).take(encoded.indices))


def _may_begin(cores: Cells, heads: tuple[str, ...]) -> Marks:
    """Cores whose first two characters are those of a head."""
    _, points = points_of(pc.utf8_rpad(pc.utf8_slice_codeunits(cores, 0, 2), 2))
    pairs = points.reshape(-1, 2).astype(np.int64)
    begun = [ord(head[0]) << 21 | ord(head[1]) for head in heads if len(head) > 1]
    return np.isin(pairs[:, 0] << 21 | pairs[:, 1], begun) | np.isin(pairs[:, 0], [ord(head) for head in heads if len(head) == 1])
