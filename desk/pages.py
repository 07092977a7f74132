"""Reference pages made from the code: the dictionary of fields and tables, and every rule. `python -m tests.docs.generate` writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import Column, Table

from transforms.records import FIELDS, Field, Rule
from transforms.records.fields import Stage
from warehouse.tables import METADATA, interval_of, is_ops
from warehouse.views import View, views

_MADE: Final = "This page is made from the code by `python -m tests.docs.generate`; a test fails when it is stale."

#: Stage → what its fields are of.
_STAGES: Final[Mapping[Stage, str]] = {
    "row": "Row: a line as the owner wrote it, under our field names",
    "listing": "Listing: one owner's claim about one station, standardised",
    "station": "Station: merged, published, with a stable id",
}

#: Column type → the word for it; whatever is not here is said as the class is called.
_TYPES: Final = {
    "String": "text",
    "BigInteger": "integer",
    "Double": "number",
    "Boolean": "boolean",
    "Date": "date",
    "DateTime": "time",
}


def dictionary_page() -> str:
    """Markdown of every field by stage, every table with its columns, and every view."""
    parts = [
        "# Dictionary",
        _MADE,
        "**ops**: for operators alone, never in `analyst.duckdb`. **personal**: names a natural person or reaches one; always ops.",
        "## Fields",
        *(part for stage, title in _STAGES.items() for part in (f"### {title}", _fields(stage))),
        "## Tables",
        *(part for name in sorted(METADATA.tables) for part in _told(METADATA.tables[name])),
        "## Views",
        *(part for view in views() for part in _seen(view)),
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


def _fields(stage: Stage) -> str:
    rows = [(f"`{field.name}`", field.title, field.type, _meaning(field), field.example) for field in FIELDS if stage in field.on]
    return _table(("field", "名", "type", "meaning", "example"), rows)


def _meaning(field: Field) -> str:
    marks = [mark for mark, is_so in (("personal", field.personal), ("every value kept in `statement`", field.stated)) if is_so]
    return "; ".join((field.meaning, *marks))


def _told(table: Table) -> tuple[str, str, str]:
    interval = interval_of(table)
    marks = [*(["**ops**"] if is_ops(table) else []), *([f"interval: {interval.opened} ≤ night < {interval.closed}"] if interval else [])]
    rows = [(f"`{column.name}`", _type(column), (column.comment or "") + _mark(table, column)) for column in table.columns]
    comment = f"{table.comment}{' ' if marks else ''}{'; '.join(marks)}"
    return f"### {table.name}", comment, _table(("column", "type", "meaning"), rows)


def _type(column: Column[object]) -> str:
    name = type(column.type).__name__
    return _TYPES.get(name, name) + (", key" if column.primary_key else "")


def _mark(table: Table, column: Column[object]) -> str:
    return " (ops)" if column.info["ops"] and not is_ops(table) else ""


def _seen(view: View) -> tuple[str, str, str]:
    rests = " Filled as a table in `analyst.duckdb`, for it rests on an ops table." if view.reads_ops else ""
    columns = [(f"`{name}`", meaning) for name, meaning in view.columns.items()]
    return (
        f"### {view.name}",
        f"{view.comment} {view.grain} Example question: {view.question}{rests}",
        _table(("column", "meaning"), columns),
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
