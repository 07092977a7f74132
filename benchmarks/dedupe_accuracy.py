"""Pairwise precision, recall and F1 of the shipped model on sample cities it was not trained on, with the time of 10,000 listings.

    python -m benchmarks.dedupe_accuracy [--seeds 21 22 23 24] [--night 0] [--splink PYTHON]

`--splink` names the interpreter of an environment with benchmarks/requirements-peers.txt: Splink then runs on the same listings, with the same
columns as the engine prepares them (cleaned core names, trades, spans of opening hours), and the best threshold in hindsight. The figures in RESULTS.md are
rewritten then.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from pathlib import Path

import pandas as pd

from benchmarks.dedupe_listings import sample_listings, true_pairs
from benchmarks.dedupe_peers import prepared
from benchmarks.results import machine, rewrite
from transforms.dedupe import Matched, load_model, match
from transforms.dedupe.candidates import candidates
from transforms.dedupe.features import features

NO_JUDGEMENTS = pd.DataFrame({"left_id": [], "right_id": [], "verdict": []}, dtype="str")


def score(matched: Matched, truth: set[tuple[str, str]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of the clusters' pairs."""
    found = true_pairs(matched.clusters.rename(columns={"cluster": "station"}))
    hits = len(found & truth)
    return hits / max(len(found), 1), hits / max(len(truth), 1), 2 * hits / max(len(found) + len(truth), 1)


def large(seeds: range) -> pd.DataFrame:
    """Several sample cities side by side, as one frame of cities that share neither codes nor places."""
    parts = []
    for place, seed in enumerate(seeds):
        part = sample_listings(seed)
        part["listing_id"] = f"{place}/" + part["listing_id"]
        part["city_code"] = f"34{place:02d}"
        part["lng_wgs84"] += 2.0 * place
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def _splink(python: str, listings: pd.DataFrame) -> tuple[float, float]:
    """F1 of Splink's pairs and of its clusters; prints what it told."""
    known = features(listings)
    columns = prepared(listings.drop(columns=["verbatim", "faults"]), known)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "listings.parquet"
        columns.to_parquet(path)
        script = Path(__file__).with_name("dedupe_splink.py")
        finished = subprocess.run([python, str(script), str(path)], capture_output=True, text=True, check=True)
    print("\n".join(line for line in finished.stdout.splitlines() if line.startswith("splink")))
    told = json.loads(finished.stdout.splitlines()[-1])
    return told["pairs"][2], told["clusters"][2]


def main() -> None:
    """Print a line a seed, and the time of a large frame; with Splink beside it, rewrite the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[21, 22, 23, 24])
    parser.add_argument("--night", type=int, default=0)
    parser.add_argument("--splink", metavar="PYTHON")
    asked = parser.parse_args()
    model, lines = (
        load_model(),
        [
            "| seed | listings | precision | recall | F1 | to review | Splink, pairs | Splink, clusters |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
        ],
    )
    for seed in asked.seeds:
        listings = sample_listings(seed, asked.night)
        truth = true_pairs(listings)
        started = time.perf_counter()
        matched = match(listings, model, NO_JUDGEMENTS)
        seconds = time.perf_counter() - started
        known = features(listings)
        met = candidates(known)
        reached = len({(known.ids[a], known.ids[b]) for a, b in zip(met.left, met.right, strict=True)} & truth) / len(truth)
        precision, recall, f1 = score(matched, truth)
        print(
            f"seed {seed} night {asked.night}: {len(listings)} listings, P {precision:.4f} R {recall:.4f} F1 {f1:.4f}, {seconds:.2f} s, "
            f"{len(met.left) / len(listings):.1f} candidates a listing reach {reached:.4f}, to review {int(matched.pairs['review'].sum())}"
        )
        if asked.splink:
            pairs, clusters = _splink(asked.splink, listings)
            lines.append(
                f"| {seed} | {len(listings):,} | {precision:.4f} | {recall:.4f} | {f1:.4f} | {int(matched.pairs['review'].sum())} | {pairs:.4f} | {clusters:.4f} |"
            )
    many = large(range(10, 16))
    started = time.perf_counter()
    matched = match(many, model, NO_JUDGEMENTS)
    seconds = time.perf_counter() - started
    together = score(matched, true_pairs(many.assign(station=many["city_code"] + many["station"])))[2]
    print(f"{len(many)} listings of 6 cities: F1 {together:.4f}, {seconds:.2f} s")
    if asked.splink:
        side_by_side = f"Six cities side by side ({len(many):,} listings): F1 {together:.4f} in {seconds:.1f} s."
        rewrite("dedupe figures", f"{machine()}.\n\n" + "\n".join(lines) + f"\n\n{side_by_side}")


if __name__ == "__main__":
    main()
