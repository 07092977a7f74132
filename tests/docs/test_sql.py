"""The SQL of the documents answers on a published night of a small city."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

from tests.docs.cookbook import QUESTIONS, cookbook_page
from tests.docs.examples import two_nights
from tests.docs.generate import DOCS
from tests.docs.reading import blocks
from warehouse.engine import open_warehouse
from warehouse.functions import functions
from warehouse.views import views

QUERIES = [
    (f"{name}-{number}", query)
    for name in ("warehouse.md", "dedupe.md", "cookbook.md")
    for number, query in enumerate(blocks(DOCS / name, "sql"), 1)
]


@pytest.fixture(scope="module")
def analyst(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The analysts' file after two nights of a small city."""
    engine = open_warehouse(two_nights(tmp_path_factory.mktemp("documents")).analyst, read_only=True)
    yield engine
    engine.dispose()


def test_the_documents_have_queries() -> None:
    assert len(QUERIES) > 8


@pytest.mark.parametrize("query", [query for _, query in QUERIES], ids=[name for name, _ in QUERIES])
def test_a_query_of_the_documents_answers(analyst: Engine, query: str) -> None:
    with analyst.connect() as connection:
        assert connection.execute(text(query)).keys()


def test_the_cookbook_has_the_questions_of_its_source_and_one_on_each_mart() -> None:
    assert blocks(DOCS / "cookbook.md", "sql") == [f"{query.strip()}\n" for query in QUESTIONS.values()]
    assert len(QUESTIONS) >= 25
    asked = "\n".join(QUESTIONS.values())
    assert [view.name for view in views() if view.name not in asked] == []
    assert [function.name for function in functions() if function.name not in asked] == []


@pytest.mark.soak
def test_the_answers_of_the_cookbook_are_those_of_the_sample_city() -> None:
    assert (DOCS / "cookbook.md").read_text("utf-8") == cookbook_page(), "stale: python -m tests.docs.generate"
