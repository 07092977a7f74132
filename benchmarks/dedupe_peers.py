"""`yizhan dedupe` and Splink on the same large lists in one run: time, memory, precision, recall, F1, and how they grow.

    python -m benchmarks.dedupe_peers --splink PYTHON [--sizes 10000 100000 1000000] [--lists DIR]

Every program is a process of its own, file in to file out, one after the other; memory is the most that its process ever held (each is one process). `--splink`
names the interpreter of an environment with benchmarks/requirements-peers.txt. `--lists` keeps the lists between runs (DIR/<size>/listings.parquet and truth.csv).

Splink cannot read such lists; it is handed the columns that the engine prepares (names without kind, firm and city, road and number, positions in one
datum), and its time is given without and with making them. Its threshold is the best in hindsight; the engine is told nothing. Rewrites its part of RESULTS.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import pandas as pd

from benchmarks.results import machine, rewrite
from transforms.dedupe.features import Features
from transforms.dedupe.scoring import pair_score

SIZES: Final = (10_000, 100_000, 1_000_000)
_SHIPPED: Final = Path(__file__).resolve().parent.parent / "transforms" / "dedupe" / "model.json"


@dataclass(frozen=True, slots=True)
class Run:
    """One program on one size: wall seconds, peak MB, precision, recall and F1 of its stations; `preparing`: seconds to be added for a program that cannot read the lists."""

    program: str
    listings: int
    seconds: float
    peak_mb: float
    precision: float
    recall: float
    f1: float
    preparing: float = 0.0


def measured(command: Sequence[str]) -> tuple[float, float, str]:
    """Wall seconds, peak MB and what it printed. Ends all where it failed, with what it complained of."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complaints:
        child = subprocess.Popen(command, stdout=said, stderr=complaints)
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        for kept in (said, complaints):
            kept.seek(0)
        if child.returncode:
            raise SystemExit(f"{command[0]} ended with {child.returncode}: {complaints.read()[-2000:]}")
        return seconds, used.ru_maxrss / 1000, said.read()


def lists_of(size: int, folder: Path) -> Path:
    """The folder with the lists of a size, made where it is not there yet."""
    made = folder / str(size)
    if not (made / "listings.parquet").exists():
        subprocess.run([sys.executable, "-m", "benchmarks.dedupe_large", str(size), "--out", str(made)], check=True)
    return made


def engine(lists: Path, size: int, model: Path | None) -> Run:
    """The command as anyone calls it."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [str(Path(sys.executable).with_name("yizhan")), "dedupe", str(lists / "listings.parquet"), "--out", str(out)]
        seconds, peak, _ = measured([*command, *(["--model", str(model)] if model else [])])
        clusters = pd.read_csv(out / "clusters.csv", dtype="str")
    truth = pd.read_csv(lists / "truth.csv", dtype="str").set_index("listing_id")["station"]
    score = pair_score(clusters.set_index("listing_id")["station_id"], truth)
    name = "yizhan dedupe, shipped weights" if model else "yizhan dedupe, weights learnt"
    return Run(name, size, seconds, peak, score.precision, score.recall, score.f1)


def splink(python: str, lists: Path, size: int) -> tuple[list[Run], int]:
    """Splink's clusters, and its pairs alone, at the best threshold of each; and how many pairs the engine met while the columns were prepared."""
    with tempfile.TemporaryDirectory() as folder:
        columns = Path(folder) / "prepared.parquet"
        preparing, _, told = measured([sys.executable, "-m", "benchmarks.dedupe_peers", "--prepare", str(lists), str(columns)])
        _, _, said = measured([python, str(Path(__file__).with_name("dedupe_splink.py")), str(columns)])
    found = json.loads(said.splitlines()[-1])
    runs = []
    for way in ("clusters", "pairs"):
        precision, recall, f1 = found[way]
        runs.append(Run(f"Splink 5, its {way}", size, found["seconds"], found["peak_mb"], precision, recall, f1, preparing))
    return runs, int(told.split()[-1])


def prepared(listings: pd.DataFrame, known: Features) -> pd.DataFrame:
    """The listings with what the engine reads off them for itself: clean core names and firms, and what sort of premises each stands in."""
    sort = pd.Series(known.column("sort"), dtype="Int32")
    return (
        listings.sort_values("listing_id")
        .reset_index(drop=True)
        .assign(
            sort=sort.where(sort >= 0).astype("str"),
            **{name: known.text[name].texts() for name in ("name_core", "organisation", "trade", "hours")},
        )
    )


