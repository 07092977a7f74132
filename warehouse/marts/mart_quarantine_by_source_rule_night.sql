-- mart_quarantine_by_source_rule_night: Rows held back, by source, critical rule and night. A row that meets two rules counts under each.
-- Grain: one row a night, source and critical rule.
-- Question: Which owner's list is wrong most, in what, and is it getting better?
-- Columns:
--   night: business date, rejected nights too
--   source: key of the source
--   rule: id of the critical rule
--   responsibility: who must mend it: owner or us
--   is_whole_source: whether the rule is about the list as a whole
--   held_rows: rows held back under the rule; for a list stopped at its gate all its rows
--   new_rows: of these, rows that came into quarantine this night
with found as (
  select
    i.night, i.source, i.rule, i.responsibility, i.line is null as is_whole_source,
    coalesce(i.row_key, '') as row_key, i.line,
    max(case when q.source is null then 0 else 1 end) as is_new
  from issue i
  left join quarantine q on q.source = i.source and q.row_key = coalesce(i.row_key, '') and q.opened_on = i.night
  where i.severity = 'critical' and i.decision_id is null and i.source is not null
  group by i.night, i.source, i.rule, i.responsibility, i.line is null, coalesce(i.row_key, ''), i.line
)
select
  f.night, f.source, f.rule, f.responsibility, f.is_whole_source,
  case
    when not f.is_whole_source then count(*)
    when max(case when s.is_stopped then 1 else 0 end) = 1 then max(s.held_back)
    else 0
  end as held_rows,
  cast(sum(case when f.is_whole_source then 0 else f.is_new end) as bigint) as new_rows
from found f left join source_night s on s.night = f.night and s.source = f.source
group by f.night, f.source, f.rule, f.responsibility, f.is_whole_source
order by f.night, f.source, f.rule, f.is_whole_source
