"""`yizhan erase`: a person's phone or name gone from everything that a home keeps, with a record of that and without the value.

Every row stays, so every count does. What is done is done in an order in which a kill loses nothing: run again, it finishes.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd
from rich.console import Console
from sqlalchemy import Connection, text

from flows import erase_archive, erase_files
from flows.followed import bring_postgres
from flows.house import House, open_house
from flows.outlook import latest_night
from flows.row_decisions import contents_of
from flows.run import LockedError, RefusedError
from flows.settings import Settings
from sources.kit.archive import ArchiveDamagedError
from sources.kit.contract import rows_again
from sources.kit.retrieval import Part
from transforms.erasure import Gone, Personal, Redact, Sealed, personal, without
from transforms.following import CELLS
from warehouse.disk import DiskFullError, fsync
from warehouse.engine import open_warehouse
from warehouse.erase import count_values, erase_values, renamed
from warehouse.journal import JournalError, erase_lines, read_journal
from warehouse.load import replace_rows
from warehouse.lock import AnotherWriterError
from warehouse.migrate import NewerWarehouseError
from warehouse.publish import Draft, Publication

#: What places are called to the operator; a column of the warehouse goes by its own name.
_PLACES: Final = {
    "archive": "归档的原件",
    "decisions": "决定日志（行）",
    "receipts": "回执",
    "outbox": "待发的通知",
    "owners": "待发给业主的回执通知",
    "prefect": "Prefect 的记录",
    "earlier": "留存的其他各次发布",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be gone (`what`: phone, name), of one `source` alone or of all; who asks for it, and why."""

    values: tuple[Gone, ...]
    what: tuple[str, ...]
    source: str | None
    who: str
    why: str

    @property
    def redact(self) -> Redact:
        """Takes the values out of a text."""
        return partial(without, values=self.values)

    def speaks(self, line: str) -> bool:
        """Whether a line of the journal is one to look at: with a source, one that names it."""
        return self.source is None or f'"{self.source}:' in line or f'"source": "{self.source}"' in line


@dataclass(slots=True)
class There:
    """Where the values stand now: `counts` by place, and the archive's part in them."""

    archive: erase_archive.InArchive
    counts: Counter[str] = field(default_factory=Counter)


def erase(
    settings: Settings, say: Console, *, phone: str | None, name: str | None, source: str | None, who: str, why: str, dry_run: bool
) -> int:
    """Tell where the values stand and, unless `dry_run`, take them out. 1 when some file still holds one at the end."""
    house = open_house(settings, with_model=False)
    asked = _asked(house, phone, name, source, who, why)
    try:
        there = _find(house, asked)
        _tell(there, say)
        if dry_run or (not there.counts and not _progress(house).is_file()):
            say.print("只是试查，什么也没有改" if dry_run else "没有找到，什么也没有改", markup=False)
            return 0
        with house.publisher.begin(latest_night(house), "删去个人信息", wait=True) as draft:
            there = _find(house, asked)
            number = _erase(house, asked, there, draft)
    except AnotherWriterError as held:
        raise LockedError(str(held)) from held
    except (JournalError, ArchiveDamagedError, NewerWarehouseError, DiskFullError) as refused:
        raise RefusedError(f"没有删完，原因消除后请再运行一次：{refused}") from refused
    for sentence in bring_postgres(house, whole=True):
        say.print(sentence, markup=False)
    return _told_after(house, asked, there, number, say)


def erase_again(house: House, who: str, why: str) -> list[str]:
    """Take out what was erased before and has come back with a backup; the decisions that record it. Nobody need know the values."""
    numbers = []
    for source in sorted(house.erased.sources):
        is_gone = house.erased.is_gone(source or None)
        asked = Asked((Sealed(is_gone),), ("erased_before",), source or None, who, why)
        if not _find(house, asked).counts:
            continue
        with house.publisher.begin(latest_night(house), "再次删去个人信息", wait=True) as draft:
            numbers.append(_erase(house, asked, _find(house, asked), draft))
    return numbers


