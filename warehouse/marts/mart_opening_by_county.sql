-- mart_opening_by_county: How many open stations are open late, early and at weekends, in the season of the last published night.
-- Grain: one row a county that has open stations.
-- Question: In which county can a rider sit down at 23:00, and on a Sunday?
-- Columns:
--   county_code: 6-digit code of today; empty when no source tells the county
--   county: county name; 未知 when no source tells it
--   station_count: open stations
--   hours_known_count: of these, with opening hours that can be read; all counts below are of these
--   always_count: open day and night, all week
--   at_7_count: open at 07:00 from Monday to Friday
--   at_23_count: open at 23:00 from Monday to Friday
--   saturday_count: open on Saturdays, at whatever time
--   sunday_count: open on Sundays, at whatever time
--   sunday_at_23_count: open at 23:00 on Sundays
with today as (
  select 100 * extract(month from max(night)) + extract(day from max(night)) as day_of_year from night where state <> 'rejected'
), span as (
  select o.hours, o.weekday, o.opens_min, o.closes_min
  from opening_span o cross join today t
  where t.day_of_year between o.season_from and o.season_to
), reached as (
  -- what runs past midnight is open on the next day's first hours too
  select hours, weekday, opens_min, closes_min from span
  union all
  select hours, weekday % 7 + 1, opens_min - 1440, closes_min - 1440 from span where closes_min > 1440
), known as (
  select distinct hours from opening_span
), told as (
  select
    hours,
    count(distinct case when weekday <= 5 and opens_min <= 420 and closes_min > 420 then weekday end) as days_at_7,
    count(distinct case when weekday <= 5 and opens_min <= 1380 and closes_min > 1380 then weekday end) as days_at_23,
    count(distinct case when opens_min <= 0 and closes_min >= 1440 then weekday end) as whole_days,
    max(case when weekday = 6 and opens_min >= 0 then 1 else 0 end) as on_saturday,
    max(case when weekday = 7 and opens_min >= 0 then 1 else 0 end) as on_sunday,
    max(case when weekday = 7 and opens_min <= 1380 and closes_min > 1380 then 1 else 0 end) as sunday_at_23
  from reached group by hours
)
select
  s.county_code,
  coalesce(s.county, '未知') as county,
  count(*) as station_count,
  count(k.hours) as hours_known_count,
  count(case when t.whole_days = 7 then 1 end) as always_count,
  count(case when t.days_at_7 = 5 then 1 end) as at_7_count,
  count(case when t.days_at_23 = 5 then 1 end) as at_23_count,
  count(case when t.on_saturday = 1 then 1 end) as saturday_count,
  count(case when t.on_sunday = 1 then 1 end) as sunday_count,
  count(case when t.sunday_at_23 = 1 then 1 end) as sunday_at_23_count
from station s
left join known k on k.hours = s.hours
left join told t on t.hours = s.hours
where s.status = 'open'
group by s.county_code, coalesce(s.county, '未知')
order by s.county_code, county
