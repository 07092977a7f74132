-- mart_nearest_station_by_community: How far each community has to walk to its nearest open station. Method: a community's place is the median longitude and latitude of the open listings that name it (the lower one of two), for no free outline of communities exists; metres are straight-line metres × 1.3, for on streets at right angles a walk is 4/π = 1.27 times as long as the line, averaged over all directions, and gates add to it; minutes are at 75 m a minute (4.5 km/h), so that 15 minutes reach 865 m in a straight line, within the 800-1,000 m that GB 50180-2018 gives the 15-minute circle. A known place lies among the stations that it is known by, so few communities can lie outside: read the unknown ones first, they are the gap.
-- Grain: one row a community of the division list.
-- Question: Which communities lie outside a 15-minute walk, and of how many is it not known?
-- Columns:
--   community_code: 12-digit code of the bureau's vintage
--   community: name as the division list has it
--   town: township or street
--   county: county
--   place_basis: median (of the listings that name it) or unknown, when no placed listing names it
--   listing_count: open, placed listings that name it: its place rests on these
--   lng_wgs84: longitude of its place, degrees WGS-84; empty for an unknown place
--   lat_wgs84: latitude of its place, degrees WGS-84; empty for an unknown place
--   station_id: the nearest open station, the lesser id of two as near; empty for an unknown place
--   straight_m: metres in a straight line, to the whole metre; empty for an unknown place
--   walk_m: metres to walk; empty for an unknown place
--   walk_min: minutes to walk, rounded up; empty for an unknown place
--   is_within_15_min: whether walk_min is at most 15; empty for an unknown place
with place as (
  select
    community_code, count(*) as listings,
    percentile_disc(0.5) within group (order by lng_wgs84) as lng,
    percentile_disc(0.5) within group (order by lat_wgs84) as lat
  from listing
  where valid_to is null and is_open and community_code is not null and lng_wgs84 is not null and lat_wgs84 is not null
  group by community_code
), known as (
  select
    p.community_code, p.listings, p.lng, p.lat,
    cast(floor(p.lng * 50) as bigint) as cell_x, cast(floor(p.lat * 50) as bigint) as cell_y
  from place p join division d on d.division_code = p.community_code and d.level = 5
), target as (
  select
    station_id, lng_wgs84 as lng, lat_wgs84 as lat,
    cast(floor(lng_wgs84 * 50) as bigint) as cell_x, cast(floor(lat_wgs84 * 50) as bigint) as cell_y
  from station where status = 'open' and lng_wgs84 is not null and lat_wgs84 is not null
), step as (
  select * from (values (-1), (0), (1)) as s (shift)
), near as (
  -- stations of the nine cells of 0.02 degrees (1.9 × 2.2 km) around
  select k.community_code, k.lng, k.lat, t.station_id, t.lng as to_lng, t.lat as to_lat
  from known k cross join step x cross join step y
  join target t on t.cell_x = k.cell_x + x.shift and t.cell_y = k.cell_y + y.shift
), near_measured as (
  select community_code, station_id, cast(round(111195 * sqrt(power((to_lng - lng) * cos(radians(lat)), 2) + power(to_lat - lat, 2))) as bigint) as straight_m
  from near
), settled as (
  -- what lies outside of the nine cells is further than a cell is wide, north of the tropics and south of 60 degrees at least 1,100 m
  select community_code, min(straight_m) as straight_m from near_measured group by community_code having min(straight_m) <= 1100
), far_measured as (
  select
    k.community_code, t.station_id,
    cast(round(111195 * sqrt(power((t.lng - k.lng) * cos(radians(k.lat)), 2) + power(t.lat - k.lat, 2))) as bigint) as straight_m
  from known k cross join target t
  where not exists (select 1 from settled s where s.community_code = k.community_code)
), measured as (
  select n.community_code, n.station_id, n.straight_m
  from near_measured n join settled s on s.community_code = n.community_code and s.straight_m = n.straight_m
  union all
  select community_code, station_id, straight_m from far_measured
), least as (
  select community_code, min(straight_m) as straight_m from measured group by community_code
), nearest as (
  select m.community_code, m.straight_m, min(m.station_id) as station_id
  from measured m join least l on l.community_code = m.community_code and l.straight_m = m.straight_m
  group by m.community_code, m.straight_m
), walked as (
  select community_code, station_id, straight_m, cast(round(straight_m * 1.3) as bigint) as walk_m from nearest
)
select
  d.division_code as community_code,
  d.name as community,
  t.name as town,
  c.name as county,
  case when k.community_code is null then 'unknown' else 'median' end as place_basis,
  coalesce(k.listings, 0) as listing_count,
  k.lng as lng_wgs84,
  k.lat as lat_wgs84,
  w.station_id,
  w.straight_m,
  w.walk_m,
  cast((w.walk_m + 74 - (w.walk_m + 74) % 75) / 75 as bigint) as walk_min,
  w.walk_m <= 15 * 75 as is_within_15_min
from division d
left join division t on t.division_code = d.parent_code
left join division c on c.division_code = t.parent_code
left join known k on k.community_code = d.division_code
left join walked w on w.community_code = d.division_code
where d.level = 5
order by d.division_code
