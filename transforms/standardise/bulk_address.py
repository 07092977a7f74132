"""Addresses in bulk: divisions, one road, one number and what stands behind it.

Such an address is cut into its head (the divisions), its road, its number and the rest. `address` reads each distinct head, road and rest
once, set into a plain address, and the whole is put together of what it read. That is right because nothing in one part is looked at while
another is read: a head ends with the last sign of a division, a road with the only sign of one, and what the rules look ahead for stands
at neither edge. Whatever might be otherwise is left to `address`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import chain
from typing import Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.standardise import address as rules
from transforms.standardise import numeral, text
from transforms.standardise import places as divisions
from transforms.standardise.address import HIGHEST, LONGEST, Address, address, inside
from transforms.standardise.cells import TEXT, Cells, Marks, extracted, han_but, marks_of, matching, nothing, plain, side_by_side
from transforms.standardise.places import Places
from transforms.standardise.shapes import Mentioned, Shapes, mentioned, shapes_of
from transforms.standardise.spread import Bulk
from transforms.standardise.unreadable import Unreadable

_PARTS: Final = ("text", "county", "town", "community", "road", "number", "lane", "building", "floor", "room", "landmark")

#: Signs that end a division or a road: none else in a road.
_ENDS: Final = "省市区州县旗镇乡村道街路巷委"
#: What a rule for divisions looks for behind them, as the first character of a road, and as the second (公共, 中心).
_FIRST, _SECOND = "号口场民政府桥居服卫医店办", "共心"
#: What makes a number something else, and what makes a crossing of what is behind it.
_UNITS, _ROADS = "楼院铺门附米层室栋幢座单公线地出弄段", "路街巷道的"

_HAN: Final = r"[\x{4e00}-\x{9fff}]"
_PATTERN: Final = (
    rf"^(?P<head>(?:{_HAN}+(?:[省市区县旗镇乡村]|街道))?)"  # a lone sign is no division
    rf"(?P<road>[{han_but(_ENDS + _FIRST)}][{han_but(_ENDS + _SECOND)}][{han_but(_ENDS)}]{{0,6}}(?:路|街|大道))"
    rf"(?P<number>[0-9]{{1,5}})号"
    rf"(?P<rest>(?:[{han_but(_ROADS + _UNITS)}0-9](?:[{han_but(_ROADS)}A-Za-z0-9-]{{0,30}}[{han_but(_ROADS)}A-Za-z0-9])?)?)$"
)
#: What might hold a number in Chinese signs, or a floor below the ground: `numeral` reads them.
_NUMERAL: Final = (
    r"[〇零○一二两三四五六七八九十百千壹贰貳叁參肆伍陆陸柒捌玖拾佰仟](?:号|楼|层|栋|幢|座|单元|室|巷|弄|组|队|期)"
    r"|[底首][楼层]|[0-9][一之][0-9]|(?:地下|负|[Bb])[0-9一二三四五六七八九]"
)
#: A rest that is a house and a floor.
_FLOORED: Final = rf"^(?P<house>{_HAN}*)(?P<floor>[0-9]{{1,2}})(?P<word>层|楼)$"

#: The plain address that a part is set into. No rule knows its characters.
_PROBE, _PROBE_ROAD = "某某某路1号", "某某某路"


def bulk_address(values: Cells, places: Places) -> Bulk:
    """The bulk reader of `address`: by its parts, else whole by its shape."""
    clean = plain(values) & marks_of(pc.less(pc.utf8_length(values), LONGEST))
    if places.variants.pattern:
        clean &= ~matching(values, places.variants.pattern, any_case=True)
    apart = _by_parts(values.filter(pa.array(clean)), places)
    whole = _whole(values.filter(pa.array(clean)).filter(pa.array(~apart.known)), places)
    known = clean.copy()
    known[clean] = apart.known
    by_shape = clean & ~known
    by_shape[by_shape] = whole.known
    place = np.concatenate([np.flatnonzero(known), np.flatnonzero(by_shape)])
    order = pa.array(np.argsort(place, kind="stable"))
    return Bulk(known | by_shape, {part: pa.concat_arrays([apart.parts[part], whole.parts[part]]).take(order) for part in _PARTS})


def _by_parts(values: Cells, places: Places) -> Bulk:
    cut = extracted(values, _PATTERN)
    known = marks_of(pc.is_valid(cut)) & ~matching(values, _NUMERAL)
    head, road, number, rest = (pc.struct_field(cut, name).filter(pa.array(known)) for name in ("head", "road", "number", "rest"))
    heads, roads = _each(head, lambda part: _head(part, places), places), _each(road, lambda part: _road(part, places), places)
    rests, floor = _rests(rest, places)
    sure = heads.sure & roads.sure & rests.sure
    parts = {
        "text": side_by_side(heads["text"], road, number, "号", rest),
        "number": pc.replace_substring_regex(number, "^0+([0-9])", r"\1"),
        "road": roads["road"],
        **{part: heads[part] for part in ("county", "town", "community")},
        **{part: rests[part] for part in ("lane", "building", "room")},
        "floor": floor,
        "landmark": pc.coalesce(roads["landmark"], rests["landmark"]),
    }
    known[known] = sure
    return Bulk(known, {name: part.filter(pa.array(sure)) for name, part in parts.items()})


def _whole(values: Cells, places: Places) -> Bulk:
    read = _each(values, lambda shape: _uncrossed(shape, places), places)
    return Bulk(read.sure, {part: read[part].filter(pa.array(read.sure)) for part in _PARTS})


def _uncrossed(shape: str, places: Places) -> Address | None:
    """An address without a crossing, whose two roads stand in the order of their characters."""
    found = _address(shape, places)
    return None if found is None or (found.landmark or "").endswith("交叉口") else found


class _Read:
    """The readings of a column of parts, each shape of them read once: which are `sure`, and by name a part of them a row."""

    def __init__(self, readings: list[Address | None], shapes: Shapes, codes: pa.Array) -> None:
        self._readings, self._shapes, self._codes = readings, shapes, codes
        has = shapes.has.copy()
        has[has] = np.array([reading is not None for reading in readings], dtype=bool)[shapes.codes]
        self.sure: Marks = has[codes.to_numpy()]
        self._place = pa.array(np.where(shapes.has, np.cumsum(shapes.has) - 1, 0), mask=~shapes.has)

    def __getitem__(self, part: str) -> Cells:
        read = [None if reading is None else getattr(reading, part) for reading in self._readings]
        if all(part is None for part in read):
            return nothing(len(self._codes))
        return self._shapes.filled(read).take(self._place).take(self._codes)


def _each(column: Cells, read: Callable[[str], Address | None], places: Places) -> _Read:
    encoded = pc.dictionary_encode(column)
    shapes = shapes_of(encoded.dictionary, _mentioned(places))
    return _Read([read(shape) for shape in shapes.shapes], shapes, encoded.indices)


@lru_cache(maxsize=4)
def _mentioned(places: Places) -> Mentioned:
    variants = chain.from_iterable(places.city.variants.items())
    return mentioned((rules, numeral, text, divisions), (*numeral.SIGNS, *places.heads, *variants))


def _head(head: str, places: Places) -> Address | None:
    """The divisions of a head; `text` is what is shown of it."""
    found = _address(head + _PROBE, places)
    if found is None or found.road != _PROBE_ROAD or not found.text.endswith(_PROBE) or not _is_bare(found) or found.landmark:
        return None
    return Address(found.text.removesuffix(_PROBE), found.county, found.town, found.community)


def _road(road: str, places: Places) -> Address | None:
    """The road and the landmark before it, where it begins an address as it goes on one."""
    found = _address(f"{road}1号", places)
    if found is None or found.text != f"{road}1号" or not found.road or not road.endswith(found.road) or not _is_bare(found):
        return None
    return None if found.county or found.town or found.community else found


def _is_bare(found: Address) -> bool:
    """Whether nothing but the number 1 was read behind the road."""
    return found.number == "1" and not (found.lane or found.building or found.floor or found.room)


def _address(written: str, places: Places) -> Address | None:
    try:
        return address(written, places)
    except Unreadable:
        return None


def _rests(rest: Cells, places: Places) -> tuple[_Read, Cells]:
    """What stands behind the number, a house with each of its floors read once, and the floors."""
    cut = extracted(rest, _FLOORED)
    floored = pc.is_valid(cut)
    house, floor, word = (pc.struct_field(cut, name) for name in ("house", "floor", "word"))
    read = _each(pc.if_else(floored, side_by_side(house, "1", word), rest), _rest, places)
    high = pc.greater(floor.cast(pa.int64()), HIGHEST)
    own = pc.if_else(high, pa.scalar(None, TEXT), floor)
    return read, pc.if_else(pc.and_(floored, pc.equal(read["floor"], "1").fill_null(fill_value=False)), own, read["floor"])


def _rest(rest: str) -> Address:
    return inside(rest, Address("", number="1"))
