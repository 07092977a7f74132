"""Which column of a list means which field, by its header in Chinese or English (transforms/vocabulary/headers.csv)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from transforms.records.layout import Datum
from transforms.standardise import words

#: The plain header's names for divisions → ours.
PLAIN: Final[Mapping[str, str]] = {"district": "county", "street": "town"}

_GAPS: Final = re.compile(r"[\s_\-./:：*#'\"]+|[(（\[【].*?[)）\]】]")
_DATUMS: Final[Mapping[str, Datum]] = {"wgs84": "WGS-84", "gcj02": "GCJ-02", "bd09": "BD-09", "cgcs2000": "CGCS2000"}
_DATUM_SUFFIX: Final = re.compile(f"(?:{'|'.join(_DATUMS)})$")


class ColumnsError(ValueError):
    """A column that was asked for is not there, or is no field; the message (Chinese) says which are."""


def recognise(headers: Sequence[str]) -> dict[str, str]:
    """Header → field, each field once: an equal word first (earlier words of the vocabulary before later ones), then an equal ending."""
    plain = {header: plain_of(header) for header in headers}
    found: dict[str, str] = {}
    taken: set[str] = set()
    for field, (equal, _) in _vocabulary().items():
        for word in equal:
            header = next((header for header in headers if plain[header] == word and header not in found), None)
            if header is not None and (field not in taken or field == "ignored"):
                found[header] = field
                taken.add(field)
    for field, (_, ends) in _vocabulary().items():
        header = next((header for header in headers if header not in found and ends and plain[header].endswith(ends)), None)
        if header is not None and field not in taken:
            found[header] = field
            taken.add(field)
    return {header: field for header, field in found.items() if field != "ignored"}


def asked_for(text: str) -> dict[str, str]:
    """Field → header of `name=title,address=addr`; an empty header leaves the field out. Raises ColumnsError."""
    known = {*_vocabulary(), *PLAIN} - {"ignored"}
    asked = {}
    for part in filter(None, text.split(",")):
        field, equals, header = (piece.strip() for piece in part.partition("="))
        if not equals or field not in known:
            raise ColumnsError(f"--columns 里的“{part}”看不懂：请写成 字段=列名，字段可以是 {'、'.join(sorted(known))}")
        asked[PLAIN.get(field, field)] = header
    return asked


def datum_in(header: str) -> Datum | None:
    """The datum that a header names: lng_gcj02, 经度（GCJ-02）."""
    folded = re.sub(r"[\s_\-()（）\[\]]", "", unicodedata.normalize("NFKC", header).casefold())
    return next((datum for word, datum in _DATUMS.items() if word in folded), None)


def datum_of(text: str) -> Datum | None:
    """A datum as people write it: wgs84, GCJ-02, bd09ll, 国测局 …; None when it is none."""
    folded = re.sub(r"[\s_\-.]", "", unicodedata.normalize("NFKC", text).casefold())
    spoken = {
        "国测局": "GCJ-02",
        "火星": "GCJ-02",
        "高德": "GCJ-02",
        "腾讯": "GCJ-02",
        "百度": "BD-09",
        "国家2000": "CGCS2000",
        "epsg4326": "WGS-84",
        "epsg4490": "CGCS2000",
    }
    words_known: Mapping[str, Datum] = {**_DATUMS, **spoken}  # type: ignore[dict-item]
    return next((datum for word, datum in words_known.items() if word in folded), None)


def plain_of(header: str) -> str:
    """A header as it is compared: one width and case, without gaps, brackets and the datum at its end."""
    folded = _GAPS.sub("", unicodedata.normalize("NFKC", header).casefold()) or header.casefold()
    return _DATUM_SUFFIX.sub("", folded) or folded


@cache
def _vocabulary() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Field → (equal words, endings), compared as `plain_of` writes them."""
    split = {line["field"]: (line["words"].split("|"), line["ends"].split("|")) for line in words.lines("headers")}
    return {
        field: (tuple(plain_of(word) for word in equal), tuple(plain_of(word) for word in ends if word))
        for field, (equal, ends) in split.items()
    }
