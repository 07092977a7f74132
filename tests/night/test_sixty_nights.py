"""Sixty nights of a city that moves: an id, once published, is never another's, always answers, and does not hang on the order of decisions."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Final

import pytest

from tests.night.moving_city import CITY, LISTS, MovingCity, Night, registered
from transforms.dedupe import Identified, station_id
from warehouse.journal import read_journal

NIGHTS: Final = 60


class Witness:
    """What was ever published, and what it meant."""

    def __init__(self) -> None:
        self.anchor_of: dict[str, str] = {}
        self.id_of_part: dict[frozenset[str], str] = {}
        self.listings: dict[str, str] = {}
        self.given_back = 0
        self._parts: set[frozenset[str]] = set()

    def see(self, night: Night) -> None:
        """Hold the night against all that was published before."""
        parts, rank = self._parted(night), rank_of(night)
        for station, members in parts.items():
            anchor = min(members, key=rank.__getitem__)
            assert station == station_id(anchor, CITY), f"{night.date}: {station} is not what its anchor {anchor} mints"
            assert self.anchor_of.setdefault(station, anchor) == anchor, f"{night.date}: {station} is used again, for another anchor"
            part = frozenset(members)
            assert self.id_of_part.setdefault(part, station) == station, f"{night.date}: a part that is back has another id than it had"
        self.given_back += sum(part in self.id_of_part and part not in self._parts for part in map(frozenset, parts.values()))
        self._parts = set(map(frozenset, parts.values()))
        self._is_complete(night)
        self._answers(night, set(parts))

    def _parted(self, night: Night) -> dict[str, list[str]]:
        parts: dict[str, list[str]] = {}
        for listing_id, station in night.stations.items():
            parts.setdefault(station, []).append(listing_id)
        return parts

    def _is_complete(self, night: Night) -> None:
        """Every listing ever is there, closed ones too, as old as it always was."""
        seen = dict(zip(night.listings["listing_id"], night.listings["first_seen_on"], strict=True))
        assert set(night.stations) == set(seen)
        assert self.listings.items() <= seen.items(), f"{night.date}: a listing is gone, or was made younger"
        self.listings = seen

    def _answers(self, night: Night, stations: set[str]) -> None:
        """Every id ever published is a station tonight, or leads to one in one step: to where the listing that minted it is now."""
        redirects, of = night.redirects, night.stations
        assert not set(redirects) & stations, f"{night.date}: a station redirects"
        assert set(redirects) <= set(self.anchor_of), f"{night.date}: an id redirects that was never published"
        for station, anchor in self.anchor_of.items():
            leads = station if station in stations else redirects.get(station)
            assert leads in stations, f"{night.date}: {station} answers no more, or leads to {leads}, which is no station"
            assert leads == of[anchor], f"{night.date}: {station} leads elsewhere than its anchor {anchor}"


def rank_of(night: Night) -> dict[str, tuple[str, int, str]]:
    """Who anchors before whom, told anew: seen first, then trusted more, then the lesser id."""
    rows = night.listings[["listing_id", "first_seen_on", "source"]].itertuples(index=False, name=None)
    return {listing_id: (first_seen_on, -LISTS[source][0], listing_id) for listing_id, first_seen_on, source in rows}


def _unchained(line: str) -> str:
    """A line of the journal without the hash that ties it to the one before, as somebody might have written it by hand."""
    return json.dumps({name: value for name, value in json.loads(line).items() if name != "previous"}, ensure_ascii=False) + "\n"


def in_another_order(journal: Path, seed: int) -> list[str]:
    """The lines of the verdicts that stand, shuffled. Of two verdicts on what reads the same, under whatever numbers, the later stands: those keep their order."""
    lines = [_unchained(line) for line in journal.read_text("utf-8").splitlines()]
    net = set(read_journal(journal).judgements["decision_id"])
    kept = [line for line in lines if json.loads(line)["decision_id"] in net]
    assert len(kept) < len(lines)
    content = {line: tuple(sorted(str(json.loads(line)[side]) for side in ("left", "right"))) for line in kept}
    in_order = {key: iter([line for line in kept if content[line] == key]) for key in content.values()}
    return [next(in_order[content[line]]) for line in random.Random(seed).sample(kept, len(kept))]


def same(left: Identified, right: Identified) -> bool:
    return left.station_listing.equals(right.station_listing) and left.redirects.equals(right.redirects)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(2, 8))])
def test_sixty_nights(tmp_path: Path, seed: int) -> None:
    city = MovingCity(random.Random(seed), tmp_path / "decisions.jsonl")
    witness, before = Witness(), None
    for number in range(NIGHTS):
        night = city.live()
        witness.see(night)
        if number % 6 == 5:  # in another order of rows
            mixed = night.listings.sample(frac=1.0, random_state=number)
            assert same(registered(mixed, read_journal(city.journal), before)[0], night.found)
        before = night.found
    _has_seen_enough(city, witness, night)

    # the same net decisions in another order, by people who make up their minds at once, where no night ever was
    other = tmp_path / "other.jsonl"
    other.write_text("".join(in_another_order(city.journal, seed)), "utf-8")
    for prior in (None, before):
        again, _ = registered(night.listings, read_journal(other), prior)
        assert again.station_listing.equals(night.found.station_listing)
    assert same(again, night.found), "after the same nights the redirects too"


def _has_seen_enough(city: MovingCity, witness: Witness, night: Night) -> None:
    """The sixty nights were lively: else what they show is little."""
    for what, often in {
        "opened": 200, "closed": 20, "closed on one list": 8, "renamed": 20, "moved": 8, "renumbered": 4, "judged same": 15, "judged not": 8, "undone": 8,
    }.items():  # fmt: skip
        assert city.did.get(what, 0) >= often, (what, city.did)
    is_open, stations = night.is_open, night.stations
    closed = {each for each, standing in is_open.items() if not standing}
    anchors = {witness.anchor_of[station] for station in stations.values()}
    assert len(closed) > 50
    assert sum(each in anchors for each in closed) > 30, "closed listings are anchors"
    assert any(night.is_open[each] and witness.anchor_of[night.stations[each]] in set(closed) for each in night.is_open), (
        "of open stations too"
    )
    assert witness.given_back > 10
    assert len(night.redirects) > 10
