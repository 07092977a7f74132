"""Our own pages as HTML: server-rendered, in Chinese, with nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from rich.table import Table

from desk import words
from desk.evidence import bits
from desk.links import DO, PAGES
from desk.station import cell

#: What a browser may do with a page: it may load nothing but what stands in it, and be framed by nobody.
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def page(name: str, **values: Any) -> str:
    """The HTML of desk/web/<name>.html.jinja."""
    return _environment().get_template(f"{name}.html.jinja").render(**values)


def action_address(action: str, **filled: str) -> str:
    """Where the action's form is opened, filled in."""
    return f"{DO}{action}?{urlencode(filled)}"


def html_tables(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Tables as a template shows them: title, headers, rows."""
    return [
        {
            "title": str(table.title).split("  ", maxsplit=1)[0],
            "headers": [str(column.header) for column in table.columns],
            "rows": list(zip(*(map(str, column.cells) for column in table.columns), strict=True)),
        }
        for table in tables
    ]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "web"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
    )
    environment.filters |= {"cell": cell, "bits": bits}
    environment.globals |= {"words": words, "word": words.word, "path": PAGES}
    return environment
