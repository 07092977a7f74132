-- changes_between: Each change of each field of each station after one night and up to another, with its cause.
-- Grain: one row a station, night and field that read differently from that night on.
-- Question: What changed between 1 and 3 June, and why?
-- Arguments:
--   after_night: the night from which is counted (date); what changed on it is not told
--   until_night: the last night of which changes are told (date)
-- Columns: as in station_change
create or replace function changes_between(after_night date, until_night date) returns table (
  station_id varchar, night date, field varchar, old_value varchar, new_value varchar, event varchar, cause varchar, source varchar
) language sql stable parallel safe as $$
  select c.station_id, c.night, c.field, c.old_value, c.new_value, c.event, c.cause, c.source
  from station_change c
  where c.night > after_night and c.night <= until_night
$$
