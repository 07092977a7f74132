"""The core name as compared: what standardise left of brands, counties, running numbers and words for a station taken off."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import pandas as pd

from transforms.standardise import words

#: Words that stand for a station in anybody's name and tell none apart.
_STATION: Final = re.compile(r"(?:户外劳动者服务|工会驿站|智慧驿站|便民服务|服务点|智慧|服务|驿站|站点|站|点|便民亭|城市|移动驿|厅|店)+$")
_RUNNING: Final = re.compile(r"[-#]?0\d$")

#: 绿影社区 and 绿影 are one place; 人民路社区 is not 人民路.
_COMMUNITY: Final = re.compile(r"(?<![路街道巷里])社区$")
_RURAL_FIRM: Final = "(?:农村商业银行|农商银行|农商行|农村信用社)"
_RURAL: Final = re.compile(rf"(?:[\u4e00-\u9fff]{{2}}(?=农))?{_RURAL_FIRM}")
_BRANCH: Final = re.compile(r"(?:支行|分理处|储蓄所|营业部|营业所|网点|营业厅)$")

#: Organisations of one trade that write themselves in too many ways to compare by characters.
_RURAL_BANK: Final = "农商银行"


def cores(core: pd.Series, county: pd.Series, trade: pd.Series) -> pd.Series:
    """Cores as compared. A part is taken off only while two characters remain; a name that is nothing but a plaque has none."""
    pairs = list(zip(core, county.str.removesuffix("区").str.removesuffix("县").str.removesuffix("市"), trade, strict=True))
    known = {pair: core_of(*pair) for pair in set(pairs)}
    return pd.Series([known[pair] for pair in pairs], dtype="str")


@cache
def core_of(core: str, county: str, trade: str) -> str:
    """One core; `county` without its suffix."""
    if words.pattern("plaques").fullmatch(core):
        return ""
    for pattern in (_RUNNING, _brands(trade), _BRANCH, _STATION, _RUNNING):
        core = _off(core, pattern)
    return core[len(county) :] if county and core.startswith(county) and len(core) - len(county) >= 2 else core


@cache
def _brands(trade: str) -> re.Pattern[str]:
    """Brand words of the trade; short ones (移动) only in that trade, where they are no word of a place."""
    known = [word for word, name in words.by_word("brands").items() if words.hosts("brands")[name] == trade]
    short = ["移动公司", "移动", "电信", "联通"] if trade == "telecom" else []
    brands = words.alternatives((*known, *short)).pattern
    return re.compile(f"{_RURAL.pattern}|{brands}" if trade == "bank" else brands)


def _off(core: str, pattern: re.Pattern[str]) -> str:
    bare = pattern.sub("", core)
    return bare if len(bare) >= 2 else core


def organisations(organisation: pd.Series) -> pd.Series:
    """Organisations as compared: rural banks of a county are one firm, however much of their name stands there."""
    return organisation.where(~organisation.str.contains(_RURAL_FIRM, regex=True), _RURAL_BANK)
