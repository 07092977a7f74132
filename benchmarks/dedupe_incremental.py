"""A night of which one listing in a hundred changed, by way of the night before and all again: time and memory, and that both say the same.

    python -m benchmarks.dedupe_incremental [100000] [--seed 1] [--rounds 3]

Three in four changes are of a listing (name, phones, position or address, as another has them), the others go or are new. What the night before found is read
from its file and written to it within the time told. Every round is a process of its own, so that the peak of its memory is told as well.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.dedupe_large import large
from transforms.dedupe import Matched, load_model, match, match_again, read_state, state_fingerprint, write_state

_CODE = "benchmark"
_JUDGEMENTS = pd.DataFrame({"left_id": [], "right_id": [], "verdict": []}, dtype="str")
_TOLD = (["name", "name_core"], ["phones"], ["lng_wgs84", "lat_wgs84"], ["road", "number"])


def main() -> None:
    """Print a line for each round, and the ratio of the best ones."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = large(asked.count, asked.seed).standardised.sort_values("listing_id", ignore_index=True)
        before.to_pickle(folder / "before")
        changed(before, asked.seed).to_pickle(folder / "now")
        del before
        alone(first, folder)
        print(f"{asked.count:,} listings; what was found takes {(folder / 'found').stat().st_size >> 20} MB")
        best = {}
        for way in (full, incremental):
            best[way.__name__] = min(alone(way, folder) for _ in range(asked.rounds))
        alone(compared, folder)
        print(f"incremental / full: {best['incremental'] / best['full']:.2f}")


def changed(before: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The listings of another night."""
    dice = np.random.default_rng([20261125, seed])
    *told, other = np.array_split(dice.choice(len(before), len(before) // 100, replace=False), len(_TOLD) + 1)
    now = before.copy()
    for names, rows in zip(_TOLD, told, strict=True):
        source = np.arange(len(before))
        source[rows] = dice.choice(len(before), len(rows))
        for name in names:
            now[name] = before[name].take(source).to_numpy()
            now[name] = now[name].astype(before[name].dtype)
    gone, again = np.array_split(other, 2)
    new = pd.DataFrame(before.take(again)).assign(listing_id=before["listing_id"].take(again) + "-2")
    stayed = pd.DataFrame(now[~np.isin(np.arange(len(now)), gone)])
    return pd.concat([stayed, new]).sort_values("listing_id", ignore_index=True)


def alone(way: Callable[[Path], float], folder: Path) -> float:
    """What `way` gives, in a process of its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(way, (folder,))


def first(folder: Path) -> float:
    """The night before."""
    _, state = match_again(pd.read_pickle(folder / "before"), load_model(), _JUDGEMENTS, None, _CODE)  # noqa: S301 - written above
    assert write_state(state, folder / "found")  # noqa: S101
    return 0.0


def full(folder: Path) -> float:
    """Seconds of the night with nothing to go on from."""
    now = pd.read_pickle(folder / "now")  # noqa: S301
    started = time.perf_counter(), time.process_time()
    match(now, load_model(), _JUDGEMENTS)
    return _told("full", started)


def incremental(folder: Path) -> float:
    """Seconds of the night that goes on from the one before, reading and writing included."""
    now, model = pd.read_pickle(folder / "now"), load_model()  # noqa: S301
    started = time.perf_counter(), time.process_time()
    state = read_state(folder / "found", state_fingerprint(_CODE, model))
    _, found = match_again(now, model, _JUDGEMENTS, state, _CODE)
    write_state(found, folder / "found-now")
    return _told("incremental", started)


def compared(folder: Path) -> float:
    """Both ways say the same."""
    now, model = pd.read_pickle(folder / "now"), load_model()  # noqa: S301
    again, _ = match_again(now, model, _JUDGEMENTS, read_state(folder / "found", state_fingerprint(_CODE, model)), _CODE)
    whole = match(now, model, _JUDGEMENTS)
    for field in fields(Matched):
        pd.testing.assert_frame_equal(getattr(again, field.name), getattr(whole, field.name))
    print("both find the same")
    return 0.0


def _told(name: str, started: tuple[float, float]) -> float:
    """Seconds gone by; those of the processors tell more where other programs run."""
    seconds, busy = time.perf_counter() - started[0], time.process_time() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{name:12} {seconds:6.2f} s, processors busy {busy:6.2f} s, peak {peak:.2f} GB", flush=True)
    return seconds


if __name__ == "__main__":
    main()
