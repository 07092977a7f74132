"""The page of results: each benchmark rewrites its own part of benchmarks/RESULTS.md, between two marks."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Final

import psutil

from flows.settings import now

RESULTS: Final = Path(__file__).with_name("RESULTS.md")


def rewrite(part: str, text: str, page: Path = RESULTS) -> None:
    """Put `text` (Markdown, its heading included) in the place of `part`; at the end where the page has none yet."""
    begin, end = f"<!-- {part} -->", f"<!-- /{part} -->"
    held = page.read_text("utf-8") if page.exists() else "# Benchmark results\n"
    before, _, rest = held.partition(begin)
    after = rest.partition(end)[2]
    page.write_text(f"{before.rstrip()}\n\n{begin}\n{text.strip()}\n{end}{after or chr(10)}", "utf-8")


def machine() -> str:
    """The day and the machine, for the head of a part."""
    memory = psutil.virtual_memory().total / 2**30
    return f"{now().date().isoformat()}, {psutil.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}"
