"""`docs/cookbook.md`: questions that analysts ask, their SQL, and the answers on the sample city."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import duckdb

from tests.night.town import Household, iso, served_town

#: Nights of the sample city that the answers are of, and rows of an answer that are shown.
NIGHTS: Final = 4
_SHOWN: Final = 8

#: Question → its SQL. Every answer has an order of its own, so that it is the same each time.
QUESTIONS: Final[dict[str, str]] = {
    "How many open stations does each batch have in each county?": """
select county, batch, station_count from mart_station_by_county_batch order by station_count desc, county, batch""",
    "How far is the register from the totals that the city published?": """
select title, published_total, register_total, difference from mart_control_total_by_measure where register_total is not null order by measure""",
    "How many new-built stations opened in each month of the programme?": """
select month, sum(opened_count) as opened from mart_station_by_county_batch_month
where batch = 'new_build' and month >= date '2025-06-01' and opened_count > 0 group by month order by month""",
    "Which share of a bank's outlets does the union list as well?": """
select source, other_source, station_count, share from mart_overlap_by_source_pair where source = 'bank_icbc' order by station_count desc, other_source""",
    "Of the lines of each owner's own list, how many are in the register, and how many stations would nobody else tell?": """
select source, rows_read, held_back, ignored, taken_share, station_count, alone_count from mart_completeness_by_source order by source""",
    "Which list tells least of its places?": """
select source, open_listings, placed_count, phone_count, hours_count, opened_count from mart_completeness_by_source order by phone_count * 1.0 / open_listings, source""",
    "Which owner's list is wrong most, in what, and who must mend it?": """
-- each list as it was last read: on most nights some list does not come, and its rows wait in quarantine all the same; of a
-- list that sends changes alone only the rows that it sent last are told, so that it may be missing here
select m.source, m.rule, m.responsibility, m.held_rows, n.rows_read, round(m.held_rows * 100.0 / n.rows_read, 1) as percent, m.night as as_of
from mart_quarantine_by_source_rule_night m
join (select source, max(night) as night from source_night where rows_read > 0 group by source) last on last.source = m.source and last.night = m.night
join source_night n on n.source = m.source and n.night = m.night
order by percent desc, m.source, m.rule""",
    "Which list has not come for longest, and how many listings rest on it?": """
select source, last_good_on, age_days, open_listings, carried_listings from mart_freshness_by_source order by age_days desc, source""",
    "What changed each night, and why?": """
select night, event, cause, event_count from mart_change_by_night where night > date '2026-06-01' order by night, event, cause""",
    "In which fields do the union and the civilization list contradict each other most, and who is followed?": """
select field, both_count, differing_count, source_followed_count, other_followed_count from mart_disagreement_by_field_source_pair
where source = 'civilization' and other_source = 'union' order by differing_count desc, field""",
    "Where can a rider sit down at 23:00, and on a Sunday?": """
select county, station_count, at_23_count, sunday_count, sunday_at_23_count, always_count from mart_opening_by_county order by county_code""",
    "Which stations of one county are open on a Wednesday at half past six in the morning?": """
select s.station_id, s.name, s.hours from station s
where s.status = 'open' and s.county = '南陵县' and exists (
  -- 390 minutes after midnight on Wednesday, which are 1830 on a span that began on Tuesday evening; 3 June is day 603
  select 1 from opening_span o where o.hours = s.hours and 603 between o.season_from and o.season_to
  and (o.weekday = 3 and o.opens_min <= 390 and o.closes_min > 390 or o.weekday = 2 and o.closes_min > 390 + 1440))
order by s.station_id""",
    "In which county do the fewest stations have a defibrillator?": """
select county, station_count, told_count, share from mart_facility_by_county where facility = 'aed' order by share, county""",
    "Which open stations of a county lack drinking water?": """
select station_id, name, facilities from station
where status = 'open' and county = '湾沚区' and facilities is not null and position(';water;' in ';' || facilities || ';') = 0 order by station_id""",
    "How many communities lie within a 15-minute walk, and of how many is it not known?": """
select place_basis, is_within_15_min, count(*) as communities from mart_nearest_station_by_community group by place_basis, is_within_15_min order by communities desc""",
    "Which communities walk furthest to their nearest open station?": """
