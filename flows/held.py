"""The rows held back, and every rule that was met, as an Excel file: for what a report has no room for."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
from sqlalchemy import text

from desk import words
from flows.operators import OPERATORS
from flows.outlook import Published, warehouse_in_force
from flows.rules import every_rule
from flows.run import RefusedError
from transforms.records import FIELDS

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: Rows of a sheet: Excel takes 1,048,576.
_ROWS_A_SHEET: Final = 1_000_000

#: A line a row held back now and rule that it meets.
_HELD: Final = """
with met as (
  select source, row_key, rule, field, value, message, night, max(night) over (partition by source, row_key) as last
  from issue where severity = 'critical' and decision_id is null and row_key is not null and (:source = '' or source = :source)
)
select q.source, q.line, q.row_key, m.rule, m.field, m.value, m.message, q.opened_on, q.verbatim
from quarantine q join met m on m.source = q.source and m.row_key = q.row_key and m.night = m.last
where q.closed_on is null and (:rule = '' or m.rule = :rule) order by q.source, m.rule, q.row_key, m.value
"""

#: What the latest night met, a line a source and rule, as the report's table has it; a line a check that did not run.
_MET: Final = """
select source, rule, severity, responsibility, cast(count(*) as varchar) as met, min(message) as example from issue
where night = (select max(night) from night)
group by source, rule, severity, responsibility, case when rule = 'check_did_not_run' then message end
order by case severity when 'critical' then 0 when 'warning' then 1 else 2 end, count(*) desc, source, rule, example
"""

_HEADERS: Final = ("名单", "行号", "行编号", "规则", "谁处理", "字段", "值", "说明", "自哪夜", "业主写的整行")
_WIDTHS: Final = (20, 8, 20, 24, 8, 12, 30, 60, 12, 80)
_MET_HEADERS: Final = ("名单", "规则", "程度", "谁处理", "行数", "例")
_MET_WIDTHS: Final = (20, 24, 8, 8, 8, 80)


def held_workbook(published: Published, source: str = "", rule: str = "") -> Path:
    """A new file with the rows held back now, of one `source` and `rule`; of all, with a sheet of every rule that the latest night met. The caller removes it."""
    import xlsxwriter

    if source and source not in {*published.house.sources, OPERATORS}:
        raise RefusedError(f"没有这样的来源：{source[:40]}；现有：{'、'.join(published.house.sources)}")
    if rule and rule not in every_rule():
        raise RefusedError(f"没有规则 {rule[:60]}；规则的编号见 docs/rules.zh.md")
    with warehouse_in_force(published.house) as connection:
        held = pd.read_sql_query(text(_HELD), connection, params={"source": source, "rule": rule})
        met = pd.read_sql_query(text(_MET), connection) if not source and not rule else None
    with tempfile.NamedTemporaryFile(prefix="held-", suffix=".xlsx", delete=False) as made:
        path = Path(made.name)
    # cells are text, whatever they begin with: a phone keeps its zero, and nothing an owner wrote is a formula or a link
    plain = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, plain) as book:
        bold = book.add_format({"bold": True})
        for at in range(0, max(len(held), 1), _ROWS_A_SHEET):
            sheet = book.add_worksheet(f"扣留的行{at // _ROWS_A_SHEET + 1 if at else ''}")
            _write(sheet, _HEADERS, _WIDTHS, bold, _told(published, held.iloc[at : at + _ROWS_A_SHEET]))
        if met is not None:
            _write(book.add_worksheet("全部问题"), _MET_HEADERS, _MET_WIDTHS, bold, _told_met(published, met))
    return path


def _write(sheet: Worksheet, headers: Sequence[str], widths: Sequence[int], bold: Format, rows: pd.DataFrame) -> None:
    sheet.freeze_panes(1, 0)
    for column, (header, width) in enumerate(zip(headers, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, header, bold)
    for line, cells in enumerate(rows.itertuples(index=False, name=None), start=1):
        for column, value in enumerate(cells):
            sheet.write_string(line, column, value)


def _told_met(published: Published, met: pd.DataFrame) -> pd.DataFrame:
    """Every rule met as it is read."""
    rules = {rule: told.title for rule, told in every_rule().items()}
    told = met.assign(
        source=met["source"].map(lambda key: published.house.titles.get(key, key or "名册")),
        rule=met["rule"].map(lambda rule: rules.get(rule, rule)),
        severity=met["severity"].map(lambda code: words.word(words.SEVERITIES, code)),
        responsibility=met["responsibility"].map(lambda code: words.word(words.RESPONSIBILITIES, code)),
    )
    return told.fillna("").astype("str")


def _told(published: Published, held: pd.DataFrame) -> pd.DataFrame:
    """The rows as they are read: titles for codes, text throughout."""
    rules, fields = every_rule(), {field.name: field.title for field in FIELDS}
    titles = {rule: told.title for rule, told in rules.items()}
    whose = {rule: words.word(words.RESPONSIBILITIES, told.responsibility) for rule, told in rules.items()}
    return (
        pd.DataFrame(
            {
                "source": held["source"].map(lambda key: published.house.titles.get(key, key)),
                "line": held["line"],
                "row_key": held["row_key"],
                "rule": held["rule"].map(lambda rule: titles.get(rule, rule)),
                "whose": held["rule"].map(lambda rule: whose.get(rule, "")),
                "field": held["field"].map(lambda name: fields.get(name, name)),
                "value": held["value"],
                "message": held["message"],
                "since": held["opened_on"].astype("str").str[:10],
                "verbatim": held["verbatim"],
            }
        )
        .astype("str")
        .fillna("")
    )
