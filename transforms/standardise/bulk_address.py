"""Addresses in bulk: divisions, one road, one number and what stands behind it.

Such an address is cut into its head (the divisions), its road, its number and the rest. `address` reads each distinct head, road and rest
once, set into a plain address, and the whole is put together of what it read. That is right because nothing in one part is looked at while
another is read: a head ends with the last sign of a division, a road with the only sign of one, and what the rules look ahead for stands
at neither edge. Whatever might be otherwise is left to `address`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.standardise.address import HIGHEST, LONGEST, Address, address, inside
from transforms.standardise.cells import TEXT, Cells, Marks, han_but, marks_of, matching, side_by_side
from transforms.standardise.places import Places
from transforms.standardise.spread import Bulk
from transforms.standardise.unreadable import Unreadable

#: Signs that end a division: none in a road or behind its number.
_ENDS: Final = "省市区州县旗镇乡村道街路巷委"
#: What a rule for divisions looks for behind them, as the first or second character of a road; 中心 is taken care of by 心.
_AHEAD: Final = "号口场民政府桥居服公卫医店办心务共生院"
#: What makes a number something else.
_UNITS: Final = "楼院铺门附米层室栋幢座单公线地出弄段"

_HAN: Final = r"[\x{4e00}-\x{9fff}]"
_PATTERN: Final = (
    rf"^(?P<head>(?:{_HAN}*(?:[省市区县旗镇乡村]|街道))?)"
    rf"(?P<road>[{han_but(_ENDS + _AHEAD)}]{{2}}[{han_but(_ENDS)}]{{0,6}}(?:路|街|大道))"
    rf"(?P<number>[0-9]{{1,5}})号"
    rf"(?P<rest>(?:[{han_but(_ENDS + _UNITS + '的')}0-9](?:[{han_but(_ENDS + '的')}A-Za-z0-9-]{{0,30}}[{han_but(_ENDS + '的')}A-Za-z0-9])?)?)$"
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
    """The bulk reader of `address`."""
    cut = pc.extract_regex(values, _PATTERN)
    plain = marks_of(pc.is_valid(cut)) & marks_of(pc.less(pc.utf8_length(values), LONGEST)) & ~matching(values, _NUMERAL)
    if places.variants.pattern:
        plain &= ~matching(values, places.variants.pattern, any_case=True)
    head, road, number, rest = (pc.struct_field(cut, name).filter(pa.array(plain)) for name in ("head", "road", "number", "rest"))
    heads, roads = _each(head, lambda part: _head(part, places)), _each(road, lambda part: _road(part, places))
    rests, floor = _rests(rest)
    sure = heads.sure & roads.sure
    parts = {
        "text": side_by_side(heads["text"], road, number, "号", rest),
        "number": pc.replace_substring_regex(number, "^0+([0-9])", r"\1"),
        "road": roads["road"],
        **{part: heads[part] for part in ("county", "town", "community")},
        **{part: rests[part] for part in ("lane", "building", "room")},
        "floor": floor,
        "landmark": pc.coalesce(roads["landmark"], rests["landmark"]),
    }
    known = plain.copy()
    known[plain] = sure
    return Bulk(known, {name: part.filter(pa.array(sure)) for name, part in parts.items()})


class _Read:
    """The readings of a column of parts: which are `sure`, and by name a part of them a row."""

    def __init__(self, readings: list[Address | None], codes: pa.Array) -> None:
        self._readings, self._codes = readings, codes
        self.sure: Marks = marks_of(pa.array([reading is not None for reading in readings], pa.bool_()).take(codes))

    def __getitem__(self, part: str) -> Cells:
        return pa.array([None if reading is None else getattr(reading, part) for reading in self._readings], TEXT).take(self._codes)


def _each(column: Cells, read: Callable[[str], Address | None]) -> _Read:
    encoded = pc.dictionary_encode(column)
    return _Read([read(part) for part in encoded.dictionary.to_pylist()], encoded.indices)


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


def _rests(rest: Cells) -> tuple[_Read, Cells]:
    """What stands behind the number, a house with each of its floors read once, and the floors."""
    cut = pc.extract_regex(rest, _FLOORED)
    floored = pc.is_valid(cut)
    house, floor, word = (pc.struct_field(cut, name) for name in ("house", "floor", "word"))
    read = _each(pc.if_else(floored, side_by_side(house, "1", word), rest), _rest)
    high = pc.greater(floor.cast(pa.int64()), HIGHEST)
    own = pc.if_else(high, pa.scalar(None, TEXT), floor)
    return read, pc.if_else(pc.and_(floored, pc.equal(read["floor"], "1").fill_null(fill_value=False)), own, read["floor"])


def _rest(rest: str) -> Address:
    return inside(rest, Address("", number="1"))
