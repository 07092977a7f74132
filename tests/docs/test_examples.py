"""The examples of the dictionary are values of the sample city, and a column that holds nothing somewhere says that it may."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from tests.docs.examples import INVENTED, sample_warehouse
from warehouse.dictionary import NAME, Entry, entries


@pytest.fixture(scope="module")
def sample() -> Iterator[Connection]:
    """The warehouse after two nights of the small city."""
    with sample_warehouse() as engine, engine.connect() as connection:
        yield connection


@pytest.fixture(scope="module")
def told(sample: Connection) -> list[Entry]:
    """Every column but those of the dictionary itself."""
    return [each for each in entries(sample) if each.table_name != NAME]


def test_each_example_is_a_value_of_the_sample_city(sample: Connection, told: list[Entry]) -> None:
    for each in told:
        if not each.example.endswith(INVENTED):
            query = text(f'select 1 from {each.table_name} where cast("{each.column_name}" as varchar) = :value limit 1')
            assert sample.execute(query, {"value": each.example}).first(), (
                f"{each.table_name}.{each.column_name}: python -m tests.docs.examples"
            )


def test_a_column_that_is_empty_somewhere_says_that_it_may_be(sample: Connection, told: list[Entry]) -> None:
    for each in told:
        if not each.is_nullable:
            assert sample.execute(text(f'select count(*) from {each.table_name} where "{each.column_name}" is null')).scalar() == 0, each
