"""The feed: what changed with each publication, as JSON lines with a cursor, for systems that keep a copy of the register.

`index.json` names the files in order. Each file tells what differs between the publication that was told before it and its own, also when a night was made again
or an earlier publication was put in force: who reads every line in order holds the register in force. A cursor is the feed's name and the number of a line.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq  # type: ignore[import-untyped]

from desk.feed_lines import different, nothing_told, read_told, standing
from warehouse.disk import fsync
from warehouse.publish import Publication

INDEX: Final = "index.json"

#: Before every night: a new feed tells everything, each station with why it is there.
_EVER: Final = "0001-01-01"

_CURSOR: Final = re.compile(r"(?P<feed>[0-9a-f]{8})-(?P<number>\d+)")


class FeedError(ValueError):
    """The feed cannot be read or carried on, or a cursor is not of it; the message (Chinese) says what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the feed. `reason`: first, night, rebuilt (the same night again, or an earlier one) or returned (a publication told before was put in force);
    `digest`: SHA-256 of the file; `lines`: how many; `first`: cursor of its first line, or of the line that will come next."""

    publication: str
    night: str
    reason: str
    file: str
    digest: str
    lines: int
    first: str


@dataclass(frozen=True, slots=True)
class Index:
    """`feed`: its name, in every cursor; `told`: the file that holds the register as it was told last."""

    feed: str
    told: str
    entries: tuple[Entry, ...]

    @property
    def last(self) -> int:
        """Number of the last line."""
        return _number(self.entries[-1].first) + self.entries[-1].lines - 1


def read_index(folder: Path) -> Index | None:
    """The index, None where there is no feed yet. Raises FeedError when it cannot be read."""
    try:
        index = json.loads((folder / INDEX).read_text("utf-8"))
        return Index(index["feed"], index["told"], tuple(Entry(**entry) for entry in index["publications"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as broken:
        raise FeedError(f"{folder / INDEX} 读不懂；请从备份放回，或移走 {folder} 让变动流从头开始（读它的系统也要从头读）") from broken


def carry_on(folder: Path, publication: Publication) -> Entry | None:
    """Tell what differs between the publication told last and this one, which is in force; None when it was told last. Holds the writer's lock meanwhile.

    Killed at any point it leaves the feed as it was, or whole. Raises FeedError, and OSError when there is no room.
    """
    index = read_index(folder)
    if index and index.entries[-1].publication == publication.name:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    reason, since = _reason(index, publication)
    stands, causes = standing(publication, since)
    lines = different(_told(folder, index), stands, causes.slice(0, 0) if reason == "returned" else causes)
    again = sum(entry.publication == publication.name for entry in index.entries) if index else 0
    file = f"{publication.name}{f'.{again + 1}' if again else ''}.jsonl"
    name = index.feed if index else hashlib.sha256("\n".join([publication.name, *lines]).encode()).hexdigest()[:8]
    first = index.last + 1 if index else 1
    whose = f'"publication":{json.dumps(publication.name)},"night":"{publication.night}",'
    content = "".join(f'{{"cursor":"{name}-{number}",{whose}{line[1:]}\n' for number, line in enumerate(lines, first)).encode()
    _put(folder / file, content)
    told = f"told-{publication.number}-{first + len(lines)}.parquet"
    draft = folder / f".{told}.next"
    pq.write_table(stands, draft, compression="zstd")
    fsync(draft)
    draft.replace(folder / told)
    entry = Entry(publication.name, publication.night, reason, file, hashlib.sha256(content).hexdigest(), len(lines), f"{name}-{first}")
    _put_index(folder, Index(name, told, (*(index.entries if index else ()), entry)))
    for old in folder.glob("told-*.parquet"):
        if old.name != told:
            old.unlink()
    return entry


def lines_after(folder: Path, cursor: str | None) -> Iterator[str]:
    """The lines behind a cursor, the last line that was read (None: from the beginning), each with its line end.

    Raises FeedError when the cursor is not of this feed, or what comes behind it is no longer kept: then begin again from an export.
    """
    index = read_index(folder)
    if index is None:
        return iter(())
    after = 0 if cursor is None else _number(cursor, index.feed)
    if cursor is not None and after > index.last:
        raise FeedError(
            f"游标 {cursor} 比变动流还新（最后一行是 {index.feed}-{index.last}）：变动流是从备份恢复的；请重新导出一份，再从头接起"
        )
    kept = _number(index.entries[0].first)
    if after + 1 < kept:
        raise FeedError(
            f"{cursor or '开头'} 之后的变动已清理（现存从 {index.entries[0].first} 起）；请先用 yizhan export 取全部，再从它那次发布之后接着读"
        )
    return _lines(folder, index, after)


def prune_feed(folder: Path, before: str) -> int:
    """Remove the files of nights before a date (ISO), the last one excepted; how many."""
    index = read_index(folder)
    if index is None:
        return 0
    gone = 0
    while gone < len(index.entries) - 1 and index.entries[gone].night < before:
        gone += 1
    if gone:
        _put_index(folder, Index(index.feed, index.told, index.entries[gone:]))
        for entry in index.entries[:gone]:
            (folder / entry.file).unlink(missing_ok=True)
    return gone


def _reason(index: Index | None, publication: Publication) -> tuple[str, str | None]:
    """Why the register differs from what was told, and after which night an event may be its cause (None: on the last night)."""
    if index is None:
        return "first", _EVER
    last = index.entries[-1]
    if publication.name in {entry.publication for entry in index.entries} or publication.number < int(last.publication.rpartition("-")[2]):
        return "returned", None
    return ("night", last.night) if publication.night > last.night else ("rebuilt", None)


def _told(folder: Path, index: Index | None) -> Any:
    if index is None:
        return nothing_told()
    try:
        return read_told(folder / index.told)
    except (OSError, ValueError) as broken:  # pyarrow's own errors are ValueErrors
        raise FeedError(
            f"{folder / index.told} 不在或已损坏；请从备份放回，或移走 {folder} 让变动流从头开始（读它的系统也要从头读）"
        ) from broken


def _lines(folder: Path, index: Index, after: int) -> Iterator[str]:
    for entry in index.entries:
        first = _number(entry.first)
        if first + entry.lines - 1 <= after:
            continue
        with (folder / entry.file).open(encoding="utf-8", newline="\n") as lines:
            yield from (line for number, line in enumerate(lines, first) if number > after)


def _number(cursor: str, feed: str | None = None) -> int:
    match = _CURSOR.fullmatch(cursor)
    if match is None or feed not in (None, match["feed"]):
        raise FeedError(f"游标 {cursor} 不是这个变动流的（它的游标形如 {feed}-12）；请重新导出一份，再从头接起")
    return int(match["number"])


def _put_index(folder: Path, index: Index) -> None:
    content = {"feed": index.feed, "told": index.told, "publications": [asdict(entry) for entry in index.entries]}
    _put(folder / INDEX, (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode())


def _put(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.next")
    draft.write_bytes(content)
    fsync(draft)
    draft.replace(path)
    fsync(path.parent)
