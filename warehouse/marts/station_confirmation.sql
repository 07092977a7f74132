-- station_confirmation: Which source last confirmed each station, and how long ago: the parts of its liveness.
-- Grain: one row a station and source that lists it or ever did, through listings that belong to it now.
-- Question: Which owner still lists this station, and when did it last do so?
-- Filled: as a table of the analysts' file, for at a million listings it takes longer than a reader waits, and station_liveness rests on it
-- Columns:
--   station_id: station
--   source: key of the source
--   is_listed: whether the source lists it still, by an open listing
--   listing_count: its open listings of that source
--   confirmed_on: last night on which an accepted list of the source had it, as a row that was taken; empty when no accepted list is on record
--   age_days: nights from then to the last published night
--   is_carried: whether all its open listings there stand with values of an earlier night: the row is held back or was absent once, or the whole list did not come
--   updated_on: the owner's own date of last change, the latest of these listings; empty where the owner gives none
with last_night as (
  select max(night) as night from night where state <> 'rejected'
), fresh as (
  -- the last span of nights on which a listing stood with values of its own; it ends where the row was held back, absent or closed
  select listing_id, max(valid_to) as until, max(case when valid_to is null then 1 else 0 end) as is_standing
  from listing where is_open and carried_since is null group by listing_id
), member as (
  select
    b.station_id, l.source, l.is_open, l.updated_on,
    case when f.is_standing = 1 then n.night + 1 else f.until end as before_on
  from station_listing b
  join listing l on l.listing_id = b.listing_id and l.valid_to is null
  left join fresh f on f.listing_id = b.listing_id
  cross join last_night n
  where b.valid_to is null
), asked as (
  select distinct source, before_on from member where before_on is not null
), good as (
  select a.source, a.before_on, max(s.last_good_on) as good_on
  from asked a join source_night s on s.source = a.source and s.night < a.before_on
  group by a.source, a.before_on
), confirmed as (
  select m.station_id, m.source, m.is_open, m.updated_on, g.good_on
  from member m left join good g on g.source = m.source and g.before_on = m.before_on
)
select
  c.station_id, c.source,
  max(case when c.is_open then 1 else 0 end) = 1 as is_listed,
  count(case when c.is_open then 1 end) as listing_count,
  max(c.good_on) as confirmed_on,
  n.night - max(c.good_on) as age_days,
  max(case when c.is_open then 1 else 0 end) = 1 and coalesce(max(case when c.is_open then c.good_on end), date '1900-01-01') < n.night as is_carried,
  max(c.updated_on) as updated_on
from confirmed c cross join last_night n
group by c.station_id, c.source, n.night
