-- mart_freshness_by_source: How old each source's part of the register is, as of the last published night.
-- Grain: one row a source that the last published night knew.
-- Question: Which source has not delivered for longest, and how many listings rest on it?
-- Columns:
--   source: key of the source
--   title: what the list is called (Chinese)
--   owner_name: organisation that keeps the list (Chinese)
--   night: last published night
--   last_good_on: last night whose retrieval was accepted; empty when none ever was
--   age_days: nights between the two
--   max_age_days: age after which its listings are closed
--   is_stopped: whether the source was stopped at its gate on that night
--   open_listings: open listings
--   carried_listings: of these, with values of an earlier night
select
  s.source, o.title, o.owner_name, s.night, s.last_good_on,
  s.night - s.last_good_on as age_days,
  o.max_age_days, s.is_stopped,
  s.open_after as open_listings,
  s.carried as carried_listings
from source_night s left join owner o on o.source = s.source
where s.night = (select max(night) from source_night)
order by s.source
