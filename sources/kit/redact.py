"""A payload without what is to be gone of a person, in the format in which it came: every other byte stays, or nobody can say what it held."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Final

import pandas as pd

from sources.kit.raw import NotAsDeclaredError, Payload, Raw
from transforms.erasure import Redact

_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?', re.DOTALL)
_NUMBER_CELL: Final = re.compile(r"<v>([^<]*)</v>")
_CHARACTER: Final = re.compile(r"&#(?:x(?P<hex>[0-9a-fA-F]+)|(?P<dec>\d+));")

#: Encodings in which text may have come, each taken only if it gives the same bytes back.
_ENCODINGS: Final = (("utf-16", (b"\xff\xfe", b"\xfe\xff")), ("utf-8", ()), ("gb18030", ()))

_ZIP: Final = b"PK\x03\x04"


def without(content: bytes, redact: Redact) -> tuple[bytes | None, int]:
    """The payload without what `redact` takes out, and how many times it stood there; None when it holds it and cannot be written anew with certainty.

    JSON (one value, or one a line), CSV, XML and other text, and Excel's xlsx are written anew; a payload that holds nothing is given back as it is.
    """
    if content.startswith(_ZIP):
        return _workbook(content, redact)
    for encoding, marks in _ENCODINGS:
        if marks and not content.startswith(marks):
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        anew, found = _text(text, redact)
        if not found:
            return content, 0
        written = anew.encode(encoding)
        return (written if text.encode(encoding) == content and not _text(written.decode(encoding), redact)[1] else None), found
    found = _in_binary(content, redact)
    return (None, found) if found else (content, 0)


def is_same_but(before: Raw, after: Raw, redact: Redact) -> bool:
    """Whether `after` reads as `before` does, but for what `redact` takes out of its cells."""
    if list(before.cells.columns) != list(after.cells.columns) or not before.lines.equals(after.lines) or before.headers != after.headers:
        return False
    wanted = before.cells.apply(lambda column: _folded(column.map(lambda cell: redact(cell)[0], na_action="ignore")))
    return bool(wanted.equals(after.cells.apply(_folded)))


def reads_the_same(reader: Callable[[Sequence[Payload]], Raw], before: Sequence[Payload], after: Sequence[Payload], redact: Redact) -> bool:
    """Whether the source's reader finds the same rows in both, but for what was taken out; what it refuses it must refuse both times."""
    try:
        known = reader(before)
    except NotAsDeclaredError:
        return True
    try:
        return is_same_but(known, reader(after), redact)
    except NotAsDeclaredError:
        return False


def _folded(column: pd.Series) -> pd.Series:
    text = column.astype("str").str.strip()
    return text.mask(text.eq("") | column.isna()).astype("object").where(lambda cell: cell.notna(), None)


def _text(text: str, redact: Redact) -> tuple[str, int]:
    start = text.lstrip("\ufeff \r\n\t")[:1]
    if start and start in "{[":
        return _json(text, redact)
    if start == "<":
        text = _CHARACTER.sub(_plain_character, text) if "&#" in text and redact(_CHARACTER.sub(_plain_character, text))[1] else text
    return redact(text)


def _plain_character(match: re.Match[str]) -> str:
    """A Chinese character or a digit that was written by its number; markup stays as it is."""
    sign = chr(int(match["hex"], 16) if match["hex"] else int(match["dec"]))
    return sign if sign.isalnum() else match[0]


def _json(text: str, redact: Redact) -> tuple[str, int]:
    found = 0

    def token(match: re.Match[str]) -> str:
        nonlocal found
        written = match[0]
        try:
            plain = json.loads(written) if written.startswith('"') else written
        except ValueError:
            plain = written
        anew, count = redact(plain)
        found += count
        if not count:
            return written
        return json.dumps(anew, ensure_ascii=False) if written.startswith('"') else "null"

    return _JSON_TOKEN.sub(token, text), found


def _workbook(content: bytes, redact: Redact) -> tuple[bytes | None, int]:
    """Each part of the zip file that is XML without it. A cell that is a number loses its value, and so is empty."""
    found, written = 0, io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as after:
            for member in before.infolist():
                part = before.read(member)
                if member.filename.endswith((".xml", ".rels", ".vml")):
                    anew, count = _text(_NUMBER_CELL.sub(lambda cell: _number(cell, redact), part.decode("utf-8")), redact)
                    count += sum(redact(value)[1] for value in _NUMBER_CELL.findall(part.decode("utf-8")))
                    part = anew.encode("utf-8") if count else part
                else:
                    inner, count = without(part, redact)
                    if inner is None:
                        return None, count
                    part = inner
                found += count
                after.writestr(member, part)
    except (zipfile.BadZipFile, UnicodeDecodeError, RuntimeError, NotImplementedError):  # damaged, in another encoding, or under a password
        count = _in_binary(content, redact)
        return (None, count) if count else (content, 0)
    return (written.getvalue(), found) if found else (content, 0)


def _in_binary(content: bytes, redact: Redact) -> int:
    """How often it seems to stand in what is no text; text of two bytes a sign may begin at an odd place."""
    texts = [content.decode(encoding, "replace") for encoding in ("latin-1", "utf-8", "gb18030")]
    texts += [part.decode(encoding, "replace") for part in (content, content[1:]) for encoding in ("utf-16-le", "utf-16-be")]
    return sum(redact(text)[1] for text in texts)


def _number(cell: re.Match[str], redact: Redact) -> str:
    return "" if redact(cell[1])[1] else cell[0]
