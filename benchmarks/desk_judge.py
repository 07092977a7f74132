"""How long a question of the review queue takes, with thousands in the queue: `python -m benchmarks.desk_judge [--home DIR] [--listings N] [--verdicts N] [--write]`.

DIR holds a published night (`make nightly` leaves one in var); it is copied, and its register replaced by a large city's, matched as a night matches it.
A question is what a reviewer waits for between two keys: the verdict is posted, written to the journal, and the next page made. In process, over the real application.
With --write the figures become a part of RESULTS.md.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from re import search
from statistics import median
from unittest.mock import patch

import pandas as pd
from fastapi.testclient import TestClient
from httpx import Response

from benchmarks.dedupe_large import large
from benchmarks.results import machine, rewrite
from flows.house import House
from flows.outlook import Published, read_published
from flows.pages import our_app
from flows.reviewing import Reviewing
from flows.settings import load_settings
from flows.settling import Settling
from transforms.dedupe import match
from transforms.records import empty_frame

#: An address where no Prefect answers: nothing is rebuilt here.
_NOWHERE = "http://127.0.0.1:9/api"


def main() -> None:
    """Tell how long the queue takes to open, and the median and the worst of the questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path("var"))
    parser.add_argument("--listings", type=int, default=150_000)
    parser.add_argument("--verdicts", type=int, default=40)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    with copied(asked.home), patch("flows.reviewing.read_published", lambda house: grown(house, asked.listings)):
        settings = load_settings()
        reviewing = Reviewing(settings)
        pages = TestClient(
            our_app(settings, _NOWHERE, reviewing, Settling(reviewing, _NOWHERE)), base_url=f"http://127.0.0.1:{settings.desk_port}"
        )
        opened, page = timed(lambda: pages.get("/judge"))
        waiting, seconds = int(_found(r"待判 (\d+) 问", page)), []
        for at in range(asked.verdicts):
            form = {name: _found(f'name="{name}" value="([^"]*)"', page) for name in ("left_id", "right_id", "number")}
            told = {**form, "verdict": "not", "who": "李敏", "done": str(at)}
            took, page = timed(partial(pages.post, "/judge", data=told))
            seconds.append(took)
    figures = f"{waiting:,} questions of {asked.listings:,} listings; the queue opens in {opened:.1f} s. A question, from the verdict posted to the next page made: "
    figures += f"median {median(seconds) * 1000:.0f} ms, worst {max(seconds) * 1000:.0f} ms of {len(seconds)} (the aim is 100 ms)."
    print(figures)
    if asked.write:
        rewrite("judging", f"## Judging\n\n`python -m benchmarks.desk_judge --write`, {machine()}. {figures}")


def timed(ask: Callable[[], Response]) -> tuple[float, str]:
    """Seconds and the page."""
    started = time.perf_counter()
    answer = ask()
    took = time.perf_counter() - started
    answer.raise_for_status()
    return took, answer.text


def _found(pattern: str, page: str) -> str:
    met = search(pattern, page)
    if met is None:
        raise ValueError(f"no {pattern} on the page")
    return met[1]


@contextmanager
def copied(home: Path) -> Iterator[None]:
    """The environment names a copy of the home while the block runs: its verdicts are nobody's."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(home / "published", Path(folder) / "published", symlinks=True)
        (Path(folder) / "current").symlink_to((home / "current").readlink())
        with patch.dict(os.environ, {"YIZHAN_HOME": folder}):
            yield


def grown(house: House, count: int) -> Published:
    """The published register with a large city's listings in place of its own."""
    published = read_published(house)
    city = large(count).standardised
    blank = empty_frame("listing")
    listings = pd.concat([blank, city], ignore_index=True)[list(blank.columns)].astype(blank.dtypes.to_dict())
    listings = listings.assign(
        row_key=listings["listing_id"], is_open=True, carried_cause=None, first_seen_on=pd.Timestamp("2026-06-01").date()
    )
    matched = match(listings, house.model, pd.DataFrame(columns=["left_id", "right_id", "verdict"], dtype="str"))
    ids = matched.clusters["listing_id"]
    bridge = pd.DataFrame({"listing_id": ids, "station_id": ("yz" + matched.clusters["cluster"].astype("str"))})
    pairs = matched.pairs.rename(columns={"review": "is_review"}).assign(verdict=None)
    state = replace(published.state, listing=listings, pair=pairs, station_listing=bridge)
    return replace(published, state=state, listings=listings)


if __name__ == "__main__":
    main()
