"""The receipt of one owner for one night, read from the published warehouse: its own lines that failed, and what became of its list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, text

from desk.receipt_beside import COLUMNS, Dispute, disputes
from desk.receipt_changes import TAKEN, Change, changes
from sources.kit.retrieval import Outcome
from sources.kit.source import Source
from transforms.records import Rule, columns_of

#: Outcomes of a night on which the owner sent something, be it something that could not be used.
SENT: Final = (Outcome.OK, Outcome.UNCHANGED, Outcome.EMPTY, Outcome.PARTIAL, Outcome.NOT_DECLARED_FORMAT)

#: Rules that a value for one field does not mend: which row it is, is read before any correction.
IN_THE_LIST_ALONE: Final = frozenset({"row_key_repeated", "row_key_missing", "code_in_exponent_form"})

#: Both degrees of a position go into one cell, as the owner's sentence shows them.
POSITION: Final = "lng,lat"

#: Field of a listing in which a rule found something → the row field that an owner fills in for it.
_ROW_FIELDS: Final = {
    "phones": "phone",
    "contact_name": "contact",
    "contact_phone": "phone",
    "plaques": "plaque",
    "hours_text": "hours",
    "opened_on": "opened",
    "updated_on": "updated",
    "lng_wgs84": "lng",
    "lat_wgs84": "lat",
    "county_code": "county",
    "town_code": "town",
    "community_code": "community",
}

#: What to do stands at the end of a rule's sentence.
_REMEDY: Final = (re.compile(r"；(请[^；]*)$"), re.compile(r"[，。](请[^，。]*。?)$"))

#: A line as a number, or as sheet!row: told apart so that 9 comes before 10.
_LINE: Final = re.compile(r"(.*?)(\d*)")

_CAME: Final = """
select r.source from retrieval r join night n on n.night = r.night
where r.night = :night and n.state <> 'rejected' and r.outcome in ({sent}) order by r.source
"""
_FIGURES: Final = """
select s.rows_read, s.accepted, s.held_back, s.ignored, s.open_after, s.carried, s.is_stopped, s.last_good_on, r.outcome, r.message, r.mode, o.datum,
       (select count(*) from decision) as decisions
from source_night s join retrieval r on r.night = s.night and r.source = s.source left join owner o on o.source = s.source
where s.night = :night and s.source = :source
"""
_WHOLE: Final = """
select distinct severity, message from issue
where night = :night and source = :source and row_key is null and line is null and decision_id is null
  and (severity = 'critical' or severity = 'warning' and responsibility = 'owner') order by severity, message
"""
#: What is wrong with a row stands under the night on which its list brought it last. Two contents under one key are told apart by the line they stood at.
_HELD: Final = """
with met as (
  select row_key, line, rule, field, value, severity, message, night, max(case when severity = 'critical' then night end) over (partition by row_key) as last
  from issue where source = :source and night <= :night and line is not null and decision_id is null
    and (severity = 'critical' or severity = 'warning' and responsibility = 'owner')
), entry as (
  select row_key, row_digest, opened_on, line, verbatim, rules, count(*) over (partition by row_key) as entries
  from quarantine where source = :source and opened_on <= :night and (closed_on is null or closed_on > :night)
)
select e.row_key, e.row_digest, e.opened_on, e.entries, e.verbatim, e.rules, coalesce(m.line, e.line) as line, m.rule, m.field, m.value, m.severity, m.message
from entry e left join met m on coalesce(m.row_key, '') = e.row_key and m.night = m.last and (e.entries = 1 or m.line = e.line)
order by e.row_key, e.row_digest, m.severity, m.rule, m.field, m.value
"""
_FLAGGED: Final = """
select l.row_key, l.row_digest, l.verbatim, 1 as entries, i.line, i.rule, i.field, i.value, i.severity, i.message
from issue i join listing l on l.source = i.source and l.row_key = i.row_key
  and l.valid_from <= :night and (l.valid_to is null or l.valid_to > :night) and l.is_open and l.carried_since is null
where i.night = :night and i.source = :source and i.line is not null and i.severity = 'warning' and i.responsibility = 'owner' and i.decision_id is null
order by l.row_key, i.rule, i.field, i.value
"""
_NOTED: Final = """
select rule, count(*) as issues, min(message) as example from issue
where night = :night and source = :source and severity = 'info' and responsibility = 'owner' and line is not null
group by rule order by issues desc, rule
"""
_TAKEN: Final = """
select row_digest, verbatim, lng_wgs84, position_basis, {columns} from listing where source = :source and is_open and carried_since is null
  and valid_from <= :night and (valid_to is null or valid_to > :night) order by listing_id