def prepare(lists: Path, columns: Path) -> None:
    """Write the prepared columns and the truth, and print how many pairs the engine's keys meet."""
    from sources.kit.any_list import read_lists
    from transforms.dedupe.candidates import candidates
    from transforms.dedupe.features import features
    from transforms.standardise.anywhere import listings_of

    listings, _ = listings_of(read_lists([lists / "listings.parquet"], {}, None).rows, None, None)
    known = features(listings)
    truth = pd.read_csv(lists / "truth.csv", dtype="str").set_index("listing_id")["station"]
    prepared(listings, known).assign(station=lambda made: made["listing_id"].map(truth)).to_parquet(columns)
    print(len(candidates(known).left))


def table(runs: Sequence[Run]) -> str:
    """A line a run; ratios to the first run of its size."""
    lines = [
        "| listings | program | time | with preparing | peak memory | P | R | F1 | time, times ours | memory, times ours |",
        "|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    ours: dict[int, Run] = {}
    for run in runs:
        own = ours.setdefault(run.listings, run)
        both = run.seconds + run.preparing
        lines.append(
            f"| {run.listings:,} | {run.program} | {run.seconds:.1f} s | {both:.1f} s | {run.peak_mb:,.0f} MB | {run.precision:.3f} | {run.recall:.3f} | "
            f"{run.f1:.3f} | {run.seconds / own.seconds:.1f} ({both / own.seconds:.1f}) | {run.peak_mb / own.peak_mb:.1f} |"
        )
    return "\n".join(lines)


def growth(runs: Sequence[Run], met: dict[int, int]) -> str:
    """What ten times the listings cost."""
    lines = ["| program | from | to | pairs met | time | memory |", "|---|--:|--:|--:|--:|--:|"]
    for program in dict.fromkeys(run.program for run in runs if not run.program.endswith("pairs")):
        own = sorted((run for run in runs if run.program == program), key=lambda run: run.listings)
        for before, after in pairwise(own):
            pairs = f"× {met[after.listings] / met[before.listings]:.1f}" if program.startswith("yizhan") and met else "–"
            lines.append(
                f"| {program} | {before.listings:,} | {after.listings:,} | {pairs} | × {after.seconds / before.seconds:.1f} | "
                f"× {after.peak_mb / before.peak_mb:.1f} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and rewrite the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splink", metavar="PYTHON")
    parser.add_argument("--sizes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--lists", type=Path)
    parser.add_argument("--prepare", type=Path, nargs=2, metavar=("LISTS", "OUT"), help=argparse.SUPPRESS)
    parser.add_argument("--note", default="", help="a sentence for the head of the table")
    asked = parser.parse_args()
    if asked.prepare:
        prepare(*asked.prepare)
        return
    runs: list[Run] = []
    met: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in asked.sizes:
            lists = lists_of(size, asked.lists or Path(folder))
            runs += [engine(lists, size, None), engine(lists, size, _SHIPPED)]
            if asked.splink:
                peer, met[size] = splink(asked.splink, lists, size)
                runs += peer
            print(table(runs), flush=True)
    rewrite("peers", _page(runs, met, asked.note))


def _page(runs: Sequence[Run], met: dict[int, int], note: str) -> str:
    pairs = ", ".join(f"{count:,} for {size:,} listings ({count / size:.1f} each)" for size, count in met.items())
    return f"""## Large lists, and Splink beside the engine

{machine()}. `make bench-dedupe`, or `python -m benchmarks.dedupe_peers --splink PYTHON`. {note}

Lists of cities that nobody trained on, made by `benchmarks/dedupe_large.py` at the density of one city, so that a million listings are a hundred cities. Every
program is one process, file in to file out, in the same run. Splink is handed the engine's prepared columns, joint levels and blocks of its own
(`benchmarks/dedupe_splink.py`), learns from the same lists, and its threshold is the best in hindsight; the time of preparing is given apart, in the ratio in brackets.
The engine's time includes reading and cleaning the lists as they come and writing its four files. P, R and F1 are of pairs: of stations as they come out, and of
Splink also of its pairs before they are clustered.
Memory is that of a program's largest process; the engine forks, so that all of its processes together hold more.

{table(runs)}

Ten times the listings cost:

{growth(runs, met)}

Pairs that the engine's keys met: {pairs or "not counted without `--splink`"}.
"""


if __name__ == "__main__":
    main()
