"""Premises: what sort of place a listing stands in, read off its name and host. A union station in a bank and the bank are one place.

The listing's own kind often says only whose list it is on (every line of the union's list is a union station), so two listings of one
corner, named after the same road, are told apart by the words 支行, 营业厅, 便民亭, 社区 in their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from transforms.dedupe.coded import Coded, Ints
from transforms.dedupe.levels import FAMILIES
from transforms.dedupe.seen import alphabet_of, seen_alike
from transforms.standardise import words

#: Kinds that are plaques more than premises: they stand in anybody's house.
_GUESTS: Final = frozenset(kind for kind, family in FAMILIES.items() if family == "guest") | {
    "civ_centre",
    "civ_institute",
    "civ_station",
    "civ_point",
}

#: Trades whose kind is believed without a word in the name: a bank's list holds banks. A site operator's holds anything.
_FIRM_TRADES: Final = frozenset({"bank", "telecom"})

#: Of those, the kind that is a house of its own, put up as one: a city post beside a community's centre is not the centre. It tells the
#: sort and no trade, for lists also hang it on houses of any trade.
_OWN_HOUSE: Final = "city_post"

#: Offices that keep stations of their own in the street; a bank's or a telecom firm's premises have the firm for a host.
_OFFICES: Final = re.compile(r"总工会|管理局|管理所|文明办|办事处")

_PUBLIC: Final = re.compile(r"社区$|居委会|居民委员会|村委会|村民委员会|街道|人民政府|党群|[\u4e00-\u9fff]村$")


@dataclass(frozen=True, slots=True)
class Premises:
    """`trade`: group of hosts (bank, telecom, street, public, merchant, built); `sort`: the kind itself where a word tells it, else
    empty. A sort may stand without a trade."""

    trade: str = ""
    sort: str = ""


@cache
def premises_of(text: str) -> Premises:
    """The premises that a name or a host's name speaks of: by its last word for a kind, else by its brand, else by public offices."""
    spoken, is_decided = _of_kind(text)
    return spoken if is_decided else _of_brand(text, spoken)


def _of_kind(text: str) -> tuple[Premises, bool]:
    """By words for a kind, and whether that decides; what does not may still be a house of its own."""
    kinds = words.by_word("kinds")
    spoken = [kinds[word.upper()] for word in words.pattern("kinds").findall(text)]
    found = [kind for kind in spoken if kind not in _GUESTS]
    if found:
        return Premises(words.hosts("kinds")[found[-1]], found[-1]), True
    return Premises("", _OWN_HOUSE if _OWN_HOUSE in spoken else ""), False


def _of_brand(text: str, spoken: Premises) -> Premises:
    """By brands and offices, where no word for a kind counts."""
    brand = words.pattern("brands").search(text)
    if brand:
        return Premises(words.hosts("brands")[words.by_word("brands")[brand[0].upper()]])
    if "银行" in text or "农商行" in text:
        return Premises("bank")
    return Premises("public" if _PUBLIC.search(text) or _OFFICES.search(text) else "", spoken.sort)


def premises(names: Coded, hosts: Coded, kinds: Coded) -> tuple[Coded, Coded]:
    """Trade and sort of each listing: by its name, else its kind, else its host. Absent where nothing tells."""
    trade, sort = _spoken(names)
    groups = words.hosts("kinds")
    firm = [groups[kind] if groups.get(kind) in _FIRM_TRADES else "" for kind in kinds.values]
    by_kind = (trade < 0) & kinds.per_listing(np.array([name != "" for name in firm], dtype=np.bool_), absent=False)
    by_host = (trade < 0) & ~by_kind
    trade = np.where(by_host, _spoken(hosts)[0], trade)
    trade = np.where(by_kind, kinds.per_listing(_codes(firm, _trades()), absent=-1), trade)
    sort = np.where(by_kind, kinds.per_listing(_codes(kinds.values, _sorts()), absent=-1), sort)
    return _coded(trade, [_STREET.get(name, name) for name in _trades()]), _coded(sort, _sorts())


def _spoken(texts: Coded) -> tuple[Ints, Ints]:
    """Codes of the trade and the sort that each listing's text speaks of."""
    # words for a kind are written with fewer characters than brands, so that more texts look alike to them; brands are then asked for the rest
    first, which = seen_alike(texts.values, alphabet_of(words.pattern("kinds").pattern))
    known = [_of_kind(text) for text in texts.values.iloc[first].tolist()]
    trade, sort = _coded_premises([premises for premises, _ in known], which)
    asked = np.flatnonzero(~np.array([is_decided for _, is_decided in known], dtype=np.bool_)[which])
    rest = texts.values.iloc[asked]
    first, which = seen_alike(rest, _alphabet())
    trade[asked], sort[asked] = _coded_premises([premises_of(text) for text in rest.iloc[first].tolist()], which)
    return texts.per_listing(trade, absent=-1), texts.per_listing(sort, absent=-1)


def _coded_premises(known: Sequence[Premises], which: Ints) -> tuple[Ints, Ints]:
    return _codes([each.trade for each in known], _trades())[which], _codes([each.sort for each in known], _sorts())[which]


@cache
def _alphabet() -> frozenset[str]:
    """All that `premises_of` can see."""
    return alphabet_of(*(words.pattern(name).pattern for name in ("kinds", "brands")), _PUBLIC.pattern, _OFFICES.pattern, "银行农商行")


@cache
def _trades() -> tuple[str, ...]:
    return tuple(sorted({*words.hosts("kinds").values(), *words.hosts("brands").values(), "bank", "public"} - {""}))


@cache
def _sorts() -> tuple[str, ...]:
    return tuple(sorted(words.hosts("kinds")))


def _codes(names: Iterable[str], known: tuple[str, ...]) -> Ints:
    place = {name: at for at, name in enumerate(known)}
    return np.array([place.get(name, -1) for name in names], dtype=np.int32)


def _coded(code: Ints, names: Iterable[str]) -> Coded:
    """Names that came to be one name get one code."""
    return Coded(code, pd.Series(list(names), dtype="str")).mapped(lambda values: values)


#: A site operator's own places are kiosks and cabins in the street.
_STREET: Final = {"telecom_site": "street"}
