"""Text as such: width, private-use characters, invisible characters, variants of place names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from transforms.standardise import words

#: What NFKC must not touch: it would turn ① into a bare 1 that runs into a neighbouring number, ½ into 1⁄2 and ² into 2.
_KEPT = re.compile("[①-⓿❶-➓㈠-㈩㊀-㊉½¼¾⅓⅔⅛²³™℃…]")

#: Every dash that owners type between two numbers. NFKC leaves most of them alone.
_FOLDED = str.maketrans({**dict.fromkeys("‐‑‒–—―−﹣－", "-"), "･": "·", "・": "·", "•": "·", "‧": "·", "∙": "·"})

#: What nothing below changes: most cells of most lists.
_CLEAN = re.compile(r"[\u4e00-\u9fffA-Za-z0-9()#,.\-]+")

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]")
_SPACES = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_FULLWIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ]")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_ABSENT = frozenset({"", "-", "--", "---", "/", "\\", "无", "暂无", "空", "N/A", "NA", "NULL", "NONE", "NAN", "N", "不详", "未知", "待定"})

#: Stands for a character that no table knows: the printers' mark for a missing type. It is left out wherever texts are compared.
MISSING = "〓"


def text(written: str) -> str | None:
    """`written` with width, dashes, spaces and private-use characters put right; None when nothing is left or it says 'none'."""
    if _CLEAN.fullmatch(written):
        return None if written.upper() in _ABSENT else written
    folded = _INVISIBLE.sub("", public(written))
    kept = "".join(part if place % 2 else unicodedata.normalize("NFKC", part) for place, part in enumerate(_KEPT_SPLIT.split(folded)))
    clean = _SPACES.sub(" ", public(kept).translate(_FOLDED)).strip()
    return None if clean.upper() in _ABSENT else clean


def public(written: str) -> str:
    """`written` with private-use characters replaced by those that stand for them since GB 18030-2005, 〓 for the unknown."""
    if not has_private_use(written):
        return written
    return _PRIVATE.sub(lambda found: _public_characters().get(found[0], MISSING), written)


def has_private_use(written: str) -> bool:
    """Whether a private-use character stands in `written`."""
    return _PRIVATE.search(written) is not None


def has_fullwidth(written: str) -> bool:
    """Whether a full-width digit or letter stands in `written`. Full-width punctuation is how Chinese is written, and no fault."""
    return _FULLWIDTH.search(written) is not None


class Variants:
    """Written forms of place names and what the register calls them: `Variants({"瀂港": "澛港"}).fold("瀂港街道")` → 澛港街道."""

    def __init__(self, forms: Mapping[str, str]) -> None:
        self._forms = dict(forms)
        self._pattern = words.alternatives(tuple(forms))
        #: For RE2, "" where there are no variants: it does not know a pattern that never matches.
        self.pattern = self._pattern.pattern if forms else ""

    def fold(self, written: str) -> str:
        """`written` with every variant in its register form."""
        return self._pattern.sub(lambda found: self._forms.get(found[0], found[0]), written)

    def met(self, written: str) -> str | None:
        """The first variant in `written`."""
        found = self._pattern.search(written)
        return found[0] if found else None


_KEPT_SPLIT = re.compile(f"({_KEPT.pattern})")


@cache
def _public_characters() -> dict[str, str]:
    """Private-use character → its public one. Vertical punctuation (U+FE10-FE19) says nothing in a cell that is written across: it goes."""
    known = {chr(int(line["written"], 16)): chr(int(line["name"], 16)) for line in words.lines("private_use")}
    return {written: "" if "\ufe10" <= public <= "\ufe19" else public for written, public in known.items()}
