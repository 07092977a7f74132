"""Writes the pages of docs/ that are made from the code: `python -m tests.docs.generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from desk.pages import dictionary_page, operators_rules_page, rules_page
from flows.rules import every_rule
from tests.docs.cookbook import cookbook_page
from tests.docs.one_pair import one_pair_page
from tests.docs.tables_picture import tables_picture
from warehouse.dictionary import Entry, entries
from warehouse.engine import open_warehouse
from warehouse.migrate import migrate
from warehouse.views import install_views

DOCS: Final = Path(__file__).parents[2] / "docs"


def pages() -> dict[str, str]:
    """File name → what it is to hold."""
    return {
        "dictionary.md": dictionary_page(_entries()),
        "rules.md": rules_page(every_rule()),
        "rules.zh.md": operators_rules_page(every_rule()),
        "one-pair.md": one_pair_page(),
    }


def pictures() -> dict[str, str]:
    """File name → the drawing that it is to hold."""
    return {"tables.svg": tables_picture()}


def _entries() -> tuple[Entry, ...]:
    """The dictionary of an empty warehouse: it tells all but rows."""
    engine = open_warehouse(Path(":memory:"))
    with engine.begin() as connection:
        migrate(connection)
        install_views(connection)
        found = entries(connection)
    engine.dispose()
    return found


def main() -> None:
    """Write every page and picture."""
    for name, text in {**pages(), "cookbook.md": cookbook_page()}.items():
        (DOCS / name).write_text(text, "utf-8")
    for name, text in pictures().items():
        (DOCS / "pictures" / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
