"""The truth behind the lists, for scoring: which station each row is, and every station as it truly is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sandbox.lists import Published
from sandbox.servers.bank_rural import FIRST_ROW
from sandbox.servers.edition import Edition
from sandbox.station import Station

ROW_HEADERS: Final = ("night", "source", "code", "line", "station", "faults")
STATION_HEADERS: Final = ("station", "name", "kind", "batch", "county_code", "lng_wgs84", "lat_wgs84", "opened", "closed")


def rows_csv(edition: Edition) -> str:
    """CSV of every row of the edition's full lists: the owner's code (none in bank_rural), where it stands, its station, its faults (joined by ;).

    `line` is the running number from 1, or sheet!row in the workbook.
    """
    found = ((source, row, line) for source, rows in edition.lists.items() for row, line in _lines(rows))
    return _csv(
        ROW_HEADERS, ((edition.night, source, _code(source, row), line, row.station, ";".join(row.faults)) for source, row, line in found)
    )


def stations_csv(stations: Iterable[Station]) -> str:
    """CSV of every station ever, as it truly is: positions in degrees WGS-84, dates ISO, `closed` empty while it is open."""
    return _csv(
        STATION_HEADERS,
        (
            (
                at.id,
                at.name,
                at.kind,
                at.batch,
                at.place.county_code,
                f"{at.place.lng:.7f}",
                f"{at.place.lat:.7f}",
                at.opened,
                at.closed or "",
            )
            for at in stations
        ),
    )


def _lines(rows: Sequence[Published]) -> Iterator[tuple[Published, str]]:
    reached: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        sheet = row.fields.get("__sheet__")
        if sheet is None:
            yield row, str(number)
        else:
            reached[sheet] = reached.get(sheet, FIRST_ROW - 1) + 1
            yield row, f"{sheet}!{reached[sheet]}"


def _code(source: str, row: Published) -> str:
    """The owner's own id: the first column of every list but the rural bank's, which has none."""
    return "" if source == "bank_rural" else next(iter(row.fields.values())) or ""


def _csv(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    written = csv.writer(out, lineterminator="\n")
    written.writerow(headers)
    written.writerows(rows)
    return out.getvalue()
