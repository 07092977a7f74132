"""Whatever nights came, reverting to before one of them gives back exactly what stood then."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine

from tests.warehouse.nights import Claim, filled, night_tables, rejected
from tests.warehouse.reading import contents, rows_of
from warehouse.engine import open_warehouse
from warehouse.interval import apply_interval, revert
from warehouse.load import load_night, load_rejected
from warehouse.state import nights_after, read_state
from warehouse.tables import table

_CLAIM = st.builds(
    Claim,
    source=st.sampled_from(["union", "bank"]),
    key=st.sampled_from(["1", "2", "3"]),
    name=st.sampled_from(["甲站", "乙站"]),
    station=st.integers(1, 3),
    is_open=st.booleans(),
    lng=st.sampled_from([None, 118.38, 118.4]),
)
_NIGHT = st.tuples(
    st.lists(_CLAIM, max_size=4, unique_by=lambda claim: claim.listing_id),
    st.lists(st.sampled_from(["union:1", "union:8", "bank:9"]), max_size=2, unique=True),
    st.sampled_from(["published", "published", "quarantined", "rejected"]),
)


def _nth(number: int) -> str:
    return (date(2026, 6, 1) + timedelta(days=number)).isoformat()


_MEMORY = create_engine("duckdb:///:memory:")
_HELD = st.dictionaries(st.sampled_from(["1", "2", "3", "4"]), st.sampled_from(["a", "b"]), max_size=4)


@settings(max_examples=30, deadline=None)
@given(nights=st.lists(_HELD, min_size=1, max_size=5), back=st.data())
def test_one_table_as_of_any_night_is_what_was_applied_on_it(nights: list[dict[str, str]], back: st.DataObject) -> None:
    plaques = table("plaque")
    with _MEMORY.connect() as connection:
        plaques.create(connection, checkfirst=True)
        for number, shown in enumerate(nights):
            rows = [{"station_id": key, "plaque": value, "source": "union"} for key, value in shown.items()]
            apply_interval(connection, plaques, filled("plaque", rows), _nth(number))
        for number, shown in enumerate(nights):
            assert dict(rows_of(connection, _AS_OF.format(_nth(number)))) == shown
        kept = back.draw(st.integers(0, len(nights) - 1), label="last night kept")
        revert(connection, _nth(kept + 1), ["plaque"])
        assert dict(rows_of(connection, "select station_id, plaque from plaque where gone_on is null")) == nights[kept]
        connection.rollback()


_AS_OF = "select station_id, plaque from plaque where first_seen_on <= '{0}' and (gone_on is null or gone_on > '{0}')"


#: Everything changes, and the quarantine empties: reverting must reopen what the second night closed in every table.
_CLOSING: list[tuple[list[Claim], list[str], str]] = [
    ([Claim("union", "1"), Claim("bank", "2")], ["union:8"], "published"),
    ([Claim("union", "1", name="乙站", station=2)], [], "published"),
]


@example(nights=_CLOSING, back=0)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=st.lists(_NIGHT, min_size=2, max_size=3), back=st.integers(0, 2))
def test_revert_gives_back_the_state_after_any_night(template: Path, nights: list[tuple[list[Claim], list[str], str]], back: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_warehouse(Path(shutil.copyfile(template, Path(folder) / "warehouse.duckdb")))
        after, states = [], []
        for number, (claims, held, state) in enumerate(nights):
            with engine.begin() as connection:  # a transaction a night, as it is published
                if state == "rejected":
                    load_rejected(connection, _nth(number), rejected(_nth(number), held))
                else:
                    load_night(connection, _nth(number), night_tables(claims, _nth(number), held, state))
                after.append({name: rows for name, rows in contents(connection).items() if name != "owner"})
                states.append(read_state(connection))
        kept = min(back, len(nights) - 1)
        with engine.begin() as connection:
            revert(connection, _nth(kept + 1))
            assert {name: rows for name, rows in contents(connection).items() if name != "owner"} == after[kept]
            assert read_state(connection).listing.equals(states[kept].listing)
            assert read_state(connection).source_state.equals(states[kept].source_state)
        engine.dispose()


def test_nights_rebuilt_in_one_transaction_are_as_if_loaded_one_by_one(warehouse: Engine) -> None:
    first, second, third = ([Claim("union", "1", name=name), Claim("bank", "2")] for name in ("甲站", "乙站", "丙站"))
    with warehouse.begin() as connection:
        for number, claims in enumerate((first, second, third)):
            load_night(connection, _nth(number), night_tables(claims, _nth(number)))
        once = contents(connection)
    with warehouse.begin() as connection:
        revert(connection, _nth(0))
        for number, claims in enumerate((first, second, third)):
            revert(connection, _nth(number))
            load_night(connection, _nth(number), night_tables(claims, _nth(number)))
        assert contents(connection) == once
        assert nights_after(connection, _nth(0)) == [_nth(1), _nth(2)]
