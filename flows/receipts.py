"""Receipts written: an Excel file and a page for each owner whose list came on a night, in `var/receipts/<night>/`."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from rich.console import Console

from desk.receipt import Receipt, came, read_receipt
from desk.receipt_page import receipt_page
from desk.receipt_workbook import workbook_of
from desk.report import cell
from flows.house import House, open_house
from flows.outlook import latest_night, warehouse_in_force
from flows.rules import every_rule
from flows.run import LockedError, RefusedError
from flows.settings import Settings
from warehouse.disk import fsync
from warehouse.lock import AnotherWriterError

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipts:
    """`paths`: source key → the files written for its owner, the workbook first; `faults`: source key → why its receipt was not written (Chinese);
    `lines`: source key → how many lines of the workbook are held back, and how many were taken with a warning."""

    paths: dict[str, tuple[Path, ...]]
    faults: dict[str, str]
    lines: dict[str, tuple[int, int]]

    @property
    def told(self) -> list[str]:
        """What went wrong, a sentence a source."""
        return [f"{source} 的回执没有写成：{why}" for source, why in sorted(self.faults.items())]


def folder_of(house: House, night: str) -> Path:
    """Where the receipts of a night (ISO date) are."""
    return house.settings.home / "receipts" / night


def write_receipts(house: House, night: str, only: Collection[str] | None = None) -> Receipts:
    """Write the receipts of the night out of the publication in force, for every source whose list came (of `only`, where given).

    Those of other sources stay as they are. What cannot be written is told, and hinders neither the others nor the night.
    """
    written = Receipts({}, {}, {})
    publication = house.publisher.current()
    with warehouse_in_force(house) as connection:
        rules = every_rule()
        for key in came(connection, night):
            if key not in house.sources or (only is not None and key not in only):
                continue
            try:
                receipt = read_receipt(connection, night, publication.name if publication else "", house.sources[key], rules)
                written.paths[key] = _write(receipt, folder_of(house, night))
                written.lines[key] = (len(receipt.held), len(receipt.flagged))
            except OSError as wrong:
                written.faults[key] = f"{wrong.strerror or wrong}（{folder_of(house, night)}）；消除原因后运行 yizhan receipts --on {night}"
            except Exception as fault:  # noqa: BLE001 - the night is published; the other receipts go on and this one is told
                _LOG.exception("the receipt of %s on %s could not be written", key, night)
                written.faults[key] = f"程序出错（{type(fault).__name__}）；请把运行日志报给开发者"
    return written


def _write(receipt: Receipt, folder: Path) -> tuple[Path, ...]:
    """Both files, each whole or not at all. They hold persons' names and phones: for the night's user alone."""
    folder.parent.mkdir(exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    workbook, page = folder / f"{receipt.source.key}.xlsx", folder / f"{receipt.source.key}.html"
    for path, content in ((workbook, workbook_of(receipt)), (page, receipt_page(receipt).encode())):
        _put(path, content)
    return workbook, page


def _put(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.next")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    fsync(draft)
    draft.replace(path)


def receipt_lines(receipts: Receipts, house: House, night: str) -> list[str]:
    """The section of the night's report on them (Markdown)."""
    if not receipts.paths and not receipts.faults:
        return []
    done = f"已写 {len(receipts.paths)} 份，在 `{cell(folder_of(house, night))}`：每份名单一个 Excel 文件和一页说明，发给业主。"
    return ["", "## 回执", "", done, *(f"\n- **{cell(line)}**" for line in receipts.told)]


def write_again(settings: Settings, say: Console, *, source: str | None, on: date | None) -> int:
    """Write the receipts of a night (the latest) again, of all sources or one."""
    house = open_house(settings)
    if source is not None and source not in house.sources:
        raise RefusedError(f"没有这样的来源：{source}；现有：{'、'.join(house.sources)}")
    night = on.isoformat() if on else latest_night(house)
    try:
        with house.publisher.writing(night, "写回执"):
            written = write_receipts(house, night, None if source is None else {source})
    except AnotherWriterError as held:
        raise LockedError(str(held)) from held
    if not written.paths and not written.faults:
        what = "没有名单来过" if source is None else f"{source} 的名单没有来"
        raise RefusedError(f"{night} 这一夜{what}，或这一夜没有发布：没有回执可写；yizhan status 可看最近一夜")
    for paths in written.paths.values():
        say.print("  ".join(map(str, paths)), markup=False, soft_wrap=True)
    for line in written.told:
        say.print(line, markup=False, soft_wrap=True)
    return 1 if written.faults else 0


def prune_receipts(house: House, before: str) -> int:
    """Remove the receipts of nights before a date (ISO); how many nights."""
    root = house.settings.home / "receipts"
    old = [folder for folder in root.iterdir() if folder.name < before] if root.is_dir() else []
    for folder in old:
        shutil.rmtree(folder)
    return len(old)
