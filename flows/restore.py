"""`yizhan restore`: a backup put in place, once every file of it was found to be what its manifest says.

The journal is the authority: of a home that has one, no decision is lost; what was erased since the backup was made is erased again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from time import monotonic
from typing import Final

from rich.console import Console

from flows.backup import FORMAT, KEPT, MANIFEST, Manifest
from flows.erasing import erase_again
from flows.followed import bring_postgres
from flows.house import House, open_house
from flows.run import LockedError, RefusedError
from flows.settings import Settings
from warehouse.disk import fsync
from warehouse.journal import JournalError, verify_journal
from warehouse.lock import AnotherWriterError
from warehouse.migrate import head_revision

#: What of a home a restore puts in place, and what of it would be lost with it.
_PLACES: Final = (*dict.fromkeys(name.split("/", maxsplit=1)[0] for name in KEPT),)

_CHUNK: Final = 1 << 20


def restore(settings: Settings, say: Console, backup: Path, *, replace: bool) -> int:
    """Put the backup in place. `replace`: in the place of what the home holds."""
    house, began = open_house(settings, with_model=False), monotonic()
    home = settings.home
    home.mkdir(parents=True, exist_ok=True)
    try:
        with house.publisher.writing("—", "恢复备份", wait=False):
            there = [name for name in _PLACES if (home / name).exists()]
            if there and not replace:
                raise RefusedError(
                    f"{home} 里已有内容（{'、'.join(there)}），没有恢复；确要替换请加 --replace，或用 YIZHAN_HOME 另指一个空目录"
                )
            manifest, kept, knows_more = _restored(house, backup)
        again = _erased_again(settings) if knows_more else []
    except AnotherWriterError as held:
        raise LockedError(str(held)) from held
    except OSError as wrong:
        raise RefusedError(f"没有恢复：{wrong.strerror or wrong}（{wrong.filename or backup}）") from wrong
    say.print(
        f"已恢复 {manifest.made_at} 的备份：{len(manifest.files)} 个文件都与清单相符，生效的发布 {manifest.current}，用时 {monotonic() - began:.1f} 秒",
        markup=False,
    )
    say.print(kept, markup=False)
    for number in again:
        say.print(f"备份里有先前已删去的个人信息，已再次删去，记为决定 {number}", markup=False)
    for sentence in bring_postgres(house, whole=True):
        say.print(sentence, markup=False)
    say.print("地址与密钥等设置不在备份里，请照旧设好；然后照常运行 yizhan nightly", markup=False)
    return 0


def _erased_again(settings: Settings) -> list[str]:
    return erase_again(open_house(settings, with_model=False), "yizhan restore", "恢复的备份里有先前已删去的个人信息")


def _restored(house: House, backup: Path) -> tuple[Manifest, str, bool]:
    """Everything verified first beside its place, then put in place, `current` last; what became of the journal, a sentence; and whether the home knows of
    erasures that the backup does not."""
    home = house.settings.home
    folder = home / ".restoring"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        manifest = _read(house, backup)
        _extract(backup, manifest, folder)
        kept = _journal(home, folder)
        ours, theirs = home / "erased.json", folder / "erased.json"
        knows_more = ours.exists() and (not theirs.exists() or ours.read_bytes() != theirs.read_bytes())
        if knows_more:
            theirs.unlink(missing_ok=True)
        (home / "current").unlink(missing_ok=True)  # a home that is being replaced answers nobody
        for name in _PLACES:
            if name in ("decisions.jsonl", "erased.json") and not (folder / name).exists():
                continue
            _put(folder / name, home / name)
        (home / "found.bin").unlink(missing_ok=True)
        link = home / "current.next"
        link.unlink(missing_ok=True)
        link.symlink_to(Path("published") / manifest.current)
        link.rename(home / "current")
        fsync(home)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return manifest, kept, knows_more


def _read(house: House, backup: Path) -> Manifest:
    """The manifest of a backup that this program and city may take. Raises RefusedError."""
    try:
        with tarfile.open(backup) as tar:
            content = tar.extractfile(MANIFEST)
            manifest = Manifest.from_json(content.read() if content else b"")
    except FileNotFoundError:
        raise RefusedError(f"没有文件 {backup}") from None
    except (tarfile.TarError, EOFError, KeyError, ValueError, TypeError) as wrong:
        raise RefusedError(f"{backup} 不是本程序的备份，或已残缺（读不到清单 {MANIFEST}）；请换一份") from wrong
    if manifest.format > FORMAT or manifest.revision not in head_revision()[1] or _numbers(manifest.program) > _numbers(version("yizhan")):
        raise RefusedError(f"{backup} 是更新的版本 {manifest.program} 做的，本程序是 {version('yizhan')}：请先升级程序")
    if manifest.city != house.city.code:
        raise RefusedError(f"{backup} 是另一座城市（{manifest.city}）的，本城市是 {house.city.name}（{house.city.code}）")
    if f"published/{manifest.current}/warehouse.duckdb" not in manifest.files:
        raise RefusedError(f"{backup} 的清单里没有生效的发布 {manifest.current}；请换一份")
    return manifest


def _extract(backup: Path, manifest: Manifest, folder: Path) -> None:
    """Every file of the manifest below `folder`, found to be what it says. Raises RefusedError, which names the first that is not."""
    missing = dict(manifest.files)
    try:
        with tarfile.open(backup) as tar:
            for entry, content in _members(tar):
                path = PurePosixPath(entry.name)
                if entry.name not in missing or path.is_absolute() or ".." in path.parts or path.parts[0] not in _PLACES:
                    raise RefusedError(f"{backup} 里的 {entry.name} 不在清单里，没有恢复")
                sha256, size, mode = missing.pop(entry.name)
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                if _copied(content, target) != (sha256, size):
                    raise RefusedError(f"{backup} 里的 {entry.name} 已损坏（与清单不符），没有恢复；请换一份备份")
                target.chmod(mode & 0o777)
                fsync(target)
    except (tarfile.TarError, EOFError) as wrong:
        name = next(iter(missing), "")
        raise RefusedError(f"{backup} 已损坏：读到 {name} 时出错，没有恢复；请换一份备份") from wrong
    for each in folder.rglob("*"):
        if each.is_dir():  # readers of the publications are other users; all else is for the night's user alone
            each.chmod(0o755 if each.relative_to(folder).parts[0] == "published" else 0o700)
    if missing:
        raise RefusedError(f"{backup} 里缺少 {next(iter(missing))} 等 {len(missing)} 个文件，没有恢复")


def _members(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, tarfile.ExFileObject]]:
    for entry in tar:
        if entry.name == MANIFEST:
            continue
        content = tar.extractfile(entry) if entry.isfile() else None
        if content is None:
            raise RefusedError(f"备份里的 {entry.name} 不是文件，没有恢复")
        yield entry, content  # type: ignore[misc]


def _copied(content: tarfile.ExFileObject, target: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return digest.hexdigest(), size


def _journal(home: Path, folder: Path) -> str:
    """Which journal is to stand: the backup's, unless the home's holds every decision of it. Leaves none in `folder` when the home's stays. Raises RefusedError."""
    ours, theirs = home / "decisions.jsonl", folder / "decisions.jsonl"
    try:
        verify_journal(theirs)
        verify_journal(ours)
    except JournalError as broken:
        raise RefusedError(f"{broken}；决定日志可先用 yizhan decisions restore 修好") from broken
    here, there = _decisions(ours), _decisions(theirs)
    if not here:
        return f"放回 {len(there)} 条决定"
    if set(there) <= set(here):
        theirs.unlink(missing_ok=True)
        return f"现有的决定日志有 {len(here)} 条，备份里的 {len(there)} 条都在其中：保留现有的，下一夜起照它办"
    if set(here) <= set(there):
        return f"放回 {len(there)} 条决定，现有的 {len(here)} 条都在其中"
    raise RefusedError(
        f"现有的决定日志里有备份没有的决定（{sorted(set(here) - set(there))[0]} 等），备份里也有现有日志没有的：放回会丢掉决定，没有恢复"
    )


def _decisions(journal: Path) -> dict[str, str]:
    """Decision id → when it was made."""
    lines = [json.loads(line) for line in journal.read_text("utf-8").splitlines()] if journal.is_file() else []
    return {str(line["decision_id"]): str(line.get("decided_at")) for line in lines}


def _put(new: Path, place: Path) -> None:
    """What the backup has in the place of what is there; what it has not is not there afterwards."""
    if new.is_file():
        new.replace(place)
        return
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    if new.exists():
        new.rename(place)


def _numbers(program: str) -> list[int]:
    return [int(part) for part in program.split(".") if part.isdigit()]
