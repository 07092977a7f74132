"""The command `yizhan dedupe`: progress while a person watches, figures at the end, one sentence for whatever is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from flows.dedupe import DISAGREEMENTS, FILES, Asked, DedupeError, Found, dedupe, write
from flows.out_of_memory import is_out_of_memory
from sources.kit.any_list import ListError
from sources.kit.recognise import ColumnsError, asked_for
from transforms.dedupe import ModelError
from transforms.dedupe.truth import TruthError

DONE, WRONG_USE = 0, 2

#: What is wrong with what was given; each carries its sentence.
_TOLD: Final = (ListError, ColumnsError, TruthError, ModelError, DedupeError)


def run_dedupe(
    files: Sequence[Path],
    out: Path,
    *,
    columns: str,
    truth: Path | None,
    one_to_one: bool,
    city: str | None,
    datum: str | None,
    model: Path | None,
    distinct: Sequence[str],
    say: Console,
    warn: Console,
) -> int:
    """Run it and tell. 0 done, 2 what was given cannot be used, or memory ran out: then nothing is written."""
    if not files:
        warn.print("请给出至少一个文件：yizhan dedupe 名单.csv --out 结果目录", markup=False)
        return WRONG_USE
    if out.exists() and not out.is_dir():
        warn.print(f"--out {out}：不是目录", markup=False)
        return WRONG_USE
    try:
        asked = Asked(files, asked_for(columns), city, datum, model, truth, one_to_one, distinct)
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=warn,
            transient=True,
            disable=not warn.is_terminal,
        ) as progress:
            task = progress.add_task("")
            found = dedupe(asked, lambda step: progress.update(task, description=step))
            progress.update(task, description="写出结果")
            _write(found, out)
    except _TOLD as wrong:
        warn.print(str(wrong), markup=False)
        return WRONG_USE
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        warn.print("内存不足，已停下，没有写出任何文件：请分城市分批运行，或换一台内存更大的机器", markup=False)
        return WRONG_USE
    _tell(found, out, say)
    return DONE


def _write(found: Found, out: Path) -> None:
    try:
        write(found, out)
    except OSError as wrong:
        raise DedupeError(f"--out {out}：写不进去（{wrong.strerror}）") from wrong


def _tell(found: Found, out: Path, say: Console) -> None:
    # a station bears the id of one of its rows
    stations = int((found.clusters["station_id"] == found.clusters["listing_id"]).sum())
    say.print(
        f"{len(found.clusters)} 行，{found.lists.rows['source'].nunique()} 份名单，合为 {stations} 个站；请人判断 {int(found.matched.pairs['review'].sum())} 对",
        markup=False,
    )
    for note in found.notes:
        say.print(f"注意：{note}", markup=False)
    if found.score:
        score = found.score
        say.print(
            f"P {score.precision:.4f}  R {score.recall:.4f}  F1 {score.f1:.4f}（找到 {score.found} 对，真值 {score.true} 对，相符 {score.hits} 对）",
            markup=False,
        )
    if found.score and found.matched.recall:
        met = found.matched.recall.met
        share = met / found.score.true if found.score.true else 1.0
        say.print(f"候选召回 {share:.4f}（真值中 {met} 对有相同的键；其余的比对不到，各键见 report.html）", markup=False)
    if found.calibration:
        told = found.calibration
        say.print(
            f"按真值的 {told.pairs} 对校准：权重每 1 比特实际值 {told.slope_milli / 1000:.2f} 比特；pairs.parquet 里有概率（probability）",
            markup=False,
        )
    written = (*FILES, *([DISAGREEMENTS] if found.truth is not None else []))
    say.print(f"结果在 {out}：{'、'.join(written)}", markup=False)
