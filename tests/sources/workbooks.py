"""Workbooks as owners send them: made by WPS, locked, or no workbook at all."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable

import xlsxwriter
from xlsxwriter.worksheet import Worksheet


def workbook(*sheets: tuple[str, Callable[[Worksheet], None]]) -> bytes:
    """A workbook of the given sheets, each filled by its function. Texts that start with `=` stay texts."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "default_date_format": "yyyy-mm-dd hh:mm"}
    with xlsxwriter.Workbook(buffer, options) as book:
        for name, fill in sheets:
            fill(book.add_worksheet(name))
    return buffer.getvalue()


def as_wps_writes_it(content: bytes) -> bytes:
    """The workbook with the dimension of every sheet claimed to be A1."""
    patched = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(patched, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            part = before.read(name)
            if name.startswith("xl/worksheets/"):
                part = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', part)
            after.writestr(zipfile.ZipInfo(name, date_time=(2026, 6, 1, 0, 0, 0)), part)
    return patched.getvalue()


def locked() -> bytes:
    """The container that Office writes for a workbook with a password: an OLE file with the streams EncryptionInfo, EncryptedPackage."""
    sector, end, free = 512, 0xFFFFFFFE, 0xFFFFFFFF
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    chains = [0xFFFFFFFD, end, *range(3, 10), end, *range(11, 18), end]
    fat = struct.pack(f"<{sector // 4}I", *chains, *[free] * (sector // 4 - len(chains)))
    entries = (
        _entry("Root Entry", 5, 1, end, 0)
        + _entry("EncryptionInfo", 2, free, 2, 4096, right=2)
        + _entry("EncryptedPackage", 2, free, 10, 4096)
        + bytes(128)
    )
    return header + fat + entries + b"\x04\x00\x04\x00" + bytes(8 * sector - 4) + bytes(8 * sector)


def _entry(name: str, kind: int, child: int, start: int, size: int, right: int = 0xFFFFFFFF) -> bytes:
    written = (name + "\0").encode("utf-16-le")
    return written.ljust(64, b"\0") + struct.pack("<HBBIII36xIQ", len(written), kind, 1, 0xFFFFFFFF, right, child, start, size)


#: What many systems offer as "export to Excel".
WEB_PAGE = "<html><head><meta charset='utf-8'></head><body><table><tr><td>网点名称</td></tr></table></body></html>".encode()
