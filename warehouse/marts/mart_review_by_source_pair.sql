-- mart_review_by_source_pair: What waits for a person's verdict: pairs of listings between the thresholds, and how many stations their answers touch.
-- Grain: one row a pair of sources (or a source with itself) with pairs that wait.
-- Question: How many questions wait, between which lists, for how long, and how many stations may change by their answers?
-- Columns:
--   source: key of the source whose key comes first
--   other_source: key of the other source, or the same one for repeats within a list
--   pair_count: pairs that wait
--   apart_count: of these, pairs whose listings lie in two stations: the answer may merge them
--   together_count: of these, pairs whose listings lie in one station: the answer may split it
--   asked_again_count: of these, pairs that a person judged before and that are asked again on new evidence
--   station_count: stations that these listings lie in: those that the answers may touch
--   waiting_since: first night from which the oldest of them has read as it does now
--   waiting_days: nights from then to the last published night
with asked as (
  select
    case when l.source <= r.source then l.source else r.source end as source,
    case when l.source <= r.source then r.source else l.source end as other_source,
    p.verdict, p.valid_from, bl.station_id as left_station, br.station_id as right_station
  from pair p
  join listing l on l.listing_id = p.left_id and l.valid_to is null
  join listing r on r.listing_id = p.right_id and r.valid_to is null
  left join station_listing bl on bl.listing_id = p.left_id and bl.valid_to is null
  left join station_listing br on br.listing_id = p.right_id and br.valid_to is null
  where p.valid_to is null and p.is_review
), touched as (
  select source, other_source, left_station as station_id from asked
  union
  select source, other_source, right_station from asked
), stations as (
  select source, other_source, count(station_id) as stations from touched group by source, other_source
), counted as (
  select
    source, other_source, count(*) as pairs,
    count(case when left_station <> right_station then 1 end) as apart,
    count(case when left_station = right_station then 1 end) as together,
    count(verdict) as again,
    min(valid_from) as since
  from asked group by source, other_source
)
select
  c.source, c.other_source,
  c.pairs as pair_count,
  c.apart as apart_count,
  c.together as together_count,
  c.again as asked_again_count,
  s.stations as station_count,
  c.since as waiting_since,
  (select max(night) from night where state <> 'rejected') - c.since as waiting_days
from counted c join stations s on s.source = c.source and s.other_source = c.other_source
order by c.source, c.other_source
