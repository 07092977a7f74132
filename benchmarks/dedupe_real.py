"""Real lists through the functions of `yizhan dedupe`: precision, recall, F1 and seconds, as a table. No label is shown to the engine.

    python -m benchmarks.dedupe_real --data DIR [--errors N] [--splink PYTHON]

DIR holds nanjing/, pittsburgh/ and chicago_agencies/. The sample city's lists go through the same command under the plain header, with the
columns that a stranger would give. `--errors N` shows N pairs missed and N wrong ones of each. No label is learnt from, but F1
on these very lists was looked at while the beliefs, parts and bounds of `transforms/dedupe/fit.py` were chosen: a list that nobody has seen may score lower.

`--splink` names the interpreter of an environment with benchmarks/requirements-peers.txt: Splink then runs on the same standardised real lists
(benchmarks/dedupe_splink_lists.py), its settings chosen with F1 on Nanjing and Pittsburgh in sight and its threshold in hindsight; its seconds leave the standardising out.
The sample city is measured beside Splink by benchmarks/dedupe_accuracy.py. With `--splink` the figures in RESULTS.md are rewritten.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from benchmarks.dedupe_listings import sample_listings
from benchmarks.dedupe_peers import measured, prepared
from benchmarks.results import machine, rewrite
from flows.dedupe import Asked, Found, dedupe, write
from transforms.dedupe.features import features
from transforms.dedupe.telling import sentence
from transforms.dedupe.truth import read_truth


@dataclass(frozen=True, slots=True)
class Lists:
    """A set of lists: its files, its truth, and how it is asked for."""

    name: str
    files: Sequence[Path]
    truth: Path
    one_to_one: bool = False
    columns: dict[str, str] = field(default_factory=dict)
    datum: str | None = None


def main() -> None:
    """Print a line a set of lists and program, and rewrite the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--errors", type=int, default=0)
    parser.add_argument("--splink", metavar="PYTHON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = ["| lists | rows | program | precision | recall | F1 | seconds | weights |", "|---|--:|---|--:|--:|--:|--:|---|"]
        print("\n".join(lines))
        for lists in real(asked.data, Path(folder)):
            line, found = run(lists, Path(folder) / "out", asked.errors)
            lines.append(line)
            if asked.splink:
                lines += splink(asked.splink, lists, found, Path(folder))
        lines += [run(sampled(seed, Path(folder)), Path(folder) / "out", asked.errors)[0] for seed in (21, 22)]
    if asked.splink:
        rewrite("real figures", f"{machine()}.\n\n" + "\n".join(lines))


def real(data: Path, folder: Path) -> list[Lists]:
    """The three sets, one-to-one where their lists are clean, and as nobody would declare them too."""
    belong = {"source": "belong"}
    nanjing = Lists(
        "Nanjing, one to one",
        [data / "nanjing" / "entities.csv"],
        data / "nanjing" / "matches.csv",
        one_to_one=True,
        columns=belong,
        datum="gcj02",
    )
    pittsburgh = Lists(
        "Pittsburgh, one to one",
        [data / "pittsburgh" / "entities.csv"],
        data / "pittsburgh" / "matches.csv",
        one_to_one=True,
        columns=belong,
    )
    sites = data / "chicago_agencies" / "sites.csv"
    truth = folder / "chicago.csv"
    pd.read_csv(sites, dtype="str")[["Id", "True Id"]].rename(columns={"Id": "listing_id", "True Id": "station"}).to_csv(truth, index=False)
    several = Lists("Pittsburgh, not declared one to one", pittsburgh.files, pittsburgh.truth, columns=belong)
    return [nanjing, pittsburgh, several, Lists("Chicago agencies, without positions", [sites], truth)]


def sampled(seed: int, folder: Path) -> Lists:
    """The sample city's standardised listings under the plain header."""
    listings = sample_listings(seed)
    plain = {"county": "district", "town": "street", "lng_wgs84": "lng", "lat_wgs84": "lat", "phones": "phone"}
    kept = ["listing_id", "source", "name", "address", "community", "credit_code", "kind", *plain]
    listed, truth = folder / f"sample{seed}.csv", folder / f"sample{seed}-truth.csv"
    listings[kept].rename(columns=plain).to_csv(listed, index=False)
    listings[["listing_id", "station"]].to_csv(truth, index=False)
    return Lists(f"sample city, seed {seed}, plain header", [listed], truth)


def run(lists: Lists, out: Path, errors: int) -> tuple[str, Found]:
    """One line of the table and what the engine found; prints both line and the errors asked for."""
    started = time.perf_counter()
    found = dedupe(Asked(lists.files, lists.columns, None, lists.datum, None, lists.truth, lists.one_to_one), lambda _: None)
    write(found, out)
    seconds, score = time.perf_counter() - started, found.score
    if score is None:
        raise ValueError(f"{lists.truth} scored nothing")
    weights = "shipped" if any("自学" in note for note in found.notes) else "learnt"
    line = _line(lists, found, "yizhan dedupe", (score.precision, score.recall, score.f1), seconds, weights)
    if errors:
        _show(found, lists.truth, errors)
    return line, found


def splink(python: str, lists: Lists, found: Found, folder: Path) -> list[str]:
    """Splink's lines of the table, from the listings that the engine found its stations in."""
    truth, columns = read_truth(lists.truth, found.lists.rows["listing_id"]), folder / "prepared.parquet"
    listings = prepared(found.listings, features(found.listings))
    # who is not in the truth is a station of its own, as in the engine's score
    station = listings["listing_id"].map("station " + truth.astype("str")).fillna("alone " + listings["listing_id"])
    listings.assign(station=station).to_parquet(columns)
    command = [python, "-m", "benchmarks.dedupe_splink_lists", str(columns), *(["--one-to-one"] if lists.one_to_one else [])]
    told = json.loads(measured(command)[2].splitlines()[-1])
    stations = "one to one" if lists.one_to_one else "its clusters"
    programs = {
        "told_nothing": f"Splink 5, {stations}, at even odds",
        "stations": f"Splink 5, {stations}, threshold in hindsight",
        "pairs": "Splink 5, its pairs, threshold in hindsight",
    }
    return [_line(lists, found, program, told[way], told["seconds"], "learnt") for way, program in programs.items()]


def _line(lists: Lists, found: Found, program: str, score: Sequence[float], seconds: float, weights: str) -> str:
    figures = " | ".join(f"{figure:.4f}" for figure in score)
    line = f"| {lists.name} | {len(found.clusters):,} | {program} | {figures} | {seconds:.1f} | {weights} |"
    print(line, flush=True)
    return line


def _show(found: Found, path: Path, errors: int) -> None:
    truth = read_truth(path, found.lists.rows["listing_id"])
    station = found.clusters.set_index("listing_id")["station_id"]
    pairs = found.matched.pairs
    sides = [(truth.reindex(pairs[side]).to_numpy(), station.reindex(pairs[side]).to_numpy()) for side in ("left_id", "right_id")]
    true = pd.notna(sides[0][0]) & (sides[0][0] == sides[1][0])
    held = sides[0][1] == sides[1][1]
    listings = found.listings.fillna({"name": "", "address": ""})
    names = dict(zip(listings["listing_id"], listings["name"] + " " + listings["address"], strict=True))
    for title, chosen in (("missed", true & ~held), ("wrong", held & ~true)):
        print(f"\n{title}: {int(chosen.sum())} of the stored pairs")
        for pair in pairs[chosen].sample(min(errors, int(chosen.sum())), random_state=1).itertuples():
            left, right = (names[str(side)] for side in (pair.left_id, pair.right_id))
            print(f"  {int(str(pair.weight_mb)) / 1000:+.1f}  {left} | {right} | {sentence(str(pair.levels), found.model)}")


if __name__ == "__main__":
    main()
