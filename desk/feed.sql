-- What differs between the register that the feed last told (table told) and the one in force (table stands): a line a station, as JSON without its cursor.
-- Both: station_id, to_id (where a merged id leads, empty for a station), and the columns of a station, all text. causes: station_id, change, cause.
with pairs as (
  select coalesce(t.station_id, s.station_id) as station_id, t.station_id is not null and t.to_id is null as was_station, t.to_id as led_to,
    s.station_id is not null and s.to_id is null as is_station, s.to_id, t.status as status_before, s.status, {different} as fields
  from told t full join stands s on s.station_id = t.station_id
),
named as (
  select *, case
      when to_id is not null and led_to is null then 'merged'
      when to_id is not null then 'redirected'
      when not is_station then 'gone'
      when not was_station then 'opened'
      when status = 'closed' and status_before = 'open' then 'closed'
      when status = 'open' and status_before = 'closed' then 'reopened'
      else 'changed' end as change
  from pairs
  where to_id is distinct from led_to or is_station <> was_station or is_station and fields <> '{{}}'
)
select json_object('station_id', n.station_id, 'change', n.change, 'to_id', n.to_id, 'cause', c.cause,
  'fields', case when n.is_station then n.fields::json else '{{}}'::json end)::varchar as line
from named n left join causes c on c.station_id = n.station_id and c.change = n.change
order by n.change, n.station_id
