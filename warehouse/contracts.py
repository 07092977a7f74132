"""The header comment of an .sql file of ours: what it tells, what a row is, which question it answers, and its columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warehouse.tables import METADATA

_TOLD: Final = re.compile(r"-- (?P<word>\w+): (?P<told>.+)")
_LISTED: Final = re.compile(r"--   (?P<word>\w+): (?P<told>.+)")


@dataclass(frozen=True, slots=True)
class Contract:
    """`statement` is the SQL below the header. `columns` and `arguments` (of functions): name → meaning and unit.

    `filled`: why the view is filled as a table at publication although it may be read by all; empty for one that is not.
    """

    name: str
    comment: str
    grain: str
    question: str
    filled: str
    arguments: dict[str, str]
    columns: dict[str, str]
    statement: str


def read_contract(path: Path) -> Contract:
    """The file's contract. KeyError when its header lacks its own name, Grain or Question."""
    lines = path.read_text("utf-8").splitlines()
    header = [line for line in lines if line.startswith("--")]
    told = {match["word"]: match["told"] for line in header if (match := _TOLD.fullmatch(line))}
    return Contract(
        name=path.stem,
        comment=told[path.stem],
        grain=f"Grain: {told['Grain']}",
        question=told["Question"],
        filled=told.get("Filled", ""),
        arguments=_listed(header, "Arguments"),
        columns=_borrowed(told["Columns"], path) if "Columns" in told else _listed(header, "Columns"),
        statement="\n".join(line for line in lines if not line.startswith("--")),
    )


def _listed(header: list[str], under: str) -> dict[str, str]:
    """What stands in the list under `-- <under>:`."""
    if f"-- {under}:" not in header:
        return {}
    rest = header[header.index(f"-- {under}:") + 1 :]
    end = next((place for place, line in enumerate(rest) if not line.startswith("--   ")), len(rest))
    return {match["word"]: match["told"] for line in rest[:end] if (match := _LISTED.fullmatch(line))}


def _borrowed(told: str, path: Path) -> dict[str, str]:
    """The columns of `as in NAME`: of a table, less the end of its interval, or of the view of that name."""
    name = told.removeprefix("as in ")
    if name in METADATA.tables:
        return {column.name: column.comment or "" for column in METADATA.tables[name].columns if column.name != "valid_to"}
    folder = next(parent for parent in path.parents if (parent / "marts").is_dir())
    return read_contract(folder / "marts" / f"{name}.sql").columns
