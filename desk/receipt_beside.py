"""Where an owner's list says otherwise than the lists of others about the same station. Of others, persons' numbers are never shown, nor who says what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import eq, itemgetter
from typing import Any, Final

from desk import words
from desk.report import masked

#: Different values of others that are told.
_VALUES_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Compared:
    """A field that is compared: its title, the columns that must be filled on both sides, the one that is shown, and whether two values agree.
    `is_private`: what others say is not told."""

    title: str
    by: tuple[str, ...]
    shown: str
    agree: Callable[[str, str], bool] = eq
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Dispute:
    """One value of an owner that others contradict. `others` and `alike`: how many other owners say otherwise, and the same; `told`: what the
    others say, empty where it is private."""

    title: str
    row_key: str
    name: str
    value: str
    others: int
    alike: int
    told: str


def _shares(own: str, other: str) -> bool:
    return not set(own.split(";")).isdisjoint(other.split(";"))


def _same_month(own: str, other: str) -> bool:
    return own[:7] == other[:7]  # a date of which only the month is known stands on the month's first day


#: Each list names places, types and hosts in its own way; that is no contradiction. A batch counts where its owner states it: else it is ours.
COMPARED: Final = (
    Compared("区县", ("county",), "county"),
    Compared("乡镇街道", ("town",), "town"),
    Compared("社区", ("community",), "community"),
    Compared("门牌", ("road", "number"), "address"),
    Compared("批次", ("stated_batch",), "stated_batch"),
    Compared("电话", ("phones",), "phones", _shares, is_private=True),
    Compared("开放时间", ("hours",), "hours_text"),
    Compared("建成日期", ("opened_on",), "opened_on", _same_month),
    Compared("统一社会信用代码", ("credit_code",), "credit_code"),
)

#: What is asked of each listing besides its station, source, key and name.
COLUMNS: Final = tuple(dict.fromkeys(name for compared in COMPARED for name in (*compared.by, compared.shown)))


def disputes(listings: Iterable[Mapping[Any, Any]], source: str) -> list[Dispute]:
    """What others contradict, field by field in the order of COMPARED. `listings`: the open listings of the stations at which `source` has one, station after
    station: station_id, source, row_key, name and COLUMNS."""
    found: list[tuple[int, Dispute]] = []
    for _, group in groupby(listings, key=itemgetter("station_id")):
        station = list(group)
        own = [each for each in station if each["source"] == source]
        theirs = [each for each in station if each["source"] != source]
        found += [
            (at, dispute)
            for at, compared in enumerate(COMPARED)
            for each in own
            if theirs and (dispute := _dispute(compared, each, theirs)) is not None
        ]
    return [dispute for _, dispute in sorted(found, key=itemgetter(0))]


def _dispute(compared: Compared, own: Mapping[Any, Any], theirs: Sequence[Mapping[Any, Any]]) -> Dispute | None:
    value = _value(compared, own)
    if value is None:
        return None
    said = [(each, other) for each in theirs if (other := _value(compared, each)) is not None]
    differing = [each for each, other in said if not compared.agree(value, other)]
    alike = {each["source"] for each, other in said if compared.agree(value, other)}
    others = {each["source"] for each in differing} - alike
    if not others:
        return None
    told = [] if compared.is_private else list(dict.fromkeys(masked(_shown(each[compared.shown])) for each in differing))
    return Dispute(
        compared.title,
        own["row_key"],
        own["name"],
        _shown(own[compared.shown]),
        len(others),
        len(alike),
        "、".join(told[:_VALUES_TOLD]),
    )


def _value(compared: Compared, listing: Mapping[Any, Any]) -> str | None:
    """What the listing says, None when it leaves any of it out."""
    values = [listing[name] for name in compared.by]
    return None if None in values else " ".join(map(str, values))


def _shown(value: object) -> str:
    told = "" if value is None else str(value)
    return words.BATCHES.get(told, told)