def _asked(house: House, phone: str | None, name: str | None, source: str | None, who: str, why: str) -> Asked:
    if source is not None and source not in house.sources:
        raise RefusedError(f"没有这样的来源：{source}；现有：{'、'.join(house.sources)}")
    try:
        values = [personal("phone", phone)] if phone else []
        values += [personal("name", name)] if name else []
    except ValueError as wrong:
        raise RefusedError(str(wrong)) from wrong
    if not values:
        raise RefusedError("请用 --phone 或 --name 写明要删去什么")
    for title, told in (("谁（--who）", who), ("为什么（--why）", why)):
        if not told.strip():
            raise RefusedError(f"没有写明{title}")
        if without(told, values)[1]:
            raise RefusedError(f"{title}里写着要删去的内容，会随记录留下来；请换个说法，如“本人申请，登记号 12”")
    if house.publisher.current() is None:
        raise RefusedError("还没有发布过；请先运行 make nightly 或 yizhan nightly")
    return Asked(tuple(values), tuple(value.kind for value in values), source, who.strip(), why.strip())


def _find(house: House, asked: Asked) -> There:
    """Look everywhere; nothing is written."""
    home, redact = house.settings.home, asked.redact
    there = There(erase_archive.find(house, redact, asked.source))
    counts = there.counts
    for publication in house.publisher.publications():
        is_current = publication == house.publisher.current()
        for (table, column), rows in _counted(publication, asked).items():
            counts[f"{table}.{column}" if is_current else "earlier"] += rows
    counts["archive"] = there.archive.times
    counts["decisions"] = sum(bool(asked.speaks(line) and redact(line)[1]) for line in _lines(house.journal))
    counts.update(erase_files.in_files(home, redact, erase=False, only=asked.source))
    counts["prefect"] = erase_files.in_prefect(home, redact, erase=False) if asked.source is None else 0
    there.counts = +counts
    return there


def _counted(publication: Publication, asked: Asked) -> Mapping[tuple[str, str], int]:
    engine = open_warehouse(publication.warehouse, read_only=True)
    try:
        with engine.connect() as connection:
            return count_values(connection, asked.values, asked.source)
    finally:
        engine.dispose()


def _erase(house: House, asked: Asked, there: There, draft: Draft) -> str:
    """The steps, each safe to be done again; the id of the decision that records it."""
    home, redact = house.settings.home, asked.redact
    house.erased.remember([value for value in asked.values if isinstance(value, Personal)], asked.source)
    parts, digests = _known(house)
    parts |= erase_archive.put_anew(house.archive, there.archive)
    digests |= {old: part.sha256 for old, part in parts.items()}
    _note(house, parts, digests)
    others = house.publisher.publications()
    with draft.engine.connect() as connection, connection.begin():
        digests |= _erased(connection, house, asked, digests)
        _note(house, parts, digests)
        number = erase_lines(house.journal, partial(_line, asked, digests), _act(asked, there), at=house.moment())
        _record(connection, house, number)
    draft.write_anew()
    draft.publish()
    kept = {each.name for each in house.publisher.publications()}
    for each in others:
        if each.name in kept:
            house.publisher.correct(each, lambda connection: _correct(connection, house, asked, digests, number))
    erase_archive.correct_records(house.archive, there.archive, parts, asked.source)
    erase_files.in_files(home, redact, erase=True, only=asked.source)
    if asked.source is None:
        erase_files.in_prefect(home, redact, erase=True)
    house.found.unlink(missing_ok=True)  # the next night makes it again
    _progress(house).unlink(missing_ok=True)
    return number


def _erased(connection: Connection, house: House, asked: Asked, digests: Mapping[str, str]) -> Mapping[str, str]:
    done = erase_values(connection, asked.values, source=asked.source, row_digests=partial(_row_digests, house), digests=digests)
    return done.digests


def _correct(connection: Connection, house: House, asked: Asked, digests: Mapping[str, str], number: str) -> None:
    _erased(connection, house, asked, digests)
    _record(connection, house, number)


