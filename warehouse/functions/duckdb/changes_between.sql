-- changes_between: Each change of each field of each station after one night and up to another, with its cause.
-- Grain: one row a station, night and field that read differently from that night on.
-- Question: What changed between 1 and 3 June, and why?
-- Arguments:
--   after_night: the night from which is counted (date); what changed on it is not told
--   until_night: the last night of which changes are told (date)
-- Columns: as in station_change
create or replace macro changes_between(after_night, until_night) as table
select station_id, night, field, old_value, new_value, event, cause, source
from station_change
where night > cast(after_night as date) and night <= cast(until_night as date)
