"""What texts are compared by: Chinese by its characters, Latin letters by runs of three, each run as one character of a private plane."""

from __future__ import annotations

from zlib import crc32

from transforms.standardise.latin import is_latin

#: The first code point of supplementary private use area A, and how many there are.
_PLANE, _POINTS = 0xF0000, 0xFFFE


def spelled(text: str) -> str:
    """`text` as the characters it is compared by. A Latin word's ends count as letters, so that one of three letters has three runs."""
    if not is_latin(text):
        return text
    return "".join(chr(_PLANE + crc32(run.encode()) % _POINTS) for word in text.split() for run in _runs(f" {word} "))


def _runs(word: str) -> list[str]:
    return [word[at : at + 3] for at in range(len(word) - 2)]
