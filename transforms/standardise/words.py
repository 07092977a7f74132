"""The vocabulary that ships with the project, read once from transforms/vocabulary."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from transforms.rule_file import RuleFileError

FOLDER = Path(__file__).resolve().parent.parent / "vocabulary"


@dataclass(frozen=True, slots=True)
class Term:
    """A line of a vocabulary: its code (or name), the group of hosts it speaks of, the words that mean it and those that only hint at it."""

    code: str
    host: str
    words: tuple[str, ...]
    hints: tuple[str, ...]


@cache
def lines(name: str) -> tuple[dict[str, str], ...]:
    """The lines of vocabulary/<name>.csv. Raises RuleFileError."""
    path = FOLDER / f"{name}.csv"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            return tuple(_whole(line, f"{path.name} 第 {reader.line_num} 行") for line in reader)
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise RuleFileError(f"词表 {path.name} 读不进来（{wrong}）：应为 UTF-8 的 CSV 文件，请改正") from wrong


def _whole(line: dict[str, str], where: str) -> dict[str, str]:
    if None in line or None in line.values():
        raise RuleFileError(f"词表 {where}：栏数与表头不同，请补上或去掉逗号")
    return line


def names() -> tuple[str, ...]:
    """Every vocabulary that ships."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.csv")))


@cache
def terms(name: str) -> tuple[Term, ...]:
    """The lines of a vocabulary whose words are joined by |, in the order of the file (earlier wins among equals)."""
    return tuple(
        Term(line.get("code") or line["name"], line.get("host") or "", _split(line.get("words")), _split(line.get("hints")))
        for line in lines(name)
    )


@cache
def by_word(name: str, *, hints: bool = False) -> dict[str, str]:
    """Upper-case word → code; where two lines share a word the earlier line has it."""
    found: dict[str, str] = {}
    for term in terms(name):
        for word in (*term.words, *(term.hints if hints else ())):
            found.setdefault(word.upper(), term.code)
    return found


@cache
def hosts(name: str) -> dict[str, str]:
    """Code → group of hosts."""
    return {term.code: term.host for term in terms(name)}


@cache
def pattern(name: str, *, hints: bool = False) -> re.Pattern[str]:
    """One pattern that finds the longest word of the vocabulary at each place, whatever the case of Latin letters."""
    return alternatives(tuple(by_word(name, hints=hints)))


@cache
def alternatives(words: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern for any of `words`, longest first; one that never matches when there are none."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(map(re.escape, ordered)) or r"(?!)", re.IGNORECASE)


def codes(text: str, name: str) -> tuple[str, ...]:
    """Codes of all the vocabulary's words in `text`, sorted, each once."""
    known = by_word(name)
    return tuple(sorted({known[word.upper()] for word in pattern(name).findall(text)}))


def _split(words: str | None) -> tuple[str, ...]:
    return tuple(word for word in (words or "").split("|") if word)
