"""The latest night made again out of the archive, with the decisions as they stand now: nothing is fetched but what is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from desk.rehearsed import Beside, Side, beside, read_side
from flows.feeding import tell_feed
from flows.followed import bring_postgres
from flows.house import House
from flows.night import Order, conclude, receive_all, run_nights
from flows.outlook import latest_night, warehouse_in_force
from flows.receipts import folder_of, write_receipts
from flows.register import Verdict
from flows.settings import now
from warehouse.state import nights_after


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The night that was made again, how it ended, its report (Markdown), the publication that holds it, what of the latest night differs from the publication before (`found`), and
    what was not done besides (`faults`): receipts and the feed that could not be written, and why PostgreSQL does not hold it."""

    night: str
    ended: Verdict
    report: str
    publication: str
    found: Beside
    faults: tuple[str, ...] = ()


def rebuild(house: House, run_id: str, who: str, *, since: str | None = None, refetch: str | None = None) -> Rebuilt:
    """Make the latest night again, or with `since` (ISO date) that night and every later one; `refetch`: a source whose owner is asked once more.
    Receipts of these nights are written anew, and sent to nobody: owners hear of a night once, with the night itself. Waits for whoever writes meanwhile."""
    night = since or latest_night(house)
    only = (refetch,) if refetch else ()
    with house.publisher.begin(night, who, wait=True) as draft:
        last = latest_night(house)
        was = _side(house, last)
        # it starts when it may write: what was decided by then is what it goes by
        order = Order(night, run_id, now(), refetch=bool(refetch), only=only, fetch=bool(refetch))
        ended, report = run_nights(house, order, draft, receive_all, conclude)
        publication = draft.publish()
        faults = bring_postgres(house)
        faults += [] if ended.state == "rejected" else _receipts(house, night)
        faults += filter(None, [tell_feed(house)])
    return Rebuilt(night, ended, report, publication.name, beside(was, _side(house, last), last), tuple(faults))


def _side(house: House, night: str) -> Side:
    """What the publication in force has of the night."""
    with warehouse_in_force(house) as connection:
        return read_side(connection, night)


def _receipts(house: House, since: str) -> list[str]:
    """Write the receipts of the nights that were made again, where a night left some: what stands in them is what stands in the register. What could not be written."""
    with warehouse_in_force(house) as connection:
        nights = [since, *nights_after(connection, since)]
    return [fault for night in nights if folder_of(house, night).is_dir() for fault in write_receipts(house, night).told]
