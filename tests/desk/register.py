"""A register small enough to know by heart, published as files; its names are what spreadsheets trip over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.warehouse.nights import Claim, filled, night_tables
from warehouse.load import load_night
from warehouse.publish import Publication, Publisher

#: Names that a spreadsheet takes for a formula, a figure, a date, several lines, or loses.
NAMES = (
    "=1+1",
    "+8615",
    "-2",
    "@SUM(A1)",
    "'quoted",
    "\t=cmd|' /C calc'!A0",
    "＝1＋1",
    "0012",
    "3-4",
    "6月1日",
    'a "b", c',
    "a\r\n=b",
    "青阳路社区站",
    "1e5",
    "TRUE",
)


def publisher(root: Path, keep: int = 7) -> Publisher:
    """A publisher below `root`."""
    return Publisher(root / "var", keep=keep, clock=lambda: datetime(2026, 6, 1, 2, tzinfo=UTC))


def publish(
    publisher: Publisher, night: str, claims: Sequence[Claim], redirects: Sequence[tuple[str, str]] = (), phones: str | None = None
) -> Publication:
    """A night on which these claims stand."""
    tables = night_tables(claims, night)
    tables.station["phones"] = phones
    tables.station["lat_wgs84"] = 31.33
    redirect = filled("station_redirect", [{"from_id": old, "to_id": new} for old, new in redirects])
    with publisher.begin(night, "测试") as draft:
        with draft.engine.begin() as connection:
            load_night(connection, night, replace(tables, station_redirect=redirect))
        return draft.publish()


def named(names: Sequence[str]) -> list[Claim]:
    """A claim a name, each its own station; the last has no position."""
    return [
        Claim("union", str(at), name=name, station=at, lng=None if at == len(names) else 118.38) for at, name in enumerate(names, start=1)
    ]
