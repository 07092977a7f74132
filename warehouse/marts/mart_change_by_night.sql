-- mart_change_by_night: What changed in the register each night, and why.
-- Grain: one row a night, event and cause.
-- Question: How many stations closed since June, and for what reasons?
-- Columns:
--   night: business date
--   event: opened, reopened, closed, merged, split, moved, renamed …
--   cause: why: listed, closed_by_owner, absent_twice, carried_too_long, same_station …; empty when unknown
--   event_count: events
--   station_count: stations that they happened to
select night, event, cause, count(*) as event_count, count(distinct station_id) as station_count
from station_event
group by night, event, cause
order by night, event, cause
