"""Models, field dictionary and the rules that hold for every table."""

from __future__ import annotations

from typing import Final

import pytest
from sqlalchemy import BigInteger, Boolean, Date, Double, String, Table

from transforms.records import FIELDS, ISSUE_COLUMNS
from transforms.records.fields import Stage
from warehouse.tables import METADATA, interval_of, is_ops, public_columns, table

_TYPES: Final = {"text": String, "integer": BigInteger, "number": Double, "boolean": Boolean, "date": Date}

#: What a listing carries besides its fields: where it comes from, its standing in the ledger, and its nights.
_LISTING_BESIDES: Final = {
    *("source", "row_key", "row_digest", "verbatim"),
    *("is_open", "first_seen_on", "missed", "carried_since", "carried_cause", "closed_on", "close_cause"),
    *("valid_from", "valid_to"),
}
_OPS: Final = {"retrieval", "issue", "quarantine", "judgement", "correction", "decision", "decision_end"}


@pytest.mark.parametrize(
    ("stage", "name", "besides"),
    [("listing", "listing", _LISTING_BESIDES), ("station", "station_history", {"valid_from", "valid_to"})],
    ids=["listing", "station"],
)
def test_table_holds_the_fields_of_the_dictionary(stage: Stage, name: str, besides: set[str]) -> None:
    fields = {field.name: field for field in FIELDS if stage in field.on}
    columns = table(name).columns
    assert set(columns.keys()) == fields.keys() | besides
    assert [column.name for column in columns if column.name not in besides and column.name not in table(name).primary_key.columns] == [
        field for field in fields if field not in table(name).primary_key.columns
    ], "columns stand in the dictionary's order"
    for field in fields.values():
        assert isinstance(columns[field.name].type, _TYPES[field.type]), field.name
        assert columns[field.name].comment == f"{field.title}: {field.meaning}"
        assert columns[field.name].info["ops"] == field.personal, field.name


def test_issue_table_holds_the_columns_of_an_issue() -> None:
    assert table("issue").columns.keys() == ["night", "number", *ISSUE_COLUMNS]


@pytest.mark.parametrize("each", METADATA.sorted_tables, ids=lambda each: each.name)
def test_table_is_plain_and_commented(each: Table) -> None:
    assert each.schema is None
    assert not each.foreign_keys
    assert each.comment
    assert [column.name for column in each.columns if not column.comment] == []
    assert {type(column.type).__name__ for column in each.columns} <= {"String", "BigInteger", "Double", "Boolean", "Date", "DateTime"}


@pytest.mark.parametrize("each", METADATA.sorted_tables, ids=lambda each: each.name)
def test_only_run_retrieval_and_decisions_hold_wall_clock_time(each: Table) -> None:
    if each.name not in {"run", "retrieval", "decision", "judgement", "correction"}:
        assert [column.name for column in each.columns if column.name.endswith("_at")] == []


@pytest.mark.parametrize("each", [each for each in METADATA.sorted_tables if interval_of(each)], ids=lambda each: each.name)
def test_interval_names_columns_of_its_table(each: Table) -> None:
    interval = interval_of(each)
    assert interval is not None
    assert {*interval.key, *interval.kept, interval.opened, interval.closed} <= set(each.columns.keys())
    assert {*interval.key, interval.opened} == set(each.primary_key.columns.keys())
    assert each.c[interval.closed].nullable


def test_ops_tables_and_columns_are_those_of_the_design() -> None:
    assert {each.name for each in METADATA.sorted_tables if is_ops(each)} == _OPS
    hidden = set(table("listing").columns.keys()) - set(public_columns(table("listing")))
    assert hidden == {"row_digest", "verbatim", "contact_name", "contact_phone"}
