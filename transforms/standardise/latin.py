"""Names, addresses and phones in Latin letters, as far as any list of places needs: words instead of characters."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Final

from transforms.standardise import words

_LETTER: Final = re.compile(r"[A-Za-z\u00c0-\u024f]")
_WIDE: Final = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
_WORD: Final = re.compile(r"[a-z0-9]+(?:-[0-9]+)*|&")
_ORDINAL: Final = re.compile(r"^(\d+)(?:st|nd|rd|th)$")
_HOUSE: Final = re.compile(r"\d{1,6}[a-z]?(?:-\d{1,6})*")


@dataclass(frozen=True, slots=True)
class Street:
    """A street's telling word and a house number, upper case."""

    road: str | None
    number: str | None


def is_latin(written: str) -> bool:
    """Whether a text is written in Latin letters alone: one Chinese character makes it Chinese."""
    return _LETTER.search(written) is not None and _WIDE.search(written) is None


def core(clean: str) -> str:
    """The words of a name that tell it apart, upper case, joined by spaces; "" for a name without a word."""
    spoken = _words(clean)
    kept = [_short(word) for word in spoken if word not in _of("legal") and word not in _of("article")]
    return " ".join(kept or spoken).upper()


def street(clean: str) -> Street:
    """Number and street of an address: the number first (224 N. Central Ave) or behind the street (Fourth Avenue, 316).

    The road is the street's first telling word an ordinal as a figure (51st is 51). Owners leave out Street and North as often as they write them.
    """
    spoken = [_plain(word) for word in _words(clean)]
    number, rest = (spoken[0], spoken[1:]) if _is_house(spoken) else (None, spoken)
    road = _road(rest)
    if number is None and road is not None:
        behind = rest[rest.index(road.split(" ")[-1]) + 1 :]
        number = next((word for word in behind[:3] if _HOUSE.fullmatch(word)), None)
    return Street(road.upper() if road else None, number.split("-")[0].upper() if number else None)


def phone_abroad(written: str) -> str | None:
    """The digits of a phone that China's numbering does not know: the last ten at most, for a country's code is left out as often as given."""
    digits = re.sub(r"\D", "", re.split(r"(?i)\b(?:x|ext)", written)[0])
    return digits[-10:] if 7 <= len(digits) <= 15 else None


def _is_house(spoken: list[str]) -> bool:
    return len(spoken) > 1 and _HOUSE.fullmatch(spoken[0]) is not None and spoken[1] not in _of("street")


def _road(rest: list[str]) -> str | None:
    told = [word for word in rest if word not in _of("direction") and word not in _of("article")]
    for at, word in enumerate(told):
        if word in _of("unit"):
            return None
        if word in _of("street") and at + 1 < len(told):
            # Avenue A, Route 19, St Clair Street: the word behind tells it
            return told[at + 1] if word in {"st", "dr"} else f"{word} {told[at + 1]}"
        if word not in _of("street"):
            return word
    return None


def _words(clean: str) -> list[str]:
    folded = "".join(letter for letter in unicodedata.normalize("NFKD", clean.casefold()) if not unicodedata.combining(letter))
    return _WORD.findall(folded.replace("'", "").replace("’", ""))


def _plain(word: str) -> str:
    found = _ORDINAL.match(word)
    return found[1] if found else _of("ordinal").get(word, word)


def _short(word: str) -> str:
    return _of("short").get(word, word)


@cache
def _of(kind: str) -> dict[str, str]:
    """Words of vocabulary/latin.csv of one kind → the form they are compared in."""
    return {line["word"]: line["form"] or line["word"] for line in words.lines("latin") if line["kind"] == kind}
