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
with shared as (
  -- where one list alone speaks nobody disagrees
  select *, cast(opened_on as varchar) as opened from station where sources like '%;%'
), said as (
  select
    t.station_id, t.field, t.source, t.value,
    case when t.value = case t.field
      when 'name' then s.name when 'kind' then s.kind when 'host' then s.host when 'batch' then s.batch when 'county_code' then s.county_code
      when 'town_code' then s.town_code when 'community_code' then s.community_code when 'address' then s.address when 'phones' then s.phones
      when 'hours' then s.hours when 'hours_text' then s.hours_text when 'credit_code' then s.credit_code when 'opened_on' then s.opened
    end then 1 else 0 end as is_published
  from statement t join shared s on s.station_id = t.station_id
  where t.gone_on is null
), compared as (
  select
    a.field, a.source, b.source as other_source, a.station_id,
    max(case when a.value = b.value then 1 else 0 end) as agree,
    max(a.is_published) as a_published,
    max(b.is_published) as b_published
  from said a join said b on b.station_id = a.station_id and b.field = a.field and b.source > a.source
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
