"""Numbers in addresses: 三十八号, 叁拾捌号, ３８号 and 38号 are one."""

from __future__ import annotations

import re
from functools import lru_cache

from transforms.standardise.unreadable import Unreadable

#: All that a Chinese number is written with.
SIGNS = "〇零○一二两三四五六七八九十百千壹贰貳叁參肆伍陆陸柒捌玖拾佰仟"
_PLAIN = str.maketrans("○貳參陸", "〇贰叁陆")

#: A Chinese number counts only before a unit of addresses: 三山区, 五一路 and 十里铺 are names. 楼村, 号桥 and the like are names too.
_COUNTED = re.compile(
    rf"(?<![第{SIGNS}])([{SIGNS}]+)(?=(?:号楼|号院|号|楼|层|栋|幢|座|单元|室|巷|弄|组|队|期)(?![村镇乡桥岭沟井]|社区|号))"
)
_DASHED = re.compile(r"(?<=\d)[一之](?=\d)")
_GROUND = re.compile(r"(?<![\u4e00-\u9fff\d])(?:底|首)(?=[楼层])|(?<=[号幢栋座楼])(?:底|首)(?=[楼层])")
_BELOW = re.compile(r"(?:地下|负|B)(\d{1,2}|[一二三四五六七八九])(?=[楼层F])")


def numeral(written: str) -> int:
    """The number that a Chinese numeral writes, common or formal (三十八, 二〇三, 叁拾捌). Raises Unreadable('address_unreadable')."""
    try:
        return _read(written)
    except (ValueError, KeyError, IndexError) as refused:
        raise Unreadable("address_unreadable") from refused


def arabic(written: str) -> str:
    """`written` (cleaned text) with the numbers of houses, floors, rooms … in Arabic digits; what is no number stays as it was."""
    below = _BELOW.sub(lambda found: f"-{_digits(found[1])}", _GROUND.sub("1", written))
    return _COUNTED.sub(lambda found: _apart(found) + _digits(found[1]), _DASHED.sub("-", below))


def _apart(found: re.Match[str]) -> str:
    """A space where the number would run into digits before it: 920号14八楼 has no 148th floor."""
    start = found.start()
    return " " if start and found.string[start - 1].isascii() and found.string[start - 1].isalnum() else ""


def _digits(written: str) -> str:
    try:
        return str(numeral(written)) if not written.isdigit() else written
    except Unreadable:
        return written


@lru_cache(maxsize=4096)
def _read(written: str) -> int:
    plain = written.translate(_PLAIN)
    import cn2an  # a fifth of a second to import, and many lists write no such number

    return int(cn2an.cn2an(plain, "smart"))
