-- station_liveness: Whether a station is still there, told in parts and not as one number: who confirmed it last and when, and how many owners list it.
-- Grain: one row a station, open or closed.
-- Question: Which open stations has no owner confirmed for a month, and which rest on one list alone?
-- Columns:
--   station_id: station
--   name: its name
--   status: open or closed
--   close_cause: why it is closed; empty while it is open
--   confirmed_on: last night on which an accepted list had it
--   age_days: nights from then to the last published night
--   confirmed_by: keys of the sources that had it on that night, sorted, joined by ;
--   listing_source_count: sources that list it now
--   gone_source_count: sources that listed it once and no longer do
--   carried_source_count: of those that list it now, sources of which the values are those of an earlier night
--   ages: age in nights by source that lists it now, source=nights, sorted, joined by ;
with last_seen as (
  select station_id, max(confirmed_on) as confirmed_on, min(age_days) as age_days from station_confirmation group by station_id
), told as (
  select
    c.station_id,
    string_agg(case when c.confirmed_on = l.confirmed_on then c.source end, ';' order by c.source) as confirmed_by,
    count(case when c.is_listed then 1 end) as listed,
    count(case when not c.is_listed then 1 end) as gone,
    count(case when c.is_listed and c.is_carried then 1 end) as carried,
    string_agg(case when c.is_listed then c.source || '=' || c.age_days end, ';' order by c.source) as ages
  from station_confirmation c left join last_seen l on l.station_id = c.station_id
  group by c.station_id
)
select
  s.station_id, s.name, s.status, s.close_cause,
  l.confirmed_on, l.age_days, t.confirmed_by,
  coalesce(t.listed, 0) as listing_source_count,
  coalesce(t.gone, 0) as gone_source_count,
  coalesce(t.carried, 0) as carried_source_count,
  t.ages
from station s
left join last_seen l on l.station_id = s.station_id
left join told t on t.station_id = s.station_id
order by s.station_id
