"""The truth about one station, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

Batch: TypeAlias = Literal["renovated", "new_build", "co_branded", "none"]

#: The date of night 0, a Monday.
NIGHT_ZERO: Final = date(2026, 6, 1)

#: The lists, in the order in which they are published.
SOURCES: Final = ("union", "bank_icbc", "bank_rural", "telecom_mobile", "telecom_tower", "civilization")

#: Kinds whose premises belong to a company: a plaque on them is co-branded.
FIRMS: Final = frozenset({"bank_outlet", "bank_self_service", "telecom_hall"})

#: Kinds that go by a word of the corner and nothing else; two of them at one corner never go by the same.
PUBLIC: Final = frozenset({"city_post", "union_station", "telecom_kiosk", "telecom_cabin", "park", "mall", "office_tower"})


def day(night: int) -> str:
    """The ISO date of a night."""
    return (NIGHT_ZERO + timedelta(days=night)).isoformat()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a station stands. `number` is the house number; `landmark` a compound, mall, park or building there; position in WGS-84."""

    county_code: str
    county: str
    town_code: str
    town: str
    community_code: str
    community: str
    community_written: str
    road: str
    number: int
    floor: int
    crossing: str
    landmark: str
    lng: float
    lat: float


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours as the truth knows them: (from, to) spans of a weekday, whether weekends count, and around the clock as no spans."""

    spans: tuple[tuple[str, str], ...]
    weekends: bool


@dataclass(frozen=True, slots=True)
class Station:
    """One station as it truly is on some night. `label` is the word that tells it apart (新芜路, 青阳路社区), `rank` its place in the owner's hierarchy.

    `hub` numbers the cluster of neighbours it was founded in; `lists` are the sources that keep it.
    """

    id: str
    kind: str
    brand: str
    rank: str
    label: str
    name: str
    host: str
    batch: Batch
    place: Place
    landline: str
    contact: str
    mobile: str
    hours: Hours
    facilities: tuple[str, ...]
    credit_code: str
    opened: str
    closed: str | None
    hub: int
    lists: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Whether it is open on the night this row is of."""
        return self.closed is None
