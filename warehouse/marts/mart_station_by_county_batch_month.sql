-- mart_station_by_county_batch_month: Open stations by county, batch and the month in which they opened, or in which the register first saw them.
-- Grain: one row a county, batch and month in which such a station opened or was first seen.
-- Question: How many new-built stations opened in each month of last year, county by county?
-- Columns:
--   county_code: 6-digit code of today; empty when no source tells the county
--   county: county name; 未知 when no source tells it
--   batch: renovated, new_build, co_branded or none; unknown when neither a source nor a rule tells
--   month: first day of the month; empty for stations whose date of opening no source tells
--   opened_count: open stations that opened in the month, as their sources have it
--   first_seen_count: open stations that the register first saw in the month; all of a city's first lists count under its first month
with dated as (
  select
    county_code, coalesce(county, '未知') as county, coalesce(batch, 'unknown') as batch,
    cast(date_trunc('month', opened_on) as date) as month, 1 as opened, 0 as seen
  from station where status = 'open'
  union all
  select
    county_code, coalesce(county, '未知'), coalesce(batch, 'unknown'),
    cast(date_trunc('month', first_seen_on) as date), 0, 1
  from station where status = 'open'
)
select
  county_code, county, batch, month,
  cast(sum(opened) as bigint) as opened_count,
  cast(sum(seen) as bigint) as first_seen_count
from dated
group by county_code, county, batch, month
order by county_code, county, batch, month