"""
#: What the owner still lists although an operator found it gone and closed its station.
_CLOSED: Final = """
select l.row_key, l.name, l.address from listing l
join station_listing b on b.listing_id = l.listing_id and b.valid_from <= :night and (b.valid_to is null or b.valid_to > :night)
join station_history s on s.station_id = b.station_id and s.valid_from <= :night and (s.valid_to is null or s.valid_to > :night)
where l.source = :source and l.is_open and l.valid_from <= :night and (l.valid_to is null or l.valid_to > :night) and s.close_cause = 'closed_by_person'
order by l.row_key
"""
_BESIDE: Final = """
with told as (
  select s.station_id, l.*, case when l.batch_basis = 'owner' then l.batch end as stated_batch
  from station_listing s join listing l on l.listing_id = s.listing_id and l.is_open and l.valid_from <= :night and (l.valid_to is null or l.valid_to > :night)
  where s.valid_from <= :night and (s.valid_to is null or s.valid_to > :night)
)
select station_id, source, row_key, name, {columns} from told
where station_id in (select station_id from told where source = :source) order by station_id, listing_id
"""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one owner is told of one night.

    `figures`: rows_read, accepted, held_back, ignored, open_after, is_stopped, last_good_on …; `whole`: what is wrong with the list as a whole, in sentences.
    `held`, `flagged`: a line a row and thing wrong with it, in the list's order - rows held back (of earlier nights too, while they are), and rows
    taken with a warning. Columns: line, row_key, row_digest, verbatim (JSON), rule, title, field (row field, `lng,lat`, or missing), value, severity, wrong, remedy,
    is_mendable (by a value for the field); held ones also opened_on. `noted`: rule, title, issues, example - what nobody need act on.
    `changes`: what we write otherwise than the owner; `disputes`: where other lists say otherwise. `closed`: row_key, name, address - what it
    lists although an operator found it gone. `decisions`: lines of the journal that the night knew.
    """

    source: Source
    night: str
    publication: str
    decisions: int
    figures: Mapping[str, Any]
    whole: tuple[str, ...]
    held: pd.DataFrame
    flagged: pd.DataFrame
    noted: pd.DataFrame
    closed: pd.DataFrame
    changes: tuple[Change, ...]
    disputes: tuple[Dispute, ...]


def came(connection: Connection, night: str) -> list[str]:
    """Keys of the sources whose list came on the night (ISO date); none when the night was rejected or never ran."""
    sent = ", ".join(f"'{outcome}'" for outcome in SENT)
    return list(connection.execute(text(_CAME.format(sent=sent)), {"night": night}).scalars())


def read_receipt(connection: Connection, night: str, publication: str, source: Source, rules: Mapping[str, Rule]) -> Receipt:
    """The receipt of a source that `came`. `rules`: rule id → rule."""

    asked = {"night": night, "source": source.key}

    def table(query: str) -> pd.DataFrame:
        return pd.read_sql_query(text(query), connection, params=asked)

    def rows(query: str, columns: Iterable[str]) -> Sequence[Mapping[Any, Any]]:
        return connection.execute(text(query.format(columns=", ".join(columns))), asked).mappings().all()

    figures = {str(name): value for name, value in table(_FIGURES).iloc[0].items()}
    return Receipt(
        source=source,
        night=night,
        publication=publication,
        decisions=int(figures["decisions"]),
        figures=figures,
        whole=tuple(table(_WHOLE)["message"]),
        held=_told(_ruled(table(_HELD), rules), source, rules),
        flagged=_told(table(_FLAGGED), source, rules),
        noted=table(_NOTED).assign(title=lambda noted: noted["rule"].map(lambda rule: _title(rules, rule))),
        closed=table(_CLOSED).fillna(""),
        changes=() if figures["is_stopped"] else changes(rows(_TAKEN, TAKEN), source, figures["datum"]),
        disputes=tuple(disputes(rows(_BESIDE, COLUMNS), source.key)),
    )


def remedy_of(message: str) -> tuple[str, str]:
    """A sentence as what is wrong and what to do; the second is empty where the sentence asks for nothing."""
    for ending in _REMEDY:
        if found := ending.search(message):
            return message[: found.start()] + "。", found[1]
    return message, ""


def _title(rules: Mapping[str, Rule], rule: object) -> str:
    return rules[str(rule)].title if str(rule) in rules else str(rule)


def _ruled(held: pd.DataFrame, rules: Mapping[str, Rule]) -> pd.DataFrame:
    """The held rows, one of which no issue is kept under the first rule that held it."""
    bare = held["rule"].isna()
    first = held.loc[bare, "rules"].str.split(";").str[0]
    held.loc[bare, "rule"] = first
    held.loc[bare, "severity"] = "critical"
    held.loc[bare, "message"] = first.map(lambda rule: rules[rule].sentence.replace("“{value}”", "") if rule in rules else rule)
    return held


def _told(rows: pd.DataFrame, source: Source, rules: Mapping[str, Rule]) -> pd.DataFrame:
    """The rows in the order of the owner's list, with what is wrong and what to do apart, and the field as the owner fills it in."""
    split = [remedy_of(message) for message in rows["message"]]
    fields = [_field(field, source) for field in rows["field"]]
    told = rows.assign(
        title=[_title(rules, rule) for rule in rows["rule"]],
        field=pd.Series(fields, index=rows.index, dtype="str"),
        wrong=[wrong for wrong, _ in split],
        remedy=[remedy for _, remedy in split],
    )
    told["is_mendable"] = told["field"].notna() & ~told["rule"].isin(IN_THE_LIST_ALONE) & told["entries"].eq(1)
    order = sorted(range(len(told)), key=lambda at: _place(str(told["line"].iloc[at])))
    return told.iloc[order].reset_index(drop=True)


def _field(field: object, source: Source) -> str | None:
    """The row field to fill in for what was found in `field`; both degrees together where the owner gives them in two columns."""
    name = _ROW_FIELDS.get(str(field), str(field))
    if name in ("lng", "lat") and {"lng", "lat"} <= set(source.columns.values()):
        return POSITION
    return name if name in columns_of("row") else None


def _place(line: str) -> tuple[str, int]:
    found = _LINE.fullmatch(line)
    return (found[1], int(found[2] or 0)) if found else (line, 0)
