"""Lists to deduplicate: small towns of shops with their truth, and the command run in this process."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from rich.console import Console

from flows.dedupe_command import run_dedupe

PLAIN = (
    "listing_id",
    "source",
    "name",
    "address",
    "city",
    "district",
    "street",
    "community",
    "lng",
    "lat",
    "datum",
    "phone",
    "credit_code",
    "kind",
)

_TRADES = ("面馆", "茶社", "书店", "花店", "药房", "理发", "修车", "米行", "布庄", "琴行")
_HEADS = "青松明月清泉石上流竹喧归浣女莲动下渔舟随意春芳歇王孙自可留空山新雨后天气晚来秋"
_ROADS = ("青阳路", "北京中路", "文津西路", "赭山东路", "长江路")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: exit code, and all it said."""

    code: int
    told: str


def dedupe(*files: Path, out: Path, **options: object) -> Ended:
    """The command with these options, in this process."""
    told = io.StringIO()
    console = Console(file=told, width=400, highlight=False)
    asked = {"columns": "", "truth": None, "one_to_one": False, "city": None, "datum": None, "model": None, "distinct": (), **options}
    code = run_dedupe(files, out, say=console, warn=console, **asked)  # type: ignore[arg-type]
    return Ended(code, told.getvalue())


def town(count: int = 120) -> pd.DataFrame:
    """Two lists of `count` shops each under the plain header, the second under other words; `station` is the truth."""
    rows = []
    for at in range(count):
        name = _HEADS[at % len(_HEADS)] + _HEADS[(at * 7 + at // len(_HEADS) * 3 + 1) % len(_HEADS)] + _TRADES[at % len(_TRADES)]
        road, number = _ROADS[at % len(_ROADS)], at * 4 + 2
        lng, lat = 118.36 + (at % 12) * 0.0008, 31.30 + (at // 12) * 0.0008
        rows.append(_row(f"a{at}", "甲", name, f"芜湖市镜湖区{road}{number}号", lng, lat, at))
        rows.append(_row(f"b{at}", "乙", f"{name}({road}店)", f"{road}{number}号", lng + 0.0001, lat - 0.0001, at))
    return pd.DataFrame(rows)


def _row(listing_id: str, source: str, name: str, address: str, lng: float, lat: float, station: int) -> dict[str, object]:
    return {
        "listing_id": listing_id, "source": source, "name": name, "address": address, "city": "芜湖市", "district": "镜湖区",
        "lng": f"{lng:.6f}", "lat": f"{lat:.6f}", "datum": "wgs84", "station": station,
    }  # fmt: skip


def written(path: Path, rows: pd.DataFrame, encoding: str = "utf-8") -> Path:
    """A CSV of the rows, without their truth."""
    rows.drop(columns="station", errors="ignore").to_csv(path, index=False, encoding=encoding)
    return path


def truth(path: Path, rows: pd.DataFrame) -> Path:
    """The truth of the rows, as a file."""
    rows[["listing_id", "station"]].to_csv(path, index=False)
    return path


def of_lines(path: Path, header: Sequence[str], *lines: Sequence[str]) -> Path:
    """A CSV of the given cells."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *lines])
    return path


def stations(out: Path) -> Mapping[str, str]:
    """listing_id → station_id as written."""
    table = pd.read_csv(out / "clusters.csv", dtype="str", keep_default_na=False)
    return dict(zip(table["listing_id"], table["station_id"], strict=True))
