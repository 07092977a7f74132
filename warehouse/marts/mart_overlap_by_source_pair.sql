-- mart_overlap_by_source_pair: Who lists whose stations: how far the owners' lists overlap, and what each lists alone.
-- Grain: one row a source and other source with stations in common, and one a source with other_source empty for what it alone lists.
-- Question: Which share of the bank's outlets does the union list as well?
-- Columns:
--   source: key of the source
--   other_source: key of the other source; empty for the stations that no other source lists
--   station_count: stations that both list (or that the source alone lists), by open listings
--   source_station_count: stations that the source lists at all
--   share: station_count / source_station_count, 0-1, four places
with listed as (
  select distinct l.source, b.station_id
  from listing l join station_listing b on b.listing_id = l.listing_id and b.valid_to is null
  where l.valid_to is null and l.is_open
), breadth as (
  select station_id, count(*) as sources from listed group by station_id
), total as (
  select source, count(*) as stations from listed group by source
), common as (
  select a.source, o.source as other_source, count(*) as stations
  from listed a join listed o on o.station_id = a.station_id and o.source <> a.source
  group by a.source, o.source
  union all
  select a.source, null, count(*)
  from listed a join breadth b on b.station_id = a.station_id
  where b.sources = 1
  group by a.source
)
select
  c.source,
  c.other_source,
  c.stations as station_count,
  t.stations as source_station_count,
  -- whole ten-thousandths: both databases divide whole numbers differently, but agree on a remainder
  cast((20000 * c.stations + t.stations - (20000 * c.stations + t.stations) % (2 * t.stations)) / (2 * t.stations) * 0.0001 as decimal(5, 4)) as share
from common c join total t on t.source = c.source
order by c.source, c.other_source
