"""Life of the sample city: about one station in a hundred changes a night, lists notice late, rows know when they changed."""

from __future__ import annotations

from sandbox.city import Town, build
from sandbox.lists.draft import HEADERS
from sandbox.lists.press import Published
from sandbox.lists.telecom_mobile import RENUMBERED_ON
from sandbox.station import SOURCES, Station

NIGHTS = 12


def _by_id(town: Town, night: int) -> dict[str, Station]:
    return {station.id: station for station in town.stations(night)}


def test_about_one_station_in_a_hundred_changes_a_night() -> None:
    town = build(2)
    seen: set[str] = set()
    for night in range(1, NIGHTS):
        before, after = _by_id(town, night - 1), _by_id(town, night)
        changed = [station for key, station in after.items() if before.get(key) != station]
        assert 0.005 <= len(changed) / len(before) <= 0.015
        for station in changed:
            old = before.get(station.id)
            seen.add(
                "open"
                if old is None
                else "close"
                if not station.is_open
                else "move"
                if old.place != station.place
                else "rename"
                if old.name != station.name
                else "hours"
            )
        assert before.keys() <= after.keys()
    assert seen == {"open", "close", "move", "rename", "hours"}


def test_what_closed_stays_closed() -> None:
    town = build(2, 0.1)
    closed: dict[str, str] = {}
    for night in range(60):
        for station in town.stations(night):
            if station.id in closed:
                assert station.closed == closed[station.id]
            elif station.closed:
                closed[station.id] = station.closed
    assert len(town.stations(60)) > len(town.stations(0))


def _contents(rows: list[Published], source: str) -> dict[str, list[dict[str, str | None]]]:
    found: dict[str, list[dict[str, str | None]]] = {}
    for row in rows:
        key = f"{row.fields['__sheet__']}{row.fields['序号']}" if source == "bank_rural" else str(row.fields[HEADERS[source][0]])
        found.setdefault(key, []).append(row.fields)
    return found


def test_changed_night_tells_exactly_what_is_new() -> None:
    """What a changed-since feed would send is what two nights' lists differ in."""
    town = build(2)
    for source in SOURCES:
        for night in range(1, NIGHTS):
            before, now = (_contents(town.rows(source, when), source) for when in (night - 1, night))
            for row in town.rows(source, night):
                key = next(key for key in _contents([row], source))
                assert (row.changed_night == night) == (before.get(key) != now[key]), (source, night, row)


def test_unchanged_rows_keep_their_faults() -> None:
    town = build(2)
    for source in SOURCES:
        first = {str(sorted(row.fields.items(), key=str)): row.faults for row in town.rows(source, 0) if "row_twice" not in row.faults}
        later = [row for row in town.rows(source, NIGHTS) if row.changed_night == 0 and "row_twice" not in row.faults]
        assert all(first[str(sorted(row.fields.items(), key=str))] == row.faults for row in later)


def test_the_telecom_firm_renumbers_once_and_changes_nothing_else() -> None:
    town = build(2)
    codes = [{row.fields["hallId"] for row in town.rows("telecom_mobile", night)} for night in range(NIGHTS)]
    assert not codes[RENUMBERED_ON - 1] & codes[RENUMBERED_ON]
    assert len(codes[RENUMBERED_ON] & codes[RENUMBERED_ON + 1]) > 0.9 * len(codes[RENUMBERED_ON])
    before, after = (
        {row.station: (row.fields["hallName"], row.fields["addr"], row.fields["lon"]) for row in town.rows("telecom_mobile", night)}
        for night in (RENUMBERED_ON - 1, RENUMBERED_ON)
    )
    same = [key for key in before if before[key] == after.get(key)]
    assert len(same) >= len(before) - 3


def test_the_tower_operator_commits_some_rows_late() -> None:
    town = build(2)
    late = 0
    for night in range(1, 40):
        watermark = max(row.fields["updated_at"] or "" for row in town.rows("telecom_tower", night - 1))
        fresh = [row.fields["updated_at"] or "" for row in town.rows("telecom_tower", night) if row.changed_night == night]
        late += sum(stamp < watermark for stamp in fresh)
    assert late >= 3


def test_closed_places_keep_a_status_at_the_tower_operator() -> None:
    town = build(2)
    gone = {station.id for station in town.stations(40) if not station.is_open and "telecom_tower" in station.lists}
    shown = {row.station for row in town.rows("telecom_tower", 60) if row.fields["status"] == "已拆除"}
    assert gone <= shown
