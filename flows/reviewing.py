"""The review queue as people work through it: a publication is read once, a verdict is durable at once, and the night is made again once for many."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Final

from flows.explain import queue_of
from flows.house import House, open_house
from flows.judge import VERDICTS, Answer, Said, acts_of, decisions_of, overruled, refuse_contradictions, refuse_unusable, take_back, written
from flows.outlook import Published, read_published
from flows.run import RefusedError
from flows.settings import Settings
from transforms.dedupe.doubts import Answers
from warehouse.journal import Decisions

#: The reason written where a reviewer gave none: what the page showed is kept beside the verdict.
LOOKED: Final = "在判定页上看过两边"


@dataclass(frozen=True)
class Question:
    """One question: both listings, the row of the queue (transforms.dedupe.doubts.QUEUE_COLUMNS), its number in the queue, and how many wait in all."""

    number: int
    left: Mapping[str, Any]
    right: Mapping[str, Any]
    row: dict[str, Any]
    waiting: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer said of a pair; `is_vouched`: a proxy vouches for the name, else it was typed."""

    left_id: str
    right_id: str
    verdict: str
    who: str
    why: str
    is_vouched: bool = False


@dataclass
class _Read:
    """A publication with its queue, the decisions that the queue knows, and the verdicts that stood then."""

    name: str
    published: Published
    queue: list[dict[str, Any]]
    place: dict[tuple[str, str], int]
    known: frozenset[str]
    verdicts: dict[tuple[str, str], str]
    waiting: list[int] = field(default_factory=list)
    seen: frozenset[str] = frozenset()


class Reviewing:
    """What the pages read. One for a server; safe for its threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = RLock()
        self._read: _Read | None = None
        self._journal: tuple[tuple[int, int], Decisions] | None = None

    def house(self) -> House:
        """The house as the settings have it."""
        return self.published().house

    def published(self) -> Published:
        """What is in force, read again when another publication is. Raises RefusedError before the first."""
        return self._current().published

    def question(self, after: int = -1) -> Question | None:
        """The first question that waits behind number `after`, from the start again where none does; None when all are answered."""
        with self._lock:
            read = self._current()
            number = next((each for each in read.waiting if each > after), read.waiting[0] if read.waiting else None)
            if number is None:
                return None
            row = read.queue[number]
            left, right = (record(read.published, row[side]) for side in ("left_id", "right_id"))
            return Question(number, left, right, row, len(read.waiting))

    def answer(self, told: Verdict) -> Answer:
        """Write a verdict. Raises RefusedError for one that cannot be used or contradicts what people said."""
        with self._lock:
            read = self._current()
            published, before = read.published, self._decisions(read.published.house)
            said = [Said(told.left_id, told.right_id, told.verdict, told.who, told.why.strip() or LOOKED)]
            refuse_unusable(published, said)
            pair = said[0].pair
            if standing := _same_said(before, said[0]):
                return Answer(standing, (), is_new=False)
            row = read.queue[read.place[pair]] if pair in read.place else None
            seen = None if row is None else {pair: (int(row["weight_mb"]), json.loads(row["levels"]))}
            acts = [{**act, "is_vouched": told.is_vouched} for act in acts_of(published, said, seen)]
            number = written(published.house, acts, lambda known, would_be: refuse_contradictions(published, known, would_be, said))[0]
            return Answer(number, tuple(overruled(before, said)))

    def undo(self, decision_id: str, who: str, why: str) -> Answer:
        """Take a decision back. Raises RefusedError."""
        with self._lock:
            return take_back(self.published(), decision_id, who, why.strip() or "在判定页上撤销")

    def number_of(self, decision_id: str) -> int:
        """Number in the queue of the question that a verdict was on, −1 when it is none of the queue's."""
        with self._lock:
            read = self._current()
            log = self._decisions(read.published.house).log
            told = log.loc[log["decision_id"] == decision_id, "detail"]
            detail = json.loads(told.iloc[-1]) if len(told) else {}
            return read.place.get((str(detail.get("left_id")), str(detail.get("right_id"))), -1)

    def unpublished(self) -> list[dict[str, Any]]:
        """Verdicts, and undoing of any decision, that the night in force does not know yet: rows of the journal's log, the oldest first."""
        with self._lock:
            read = self._current()
            log = self._decisions(read.published.house).log
            new = log[~log["decision_id"].isin(read.published.decided) & log["act"].isin(["judge", "undo"])]
            return [{str(name): value for name, value in row.items()} for row in new.to_dict("records")]

    def _current(self) -> _Read:
        with self._lock:
            house = self._read.published.house if self._read else open_house(self._settings)
            publication = house.publisher.current()
            if publication is None:
                raise RefusedError("还没有发布过；请先运行一夜")
            decisions = self._decisions(house)
            standing = frozenset(decisions.log.loc[~decisions.log["is_undone"].astype(bool), "decision_id"])
            # what was undone since the queue was made may have been an answer: it is asked again
            if self._read is None or self._read.name != publication.name or self._read.known - standing:
                self._read = self._opened(publication.name, decisions, standing)
            if self._read.seen != standing:
                self._answered(self._read, decisions, standing)
            return self._read

    def _decisions(self, house: House) -> Decisions:
        """The journal, read again when it has changed: it only grows, unless a backup is put back."""
        state = house.journal.stat() if house.journal.exists() else None
        key = (state.st_size, state.st_mtime_ns) if state else (0, 0)
        if self._journal is None or self._journal[0] != key:
            self._journal = (key, decisions_of(house))
        return self._journal[1]

    def _opened(self, name: str, decisions: Decisions, standing: frozenset[str]) -> _Read:
        published = read_published(open_house(self._settings))
        queue = [{str(key): value for key, value in row.items()} for row in queue_of(published).to_dict("records")]
        place = {(row["left_id"], row["right_id"]): at for at, row in enumerate(queue)}
        return _Read(name, published, queue, place, standing, published.verdicts(decisions.judgements), [*range(len(queue))], standing)

    def _answered(self, read: _Read, decisions: Decisions, standing: frozenset[str]) -> None:
        """Take what was decided since out of what waits: the pairs themselves, and those that follow."""
        new = decisions.judgements[~decisions.judgements["decision_id"].isin(read.known)]
        said = dict(zip(zip(new["left_id"], new["right_id"], strict=True), new["verdict"], strict=True))
        answers = Answers({**read.verdicts, **said})
        read.waiting = [
            at
            for at, row in enumerate(read.queue)
            if (pair := (row["left_id"], row["right_id"])) not in said and (row["again"] or not answers.settle(pair))
        ]
        read.seen = standing


def _same_said(before: Decisions, said: Said) -> str:
    """The decision by which this very person said this very thing already, "" when none stands: two clicks are one."""
    known = before.judgements
    same = known[
        known["left_id"].eq(said.pair[0])
        & known["right_id"].eq(said.pair[1])
        & known["verdict"].eq(VERDICTS[said.verdict])
        & known["who"].eq(said.who)
    ]
    return str(same["decision_id"].iloc[-1]) if len(same) else ""


def record(published: Published, listing_id: str) -> dict[str, Any]:
    """A listing by its fields."""
    return {str(name): value for name, value in published.listings.iloc[published.place[listing_id]].items()}


def stations_beside(published: Published, question: Question) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Each station of the question with its other open listings: what an answer brings along."""
    asked = {question.row["left_id"], question.row["right_id"]}
    for station in dict.fromkeys((question.row["left_station"], question.row["right_station"])):
        rows = [record(published, each) for each in published.members.get(station, ()) if each not in asked]
        yield station, [row for row in rows if row["is_open"]]
