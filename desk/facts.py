"""The figures of one night, read from the warehouse: the report, the summary and `status` all show these and no others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import pandas as pd
from sqlalchemy import Connection, text

#: A rejected night keeps no figures of its sources: what is known of them is what was fetched, and which were stopped by an issue.
_SOURCES: Final = """
select r.source, coalesce(s.rows_read, 0) as rows_read, coalesce(s.accepted, 0) as accepted, coalesce(s.held_back, 0) as held_back,
       coalesce(s.ignored, 0) as ignored, coalesce(s.open_before, 0) as open_before, coalesce(s.opened, 0) as opened,
       coalesce(s.closed, 0) as closed, coalesce(l.listings, 0) as open_after, coalesce(s.carried, 0) as carried,
       coalesce(s.is_stopped, i.issues > 0, false) as is_stopped, coalesce(s.last_good_on, g.last_good_on) as last_good_on,
       r.outcome, r.mode, r.message, r.tries, r.bytes, i.why
from retrieval r
left join source_night s on s.night = r.night and s.source = r.source
left join (select source, max(last_good_on) as last_good_on from source_night group by source) g on g.source = r.source
left join (select source, count(*) as listings from listing where is_open and valid_from <= :night and (valid_to is null or valid_to > :night)
           group by source) l on l.source = r.source
left join (select source, count(*) as issues, string_agg(message, ' ' order by message) as why from issue where night = :night and row_key is null and line is null
           and severity = 'critical' group by source) i on i.source = r.source
where r.night = :night order by r.source
"""
_ISSUES: Final = """
select source, rule, severity, responsibility, count(*) as issue_count, min(message) as example
from issue where night = :night
group by source, rule, severity, responsibility
order by case severity when 'critical' then 0 when 'warning' then 1 else 2 end, issue_count desc, source, rule
"""
#: What is wrong with lists as a whole.
_WHOLE: Final = """
select source, rule, value from issue where night = :night and source is not null and row_key is null and line is null and decision_id is null order by 1, 2, 3
"""
#: Every row held back as of the night, with what was wrong when its list came last: a list that is not due, or that failed, holds its rows too.
_HELD: Final = """
with met as (
  select source, row_key, rule, field, value, message, night, max(night) over (partition by source, row_key) as last
  from issue where night <= :night and severity = 'critical' and decision_id is null and row_key is not null
)
select q.source, m.rule, q.row_key, q.row_digest, q.line, m.field, m.value, m.message, q.opened_on, q.opened_on = :night as is_new
from quarantine q join met m on m.source = q.source and m.row_key = q.row_key and m.night = m.last
where q.opened_on <= :night and (q.closed_on is null or q.closed_on > :night)
order by q.source, m.rule, is_new desc, q.row_key, m.value
"""
_QUARANTINE: Final = """
select source, count(*) as open_count, sum(case when opened_on = :night then 1 else 0 end) as new_count
from quarantine where opened_on <= :night and (closed_on is null or closed_on > :night) group by source order by source
"""
#: Rows in quarantine on each of the last thirty nights, this one the last.
_TREND: Final = """
select n.night, count(q.source) as held from (select night from night where night <= :night order by night desc limit 30) n
left join quarantine q on q.opened_on <= n.night and (q.closed_on is null or q.closed_on > n.night) group by n.night order by n.night
"""
_BATCHES: Final = """
select coalesce(batch, 'unknown') as batch, count(*) as stations from station_history
where status = 'open' and valid_from <= :night and (valid_to is null or valid_to > :night) group by 1 order by 2 desc, 1
"""
_COUNTIES: Final = """
select coalesce(county, '未知') as county, count(*) as stations,
       sum(case when batch = 'renovated' then 1 else 0 end) as renovated, sum(case when batch = 'new_build' then 1 else 0 end) as new_build,
       sum(case when batch = 'co_branded' then 1 else 0 end) as co_branded, sum(case when batch = 'none' then 1 else 0 end) as standing, sum(case when batch is null then 1 else 0 end) as unknown
from station_history where status = 'open' and valid_from <= :night and (valid_to is null or valid_to > :night) group by 1 order by 2 desc, 1
"""
#: What changed tonight and in the seven nights that end with it; the first three stations of tonight's.
_EVENTS: Final = """
with numbered as (
  select e.event, e.cause, e.station_id, e.night, row_number() over (partition by e.event, e.cause, e.night order by e.station_id) as place
  from station_event e where e.night <= :night and e.night > cast(:week_before as date)
)
select event, cause, sum(case when night = :night then 1 else 0 end) as events, count(*) as week,
       string_agg(case when night = :night and place <= 3 then station_id end, ' ' order by station_id) as examples
