"""The state that a night starts from: what stands, and the checkpoint that each source's last accepted retrieval left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from tests.warehouse.nights import Claim, filled, night_tables, rejected
from warehouse.interval import revert
from warehouse.load import NightTables, load_night, load_rejected
from warehouse.state import State, read_state, standing

FIRST, SECOND, THIRD = "2026-06-01", "2026-06-02", "2026-06-03"
CLAIMS = [Claim("union", "1"), Claim("union", "2", is_open=False, lng=None)]


def _night(night: str, retrieval: dict[str, Any], last_good_on: str | None) -> NightTables:
    tables = night_tables(CLAIMS, night)
    fetched = {"source": "union", "outcome": "ok", "mode": "delta", "parts": "[]", "tries": 1, "bytes": 1, "elapsed_ms": 1, **retrieval}
    return replace(
        tables,
        retrieval=filled("retrieval", [fetched]),
        source_night=tables.source_night.assign(last_good_on=pd.Series([last_good_on], dtype="str")),
    )


def _state_after(warehouse: Engine, *nights: tuple[str, dict[str, Any], str | None]) -> State:
    with warehouse.begin() as connection:
        for night, retrieval, last_good_on in nights:
            load_night(connection, night, _night(night, retrieval, last_good_on))
        return read_state(connection)


def test_an_empty_warehouse_is_a_state_too(warehouse: Engine) -> None:
    with warehouse.connect() as connection:
        state = read_state(connection)
    assert (state.night, state.fingerprint) == (None, None)
    assert state.listing.empty
    assert "listing_id" in state.listing.columns


def test_frames_have_the_types_of_frames(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        load_night(connection, FIRST, night_tables(CLAIMS, FIRST))
        listing = read_state(connection).listing
    assert list(listing["listing_id"]) == ["union:1", "union:2"], "closed listings stand too: they anchor ids"
    assert {str(listing[name].dtype) for name in ("listing_id", "first_seen_on", "closed_on")} == {"str"}
    assert (str(listing["is_open"].dtype), str(listing["missed"].dtype), str(listing["lng_wgs84"].dtype)) == ("boolean", "Int64", "float64")
    assert listing["first_seen_on"].tolist() == [FIRST, FIRST]
    assert listing["closed_on"].isna().all()
    assert "valid_from" not in listing.columns


def test_a_state_loads_as_the_next_night_without_a_change(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        load_night(connection, FIRST, night_tables(CLAIMS, FIRST, held=["union:9"]))
        state = read_state(connection)
        stands: dict[str, Any] = {
            name: getattr(state, name) for name in ("listing", "pair", "station", "station_listing", "station_redirect", "quarantine")
        }
        stands |= {name: standing(connection, name) for name in ("statement", "plaque")}
        again = replace(night_tables(CLAIMS, SECOND), **stands)
        applied = load_night(connection, SECOND, again)
    assert {(each.opened, each.closed) for each in applied.values()} == {(0, 0)}


def test_checkpoint_is_what_the_last_accepted_retrieval_left(warehouse: Engine) -> None:
    state = _state_after(
        warehouse,
        (FIRST, {"etag": "a", "watermark": "w1", "parts": '["one"]'}, FIRST),
        (SECOND, {"etag": "b", "watermark": "w2", "parts": '["two"]'}, SECOND),
    )
    row = state.source_state.iloc[0]
    assert (row["source"], row["last_good_on"], row["is_stopped"]) == ("union", SECOND, False)
    assert (row["etag"], row["watermark"], row["parts"]) == ("b", "w2", '["two"]')
    assert pd.isna(row["last_modified"])
    assert state.good_nights["night"].tolist() == [FIRST, SECOND]


def test_a_stopped_source_does_not_move_its_checkpoint(warehouse: Engine) -> None:
    state = _state_after(warehouse, (FIRST, {"etag": "a", "watermark": "w1"}, FIRST), (SECOND, {"etag": "b", "watermark": "w2"}, FIRST))
    row = state.source_state.iloc[0]
    assert (row["etag"], row["watermark"], row["last_good_on"]) == ("a", "w1", FIRST)


def test_an_unchanged_list_keeps_its_content_and_may_move_its_watermark(warehouse: Engine) -> None:
    state = _state_after(
        warehouse,
        (FIRST, {"etag": "a", "watermark": "w1", "parts": '["one"]'}, FIRST),
        (SECOND, {"outcome": "unchanged", "watermark": "w2"}, SECOND),
    )
    row = state.source_state.iloc[0]
    assert (row["etag"], row["parts"], row["watermark"], row["last_good_on"]) == ("a", '["one"]', "w2", SECOND)


def test_a_rejected_night_moves_nothing(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        load_night(connection, FIRST, _night(FIRST, {"etag": "a"}, FIRST))
        load_rejected(connection, SECOND, rejected(SECOND))
        state = read_state(connection)
    assert (state.night, state.source_state["etag"].tolist()) == (FIRST, ["a"])


def test_reverted_the_state_is_that_of_the_night_before(warehouse: Engine) -> None:
    with warehouse.begin() as connection:
        load_night(connection, FIRST, _night(FIRST, {"etag": "a"}, FIRST))
        load_night(connection, SECOND, _night(SECOND, {"etag": "b"}, SECOND))
        revert(connection, SECOND)
        state = read_state(connection)
    assert (state.night, state.source_state["etag"].tolist()) == (FIRST, ["a"])
