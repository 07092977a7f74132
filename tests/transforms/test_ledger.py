"""The ledger promises that every row has one place, that a listing leaves only for a stated cause, and that figures add up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms import ledger
from transforms.ledger import STANDING, Mode, Settled, Tonight, expiry, settle

NIGHTS = ("2026-06-01", "2026-06-02", "2026-06-03", "2026-06-04", "2026-06-05")


def rows(*keys: str, **columns: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"row_key": pd.Series(list(keys), dtype="str"), "row_digest": pd.Series([f"d-{key}" for key in keys], dtype="str")}
    )
    return frame.assign(source="union", **columns)


def nothing() -> pd.DataFrame:
    listing = rows().assign(listing_id=pd.Series(dtype="str"))
    return listing.assign(**{name: pd.Series(dtype="str") for name in STANDING}).astype({"is_open": bool, "missed": "int64"})


def tonight(
    accepted: pd.DataFrame, *, held: pd.DataFrame | None = None, mode: Mode = "snapshot", gone: frozenset[str] = frozenset()
) -> Tonight:
    held = rows() if held is None else held
    ignored = rows(*sorted(gone)).assign(reason="tombstone")
    return Tonight(mode, len(accepted) + len(held) + len(ignored), accepted, held, ignored, closed_keys=gone)


def after(*nights: Tonight, prior: pd.DataFrame | None = None) -> Settled:
    listings, quarantine = nothing() if prior is None else prior, rows()
    for night, each in zip(NIGHTS, nights, strict=False):
        settled = settle("union", listings, quarantine, each, night, expires_on=None)
        assert settled.tally.faults == ()
        listings, quarantine = settled.listings, settled.quarantine
    return settled


def standing(settled: Settled, key: str) -> dict[str, object]:
    return dict(settled.listings.set_index("row_key").loc[key, list(STANDING)])


def test_a_listing_closes_after_two_complete_snapshots_without_it() -> None:
    once = after(tonight(rows("1", "2")), tonight(rows("1")))
    assert standing(once, "2")["is_open"]
    assert standing(once, "2")["carried_cause"] == "absent_once"
    twice = after(tonight(rows("1", "2")), tonight(rows("1")), tonight(rows("1")))
    assert not standing(twice, "2")["is_open"]
    assert standing(twice, "2")["close_cause"] == "absent_twice"
    assert twice.tally.closed == 1


def test_an_absence_is_forgotten_when_the_listing_is_back() -> None:
    settled = after(tonight(rows("1", "2")), tonight(rows("1")), tonight(rows("1", "2")), tonight(rows("1")))
    assert standing(settled, "2")["is_open"]


def test_a_held_row_keeps_its_last_accepted_listing_marked_with_its_age() -> None:
    settled = after(*[tonight(rows("1", "2"))], *[tonight(rows("1"), held=rows("2"))] * 3)
    assert standing(settled, "2")["is_open"]
    assert standing(settled, "2")["carried_since"] == "2026-06-02"
    assert standing(settled, "2")["carried_cause"] == "row_held"
    assert settled.tally.carried == 1
    assert list(settled.quarantine["row_key"]) == ["2"]


def test_a_tombstone_closes_at_once_and_a_change_feed_touches_only_what_it_names() -> None:
    settled = after(tonight(rows("1", "2", "3")), tonight(rows("4"), mode="delta", gone=frozenset({"2"})))
    assert settled.tally.open_before + settled.tally.opened - settled.tally.closed == settled.tally.open_after == 3
    assert standing(settled, "2")["close_cause"] == "closed_by_owner"
    assert standing(settled, "3")["is_open"]


def test_a_closed_listing_that_comes_back_keeps_its_id_and_first_night() -> None:
    settled = after(tonight(rows("1")), tonight(rows(), mode="delta", gone=frozenset({"1"})), tonight(rows("1")))
    assert list(settled.listings["listing_id"]) == ["union:1"]
    assert standing(settled, "1")["first_seen_on"] == "2026-06-01"
    assert settled.tally.opened == 1


def test_a_change_feed_keeps_the_quarantine_of_rows_it_does_not_name() -> None:
    settled = after(tonight(rows("1"), held=rows("2", "3")), tonight(rows("3"), mode="delta"))
    assert list(settled.quarantine["row_key"]) == ["2"]


def test_a_renumbered_list_keeps_its_listings() -> None:
    first = after(tonight(rows("1", "2")))
    renumbered = Tonight("snapshot", 2, rows("101", "102"), rows(), rows(), renumbered={"101": "union:1", "102": "union:2"})
    settled = settle("union", first.listings, rows(), renumbered, "2026-06-02", None)
    assert sorted(settled.listings["listing_id"]) == ["union:1", "union:2"]
    assert settled.tally.opened == settled.tally.closed == 0
    reused = settle("union", settled.listings, rows(), tonight(rows("101", "102", "1")), "2026-06-03", None)
    assert sorted(reused.listings["listing_id"]) == ["union:1", "union:1~2026-06-03", "union:2"]


def test_an_old_number_given_to_a_new_place_on_the_night_of_the_renumbering_is_a_new_listing() -> None:
    first = after(tonight(rows("1", "2")))
    renumbered = Tonight("snapshot", 3, rows("101", "102", "1"), rows(), rows(), renumbered={"101": "union:1", "102": "union:2"})
    settled = settle("union", first.listings, rows(), renumbered, "2026-06-02", None)
    assert sorted(settled.listings["listing_id"]) == ["union:1", "union:1~2026-06-02", "union:2"]
    assert settled.tally.opened == 1


@pytest.mark.parametrize(("night", "is_open"), [("2026-07-31", True), ("2026-08-01", False)], ids=["on the last night", "after it"])
def test_a_stopped_source_is_carried_until_it_is_too_old(night: str, is_open: bool) -> None:
    first = after(tonight(rows("1", "2")))
    stopped = Tonight("snapshot", 7, rows(), rows(), rows(), is_stopped=True)
    settled = settle("union", first.listings, rows(), stopped, night, expiry("2026-06-01", 60))
    assert settled.listings["is_open"].all() == is_open
    assert settled.tally.faults == ()
    assert settled.tally.held_back == settled.tally.rows_read == 7
    assert set(settled.listings["close_cause"].dropna()) == (set() if is_open else {"carried_too_long"})


KEYS = st.sets(st.sampled_from("abcdefgh"))


@given(st.lists(st.tuples(KEYS, KEYS, KEYS, st.sampled_from(["snapshot", "delta"])), min_size=1, max_size=5))
def test_every_row_has_one_place_whatever_comes(nights: list[tuple[set[str], set[str], set[str], Mode]]) -> None:
    steps = [
        tonight(rows(*sorted(accepted - held - gone)), held=rows(*sorted(held - gone)), mode=mode, gone=frozenset(gone))
        for accepted, held, gone, mode in nights
    ]
    settled = after(*steps)
    assert settled.listings["listing_id"].is_unique
    last = steps[-1]
    is_open = set(settled.listings.loc[settled.listings["is_open"].astype(bool), "row_key"])
    assert set(last.accepted["row_key"]) <= is_open
    assert not set(last.closed_keys) & is_open


def _closing_in_name_only(listings: pd.DataFrame, *_: object) -> pd.DataFrame:
    return listings


def _losing_what_tonight_does_not_name(accepted: pd.DataFrame, *_: object) -> pd.DataFrame:
    return accepted


def _taking_in_one_less(accepted: pd.DataFrame, *rest: Any, advance: Callable[..., pd.DataFrame] = ledger._advance) -> pd.DataFrame:
    return advance(accepted.iloc[1:], *rest)


def _one_id_for_all(*given: Any, with_ids: Callable[..., pd.DataFrame] = ledger._with_ids) -> pd.DataFrame:
    return with_ids(*given).assign(listing_id="union:4")


@pytest.mark.parametrize(
    ("step", "broken"),
    [
        ("_close", _closing_in_name_only),
        ("_advance", _losing_what_tonight_does_not_name),
        ("_advance", _taking_in_one_less),
        ("_with_ids", _one_id_for_all),
    ],
    ids=["closed in name only", "lost without a cause", "accepted and not taken in", "two rows under one id"],
)
def test_a_fault_in_the_ledger_shows_in_its_figures(
    step: str, broken: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three listings one is held back, one closed by its owner, one absent for the second time; two are new."""
    prior = after(tonight(rows("1", "2", "3")), tonight(rows("1", "2"))).listings
    brought = tonight(rows("4", "5"), held=rows("1"), gone=frozenset({"2"}))
    good = settle("union", prior, rows(), brought, "2026-06-03", None).tally
    assert (good.open_before, good.opened, good.closed, good.open_after, good.faults) == (3, 2, 2, 3, ())
    monkeypatch.setattr(ledger, step, broken)
    faulty = settle("union", prior, rows(), brought, "2026-06-03", None).tally
    assert [fault for fault in faulty.faults if fault.startswith("union：在册应为 3")]


def test_a_list_too_old_that_does_not_close_shows_in_its_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    prior = after(tonight(rows("1", "2"))).listings
    stopped = Tonight("carried", 0, rows(), rows(), rows(), is_stopped=True)
    monkeypatch.setattr(ledger, "_close", _closing_in_name_only)
    assert settle("union", prior, rows(), stopped, "2026-08-01", expiry("2026-06-01", 60)).tally.faults == ("union：在册应为 0，实为 2",)