def _record(connection: Connection, house: House, number: str) -> None:
    """Show the decision, and those whose words changed, as the journal has them; one that this publication does not know yet is left for its night."""
    log = read_journal(house.journal).log
    known = set(connection.execute(text("select decision_id from decision")).scalars())
    replace_rows(connection, "decision", log[log["decision_id"].isin({*known, number})].reset_index(drop=True))


def _act(asked: Asked, there: There) -> dict[str, object]:
    """What is kept of the erasing: never the value, nor a hash of it, for eleven digits are soon tried through."""
    return {
        "act": "erase",
        "who": asked.who,
        "why": asked.why,
        "what": list(asked.what),
        "source": asked.source,
        "counts": dict(sorted(there.counts.items())),
        "dropped": [list(each) for each in there.archive.dropped],
    }


def _line(asked: Asked, digests: Mapping[str, str], line: str) -> str:
    known = {**{old[:20]: new[:20] for old, new in digests.items()}, **digests}
    return renamed(asked.redact(line)[0] if asked.speaks(line) else line, known)


def _row_digests(house: House, key: str, before: Sequence[str], after: Sequence[str]) -> tuple[Sequence[str], Mapping[str, str]]:
    """Digests of rows, as their source makes them of what is left (see `warehouse.erase.Digests`)."""
    source = house.sources.get(key)
    if source is None:
        return [hashlib.sha256(row.encode()).hexdigest() for row in after], {}
    rows = rows_again(pd.Series(after, dtype="str"), source)
    rows = rows.assign(at=rows["line"].astype(int)).sort_values("at")
    was, now_is = (contents_of(source, pd.Series(each, dtype="str")) for each in (before, after))
    return list(rows["row_digest"]), {old[CELLS]: new[CELLS] for old, new in zip(was, now_is, strict=True)}


def _lines(journal: Path) -> list[str]:
    return journal.read_text("utf-8").splitlines() if journal.is_file() else []


def _progress(house: House) -> Path:
    """Which payloads and rows go by another digest, until every place has been led to it."""
    return house.settings.home / "erasing.json"


def _known(house: House) -> tuple[dict[str, Part], dict[str, str]]:
    with suppress(FileNotFoundError):
        told = json.loads(_progress(house).read_text("utf-8"))
        return {old: Part(**part) for old, part in told["parts"].items()}, dict(told["digests"])
    return {}, {}


def _note(house: House, parts: Mapping[str, Part], digests: Mapping[str, str]) -> None:
    path = _progress(house)
    draft = path.with_name(f".{path.name}.next")
    draft.touch(mode=0o600)
    told = {old: {"label": part.label, "sha256": part.sha256, "bytes": part.bytes} for old, part in parts.items()}
    draft.write_text(json.dumps({"parts": told, "digests": dict(digests)}), "utf-8")
    fsync(draft)
    draft.replace(path)


def _tell(there: There, say: Console) -> None:
    for place, count in sorted(there.counts.items()):
        say.print(f"{_PLACES.get(place, place):　<12} {count:>6}", markup=False)
    for night, source in there.archive.dropped:
        say.print(f"{night} {source} 的原件无法改写：删去原件，保留“收到过”的记录", markup=False)


def _told_after(house: House, asked: Asked, there: There, number: str, say: Console) -> int:
    left = erase_files.remaining(house.settings.home, _forms(asked), asked.redact) if asked.source is None else []
    say.print(f"已删去，记为决定 {number}（不含删去的内容）；共 {sum(there.counts.values())} 处", markup=False)
    for source in there.archive.still_sent:
        say.print(
            f"{house.titles.get(source, source)}（{source}）最近一份名单里仍有：再送来时每夜自动剔除并在报告里说明；请业主从名单中删去",
            markup=False,
        )
    say.print(
        "var 之外的备份、导出的文件、发出的回执不归这里管：请另行删去。先前抄下的决定日志末行校验字已作废，请重抄（yizhan decisions verify）",
        markup=False,
    )
    for path in left:
        say.print(f"仍在：{path}（多半正被另一进程使用）；请停下它后再运行一次", markup=False)
    return 1 if left else 0


def _forms(asked: Asked) -> Collection[str]:
    return [form for value in asked.values for form in value.forms]
