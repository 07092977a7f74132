"""Conservation, asked of the stored tables alone: queries that find what does not add up."""

from __future__ import annotations

from typing import Final

from tests.night.town import Household

#: What must never be found → the query that would find it. A row a source and night that is wrong.
FAULTS: Final = {
    "rows read that ended nowhere": """
        select * from source_night where rows_read <> accepted + held_back + ignored
    """,
    "open listings that do not add up": """
        select * from source_night where open_after <> open_before + opened - closed
    """,
    "a night that did not start where the one before ended": """
        select * from (
          select *, lag(open_after, 1, 0) over (partition by source order by night) as ended from source_night
        ) where open_before <> ended
    """,
    "open listings that are not those of the listing table": """
        select s.night, s.source, s.open_after, count(l.listing_id) as stored from source_night s
        left join listing l on l.source = s.source and l.is_open and l.valid_from <= s.night and coalesce(l.valid_to > s.night, true)
        group by all having s.open_after <> count(l.listing_id)
    """,
    "whole lists whose accepted rows are not the listings with tonight's values": """
        select s.night, s.source, s.accepted, count(l.listing_id) as stored from source_night s
        join retrieval r on r.night = s.night and r.source = s.source and r.mode in ('snapshot', 'unchanged')
        left join listing l on l.source = s.source and l.is_open and l.carried_since is null
          and l.valid_from <= s.night and coalesce(l.valid_to > s.night, true)
        where not s.is_stopped group by all having s.accepted <> count(l.listing_id)
    """,
    "whole lists whose held rows are not the open quarantine": """
        select s.night, s.source, s.held_back, count(q.source) as stored from source_night s
        join retrieval r on r.night = s.night and r.source = s.source and r.mode in ('snapshot', 'unchanged')
        left join quarantine q on q.source = s.source and q.opened_on <= s.night and coalesce(q.closed_on > s.night, true)
        where not s.is_stopped group by all having s.held_back <> count(q.source)
    """,
    "ignored rows of whole lists without an issue that says why": """
        select s.night, s.source, s.ignored, count(i.rule) as told from source_night s
        join retrieval r on r.night = s.night and r.source = s.source and r.mode in ('snapshot', 'unchanged')
        left join issue i on i.night = s.night and i.source = s.source and i.rule in ('row_repeated', 'closed_still_listed')
          and not exists (select 1 from issue c where c.night = i.night and c.source = i.source and c.line = i.line and c.severity = 'critical')
        where not s.is_stopped group by all having s.ignored <> count(i.rule)
    """,
    "stopped sources whose rows are not held back under one critical issue of the source": """
        select s.* from source_night s where s.is_stopped and (s.held_back <> s.rows_read or not exists (
          select 1 from issue i where i.night = s.night and i.source = s.source and i.line is null and i.severity = 'critical'
        ))
    """,
    "sources that were stopped or not due and moved their last good night": """
        select * from source_night where last_good_on = night and carried = open_after and rows_read = 0 and open_after > 0
          and source not in (select source from retrieval r where r.night = source_night.night and r.mode in ('snapshot', 'delta', 'unchanged'))
    """,
}


def assert_conserved(household: Household) -> None:
    """Every row of every source and night of the household is accounted for."""
    wrong = {fault: found.to_string() for fault, query in FAULTS.items() if len(found := household.query(query))}
    assert not wrong, "\n".join(f"{fault}:\n{rows}" for fault, rows in wrong.items())
