-- mart_facility_by_county: Which facilities the open stations of each county have.
-- Grain: one row a county and facility that an open station there has.
-- Question: In which county do the fewest stations have a defibrillator?
-- Columns:
--   county_code: 6-digit code of today; empty when no source tells the county
--   county: county name; 未知 when no source tells it
--   facility: code of vocabulary/facilities.csv
--   station_count: open stations that have it, as a source tells
--   told_count: open stations of the county of which a source tells any facility
--   county_station_count: open stations of the county
--   share: station_count / told_count, 0-1, four places
with open_station as (
  select station_id, county_code, coalesce(county, '未知') as county, facilities from station where status = 'open'
), whole as (
  select county_code, county, count(*) as stations, count(facilities) as told from open_station group by county_code, county
), had as (
  select county_code, county, unnest(string_to_array(facilities, ';')) as facility from open_station where facilities is not null
), counted as (
  select county_code, county, facility, count(*) as stations from had group by county_code, county, facility
)
select
  c.county_code, c.county, c.facility,
  c.stations as station_count,
  w.told as told_count,
  w.stations as county_station_count,
  -- whole ten-thousandths: both databases divide whole numbers differently, but agree on a remainder
  cast((20000 * c.stations + w.told - (20000 * c.stations + w.told) % (2 * w.told)) / (2 * w.told) * 0.0001 as decimal(5, 4)) as share
from counted c join whole w on w.county_code is not distinct from c.county_code and w.county = c.county
order by c.county_code, c.county, c.facility
