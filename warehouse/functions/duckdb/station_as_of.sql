-- station_as_of: The register as it stood after a night: the rows of `station` as they were published for it last.
-- Grain: one row a station that was there on the night, open or closed.
-- Question: Which stations were open on 2 June?
-- Arguments:
--   night: the night (date); before the first one there are no rows, and one to come reads as the last published night does
-- Columns: as in station_history
create or replace macro station_as_of(night) as table
select
  station_id, valid_from, name, kind, host, plaques, batch, batch_basis, county_code, county, town_code, town, community_code, community,
  address, lng_wgs84, lat_wgs84, phones, hours, hours_text, facilities, credit_code, opened_on, status, close_cause, first_seen_on,
  sources, listing_count
from station_history
where valid_from <= cast(night as date) and (valid_to is null or valid_to > cast(night as date))
