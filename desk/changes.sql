-- Every change of a station on the nights after $1 up to and with $2, in the words of the published tables.
-- Columns: night, station_id, name, change, field, old, new, to_id, cause, source.
-- change: opened, reopened, closed, merged (to_id: where to), redirected (a merged id now leads to another), changed (field: old → new).
-- Values and their causes are those of station_change, which analysts read in SQL; other systems are told merges too, and each row's name.
with of_station as (
  select c.*, h.name, h.close_cause, h.sources
  from station_change c join station_history h on h.station_id = c.station_id and h.valid_from = c.night
  where c.night > $1 and c.night <= $2 and c.field <> 'close_cause'
),
merged as (
  select night, station_id, any_value(cause) as cause, any_value(source) as source from station_event where event = 'merged' group by all
),
told as (
  select night, station_id, name, 1 as rank,
    case when new_value = 'closed' then 'closed' when old_value is null then 'opened' else 'reopened' end as change,
    null as field, null as old, null as new, null as to_id, coalesce(cause, close_cause) as cause, coalesce(source, sources) as source
  from of_station where field = 'status'
  union all
  select r.valid_from, r.from_id, null, 2, case when o.from_id is null then 'merged' else 'redirected' end, null, null, null, r.to_id,
    coalesce(e.cause, 'same_station'), e.source
  from station_redirect r
  left join station_redirect o on o.from_id = r.from_id and o.valid_to = r.valid_from
  left join merged e on e.night = r.valid_from and e.station_id = r.from_id
  where r.valid_from > $1 and r.valid_from <= $2
  union all
  select night, station_id, name, 3, 'changed', field, old_value, new_value, null, cause, source
  from of_station where field <> 'status'
)
select night, station_id, name, change, field, old, new, to_id, cause, source
from told
order by night, station_id, rank, field
