-- mart_completeness_by_source: How much of each owner's own list the register holds, and how much each list tells of its places.
-- Grain: one row a source that the last published night knew.
-- Question: Of the lines on the union's own list, how many are in the register, and how many tell a phone?
-- Columns:
--   source: key of the source
--   title: what the list is called (Chinese)
--   night: last night whose retrieval was accepted; empty when none ever was
--   rows_read: lines of the owner's list on that night
--   held_back: of these, in quarantine
--   ignored: of these, ignored with a reason: tombstones, exact repeats, closed places
--   taken_share: lines that became listings / (rows_read - ignored), 0-1, four places; empty for a list that was not read in full on that night
--   open_listings: open listings of the source, carried ones too
--   station_count: open stations that they are part of; fewer than listings where the list names a place twice
--   alone_count: of these, stations that no other source lists
--   register_share: station_count / all open stations, 0-1, four places
--   placed_count: open listings with a position
--   phone_count: open listings with a public phone
--   hours_count: open listings with opening hours
--   facility_count: open listings with facilities
--   opened_count: open listings with a date of opening
--   community_count: open listings whose community is known
with standing as (
  select source, last_good_on from source_night where night = (select max(night) from source_night)
), told as (
  select
    source, count(*) as listings,
    count(lng_wgs84) as placed, count(phones) as phones, count(hours) as hours, count(facilities) as facilities,
    count(opened_on) as opened, count(community_code) as communities
  from listing where valid_to is null and is_open group by source
), reach as (
  -- `sources` of a station are those that list it now, joined by ;
  select source, count(*) as stations, count(case when sources = source then 1 end) as alone
  from (select sources, unnest(string_to_array(sources, ';')) as source from station where status = 'open') s
  group by source
), whole as (
  select count(*) as stations from station where status = 'open'
), counted as (
  select
    s.source, o.title, n.night, n.rows_read, n.held_back, n.ignored, n.accepted,
    coalesce(t.listings, 0) as listings, coalesce(r.stations, 0) as stations, coalesce(r.alone, 0) as alone, w.stations as all_stations,
    coalesce(t.placed, 0) as placed, coalesce(t.phones, 0) as phones, coalesce(t.hours, 0) as hours,
    coalesce(t.facilities, 0) as facilities, coalesce(t.opened, 0) as opened, coalesce(t.communities, 0) as communities
  from standing s
  cross join whole w
  left join owner o on o.source = s.source
  left join source_night n on n.source = s.source and n.night = s.last_good_on
  left join told t on t.source = s.source
  left join reach r on r.source = s.source
), rounded as (
  -- whole ten-thousandths: both databases divide whole numbers differently, but agree on a remainder
  select
    counted.*,
    20000 * accepted + (rows_read - ignored) as taken_up, nullif(2 * (rows_read - ignored), 0) as taken_of,
    20000 * stations + all_stations as reach_up, nullif(2 * all_stations, 0) as reach_of
  from counted
)
select
  source, title, night, rows_read, held_back, ignored,
  cast((taken_up - taken_up % taken_of) / taken_of * 0.0001 as decimal(5, 4)) as taken_share,
  listings as open_listings, stations as station_count, alone as alone_count,
  cast((reach_up - reach_up % reach_of) / reach_of * 0.0001 as decimal(5, 4)) as register_share,
  placed as placed_count, phones as phone_count, hours as hours_count, facilities as facility_count, opened as opened_count,
  communities as community_count
from rounded
order by source
