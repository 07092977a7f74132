-- mart_control_total_by_measure: What the city published of its stations, beside what the register counts.
-- Grain: one row a total that the city published; none where it published nothing.
-- Question: How far is the register from the 940 stations that the city published, and in which batch?
-- Columns:
--   measure: what was counted
--   title: what was counted, in the city's words (Chinese)
--   published_total: the number that the city published
--   register_total: open stations (or divisions) that the register counts; empty for what it does not hold
--   difference: register_total - published_total; empty where register_total is
--   note: how it was published, or what it follows from (Chinese)
with counted as (
  select 'station' as measure, count(*) as total from station where status = 'open'
  union all
  select b.measure, count(s.station_id)
  from (values
    ('station_renovated', 'renovated'), ('station_new_build', 'new_build'), ('station_co_branded', 'co_branded'), ('station_none', 'none')
  ) as b (measure, batch)
  left join station s on s.batch = b.batch and s.status = 'open'
  group by b.measure
  union all
  select 'street', count(*) from division where level = 4 and name like '%街道'
  union all
  select 'community', count(*) from division where level = 5 and name like '%社区'
)
select
  t.measure, t.title,
  t.total as published_total,
  c.total as register_total,
  c.total - t.total as difference,
  t.note
from control_total t left join counted c on c.measure = t.measure
order by t.measure
