-- station_as_of: The register as it stood after a night: the rows of `station` as they were published for it last.
-- Grain: one row a station that was there on the night, open or closed.
-- Question: Which stations were open on 2 June?
-- Arguments:
--   night: the night (date); before the first one there are no rows, and one to come reads as the last published night does
-- Columns: as in station_history
create or replace function station_as_of(night date) returns table (
  station_id varchar, valid_from date, name varchar, kind varchar, host varchar, plaques varchar, batch varchar, batch_basis varchar,
  county_code varchar, county varchar, town_code varchar, town varchar, community_code varchar, community varchar, address varchar,
  lng_wgs84 double precision, lat_wgs84 double precision, phones varchar, hours varchar, hours_text varchar, facilities varchar,
  credit_code varchar, opened_on date, status varchar, close_cause varchar, first_seen_on date, sources varchar, listing_count bigint
) language sql stable parallel safe as $$
  select
    station_id, valid_from, name, kind, host, plaques, batch, batch_basis, county_code, county, town_code, town, community_code, community,
    address, lng_wgs84, lat_wgs84, phones, hours, hours_text, facilities, credit_code, opened_on, status, close_cause, first_seen_on,
    sources, listing_count
  from station_history h
  where h.valid_from <= station_as_of.night and (h.valid_to is null or h.valid_to > station_as_of.night)
$$