select county, town, community, straight_m, walk_m, walk_min from mart_nearest_station_by_community
where walk_m is not null order by walk_m desc, community_code""",
    "Which stations were merged or split, and did a person or the evidence decide it?": """
select night, event, name, other_ids, basis, weight_mb from mart_merge_split_by_event order by night, number""",
    "How many doubtful pairs wait for a person, and how many stations may change by the answers?": """
select source, other_source, pair_count, apart_count, together_count, station_count, waiting_days from mart_review_by_source_pair order by pair_count desc, source, other_source""",
    "Which open stations rest on one list alone, and on an old copy of it?": """
select station_id, name, confirmed_by, confirmed_on, age_days from station_liveness
where status = 'open' and listing_source_count = 1 and age_days > 0 order by station_id""",
    "Who confirmed one station last, owner by owner?": """
select source, is_listed, confirmed_on, age_days, is_carried, updated_on from station_confirmation
where station_id = (select min(station_id) from station where sources = 'civilization;telecom_tower;union') order by source""",
    "How many stations of each batch were open on 1 June, and how many are now?": """
select coalesce(batch, 'unknown') as batch, sum(was) as on_1_june, sum(is_now) as now
from (select batch, 1 as was, 0 as is_now from station_as_of('2026-06-01') where status = 'open'
      union all select batch, 0, 1 from station where status = 'open') both_nights
group by coalesce(batch, 'unknown') order by batch""",
    "Which fields changed between 1 and 4 June, and for which causes?": """
select field, cause, count(*) as changes from changes_between('2026-06-01', '2026-06-04') group by field, cause order by changes desc, field, cause""",
    "Which stations got another phone since 1 June, and whose list was it?": """
select station_id, night, old_value, new_value, cause, source from changes_between('2026-06-01', '2026-06-04') where field = 'phones' order by night, station_id""",
    "Who says that this is a station's phone, since when, and who stopped saying so?": """
select source, value, first_seen_on, gone_on from statement
where field = 'phones' and station_id = (select min(station_id) from station_change where field = 'phones') order by first_seen_on, source, value""",
    "Which stations does somebody give this phone for, and who?": """
-- a value may hold several phones, joined by ;
select station_id, source, value, first_seen_on, gone_on from statement
where field = 'phones' and list_contains(string_split(value, ';'), (select string_split(min(phones), ';')[1] from station)) order by station_id, source, value""",
    "What is the story of the stations that closed?": """
select night, sentence from station_diary where station_id in (select station_id from station_event where event = 'closed') order by station_id, night, number""",
    "What happened on one night, in words that can be read out?": """
select sentence from station_diary where night = date '2026-06-04' order by number""",
}

_HEAD: Final = """# Cookbook

Questions that analysts ask, with SQL for the [analysts' file](warehouse.md). The answers are of four nights of the sample city, 2026-06-01 to
2026-06-04, at most eight rows each; yours differ. Every query runs in the tests, and a test makes the answers anew. What the columns mean stands in
the [dictionary](dictionary.md). This page is made by `python -m tests.docs.generate`."""


def cookbook_page() -> str:
    """The page, with answers from a sample city that is lived for it: about a minute."""
    with tempfile.TemporaryDirectory() as folder, served_town(Path(folder), scale=1.0) as town:
        household = Household(Path(folder) / "var", town.env)
        for night in range(NIGHTS):
            town.move(night)
            household.run(iso(night))
        publication = household.house.publisher.current()
        assert publication is not None
        with closing(duckdb.connect(str(publication.analyst), read_only=True)) as register:
            return "\n\n".join([_HEAD, *(_answered(register, *question) for question in QUESTIONS.items())]) + "\n"


def _answered(register: duckdb.DuckDBPyConnection, question: str, query: str) -> str:
    result = register.execute(query)
    header = [str(column[0]) for column in result.description or ()]
    rows = result.fetchall()
    shown = [[_cell(value) for value in row] for row in rows[:_SHOWN]]
    more = f"\n\n{len(rows)} rows in all." if len(rows) > _SHOWN else "" if rows else "\n\nNo row on these nights."
    table = "\n".join(f"| {' | '.join(row)} |" for row in [header, ["---"] * len(header), *shown])
    return f"## {question}\n\n```sql\n{query.strip()}\n```\n\n{table}{more}"


def _cell(value: Any) -> str:
    return "" if value is None else str(value).replace("|", "\\|")
