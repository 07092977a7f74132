"""Rows as a test writes them: only what matters to it, on either database."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, DateTime, Double, String

from warehouse.tables import METADATA

FIRST, SECOND, THIRD = (date(2026, 6, day) for day in (1, 2, 3))

_FILLING: Final[dict[type[Any], object]] = {
    String: "x",
    BigInteger: 0,
    Double: 0.0,
    Boolean: False,
    Date: FIRST,
    DateTime: datetime(2026, 6, 1, 2, tzinfo=UTC),
}


def put(connection: Connection, name: str, *rows: dict[str, Any]) -> None:
    """Insert the rows into the table; a column that must have a value and is not given gets one that means nothing."""
    table = METADATA.tables[name]
    filled = [{column.name: row.get(column.name, _filling(column)) for column in table.columns} for row in rows]
    connection.execute(table.insert(), filled)


def nights(connection: Connection, *published: date, sources: tuple[str, ...] = ()) -> None:
    """Published nights, on each of which every one of the sources was accepted."""
    for night in published:
        put(connection, "night", {"night": night, "state": "published"})
        for source in sources:
            put(connection, "source_night", {"night": night, "source": source, "last_good_on": night})


def station(number: int | str, **values: Any) -> dict[str, Any]:
    """A station_history row that stands since the first night, open unless told otherwise."""
    return {
        "station_id": f"s{number}",
        "name": f"{number}号站",
        "county_code": "340202",
        "county": "镜湖区",
        "batch": "renovated",
        "status": "open",
        "sources": "union",
        "listing_count": 1,
        **values,
    }


def listing(source: str, key: str, of: int | str, **values: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A listing that stands since the first night, open unless told otherwise, and its station_listing row."""
    listing_id = f"{source}:{key}"
    since = {"valid_from": values.get("valid_from", FIRST)}
    row = {"listing_id": listing_id, "source": source, "row_key": key, "is_open": True, **values}
    return row, {"listing_id": listing_id, "station_id": f"s{of}", **since}


def put_listings(connection: Connection, *both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Insert listings with where they belong."""
    put(connection, "listing", *(row for row, _ in both))
    put(connection, "station_listing", *(member for _, member in both))


def answer(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """The query's rows, sorted as text, so that neither database's order of texts and empty values matters."""
    return sorted(
        (tuple(row) for row in connection.exec_driver_sql(query)), key=lambda row: [(each is not None, str(each)) for each in row]
    )


def _filling(column: Column[Any]) -> object:
    return None if column.nullable else next(value for kind, value in _FILLING.items() if isinstance(column.type, kind))
