-- mart_merge_split_by_event: Stations that were merged into another, split, or split off, with the pair of listings that decided it.
-- Grain: one row a merge, split or split-off of a station, by its night and number in `station_event`.
-- Question: Which stations were merged this month, into which, and did a person or the evidence decide it?
-- Columns:
--   night: business date
--   number: number of the event within the night
--   event: merged, split or split_off
--   station_id: station that it happened to
--   name: what it was called, before the night where it was known before, else from that night on
--   other_ids: station that it was merged into, that it was split off from, or those in which its listings lie now, joined by ;
--   cause: same_station or not_same_station
--   basis: person (someone judged the pair), evidence (the model's weight) or empty where no pair of the two stations is kept
--   left_id: listing of the pair with the lesser id: for a merge the pair with the greatest weight, judged ones first; for a split the one with the least
--   right_id: listing of the pair with the greater id
--   weight_mb: evidence that both are one station, milli-bits
--   levels: level reached in each comparison, as the model writes it
--   verdict: a person's verdict on the pair: same, not or unsure; empty when nobody judged it
with happened as (
  select night, number, event, station_id, detail, cause from station_event where event in ('merged', 'split', 'split_off')
), part as (
  select night, number, event, station_id, unnest(string_to_array(detail, ';')) as other_id from happened where detail is not null
), mine as (
  -- the listings that lay in the station before a merge or a split, and those that were split off after
  select p.night, p.number, p.event, p.other_id, b.listing_id
  from part p join station_listing b on b.station_id = p.station_id and (
    (p.event <> 'split_off' and b.valid_from < p.night and (b.valid_to is null or b.valid_to >= p.night))
    or (p.event = 'split_off' and b.valid_from <= p.night and (b.valid_to is null or b.valid_to > p.night))
  )
), theirs as (
  -- those that lay in the other station before a merge, and those that lie in it after a split
  select p.night, p.number, p.event, p.station_id, b.listing_id
  from part p join station_listing b on b.station_id = p.other_id and (
    (p.event = 'merged' and b.valid_from < p.night and (b.valid_to is null or b.valid_to >= p.night))
    or (p.event <> 'merged' and b.valid_from <= p.night and (b.valid_to is null or b.valid_to > p.night))
  )
), met as (
  select
    m.night, m.number, p.left_id, p.right_id, p.weight_mb, p.levels, p.verdict,
    row_number() over (
      partition by m.night, m.number
      order by
        case when p.verdict = case when m.event = 'merged' then 'same' else 'not' end then 0 else 1 end,
        case when m.event = 'merged' then -p.weight_mb else p.weight_mb end,
        p.left_id, p.right_id
    ) as place
  from mine m
  join theirs t on t.night = m.night and t.number = m.number and t.listing_id <> m.listing_id
  join pair p on
    p.left_id = case when m.listing_id < t.listing_id then m.listing_id else t.listing_id end
    and p.right_id = case when m.listing_id < t.listing_id then t.listing_id else m.listing_id end
    and p.valid_from <= m.night and (p.valid_to is null or p.valid_to > m.night)
)
select
  h.night, h.number, h.event, h.station_id,
  coalesce(b.name, a.name) as name,
  h.detail as other_ids,
  h.cause,
  case when m.verdict in ('same', 'not') then 'person' when m.left_id is not null then 'evidence' end as basis,
  m.left_id, m.right_id, m.weight_mb, m.levels, m.verdict
from happened h
left join station_history b on b.station_id = h.station_id and b.valid_from < h.night and coalesce(b.valid_to, date '9999-12-31') >= h.night
left join station_history a on a.station_id = h.station_id and a.valid_from = h.night
left join met m on m.night = h.night and m.number = h.number and m.place = 1
order by h.night, h.number
