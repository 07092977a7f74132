"""What every invariant rests on: an id, once published, means the same place on every later night, or says where it leads."""

from __future__ import annotations

from tests.night.chronicle import Chronicle
from transforms.dedupe import station_id


def test_a_listing_stays_with_its_station_unless_an_event_says_why(chronicle: Chronicle) -> None:
    moved = chronicle.as_published(9).query(
        """
        select b.listing_id, b.station_id as was, a.station_id as is_now, a.valid_from as night from station_listing b
        join station_listing a on a.listing_id = b.listing_id and a.valid_from = b.valid_to
        where not exists (
          select 1 from station_event e
          where e.night = a.valid_from and e.event in ('merged', 'split', 'split_off') and e.station_id in (a.station_id, b.station_id)
        )
        """
    )
    assert moved.empty, moved.to_string()


def test_every_id_ever_published_still_answers(chronicle: Chronicle) -> None:
    lost = chronicle.as_published(9).query(
        """
        select distinct station_id from station_history
        where station_id not in (select station_id from station)
          and station_id not in (select from_id from station_redirect r join station s on s.station_id = r.to_id where valid_to is null)
        """
    )
    assert lost.empty, lost.to_string()


def test_an_id_is_minted_by_one_listing_and_never_used_again(chronicle: Chronicle) -> None:
    household = chronicle.as_published(9)
    ever = household.query("select distinct listing_id from listing")["listing_id"]
    minted = {station_id(listing_id, "3402"): listing_id for listing_id in ever}
    assert len(minted) == len(ever)
    stations = set(household.query("select distinct station_id from station_history")["station_id"])
    assert stations <= set(minted)
    of = household.query("select listing_id, station_id from station_listing where valid_to is null").set_index("listing_id")["station_id"]
    redirects = household.query("select from_id, to_id from station_redirect where valid_to is null").set_index("from_id")["to_id"]
    strangers = {each for each in stations if of[minted[each]] not in (each, redirects.get(each))}
    assert not strangers, "the listing that minted an id is in its station, or in the one to which it leads"


def test_the_second_and_later_nights_keep_the_ids(chronicle: Chronicle) -> None:
    first, last = (
        set(chronicle.as_published(night).query("select station_id from station where status = 'open'")["station_id"]) for night in (0, 9)
    )
    kept = first & last
    gone = chronicle.as_published(9).query("select station_id from station_event where event in ('closed', 'merged')")["station_id"]
    assert first - kept <= set(gone)
    assert len(kept) > 0.9 * len(first)
