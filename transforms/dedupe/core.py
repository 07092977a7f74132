"""The core name as compared: what standardise left of brands, counties, running numbers and words for a station taken off."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from transforms.dedupe.coded import Coded, Marks, joint_codes, packed_codes
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


#: What any step of `core_of` could take off, but the county: a name without a match is its own core. For RE2, hence without lookarounds.
_TAKES_OFF: Final = "|".join((_RUNNING.pattern, _BRANCH.pattern, _STATION.pattern, _RURAL_FIRM))
_SHORT_BRANDS: Final = ("移动公司", "移动", "电信", "联通")


def cores(core: Coded, county: Coded, trade: Coded) -> Coded:
    """Cores as compared. A part is taken off only while two characters remain; a name that is nothing but a plaque has none."""
    names, trades = core.values.tolist(), [*trade.values, ""]
    counties = [*county.values.str.removesuffix("区").str.removesuffix("县").str.removesuffix("市"), ""]
    rows = np.flatnonzero(_touched(core) | _same_head(core, names, county, counties))
    parts = tuple(codes[rows] for codes in (core.code, county.code, trade.code))
    _, first, which = np.unique(packed_codes(part + 1 for part in parts), return_index=True, return_inverse=True)
    known = {name: at for at, name in enumerate(names)}
    changed = np.zeros(len(first), dtype=np.int32)
    for at, row in enumerate(first.tolist()):
        bare = core_of(names[parts[0][row]], counties[parts[1][row]], trades[parts[2][row]])
        changed[at] = known.setdefault(bare, len(known)) if bare else -1
    code = core.code.copy()
    code[rows] = changed[which]
    return Coded(code, pd.Series(list(known), dtype="str"))


def _touched(core: Coded) -> Marks:
    """Whether any step but that of the county may change the core: a superset, found at once, of what has to be looked at one by one."""
    known = "|".join((_TAKES_OFF, words.pattern("plaques").pattern, words.pattern("brands").pattern, *_SHORT_BRANDS))
    touched = pc.match_substring_regex(pa.array(core.values, type=pa.large_string()), known, ignore_case=True)
    return core.per_listing(np.asarray(touched.to_numpy(zero_copy_only=False), dtype=np.bool_), absent=False)


def _same_head(core: Coded, names: list[str], county: Coded, counties: list[str]) -> Marks:
    """Whether core and county begin with one character."""
    heads, starts = joint_codes(pd.Series([name[:1] for name in names]), pd.Series([name[:1] for name in counties]))
    return np.asarray((core.code >= 0) & (np.append(heads, -1)[core.code] == starts[county.code]))


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
    short = _SHORT_BRANDS if trade == "telecom" else ()
    brands = words.alternatives((*known, *short)).pattern
    return re.compile(f"{_RURAL.pattern}|{brands}" if trade == "bank" else brands)


def _off(core: str, pattern: re.Pattern[str]) -> str:
    bare = pattern.sub("", core)
    return bare if len(bare) >= 2 else core


def organisations(organisation: Coded) -> Coded:
    """Organisations as compared: rural banks of a county are one firm, however much of their name stands there."""
    return organisation.mapped(lambda values: values.where(~values.str.contains(_RURAL_FIRM, regex=True), _RURAL_BANK))
