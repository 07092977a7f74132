"""The documents as tests read them: links, code blocks, and the commands that they tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
_LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.M)


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of that language."""
    return [body for told, body in _FENCE.findall(document.read_text("utf-8")) if told == language]


def links(document: Path) -> Iterator[str]:
    """Targets of the links outside of fenced blocks."""
    return (match[1] for match in _LINK.finditer(_FENCE.sub("", document.read_text("utf-8"))))


def anchors(document: Path) -> set[str]:
    """Anchors of the headings, as forges make them."""
    headings = _HEADING.findall(_FENCE.sub("", document.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(document: Path, program: str) -> set[str]:
    """First words that follow `program` in inline code and in blocks of shell or text."""
    text = document.read_text("utf-8")
    told = [*re.findall(r"(?<!`)`([^`\n]+)`", _FENCE.sub("", text)), *blocks(document, "sh"), *blocks(document, "text")]
    return {match for code in told for match in re.findall(rf"(?:^|[\s/=$]){program} +([a-z]+)\b", code, re.M)}
