"""Reference pages made from the code: the dictionary of fields and tables, and every rule. `python -m tests.docs.generate` writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Table

from desk import words
from transforms.allowed import DRIFT, NEVER_ALLOWED
from transforms.records import FIELDS, Field, Rule
from transforms.records.fields import Stage
from warehouse.contracts import Contract
from warehouse.dictionary import COMMENT, NAME, Entry
from warehouse.functions import functions
from warehouse.readers import ANALYST, PUBLIC
from warehouse.tables import METADATA, interval_of, is_ops
from warehouse.views import View, views

_MADE: Final = "This page is made from the code by `python -m tests.docs.generate`; a test fails when it is stale."

_MARKS: Final = (
    "**ops**: for operators alone, never in `analyst.duckdb`. **personal**: names a natural person or reaches one; always ops. **readable by**: the widest "
    "circle that may read it (operators read all, analysts what the public may as well); `warehouse/readers.py` decides. *(invented)*: no value of the "
    "sample city, for that would be personal, the clock's, or there is none."
)

#: Stage → what its fields are of.
_STAGES: Final[Mapping[Stage, str]] = {
    "row": "Row: a line as the owner wrote it, under our field names",
    "listing": "Listing: one owner's claim about one station, standardised",
    "station": "Station: merged, published, with a stable id",
}


def dictionary_page(entries: Iterable[Entry]) -> str:
    """Markdown of every field by stage, every table with its columns, every view and every function; `entries` are those of the view `dictionary`."""
    told: dict[str, list[Entry]] = {}
    for entry in entries:
        told.setdefault(entry.table_name, []).append(entry)
    parts = [
        "# Dictionary",
        _MADE,
        "The same stands in the view `dictionary` of each database, as far as its reader may read, and in the comments of tables and columns.",
        "![The tables](pictures/tables.svg)",
        _MARKS,
        "## Fields",
        *(part for stage, title in _STAGES.items() for part in (f"### {title}", _fields(stage))),
        "## Tables",
        *(part for name in sorted(METADATA.tables) for part in _told(METADATA.tables[name], told[name])),
        "## Views",
        *(part for view in views() for part in _seen(view, told[view.name])),
        f"### {NAME}",
        COMMENT,
        _columns(told[NAME]),
        "## Functions",
        *(part for function in functions() for part in _called(function)),
    ]
    return "\n\n".join(parts) + "\n"


def rules_page(rules: Mapping[str, Rule]) -> str:
    """Markdown of every rule, by severity and then in the order of `rules`."""
    severities = {
        "critical": "holds the row back (quarantine); met by a whole source it stops the source, met by a station it rejects the night",
        "warning": "flags the row, which is taken all the same",
        "info": "is counted, and nobody need act",
    }
    parts = ["# Rules", _MADE, f"What can be wrong, {len(rules)} rules in all. `{{value}}` in a sentence is the value met."]
    for severity, meaning in severities.items():
        of_it = [rule for rule in rules.values() if rule.severity == severity]
        rows = [(f"`{rule.id}`", rule.title, rule.field, rule.responsibility, rule.sentence, rule.reason) for rule in of_it]
        parts += [
            f"## {severity} ({len(rows)})",
            f"What a {severity} rule does: {meaning}.",
            _table(("rule", "名", "field", "who mends", "sentence", "reason"), rows),
        ]
    return "\n\n".join(parts) + "\n"


def operators_rules_page(rules: Mapping[str, Rule]) -> str:
    """The rules as operators read them (Markdown, Chinese): what each means, who mends it, and what can be done here."""
    titles = {field.name: field.title for field in FIELDS}
    severities = {
        "critical": "查出来的行扣留在隔离区；整份名单查出来的，这份名单今晚不采用；驿站查出来的，这一夜不发布",
        "warning": "照收，在夜报和回执里提醒",
        "info": "照收，只计数",
    }
    parts = ["# 规则", "本页由程序生成（`python -m tests.docs.generate`）。说明里的 `{value}` 是查到的值。"]
    for severity, meaning in severities.items():
        of_it = [rule for rule in rules.values() if rule.severity == severity]
        rows = [
            (
                f"`{rule.id}`",
                rule.title,
                titles.get(rule.field, rule.field),
                rule.sentence,
                words.word(words.RESPONSIBILITIES, rule.responsibility),
                *((_remedy(rule),) if severity == "critical" else ()),
            )
            for rule in of_it
        ]
        header = ("规则", "名", "看哪一栏", "说明和怎么办", "谁处理", *(("在这里能做什么",) if severity == "critical" else ()))
        parts += [f"## {words.SEVERITIES[severity]}（{len(rows)} 条）", f"{meaning}。", _table(header, rows)]
    return "\n\n".join(parts) + "\n"


def _remedy(rule: Rule) -> str:
    """What an operator can do about a critical rule, besides telling who mends it."""
    if rule.id in (*DRIFT, "header_missing", "datum_doubtful"):
        return "核对无误的用“接受变更”；对方补发的用“重跑来源”"
    if rule.id.startswith("source_"):
        return "对方改好或补发以后用“重跑来源”"
    if rule.id.startswith("station_"):
        return "用“更正”“拆分”或“停用”改正那个驿站"
    if rule.id.startswith("row_key_") or rule.id == "row_cells_misplaced":
        return "等业主改：认不出是哪一行，这里改不了"
    return "“更正”；不能放行或豁免" if rule.id in NEVER_ALLOWED else "“更正”，或核对后“放行”“豁免”"


def _fields(stage: Stage) -> str:
    rows = [
        (
            f"`{field.name}`",
            field.title,
            field.type,
            _meaning(field),
            ", ".join(filter(None, (field.unit, field.datum))),
            field.example + (" (invented)" if field.personal else ""),
        )
        for field in FIELDS
        if stage in field.on
    ]
    return _table(("field", "名", "type", "meaning", "unit, datum", "example"), rows)


def _meaning(field: Field) -> str:
    marks = [mark for mark, is_so in (("personal", field.personal), ("every value kept in `statement`", field.stated)) if is_so]
    return "; ".join((field.meaning, *marks))


def _told(table: Table, entries: Iterable[Entry]) -> tuple[str, str, str]:
    interval = interval_of(table)
    marks = [*(["**ops**"] if is_ops(table) else []), *([f"interval: {interval.opened} ≤ night < {interval.closed}"] if interval else [])]
    comment = f"{table.comment}{' ' if marks else ''}{'; '.join(marks)}"
    return f"### {table.name}", comment + _reason(table.name), _columns(entries, tuple(table.primary_key.columns.keys()))


def _seen(view: View, entries: Iterable[Entry]) -> tuple[str, str, str]:
    why = "it rests on an ops table" if view.reads_ops else "it would be too slow as a view"
    rests = f" Filled as a table in `analyst.duckdb`, for {why}." if view.is_filled else ""
    return (
        f"### {view.name}",
        f"{view.comment} {view.grain} Example question: {view.question}{rests}{_reason(view.name)}",
        _columns(entries),
    )


def _called(function: Contract) -> tuple[str, str, str, str]:
    return (
        f"### {function.name}({', '.join(function.arguments)})",
        f"{function.comment} {function.grain} Example question: {function.question}",
        _table(("argument", "meaning"), [(f"`{name}`", meaning) for name, meaning in function.arguments.items()]),
        _table(("column", "meaning"), [(f"`{name}`", meaning) for name, meaning in function.columns.items()]),
    )


def _reason(name: str) -> str:
    """Why the widest circle that may read the table is what it is."""
    if name in PUBLIC:
        return f"\n\nPublic: {PUBLIC[name]}."
    return f"\n\nAnalysts, not the public: {ANALYST[name]}." if name in ANALYST else ""


def _columns(entries: Iterable[Entry], key: Sequence[str] = ()) -> str:
    rows = [
        (
            f"`{each.column_name}`",
            each.type + (", key" if each.column_name in key else ""),
            each.meaning,
            ", ".join(filter(None, (each.unit, each.datum))),
            "yes" if each.is_nullable else "",
            each.source,
            f"`{each.example}`",
            each.readable_by,
        )
        for each in entries
    ]
    return _table(("column", "type", "meaning", "unit, datum", "may be empty", "from", "example", "readable by"), rows)


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
