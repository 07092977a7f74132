"""The truth behind the lists, for scoring: which station each row is, and every station as it truly is."""

from __future__ import annotations

import csv
import io
from typing import Final

from sandbox.servers.edition import Edition

#: The header under which an owner gives its own id; the rural bank gives none.
CODES: Final = {
    "union": "stationCode",
    "bank_icbc": "outletNo",
    "telecom_mobile": "hallId",
    "telecom_tower": "site_code",
    "civilization": "编号",
}
#: The first row of a workbook's sheet that holds a place.
_FIRST_ROW: Final = 5


def truth(edition: Edition) -> str:
    """CSV: night, source, code, line, station, faults (joined by ;) of every row of the edition."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(("night", "source", "code", "line", "station", "faults"))
    for source, rows in edition.lists.items():
        seen: dict[str, int] = {}
        for number, row in enumerate(rows, start=1):
            sheet = row.fields.get("__sheet__") or ""
            seen[sheet] = seen.get(sheet, _FIRST_ROW - 1) + 1
            line = f"{sheet}!{seen[sheet]}" if sheet else str(number)
            code = row.fields.get(CODES.get(source, ""), "") or ""
            lines.writerow((edition.night, source, code, line, row.station, ";".join(row.faults)))
    return out.getvalue()
