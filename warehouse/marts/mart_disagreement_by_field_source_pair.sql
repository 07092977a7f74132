-- mart_disagreement_by_field_source_pair: How often two owners say different things of one station, field by field, and whom the register follows.
-- Grain: one row a field and pair of sources that both speak of it at some station.
-- Question: In which field do the union and the banks contradict each other most, and who is believed?
-- Filled: as a table of the analysts' file, for it compares every two statements of a station, which at a million listings takes longer than a reader waits
-- Columns:
--   field: field of the station
--   source: key of the source whose key comes first
--   other_source: key of the other source
--   both_count: stations of which both tell the field
--   differing_count: of these, stations where they have no value in common
--   source_followed_count: of these, stations where the register has a value of `source`
--   other_followed_count: of these, stations where the register has a value of `other_source`
with said as (
  select distinct station_id, field, source, value from statement where gone_on is null
), disputed as (
  -- one value alone, said by all, is no disagreement: only stations and fields with several sources are looked at
  select station_id, field from said group by station_id, field having count(distinct source) > 1
), published as (
  select s.station_id, f.field, f.value
  from station s
  cross join lateral (values
    ('name', s.name), ('kind', s.kind), ('host', s.host), ('batch', s.batch), ('county_code', s.county_code), ('town_code', s.town_code),
    ('community_code', s.community_code), ('address', s.address), ('phones', s.phones), ('hours', s.hours), ('hours_text', s.hours_text),
    ('credit_code', s.credit_code), ('opened_on', cast(s.opened_on as varchar))
  ) as f (field, value)
  where f.value is not null
), marked as (
  select s.station_id, s.field, s.source, s.value, case when p.value = s.value then 1 else 0 end as is_published
  from said s
  join disputed d on d.station_id = s.station_id and d.field = s.field
  left join published p on p.station_id = s.station_id and p.field = s.field
), compared as (
  select
    a.field, a.source, b.source as other_source, a.station_id,
    max(case when a.value = b.value then 1 else 0 end) as agree,
    max(a.is_published) as a_published,
    max(b.is_published) as b_published
  from marked a join marked b on b.station_id = a.station_id and b.field = a.field and b.source > a.source
  group by a.field, a.source, b.source, a.station_id
)
select
  field, source, other_source,
  count(*) as both_count,
  count(case when agree = 0 then 1 end) as differing_count,
  count(case when agree = 0 and a_published = 1 then 1 end) as source_followed_count,
  count(case when agree = 0 and b_published = 1 then 1 end) as other_followed_count
from compared
group by field, source, other_source
order by field, source, other_source
