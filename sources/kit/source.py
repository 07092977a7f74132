"""A source as a value: one list that an owner keeps, how it is fetched and read, and what it must look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

from sources.kit.call import Fetch
from sources.kit.raw import Payload, Raw
from transforms.records.layout import Batch, Datum, Layout

Weekday: TypeAlias = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

_WEEKDAYS: Final[tuple[Weekday, ...]] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

#: Turns archived payloads into the owner's cells; raises NotAsDeclaredError when they are not what the source declares.
Reader: TypeAlias = Callable[[Sequence[Payload]], Raw]


@dataclass(frozen=True, slots=True)
class Due:
    """The nights on which an owner publishes. `weekdays` is empty for every night."""

    weekdays: frozenset[Weekday] = frozenset()

    @classmethod
    def daily(cls) -> Due:
        """Every night."""
        return cls()

    @classmethod
    def weekly(cls, *weekdays: Weekday) -> Due:
        """The given weekdays, `Due.weekly("Mon")`."""
        if not weekdays:
            raise ValueError("Due.weekly needs at least one weekday")
        return cls(frozenset(weekdays))

    def falls_on(self, night: str) -> bool:
        """Whether the owner publishes on this night (ISO date)."""
        return not self.weekdays or _WEEKDAYS[date.fromisoformat(night).weekday()] in self.weekdays

    def latest(self, night: str) -> str:
        """The last night up to and including this one on which the owner publishes."""
        nights = ((date.fromisoformat(night) - timedelta(days=back)).isoformat() for back in range(7))
        return next(each for each in nights if self.falls_on(each))

    def is_due(self, night: str, last_good: str | None) -> bool:
        """Whether to fetch on this night. A night that was missed stays due: `last_good` is the night of the last good retrieval."""
        return last_good is None or last_good < self.latest(night)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an operator has accepted of a changed feed, from decisions.

    `headers`: owner's headers whose absence or presence is no longer drift. `rules`: ids of source rules that do not stop this source
    tonight (source_too_few, source_vanishing, source_failing …); the issue is still told. `rows`: (low, high) in place of the bounds that the source declares.
    """

    headers: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    rows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One list that an owner keeps.

    `key` equals the file's name. `owner` and `title` are Chinese, for people. `kind` is the kind of place listed (a code of
    vocabulary/kinds.csv). `columns` maps the owner's headers to row fields; `ignored` are headers known and refused; a header in neither,
    or one that vanished, is drift. `rows` is (low, high): under low the source stops, over high warns. `datum` is the datum of its
    positions, None when it gives none. `row_key` is the one field that holds the owner's own id, or several fields to hash.
    `tombstone` is (header, value) of a row that only says its key is gone. `trust` (0-100) ranks sources that disagree; the higher wins.
    `licence` says under which terms the list may be used. `distinct`: its owner declares each line a station of its own, so no two of them
    are ever joined, but by a person. A listing is carried for
    `max_age_days` at most; a retrieval may last `wall_seconds` at most. `receipt_to` names a setting that holds the addresses (of apprise) to which its receipts go.
    """

    key: str
    owner: str
    title: str
    kind: str
    fetch: Fetch
    reader: Reader
    columns: Mapping[str, str]
    rows: tuple[int, int]
    row_key: tuple[str, ...]
    trust: int
    due: Due
    licence: str
    ignored: tuple[str, ...] = ()
    datum: Datum | None = None
    batch_hint: Batch | None = None
    tombstone: tuple[str, str] | None = None
    brand: tuple[str, ...] = ()
    plaques: tuple[str, ...] = ()
    divisions_on: str | None = None
    required: tuple[str, ...] = ("name",)
    constants: Mapping[str, str] = field(default_factory=dict)
    distinct: bool = False
    max_age_days: int = 60
    wall_seconds: float = 120.0
    receipt_to: str | None = None

    @property
    def declared(self) -> tuple[str, ...]:
        """Headers that must be there: those that are read, and the one that marks a tombstone."""
        flag = (self.tombstone[0],) if self.tombstone and self.tombstone[0] not in self.columns else ()
        return (*self.columns, *flag)

    @property
    def layout(self) -> Layout:
        """What standardise must know of this source."""
        return Layout(
            source=self.key,
            kind=self.kind,
            columns=self.columns,
            ignored=self.ignored,
            datum=self.datum,
            batch_hint=self.batch_hint,
            divisions_on=self.divisions_on,
            brand=self.brand,
            plaques=self.plaques,
            required=self.required,
            constants=self.constants,
        )
