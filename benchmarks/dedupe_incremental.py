"""A night of which one listing in a hundred changed, by way of the night before and all again: time and memory, and that both say the same.

    python -m benchmarks.dedupe_incremental [100000] [--seed 1] [--rounds 3]

Three in four changes are of a listing (name, phones, position or address, as another has them), the others go or are new. What the night before found is read
from its file and written to it within the time told. Every round is a process of its own, so that the peak of its memory is told as well.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import fields
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from benchmarks.dedupe_large import large
from benchmarks.results import machine, rewrite
from transforms.dedupe import Matched, load_model, match, match_again, read_state, state_fingerprint, write_state
from transforms.dedupe.engine import told_clusters
from transforms.dedupe.identity import Identified, identify

_T = TypeVar("_T")
_CODE = "benchmark"
_JUDGEMENTS = pd.DataFrame({"left_id": [], "right_id": [], "verdict": []}, dtype="str")
_NO_PRIOR = pd.DataFrame({"listing_id": [], "station_id": []}, dtype="str")
_CITY = "340000"

#: Listings of which the figures are kept on the page of results: the largest register that is promised.
_WHOLE: Final = 1_000_000
_TOLD = (["name", "name_core"], ["phones"], ["lng_wgs84", "lat_wgs84"], ["road", "number"])


class Round(NamedTuple):
    """Seconds by the clock and of the processors, and the most memory held, GB. The least is the quickest."""

    seconds: float
    busy: float
    peak: float


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
        best = {way.__name__: min(alone(way, folder) for _ in range(asked.rounds)) for way in (full, incremental)}
        same = alone(compared, folder)
        print(f"incremental / full: {best['incremental'].seconds / best['full'].seconds:.2f}")
        if asked.count == _WHOLE:
            rewrite("incremental", _page(asked.rounds, (folder / "found").stat().st_size >> 20, best, same))


def _page(rounds: int, state: int, best: dict[str, Round], same: dict[str, str]) -> str:
    lines = [f"| {name} | {told.seconds:.1f} | {told.busy:.1f} | {told.peak:.2f} |" for name, told in best.items()]
    digests = ", ".join(f"{name} `{digest}`" for name, digest in same.items())
    return f"""## One listing in a hundred changed

`python -m benchmarks.dedupe_incremental {_WHOLE} --rounds {rounds}`, {machine()}. The best of {rounds}, each in a process of its own; the incremental night reads what the one
before found ({state} MB) and writes what it found itself within the time told.

| night of {_WHOLE:,} listings | seconds | processors busy, s | peak, GB |
|---|--:|--:|--:|
{chr(10).join(lines)}

Both find the same, to the last pair, cluster and station: {digests}.
"""


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


def alone(way: Callable[[Path], _T], folder: Path) -> _T:
    """What `way` gives, in a process of its own."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(way, (folder,))


def first(folder: Path) -> None:
    """The night before."""
    _, state = match_again(pd.read_pickle(folder / "before"), load_model(), _JUDGEMENTS, None, _CODE)  # noqa: S301 - written above
    assert write_state(state, folder / "found")  # noqa: S101


def full(folder: Path) -> Round:
    """The night with nothing to go on from."""
    now = pd.read_pickle(folder / "now")  # noqa: S301
    started = time.perf_counter(), time.process_time()
    match(now, load_model(), _JUDGEMENTS)
    return _told("full", started)


def incremental(folder: Path) -> Round:
    """The night that goes on from the one before, reading and writing included."""
    now, model = pd.read_pickle(folder / "now"), load_model()  # noqa: S301
    started = time.perf_counter(), time.process_time()
    state = read_state(folder / "found", state_fingerprint(_CODE, model))
    _, found = match_again(now, model, _JUDGEMENTS, state, _CODE)
    write_state(found, folder / "found-now")
    return _told("incremental", started)


def compared(folder: Path) -> dict[str, str]:
    """What the pairs, the clusters and all else come to either way, and the stations that they stand for; told only where both say the same."""
    now, model = pd.read_pickle(folder / "now"), load_model()  # noqa: S301
    state = read_state(folder / "found", state_fingerprint(_CODE, model))
    assert state is not None  # noqa: S101 - the night would be worked out in full, and say nothing
    stood = _anchors(told_clusters(state.own.ids, state.clusters.labels), ()).station_listing
    published = tuple(stood["station_id"])
    del stood
    again = _digests(match_again(now, model, _JUDGEMENTS, state, _CODE)[0], published)
    del state
    whole = _digests(match(now, model, _JUDGEMENTS), published)
    assert again == whole, [name for name in whole if again[name] != whole[name]]  # noqa: S101
    print("both find the same:", ", ".join(f"{name} {digest}" for name, digest in whole.items()), flush=True)
    return whole


def _digests(found: Matched, published: tuple[str, ...]) -> dict[str, str]:
    anchors = _anchors(found.clusters, published)
    frames = {field.name: getattr(found, field.name) for field in fields(Matched)}
    frames |= {"stations": anchors.station_listing, "redirects": anchors.redirects}
    return {name: _digest(frame) for name, frame in frames.items() if frame is not None}


def _anchors(clusters: pd.DataFrame, published: tuple[str, ...]) -> Identified:
    """The stations, as if all of the listings had come the same night and were trusted alike."""
    return identify(clusters, clusters[["listing_id"]].assign(first_seen_on="2026-11-25", trust=0), _CITY, _NO_PRIOR, published)


def _digest(frame: pd.DataFrame) -> str:
    """Of names, types and all that is in it, in its order."""
    told = hashlib.sha256(repr((list(frame.columns), list(map(str, frame.dtypes)), len(frame))).encode())
    told.update(pd.util.hash_pandas_object(frame, index=True).to_numpy().tobytes())
    return told.hexdigest()[:12]


def _told(name: str, started: tuple[float, float]) -> Round:
    """Seconds gone by; those of the processors tell more where other programs run."""
    seconds, busy = time.perf_counter() - started[0], time.process_time() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(f"{name:12} {seconds:6.2f} s, processors busy {busy:6.2f} s, peak {peak:.2f} GB", flush=True)
    return Round(seconds, busy, peak)


if __name__ == "__main__":
    main()
