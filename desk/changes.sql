-- Every change of a station on the nights after $1 up to and with $2, in the words of the published tables.
-- Columns: night, station_id, name, change, field, old, new, to_id, cause, source.
-- change: opened, reopened, closed, merged (to_id: where to), redirected (a merged id now leads to another), changed (field: old → new).
-- changes_between tells values alone; other systems are told openings, closings and merges too, and a cause for each.
with after as (
  select * from station_history where valid_from > $1 and valid_from <= $2
),
before as (
  select * from station_history where valid_to > $1 and valid_to <= $2
),
spans as (
  select a.station_id, a.valid_from as night, a.name, a.sources, b.status as status_before, a.status, a.close_cause, b.station_id is not null as was_there
  from after a left join before b on b.station_id = a.station_id and b.valid_to = a.valid_from
),
new_cells as (
  from (select station_id, valid_from as night, columns(* exclude (station_id, valid_from, valid_to, status, close_cause))::varchar from after)
  unpivot include nulls (cell for field in (columns(* exclude (station_id, night))))
),
old_cells as (
  from (select station_id, valid_to as night, columns(* exclude (station_id, valid_from, valid_to, status, close_cause))::varchar from before)
  unpivot include nulls (cell for field in (columns(* exclude (station_id, night))))
),
changed as (
  select n.night, n.station_id, n.field, o.cell as old, n.cell as new
  from new_cells n join old_cells o using (station_id, night, field)
  where n.cell is distinct from o.cell
),
-- an event tells the cause of the fields that it is about
about(event, field) as (
  values ('renamed', 'name'), ('rescheduled', 'hours'), ('rebatched', 'batch'), ('reclassified', 'kind'), ('readdressed', 'address'), ('moved', 'lng_wgs84'), ('moved', 'lat_wgs84')
),
events as (
  select e.night, e.station_id, e.event, a.field, any_value(e.cause) as cause, any_value(e.source) as source
  from station_event e left join about a using (event)
  where e.night > $1 and e.night <= $2
  group by all
),
-- of a field without an event: the lists that began that night to say what stands now
said as (
  select station_id, field, first_seen_on as night, value, string_agg(distinct source, ';' order by source) as source
  from statement where first_seen_on > $1 and first_seen_on <= $2 group by all
),
-- of a field that owners do not state as it stands (facilities, lists that have it): the lists that said something else of the station that night
stirred as (
  select station_id, night, string_agg(distinct source, ';' order by source) as source
  from (select station_id, first_seen_on as night, source from statement union all select station_id, gone_on, source from statement)
  where night > $1 and night <= $2 group by all
),
told as (
  select b.night, b.station_id, b.name, 1 as rank,
    case when b.status = 'closed' then 'closed' when b.was_there then 'reopened' else 'opened' end as change,
    null as field, null as old, null as new, null as to_id,
    coalesce(e.cause, b.close_cause) as cause, coalesce(e.source, b.sources) as source
  from spans b
  left join events e on e.night = b.night and e.station_id = b.station_id
    and (e.event = 'closed' and b.status = 'closed' or e.event in ('opened', 'reopened', 'split_off') and b.status = 'open')
  where not b.was_there or b.status_before <> b.status
  union all
  select r.valid_from, r.from_id, null, 2, case when o.from_id is null then 'merged' else 'redirected' end, null, null, null, r.to_id,
    coalesce(e.cause, 'same_station'), e.source
  from station_redirect r
  left join station_redirect o on o.from_id = r.from_id and o.valid_to = r.valid_from
  left join events e on e.night = r.valid_from and e.station_id = r.from_id and e.event = 'merged'
  where r.valid_from > $1 and r.valid_from <= $2
  union all
  select c.night, c.station_id, b.name, 3, 'changed', c.field, c.old, c.new, null,
    coalesce(e.cause, case when coalesce(s.source, t.source) is not null then 'listed' end), coalesce(e.source, s.source, t.source)
  from changed c
  join spans b on b.station_id = c.station_id and b.night = c.night
  left join events e on e.night = c.night and e.station_id = c.station_id and e.field = c.field
  left join said s on s.night = c.night and s.station_id = c.station_id and s.field = c.field and s.value = c.new
  left join stirred t on t.night = c.night and t.station_id = c.station_id
)
select night, station_id, name, change, field, old, new, to_id, cause, source
from told
order by night, station_id, rank, field