from numbered group by event, cause order by 3 desc, 4 desc, 1, 2
"""
#: Open stations on the night before and a week before.
_BEFORE: Final = """
select n.night, count(h.station_id) as stations from (
  select max(night) as night from night where night < :night and state <> 'rejected'
  union select max(night) from night where night <= cast(:week_before as date) and state <> 'rejected'
) n left join station_history h on h.status = 'open' and h.valid_from <= n.night and (h.valid_to is null or h.valid_to > n.night)
where n.night is not null group by n.night order by n.night desc
"""
_UNCHECKED: Final = """
select source, message, count(*) as times from issue where night = :night and rule = 'check_did_not_run' group by source, message order by source, message
"""
#: What became of people's decisions tonight by itself: those that ended, and those that were not applied because their row is not known.
_DECIDED: Final = """
select 'ended' as what, e.decision_id as told, d.detail from decision_end e join decision d on d.decision_id = e.decision_id
where e.night = :night and not d.is_undone
union all select rule, message, null from issue where night = :night and rule in ('decision_row_doubtful', 'decision_row_gone') order by 1 desc, 2
"""
#: The latest decisions that the night knows, newest first.
_LATEST: Final = """
select decision_id, act, who, why, detail, is_undone from decision order by decided_at desc, decision_id desc limit 20
"""
_DOUBTFUL: Final = """
select count(*) as pairs from pair where is_review and valid_from <= :night and (valid_to is null or valid_to > :night)
"""


@dataclass(frozen=True, slots=True)
class NightFacts:
    """One night in tables. `sources`: a row a source, with `why` it was stopped; `issues`: source × rule; `held`: a row a held-back row and critical rule,
    new tonight or not; `quarantine`: open and new entries a source; `trend`: rows in quarantine a night (night, held), the last thirty; `batches`, `counties`: open stations, as of the night; `events`: what changed and why (event, cause, events tonight, in the last `week`, station ids as
    `examples`); `before`: open stations on the night before and a week before (night, stations); `unchecked`: checks that did not run (source, message, times); `doubtful`: pairs that wait for a person; `decided`: decisions that ended by
    themselves tonight (what ended, told its id, detail its JSON), and what is to be told of those that were not applied (what the rule, told the sentence); `latest`: the latest decisions."""

    night: str
    state: str
    reason: str
    sources: pd.DataFrame
    issues: pd.DataFrame
    whole: pd.DataFrame
    held: pd.DataFrame
    quarantine: pd.DataFrame
    batches: pd.DataFrame
    counties: pd.DataFrame
    events: pd.DataFrame
    before: pd.DataFrame
    unchecked: pd.DataFrame
    trend: pd.DataFrame
    decided: pd.DataFrame
    latest: pd.DataFrame
    doubtful: int

    @property
    def stations(self) -> int:
        """Open stations in the register."""
        return int(self.batches["stations"].sum())

    @property
    def listings(self) -> int:
        """Open listings of all sources."""
        return int(self.sources["open_after"].sum())

    @property
    def new_in_quarantine(self) -> int:
        """Rows that came into quarantine this night."""
        return int(self.quarantine["new_count"].sum())


def night_facts(connection: Connection, night: str) -> NightFacts:
    """The figures of `night` (ISO date) in the warehouse behind `connection`; LookupError when there is no such night."""
    told = connection.execute(text("select state, reason from night where night = :night"), {"night": night}).one_or_none()
    if told is None:
        raise LookupError(f"仓库里没有 {night} 这一夜")

    def table(query: str) -> pd.DataFrame:
        known = {"night": night, "week_before": (date.fromisoformat(night) - timedelta(days=7)).isoformat()}
        return pd.read_sql_query(text(query), connection, params={name: value for name, value in known.items() if f":{name}" in query})

    return NightFacts(
        night=night,
        state=told.state,
        reason=told.reason or "",
        sources=table(_SOURCES),
        issues=table(_ISSUES),
        whole=table(_WHOLE),
        held=table(_HELD),
        quarantine=table(_QUARANTINE),
        batches=table(_BATCHES),
        counties=table(_COUNTIES),
        events=table(_EVENTS),
        before=table(_BEFORE),
        unchecked=table(_UNCHECKED),
        decided=table(_DECIDED),
        latest=table(_LATEST),
        doubtful=int(table(_DOUBTFUL)["pairs"].iloc[0]),
        trend=table(_TREND),
    )
