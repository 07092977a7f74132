"""Erasing from the other files of a home: receipts, messages that wait, exports, notes of Prefect. What cannot be written anew is removed."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from sources.kit.redact import without
from transforms.erasure import Redact
from warehouse.disk import fsync

#: Looked after by what they belong to. The sample city's files are no part of an installation.
_ELSEWHERE: Final = frozenset(
    {
        "published",
        "staging",
        "archive",
        "prefect",
        "current",
        "found.bin",
        "decisions.jsonl",
        "erased.json",
        "erasing.json",
        "lock",
        "settings.env",
    }
)


def files_of(home: Path) -> Iterator[Path]:
    """Files below the home that nothing else here looks after."""
    for path in sorted(home.rglob("*")):
        if path.relative_to(home).parts[0] not in _ELSEWHERE and path.is_file() and not path.is_symlink():
            yield path


def in_files(home: Path, redact: Redact, *, erase: bool, only: str | None = None) -> dict[str, int]:
    """First folder or file → times that its files hold it; with `erase` they are written anew, or removed where they cannot be.
    `only`: files whose path names this source."""
    found: dict[str, int] = {}
    for path in files_of(home):
        if only is not None and only not in (path.stem, path.parent.name, path.parent.parent.name):
            continue
        left, times = without(path.read_bytes(), redact)
        if not times:
            continue
        place = path.relative_to(home).parts[0]
        found[place] = found.get(place, 0) + times
        if erase:
            _put(path, left)
    return found


def in_prefect(home: Path, redact: Redact, *, erase: bool) -> int:
    """Times that Prefect's own database holds it (parameters of an action, logs, reports); with `erase` it is taken out and the freed pages with it."""
    path = home / "prefect" / "prefect.db"
    if not path.is_file():
        return 0
    found = 0
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as database:
        database.execute("pragma secure_delete = on")
        database.execute("begin immediate" if erase else "begin")
        for table, column in _texts(database):
            for number, text in database.execute(f'select rowid, "{column}" from "{table}" where typeof("{column}") = \'text\'').fetchall():
                left, times = redact(text)
                found += times
                if times and erase:
                    database.execute(f'update "{table}" set "{column}" = ? where rowid = ?', (left, number))
        database.execute("commit")
        if found and erase:
            database.execute("vacuum")
            database.execute("pragma wal_checkpoint(truncate)")
    return found


def _texts(database: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")]
    return [
        (table, column)
        for table in tables
        for _, column, kind, *_ in database.execute(f'pragma table_info("{table}")').fetchall()
        if kind.upper().startswith(("VARCHAR", "TEXT", "CHAR", "JSON", "BLOB")) or not kind
    ]


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
        return
    draft = path.with_name(f".{path.name}.next")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.chmod(path.stat().st_mode & 0o777)
    fsync(draft)
    draft.replace(path)


def remaining(home: Path, forms: Collection[str], redact: Redact) -> list[str]:
    """Files below the home in whose bytes it still stands, as text of any encoding."""
    return [
        str(path.relative_to(home))
        for path in sorted(home.rglob("*"))
        if path.is_file() and not path.is_symlink() and _stands(path, forms, redact)
    ]


def _stands(path: Path, forms: Collection[str], redact: Redact) -> bool:
    content = path.read_bytes()
    codes = [code for code in ("utf-8", "utf-16-le", "gb18030") if any(form.encode(code) in content for form in forms)]
    return any(redact(content.decode(code, "replace"))[1] for code in codes)
