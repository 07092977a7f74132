-- mart_station_by_county_batch: Open stations by county and batch, as the register stands.
-- Grain: one row a county and batch that has stations.
-- Question: How many stations of each batch does each county have?
-- Columns:
--   county_code: 6-digit code of today; empty when no source tells the county
--   county: county name; 未知 when no source tells it
--   batch: renovated, new_build, co_branded or none; unknown when neither a source nor a rule tells
--   station_count: open stations
--   placed_count: of these, with a position
--   confirmed_count: of these, listed by two sources or more
select
  county_code,
  coalesce(county, '未知') as county,
  coalesce(batch, 'unknown') as batch,
  count(*) as station_count,
  count(lng_wgs84) as placed_count,
  count(case when sources like '%;%' then 1 end) as confirmed_count
from station
where status = 'open'
group by county_code, coalesce(county, '未知'), coalesce(batch, 'unknown')
order by county_code, county, batch
