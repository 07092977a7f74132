"""Nights that were loaded, put into PostgreSQL row by row: every view says the same there."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Engine, select

from tests.warehouse.marts.rows import answer, put
from tests.warehouse.nights import Claim, night_tables
from warehouse.load import load_night
from warehouse.tables import METADATA
from warehouse.views import views

_CLAIMS = [
    Claim("union", "1", station=1),
    Claim("bank", "1", station=1, name="北京路支行"),
    Claim("union", "2", station=2, county="鸠江区", batch=None),
    Claim("bank", "2", station=3, lng=None),
    Claim("union", "3", station=4),
]


def test_every_view_says_the_same_on_both(warehouse: Engine, postgres: Engine) -> None:
    """On the second night a station is renamed, one closes and one goes into another."""
    later = [replace(_CLAIMS[0], name="新名"), _CLAIMS[1], replace(_CLAIMS[2], is_open=False), replace(_CLAIMS[3], station=1), _CLAIMS[4]]
    with warehouse.begin() as connection:
        load_night(connection, "2026-06-01", night_tables(_CLAIMS, "2026-06-01", held=["union:8"]))
        load_night(connection, "2026-06-02", night_tables(later, "2026-06-02", held=["union:8", "bank:9"]))
    with warehouse.connect() as ours, postgres.connect() as theirs:
        for table in METADATA.sorted_tables:
            if rows := [row._asdict() for row in ours.execute(select(table))]:
                put(theirs, table.name, *rows)
        calls = [*(view.name for view in views()), "station_as_of('2026-06-01')", "changes_between('2026-06-01', '2026-06-02')"]
        for call in calls:
            assert answer(theirs, f"select * from {call}") == answer(ours, f"select * from {call}"), call
        theirs.rollback()
