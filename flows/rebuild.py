"""The latest night made again out of the archive, with the decisions as they stand now: nothing is fetched but what is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from flows.house import House
from flows.night import Order, conclude, receive_all, run_nights
from flows.outlook import warehouse_in_force
from flows.register import Verdict
from flows.run import RefusedError
from flows.settings import now


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The night that was made again, how it ended, its report (Markdown) and the publication that holds it."""

    night: str
    ended: Verdict
    report: str
    publication: str


def latest_night(house: House) -> str:
    """The latest night of the warehouse in force, published or rejected (ISO date). Raises RefusedError before the first."""
    with warehouse_in_force(house) as connection:
        night = connection.execute(text("select max(night) from night")).scalar()
    if night is None:
        raise RefusedError("还没有跑过一夜；请先运行 make nightly 或 yizhan nightly")
    return str(night.isoformat())


def rebuild(house: House, run_id: str, who: str, *, since: str | None = None, refetch: str | None = None) -> Rebuilt:
    """Make the latest night again, or with `since` (ISO date) that night and every later one; `refetch`: a source whose owner is asked once more.
    Waits for whoever writes meanwhile."""
    night = since or latest_night(house)
    only = (refetch,) if refetch else ()
    with house.publisher.begin(night, who, wait=True) as draft:
        # it starts when it may write: what was decided by then is what it goes by
        order = Order(night, run_id, now(), refetch=bool(refetch), only=only, fetch=bool(refetch))
        ended, report = run_nights(house, order, draft, receive_all, conclude)
        publication = draft.publish()
    return Rebuilt(night, ended, report, publication.name)
