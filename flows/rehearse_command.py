"""The command `yizhan rehearse`: the nights, two files, and a few lines at the end."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from desk.rehearsal_page import headline, notes, rehearsal_markdown, rehearsal_page
from flows.rehearsal import Asked, rehearse
from flows.rules import every_rule
from flows.run import RefusedError
from flows.settings import Settings

SAME, CHANGED = 0, 1

#: Notes said in the terminal; all of them stand in the report.
_NOTES_SAID = 5


def run_rehearsal(settings: Settings, asked: Asked, out: Path, *, fail_on_change: bool, say: Console, warn: Console) -> int:
    """Rehearse and tell: rehearsal.html and rehearsal.md go into `out`, whole or not at all. CHANGED when that was asked for and anything differs."""
    if out.exists() and not out.is_dir():
        raise RefusedError(f"--out {out}：不是目录")
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=warn,
        transient=True,
        disable=not warn.is_terminal,
    ) as progress:
        task = progress.add_task("准备排演")
        found = rehearse(settings, asked, lambda night: progress.update(task, description=f"排演 {night}"))
    rules = every_rule()
    _write(out, {"rehearsal.html": rehearsal_page(found, rules), "rehearsal.md": rehearsal_markdown(found, rules)})
    told = notes(found)
    for line in [*headline(found), *(f"注意：{note}" for note in told[:_NOTES_SAID])]:
        say.print(line, markup=False)
    if len(told) > _NOTES_SAID:
        say.print(f"（另有 {len(told) - _NOTES_SAID} 条注意，见报告）", markup=False)
    say.print(f"报告在 {out}：rehearsal.html、rehearsal.md；没有改动任何已发布的内容", markup=False)
    return CHANGED if fail_on_change and not found.is_same else SAME


def _write(out: Path, files: dict[str, str]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            descriptor, draft = tempfile.mkstemp(dir=out, prefix=f".{name}-")
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(content)
            Path(draft).chmod(0o644)
            Path(draft).replace(out / name)
    except OSError as wrong:
        raise RefusedError(f"--out {out}：写不进去（{wrong.strerror}）") from wrong
