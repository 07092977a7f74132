"""A person's values are gone from every text of a warehouse, on both databases; the rows stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from tests.warehouse.nights import Claim, night_tables
from transforms.erasure import personal
from warehouse.engine import open_warehouse
from warehouse.erase import count_values, erase_values, write_anew
from warehouse.load import NightTables, load_night
from warehouse.postgres import follow, open_postgres
from warehouse.tables import METADATA

PHONE = "13900001234"
VALUES = [personal("phone", PHONE)]
CLAIMS = [Claim("union", "1"), Claim("civilization", "7", station=2, contact_phone=f"{PHONE};13900009999")]


def _night() -> NightTables:
    """A night whose rows have digests as the night makes them."""
    tables = night_tables(CLAIMS, held=["union:9"])
    listing = tables.listing
    return replace(tables, listing=listing.assign(row_digest=[sha256(each.encode()).hexdigest() for each in listing["listing_id"]]))


@pytest.fixture(params=["duckdb", "postgresql"])
def filled(request: pytest.FixtureRequest, warehouse: Engine) -> Iterator[Connection]:
    """A night that holds the phone, in either database."""
    if request.param == "duckdb":
        with warehouse.begin() as connection:
            load_night(connection, "2026-06-01", _night())
            yield connection
        return
    with warehouse.begin() as connection:
        load_night(connection, "2026-06-01", _night())
    path = Path(str(warehouse.url.database))
    warehouse.dispose()
    engine = open_postgres(request.getfixturevalue("postgres_url"))
    follow(engine, "2026-06-01-1", path)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _rows(connection: Connection) -> dict[str, int]:
    return {name: connection.execute(text(f"select count(*) from {name}")).scalar_one() for name in METADATA.tables}


def test_the_value_is_gone_from_every_text_and_every_row_stays(filled: Connection) -> None:
    before = _rows(filled)
    found = count_values(filled, VALUES)
    digests = set(filled.execute(text("select row_digest from listing")).scalars())
    done = erase_values(
        filled, VALUES, row_digests=lambda _, __, after: ([sha256(f"{at}".encode()).hexdigest() for at, _ in enumerate(after)], {})
    )
    assert done.counts == found
    assert found["listing", "verbatim"] == 2
    assert count_values(filled, VALUES) == {}
    assert _rows(filled) == before
    assert filled.execute(text("select contact_phone from listing order by source")).scalars().all() == ["13900009999", None]
    assert filled.execute(text("select distinct verbatim from listing")).scalars().all() == ['{"名称": "青阳路社区站", "电话": null}']
    assert not {*filled.execute(text("select row_digest from listing")).scalars()} & digests


def test_erasing_again_finds_nothing(filled: Connection) -> None:
    erase_values(filled, VALUES)
    assert erase_values(filled, VALUES).counts == {}


def test_with_a_source_the_rows_of_others_stay(filled: Connection) -> None:
    erase_values(filled, VALUES, source="union")
    assert filled.execute(text("select source from listing where contact_phone like '%13900001234%'")).scalars().all() == ["civilization"]


def test_a_file_written_anew_holds_it_in_no_byte(warehouse: Engine, tmp_path: Path) -> None:
    with warehouse.begin() as connection:
        load_night(connection, "2026-06-01", night_tables(CLAIMS))
    with warehouse.begin() as connection:
        erase_values(connection, VALUES)
    with warehouse.connect() as connection:
        connection.exec_driver_sql("checkpoint")
    warehouse.dispose()
    path, anew = tmp_path / "warehouse.duckdb", tmp_path / "anew.duckdb"
    write_anew(path, anew)
    assert PHONE.encode() not in anew.read_bytes()
    engine = open_warehouse(anew, read_only=True)
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from station")).scalar_one() == 2
        assert connection.execute(text("select count(*) from dictionary")).scalar_one() > 300
    engine.dispose()
