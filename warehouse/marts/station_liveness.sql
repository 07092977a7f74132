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
with told as (
  select
    station_id,
    max(confirmed_on) as confirmed_on,
    min(age_days) as age_days,
    string_agg(case when age_days = least_days then source end, ';' order by source) as confirmed_by,
    count(case when is_listed then 1 end) as listed,
    count(case when not is_listed then 1 end) as gone,
    count(case when is_listed and is_carried then 1 end) as carried,
    string_agg(case when is_listed then source || '=' || age_days end, ';' order by source) as ages
  from (select c.*, min(age_days) over (partition by station_id) as least_days from station_confirmation c) each_source
  group by station_id
)
select
  s.station_id, s.name, s.status, s.close_cause,
  t.confirmed_on, t.age_days, t.confirmed_by,
  coalesce(t.listed, 0) as listing_source_count,
  coalesce(t.gone, 0) as gone_source_count,
  coalesce(t.carried, 0) as carried_source_count,
  t.ages
from station s left join told t on t.station_id = s.station_id
