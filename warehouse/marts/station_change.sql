-- station_change: Each change of each field of each station, with its cause: from its event, else from the statements and listings that came or went on that night.
-- Grain: one row a station, night and field that read differently from that night on; a station that appears or is merged away is told by its status alone.
-- Question: Which stations got another phone since June, and which list began to say so?
-- Columns:
--   station_id: station
--   night: first night on which it read so
--   field: field of the station
--   old_value: what it read before, as text; empty when nothing was known, or the station was not there
--   new_value: what it reads from that night on, as text; empty when nothing is known any more, or the station was merged away
--   event: event of that night that tells of this change; empty for fields without events
--   cause: why: that of the event where it tells more than listed (corrected: a person's decision); else regrouped (listings came from another station, or went to one), listed (a list began to say so), unlisted (a list stopped saying what stood before), preferred (a list that said so before is followed now) or relisted (a list wrote of the station differently); empty when none of these is known
--   source: keys of the sources that did so, or that the event names, sorted, joined by ;
with became as (
  select
    h.station_id, h.valid_from as night, p.station_id is null as is_new, false as is_gone,
    p.name as old_name, p.kind as old_kind, p.host as old_host, p.plaques as old_plaques, p.batch as old_batch, p.batch_basis as old_batch_basis,
    p.county_code as old_county_code, p.county as old_county, p.town_code as old_town_code, p.town as old_town,
    p.community_code as old_community_code, p.community as old_community, p.address as old_address,
    p.lng_wgs84 as old_lng, p.lat_wgs84 as old_lat, p.phones as old_phones, p.hours as old_hours, p.hours_text as old_hours_text,
    p.facilities as old_facilities, p.credit_code as old_credit_code, p.opened_on as old_opened_on, p.status as old_status,
    p.close_cause as old_close_cause, p.first_seen_on as old_first_seen_on, p.sources as old_sources, p.listing_count as old_listing_count,
    h.name, h.kind, h.host, h.plaques, h.batch, h.batch_basis, h.county_code, h.county, h.town_code, h.town, h.community_code, h.community, h.address,
    h.lng_wgs84, h.lat_wgs84, h.phones, h.hours, h.hours_text, h.facilities, h.credit_code, h.opened_on, h.status, h.close_cause, h.first_seen_on,
    h.sources, h.listing_count
  from station_history h left join station_history p on p.station_id = h.station_id and p.valid_to = h.valid_from
), went as (
  select p.station_id, p.valid_to as night, p.status
  from station_history p left join station_history h on h.station_id = p.station_id and h.valid_from = p.valid_to
  where p.valid_to is not null and h.station_id is null
), changed as (
  select b.station_id, b.night, f.field, f.old_value, f.new_value
  from became b
  cross join lateral (values
    ('name', b.old_name, b.name), ('kind', b.old_kind, b.kind), ('host', b.old_host, b.host), ('plaques', b.old_plaques, b.plaques),
    ('batch', b.old_batch, b.batch), ('batch_basis', b.old_batch_basis, b.batch_basis),
    ('county_code', b.old_county_code, b.county_code), ('county', b.old_county, b.county),
    ('town_code', b.old_town_code, b.town_code), ('town', b.old_town, b.town),
    ('community_code', b.old_community_code, b.community_code), ('community', b.old_community, b.community),
    ('address', b.old_address, b.address),
    ('lng_wgs84', cast(cast(b.old_lng as decimal(10, 7)) as varchar), cast(cast(b.lng_wgs84 as decimal(10, 7)) as varchar)),
    ('lat_wgs84', cast(cast(b.old_lat as decimal(10, 7)) as varchar), cast(cast(b.lat_wgs84 as decimal(10, 7)) as varchar)),
    ('phones', b.old_phones, b.phones), ('hours', b.old_hours, b.hours), ('hours_text', b.old_hours_text, b.hours_text),
    ('facilities', b.old_facilities, b.facilities), ('credit_code', b.old_credit_code, b.credit_code),
    ('opened_on', cast(b.old_opened_on as varchar), cast(b.opened_on as varchar)),
    ('status', b.old_status, b.status), ('close_cause', b.old_close_cause, b.close_cause),
    ('first_seen_on', cast(b.old_first_seen_on as varchar), cast(b.first_seen_on as varchar)),
    ('sources', b.old_sources, b.sources),
    ('listing_count', cast(b.old_listing_count as varchar), cast(b.listing_count as varchar))
  ) as f (field, old_value, new_value)
  where not b.is_new and f.old_value is distinct from f.new_value
  union all
  select station_id, night, 'status', null, status from became where is_new
  union all
  select station_id, night, 'status', status, null from went
), told as (
  select station_id, night, field, event, cause, source
  from (
    select e.*, row_number() over (partition by station_id, night, field order by number) as place
    from (
      select
        night, number, station_id, event, cause, source,
        case event
          when 'renamed' then 'name' when 'rescheduled' then 'hours' when 'rebatched' then 'batch' when 'reclassified' then 'kind'
          when 'readdressed' then 'address' when 'moved' then 'position' when 'split' then 'members' when 'corrected' then split_part(detail, ': ', 1)
          else 'status'
        end as field
      from station_event
    ) e
  ) numbered
  where place = 1
), said as (
  -- statements that may be why, by how well they explain it: exact ones first
  select
    c.station_id, c.night, c.field, s.source,
    case
      when s.first_seen_on = c.night and s.value = c.new_value then 1
      when s.gone_on = c.night and s.value = c.old_value then 2
      when s.first_seen_on < c.night and (s.gone_on is null or s.gone_on > c.night) and s.value = c.new_value then 3
      when s.first_seen_on = c.night then 4
      when s.gone_on = c.night then 5
    end as place
  from changed c join statement s on s.station_id = c.station_id and s.field = c.field
), best as (
  select station_id, night, field, min(place) as place from said group by station_id, night, field
), explained as (
  select
    s.station_id, s.night, s.field,
    case when s.place in (1, 4) then 'listed' when s.place = 3 then 'preferred' else 'unlisted' end as cause,
    string_agg(distinct s.source, ';' order by s.source) as sources
  from said s join best b on b.station_id = s.station_id and b.night = s.night and b.field = s.field and b.place = s.place
  group by s.station_id, s.night, s.field, s.place
), regrouped as (
  select station_id, night, string_agg(distinct source, ';' order by source) as sources
  from (
    select m.station_id, m.valid_from as night, l.source
    from station_listing m
    join station_listing p on p.listing_id = m.listing_id and p.valid_to = m.valid_from
    join listing l on l.listing_id = m.listing_id and l.valid_to is null
    union all
    select m.station_id, m.valid_to, l.source
    from station_listing m join listing l on l.listing_id = m.listing_id and l.valid_to is null
    where m.valid_to is not null
  ) moved
  group by station_id, night
), rewritten as (
  select b.station_id, l.valid_from as night, string_agg(distinct l.source, ';' order by l.source) as sources
  from listing l
  join station_listing b on b.listing_id = l.listing_id and b.valid_from <= l.valid_from and (b.valid_to is null or b.valid_to > l.valid_from)
  group by b.station_id, l.valid_from
)
select
  c.station_id, c.night, c.field, c.old_value, c.new_value,
  t.event,
  case
    when t.cause <> 'listed' or c.field = 'status' then t.cause
    when m.sources is not null then 'regrouped'
    else coalesce(x.cause, t.cause, case when r.sources is not null then 'relisted' end)
  end as cause,
  case
    when t.cause <> 'listed' or c.field = 'status' then t.source
    else coalesce(m.sources, x.sources, t.source, r.sources)
  end as source
from changed c
left join told t on t.night = c.night and t.station_id = c.station_id and t.field = case
  when c.field in ('lng_wgs84', 'lat_wgs84') then 'position'
  when c.field = 'close_cause' then 'status'
  when c.field in ('sources', 'listing_count') then 'members'
  else c.field
end
left join regrouped m on m.station_id = c.station_id and m.night = c.night
left join explained x on x.station_id = c.station_id and x.night = c.night and x.field = c.field
left join rewritten r on r.station_id = c.station_id and r.night = c.night
